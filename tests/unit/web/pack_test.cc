#include "web/pack.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "async/executor.h"
#include "async/task.h"
#include "web/brotli.h"
#include "web/site.h"

namespace peyk::web {
namespace {

namespace fs = std::filesystem;

class Folder {
public:
    Folder() {
        char name[] = "/tmp/peyk-web-XXXXXX";
        if (!mkdtemp(name)) panic("no temporary folder");
        path_ = name;
    }
    ~Folder() { fs::remove_all(path_); }
    void write(const std::string& name, std::string_view bytes) const {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << bytes;
    }
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

std::string unpacked(const PackedFile& file) {
    if (file.coding == Coding::identity) return std::string(file.packed);
    WorkerPool workers{"workers", 1};
    auto source = unpacking(file.packed);
    std::string out;
    for (;;) {
        auto piece = run_blocking(workers, source->read_some(1000));
        if (!piece) return "broken: " + piece.error().detail;
        if (piece->empty()) return out;
        out += *piece;
    }
}

std::string long_text() {
    std::string out;
    for (int i = 0; i < 1'000; ++i) out += "let n" + std::to_string(i) + " = 1;\n";
    return out;
}

TEST(Pack, gives_back_what_was_packed) {
    Folder folder;
    folder.write("index.html", "q7!");
    folder.write("assets/app-AAAABBBB.js", long_text());
    folder.write("empty.txt", "");
    folder.write(".hidden", "not served");
    folder.write(".git/config", "not served");
    auto pack = pack_folder(folder.path(), 11);
    ASSERT_TRUE(pack) << pack.error().detail;
    auto files = read_pack(*pack);
    ASSERT_TRUE(files) << files.error().detail;
    ASSERT_EQ(files->size(), 3u);
    const auto& script = (*files)[0];
    EXPECT_EQ(script.path, "assets/app-AAAABBBB.js");
    EXPECT_EQ(script.coding, Coding::brotli);
    EXPECT_EQ(script.size, long_text().size());
    EXPECT_LT(script.packed.size(), script.size / 5);
    EXPECT_EQ(unpacked(script), long_text());
    EXPECT_EQ((*files)[1].path, "empty.txt");
    EXPECT_EQ((*files)[1].size, 0u);
    EXPECT_EQ((*files)[2].coding, Coding::identity) << "too small to become smaller";
    EXPECT_EQ(unpacked((*files)[2]), "q7!");
    EXPECT_NE((*files)[0].sum, (*files)[1].sum);
}

TEST(Pack, refuses_what_cannot_be_served) {
    Folder none;
    none.write("page.html", "x");
    EXPECT_EQ(pack_folder(none.path(), 1).error().code, Errc::bad_request) << "no index.html";
    EXPECT_EQ(pack_folder(none.path() / "absent", 1).error().code, Errc::io);
    Folder odd;
    odd.write("index.html", "x");
    odd.write("with space.js", "x");
    EXPECT_NE(pack_folder(odd.path(), 1).error().detail.find("with space.js"), std::string::npos);
    Folder link;
    link.write("index.html", "x");
    fs::create_symlink("/etc/passwd", link.path() / "passwd");
    EXPECT_EQ(pack_folder(link.path(), 1).error().code, Errc::bad_request) << "a link out of the folder";
}

TEST(Pack, names_are_paths_as_they_stand) {
    for (auto good : {"index.html", "assets/app-AAAABBBB.js", "a/b/c.d_e-f"}) EXPECT_TRUE(is_served_name(good)) << good;
    for (auto bad : {"", "/a", "a/", "a//b", ".a", "a/.b", "..", "a/../b", "a b", "a%20b", "a?b", "ä", "a\nb"})
        EXPECT_FALSE(is_served_name(bad)) << bad;
}

// Every cut of a pack, and every one of its bytes changed, is an error or a pack whose views lie inside of it.
TEST(Pack, a_damaged_one_is_refused_or_stays_inside) {
    Folder folder;
    folder.write("index.html", "<!doctype html>");
    folder.write("app.js", long_text().substr(0, 2'000));
    auto pack = *pack_folder(folder.path(), 5);
    for (std::size_t length = 0; length < pack.size(); ++length)
        EXPECT_FALSE(read_pack(std::string_view(pack).substr(0, length))) << length;
    for (std::size_t at = 0; at < pack.size(); ++at) {
        for (auto change : {0x01, 0x80, 0xff}) {
            auto damaged = pack;
            damaged[at] = static_cast<char>(damaged[at] ^ change);
            auto files = read_pack(damaged);
            if (!files) continue;
            for (const auto& file : *files) {
                EXPECT_GE(file.packed.data(), damaged.data());
                EXPECT_LE(file.packed.data() + file.packed.size(), damaged.data() + damaged.size());
            }
        }
    }
}

TEST(Pack, bytes_that_do_not_decompress_are_an_error) {
    PackedFile file{.path = "a.js", .coding = Coding::brotli, .size = 100, .packed = "this is no brotli"};
    EXPECT_EQ(unpacked(file), "broken: a packed file does not decompress");
    auto whole = brotli(long_text(), 5);
    file.packed = std::string_view(whole).substr(0, whole.size() / 2);
    EXPECT_EQ(unpacked(file), "broken: a packed file does not decompress") << "cut short";
}

TEST(Pack, names_with_a_sum_are_kept_for_ever) {
    for (auto sum : {"assets/app-K3J5W7QX.js", "crypto-7H2M4N6P.wasm", "app-K3J5W7QX.js.map", "two-part-AAAABBBB.css"})
        EXPECT_EQ(keep_of(sum), Keep::for_ever) << sum;
    for (auto none : {"index.html", "sw.js", "icon-192.png", "apple-touch-icon.png", "icon-maskable.png",
                      "app-K3J5W7Q.js", "app-K3J5W7QXY.js", "app-K3J5W7QX", "folder-K3J5W7QX.d/app.js"})
        EXPECT_EQ(keep_of(none), Keep::ask) << none;
}

}  // namespace
}  // namespace peyk::web
