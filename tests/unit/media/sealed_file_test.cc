#include "media/sealed_file.h"

#include "unit/media/support.h"

namespace peyk::media::test {
namespace {

struct SealedFile : testing::Test {
    void write(std::string_view content) {
        auto writer = SealedWriter::create(path, key);
        ASSERT_TRUE(writer);
        for (std::size_t at = 0; at < content.size(); at += 30'000)
            ASSERT_TRUE(writer->append(content.substr(at, 30'000)));
        EXPECT_EQ(writer->size(), content.size());
        ASSERT_TRUE(writer->finish());
    }
    Result<std::string> read_all(std::uint64_t size) {
        PEYK_TRY(auto reader, SealedReader::open(path, key, size));
        std::string all;
        for (;;) {
            PEYK_TRY(const auto piece, reader.read(all.size(), 1'000'000));
            if (piece.empty()) return all;
            all += piece;
        }
    }
    Errc error_of(std::uint64_t size) {
        const auto read = read_all(size);
        return read ? Errc::internal : read.error().code;
    }

    Folder folder;
    std::filesystem::path path = folder.path / "file";
    SystemRandom random;
    FileKey key = FileKey::make(random);
};

TEST_F(SealedFile, gives_back_what_was_written_at_every_interesting_length) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{1023}, std::size_t{1025}, kChunkBytes - 1, kChunkBytes,
          kChunkBytes + 1, 3 * kChunkBytes, std::size_t{1'000'000}}) {
        const auto content = noise(size, size);
        write(content);
        EXPECT_EQ(std::filesystem::file_size(path), stored_size(size));
        const auto read = read_all(size);
        ASSERT_TRUE(read) << size;
        EXPECT_EQ(*read, content) << size;
        std::filesystem::remove(path);
    }
}

TEST_F(SealedFile, reads_from_the_middle_across_chunks) {
    const auto content = noise(200'000);
    write(content);
    auto reader = SealedReader::open(path, key, content.size());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->read(kChunkBytes - 10, 100).value(), content.substr(kChunkBytes - 10, 10));
    EXPECT_EQ(reader->read(kChunkBytes, 100).value(), content.substr(kChunkBytes, 100));
    EXPECT_EQ(reader->read(199'990, 100).value(), content.substr(199'990));
    EXPECT_EQ(reader->read(200'000, 100).value(), "");
}

TEST_F(SealedFile, holds_nothing_of_the_content_and_has_a_rounded_length) {
    const std::string content(150'000, 'A');
    write(content);
    const auto bytes = read_file(path);
    EXPECT_EQ(bytes.find("AAAAAAAA"), std::string::npos);
    EXPECT_EQ(padded_size(150'000), padded_size(150'500));
    for (std::uint64_t size = 1; size < 100'000'000; size = size * 5 / 4 + 1) {
        EXPECT_GE(padded_size(size), size);
        EXPECT_LE(padded_size(size), std::max<std::uint64_t>(1024, size + size * 12 / 100)) << size;
    }
}

TEST_F(SealedFile, notices_one_changed_bit_anywhere) {
    write(noise(150'000));
    const auto good = read_file(path);
    for (const std::size_t at : {std::size_t{0}, std::size_t{70'000}, kChunkBytes, kChunkBytes + 5, good.size() - 1}) {
        auto bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        write_file(path, bad);
        EXPECT_EQ(error_of(150'000), Errc::corrupt) << at;
    }
    write_file(path, good);
    EXPECT_TRUE(read_all(150'000));
}

TEST_F(SealedFile, notices_chunks_that_changed_places) {
    write(noise(4 * kChunkBytes));
    const auto good = read_file(path);
    constexpr auto kSealed = kChunkBytes + kTagBytes;
    write_file(path, good.substr(kSealed, kSealed) + good.substr(0, kSealed) + good.substr(2 * kSealed));
    EXPECT_EQ(error_of(4 * kChunkBytes), Errc::corrupt);
}

TEST_F(SealedFile, notices_a_lost_end_even_at_the_border_of_a_chunk) {
    write(noise(4 * kChunkBytes));
    const auto good = read_file(path);
    constexpr auto kSealed = kChunkBytes + kTagBytes;
    write_file(path, good.substr(0, good.size() - 1));
    EXPECT_EQ(error_of(4 * kChunkBytes), Errc::corrupt);
    // Cut after whole chunks, and the reader told the matching length: the last chunk does not say that it is the last.
    write_file(path, good.substr(0, 2 * kSealed));
    EXPECT_EQ(error_of(2 * kChunkBytes), Errc::corrupt);
}

TEST_F(SealedFile, does_not_open_with_another_key) {
    write(noise(5'000));
    key = FileKey::make(random);
    EXPECT_EQ(error_of(5'000), Errc::corrupt);
}

TEST_F(SealedFile, is_removed_when_it_was_not_finished) {
    {
        auto writer = SealedWriter::create(path, key);
        ASSERT_TRUE(writer);
        ASSERT_TRUE(writer->append(noise(200'000)));
        ASSERT_TRUE(std::filesystem::exists(path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(SealedFile, is_never_written_over) {
    write("first");
    EXPECT_FALSE(SealedWriter::create(path, key));
    EXPECT_EQ(read_all(5).value(), "first");
}

}  // namespace
}  // namespace peyk::media::test
