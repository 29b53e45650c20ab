#pragma once
// The files of a store as somebody reads them who has its key: decrypted, but nothing in them opened.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "storage/vault.h"

namespace peyk::app {

// Whether the bytes stand in any file of the engine (tables, logs, lists of files). May be called while it is open.
class StoreBytes {
public:
    // Reads everything; an expectation fails when a file cannot be read.
    StoreBytes(const std::filesystem::path& store, const storage::KeySource& key);
    bool contain(std::string_view bytes) const;
    std::size_t files() const { return files_.size(); }

private:
    void read_all(const std::filesystem::path& store, const storage::KeySource& key);
    std::vector<std::string> files_;
};

}  // namespace peyk::app
