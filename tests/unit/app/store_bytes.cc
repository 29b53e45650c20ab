#include "unit/app/store_bytes.h"

#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <algorithm>

#include "storage/encrypted_fs.h"

namespace peyk::app {

StoreBytes::StoreBytes(const std::filesystem::path& store, const storage::KeySource& key) { read_all(store, key); }

void StoreBytes::read_all(const std::filesystem::path& store, const storage::KeySource& key) {
    auto master = storage::Vault::master_key(store, key);
    ASSERT_TRUE(master) << master.error().detail;
    auto files = storage::encrypted_file_system(rocksdb::FileSystem::Default(), master->derive("files"));
    for (const auto& entry : std::filesystem::directory_iterator(store / "rocks")) {
        auto name = entry.path().filename().string();
        if (!entry.is_regular_file() || name == "LOCK" || name == "relaxed") continue;
        std::unique_ptr<rocksdb::FSSequentialFile> file;
        auto opened = files->NewSequentialFile(entry.path().string(), {}, &file, nullptr);
        if (opened.IsNotFound() || opened.IsPathNotFound()) continue;  // it went meanwhile
        ASSERT_TRUE(opened.ok()) << name << ": " << opened.ToString();
        std::string text(entry.file_size() + 1, '\0');
        rocksdb::Slice read;
        ASSERT_TRUE(file->Read(text.size(), {}, &read, text.data(), nullptr).ok()) << name;
        files_.emplace_back(read.data(), read.size());
    }
    ASSERT_FALSE(files_.empty());
}

bool StoreBytes::contain(std::string_view bytes) const {
    return std::ranges::any_of(files_, [&](const std::string& file) { return file.contains(bytes); });
}

}  // namespace peyk::app
