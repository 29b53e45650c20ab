#include "storage/log_scan.h"

#include <gtest/gtest.h>

#include <future>

#include "storage/rocks_store.h"
#include "unit/storage/scratch.h"

namespace peyk::storage {
namespace {

struct LogScanTest : testing::Test {
    Result<std::unique_ptr<RocksStore>> open(Durability durability = Durability::sync) {
        return RocksStore::open({.dir = dir, .durability = durability, .reserve = 0});
    }
    // Groups of one batch each; the sizes make fragments cross the blocks of the log.
    void fill(int groups, Durability durability = Durability::sync) {
        auto store = open(durability);
        ASSERT_TRUE(store) << store.error().detail;
        for (int i = 0; i < groups; ++i) {
            Batch batch{.shard = {1}, .epoch = 1};
            batch.puts.push_back({.key = fmt::format("{:03}", i), .value = std::string(5000, 'v')});
            std::promise<CommitResult> answer;
            (*store)->commit(std::move(batch), [&](CommitResult result) { answer.set_value(std::move(result)); });
            ASSERT_TRUE(answer.get_future().get());
        }
    }
    std::filesystem::path log() const {
        std::filesystem::path largest;
        for (const auto& file : std::filesystem::directory_iterator(dir)) {
            if (file.path().extension() != ".log") continue;
            if (largest.empty() || file.file_size() > std::filesystem::file_size(largest)) largest = file.path();
        }
        return largest;
    }
    std::size_t rows() {
        auto store = open();
        EXPECT_TRUE(store) << store.error().detail;
        return store ? (*store)->scan({1}, {}, {}, 1000)->size() : 0;
    }
    void flip(std::size_t at) {
        auto bytes = Scratch::read(log());
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        Scratch::write(log(), bytes);
    }

    Scratch scratch;
    std::filesystem::path dir = scratch.path / "rocks";
};

TEST_F(LogScanTest, AWholeLogIsRead) {
    fill(30);
    EXPECT_GT(std::filesystem::file_size(log()), 4 * 32 * 1024);
    EXPECT_EQ(rows(), 30);
}

TEST_F(LogScanTest, DamageBeforeIntactGroupsIsRefusedWithTheNameOfTheFile) {
    fill(30);
    auto whole = Scratch::read(log());
    for (std::size_t at : {std::size_t{64 + 10}, whole.size() / 4, whole.size() / 2}) {
        Scratch::write(log(), whole);
        flip(at);
        auto refused = open();
        ASSERT_FALSE(refused) << at;
        EXPECT_EQ(refused.error().code, Errc::corrupt);
        EXPECT_NE(refused.error().detail.find(log().filename().string()), std::string::npos);
    }
    Scratch::write(log(), whole);
    EXPECT_EQ(rows(), 30);
}

TEST_F(LogScanTest, DamageIsRefusedWithinTheLastBlockToo) {
    fill(3);  // all in one block
    auto whole = Scratch::read(log());
    ASSERT_LT(whole.size(), 32u * 1024);
    // Bodies and headers of the groups but the last: what is behind them was answered.
    for (std::size_t at = 64; at < whole.size() - 5100; at += 97) {
        Scratch::write(log(), whole);
        flip(at);
        auto refused = open();
        ASSERT_FALSE(refused) << at;
        EXPECT_EQ(refused.error().code, Errc::corrupt);
    }
    Scratch::write(log(), whole);
    EXPECT_EQ(rows(), 3);
}

TEST_F(LogScanTest, ACutOffLastGroupIsNot) {
    fill(30);
    auto bytes = Scratch::read(log());
    Scratch::write(log(), bytes.substr(0, bytes.size() - 100));
    EXPECT_EQ(rows(), 29);
}

TEST_F(LogScanTest, ARelaxedLogIsReadAsFarAsItGoes) {
    fill(30, Durability::relaxed);
    flip(Scratch::read(log()).size() / 2);
    auto left = rows();  // opened with sync: the mark of before counts
    EXPECT_GT(left, 5);
    EXPECT_LT(left, 30);
    EXPECT_FALSE(std::filesystem::exists(dir / "relaxed"));
}

}  // namespace
}  // namespace peyk::storage
