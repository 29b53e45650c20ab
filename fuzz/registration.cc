// Registration files of application services: what is accepted has what the server needs of it.

#include <cstdlib>

#include "appservices/registration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace peyk::appservices;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto registration = parse_registration(text, "service.yaml", "example.org");
    if (registration && (registration->id.empty() || registration->as_token.empty())) std::abort();
    return 0;
}
