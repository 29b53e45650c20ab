// peyk-web-packer FOLDER PACK: packs the built files of the web client, at build time.

#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "web/pack.h"

int main(int count, char** arguments) {
    constexpr int kBest = 11;  // slow, once per build
    if (count != 3) {
        fmt::print(stderr, "usage: peyk-web-packer FOLDER PACK\n");
        return 2;
    }
    auto pack = peyk::web::pack_folder(arguments[1], kBest);
    if (!pack) {
        fmt::print(stderr, "peyk-web-packer: {}\n", pack.error().detail);
        return 1;
    }
    std::ofstream out(arguments[2], std::ios::binary | std::ios::trunc);
    out << *pack;
    out.close();
    if (out) return 0;
    fmt::print(stderr, "peyk-web-packer: {} cannot be written\n", arguments[2]);
    std::remove(arguments[2]);
    return 1;
}
