// Every target of fuzz/ over its seeds, so that none is left behind when what it feeds changes. The seeds are also cut
// short and spoilt, by fixed steps; looking for more is libFuzzer's (./test.sh fuzz).

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#define PEYK_FUZZ_TARGETS(X) \
    X(bodies)                \
    X(event)                 \
    X(event_row)             \
    X(filter) X(glob) X(http_head) X(identifiers) X(json) X(links) X(page) X(providers) X(registration) X(sign_in)

#define DECLARE(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
PEYK_FUZZ_TARGETS(DECLARE)
#undef DECLARE

namespace peyk {
namespace {

using Target = int (*)(const std::uint8_t*, std::size_t);
#define ENTRY(name) {#name, fuzz_##name},
const std::map<std::string, Target> kTargets{PEYK_FUZZ_TARGETS(ENTRY)};
#undef ENTRY

const std::filesystem::path kFuzz = std::filesystem::path(PEYK_SOURCE_DIR) / "fuzz";

// Of exactly its size, so that a sanitizer sees the first byte that is read too far.
void feed(Target target, std::string_view input) {
    std::vector<std::uint8_t> bytes(input.begin(), input.end());
    bytes.shrink_to_fit();
    target(bytes.data(), bytes.size());
}

TEST(FuzzTargets, AreAllHereAndHaveSeeds) {
    std::set<std::string> sources;
    for (const auto& entry : std::filesystem::directory_iterator(kFuzz))
        if (entry.path().extension() == ".cc") sources.insert(entry.path().stem());
    std::set<std::string> listed;
    for (const auto& [name, target] : kTargets) {
        listed.insert(name);
        auto seeds = kFuzz / "seeds" / name;
        EXPECT_TRUE(std::filesystem::exists(seeds) && !std::filesystem::is_empty(seeds)) << name;
    }
    EXPECT_EQ(sources, listed);
}

TEST(FuzzTargets, TakeTheirSeeds) {
    for (const auto& [name, target] : kTargets) {
        for (const auto& entry : std::filesystem::directory_iterator(kFuzz / "seeds" / name)) {
            SCOPED_TRACE(entry.path());
            std::ifstream file(entry.path(), std::ios::binary);
            std::string seed(std::istreambuf_iterator<char>(file), {});
            ASSERT_FALSE(seed.empty());
            feed(target, seed);
            auto step = std::max<std::size_t>(1, seed.size() / 16);
            for (std::size_t at = 0; at < seed.size(); at += step) {
                feed(target, std::string_view(seed).substr(0, at));
                for (char byte : {'\0', '"', '\xff'}) {
                    auto spoilt = seed;
                    spoilt[at] = byte;
                    feed(target, spoilt);
                }
            }
        }
    }
}

}  // namespace
}  // namespace peyk
