#pragma once
// How a child takes its input and gives its answer.

#include <cstddef>
#include <optional>
#include <string_view>

namespace peyk::media::sandbox {

// Maps the input and closes its descriptor; before the sandbox, which forbids to ask for a size. The memfd is sealed,
// so it cannot shrink below us. nullopt: there is none, or it is empty.
std::optional<std::string_view> map_input();

// False: the answer is longer than it may be.
bool write_answer(const void* bytes, std::size_t size);

}  // namespace peyk::media::sandbox
