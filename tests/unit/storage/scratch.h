#pragma once
// A directory that goes with the test.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace peyk::storage {

struct Scratch {
    Scratch() {
        static std::atomic<int> count = 0;
        path = std::filesystem::temp_directory_path() / fmt::format("peyk-storage-{}-{}", ::getpid(), count++);
        std::filesystem::create_directories(path);
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    static std::string read(const std::filesystem::path& file) {
        std::ostringstream out;
        out << std::ifstream(file, std::ios::binary).rdbuf();
        return std::move(out).str();
    }
    static void write(const std::filesystem::path& file, const std::string& bytes) {
        std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    }

    std::filesystem::path path;
};

}  // namespace peyk::storage
