// Everything in a data folder that its key opens, for the canary tests:
//
//   canary_dump --config peyk.toml rows         every row of every table, decrypted and decompressed
//   canary_dump --config peyk.toml media        every media file, decrypted
//   canary_dump --config peyk.toml keys         the keys, as they stand in a running server's memory
//   canary_dump --config peyk.toml files DIR    the engine's files without the encryption of files, into DIR
//
// One JSON object a line, bytes in hexadecimal. The folder must not be in use; opening it finishes what a crash left,
// so it is to be a copy. Never a part of what is installed.

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <fstream>
#include <iostream>

#include "app/catalog.h"
#include "app/config.h"
#include "app/console.h"
#include "app/store.h"
#include "base/bytes.h"
#include "core/json_text.h"
#include "media/records.h"
#include "media/tables.h"
#include "storage/encrypted_fs.h"
#include "storage/open.h"
#include "storage/tables.h"

namespace peyk {
namespace {

using storage::Seal;
using storage::Shard;

constexpr std::size_t kPage = 500;
constexpr std::size_t kKeyPrefix = 9;  // table id and owner number (table.h)

void print(json::Object row) { std::cout << json::write(row) << '\n'; }

template <class T>
T must(Result<T> result, std::string_view what) {
    if (!result) {
        std::cerr << what << ": " << errc_name(result.error().code) << " " << result.error().detail << '\n';
        exit(1);
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

storage::OpenOptions options(const app::Config& config) {
    storage::OpenOptions out;
    out.dir = config.store_dir();
    out.key = app::key_source(config);
    out.catalog = app::catalog();
    out.reserve = 0;
    return out;
}

// Every row of the engine, whether a table knows it or not.
void for_each_row(storage::Opened& opened, const std::function<void(Shard, const storage::Row&)>& see) {
    auto& store = opened.store();
    for (auto shard = store.next_shard({0}); shard;
         shard = store.next_shard({static_cast<std::uint16_t>(shard->number + 1)})) {
        std::string from;
        for (;;) {
            auto rows = must(store.scan(*shard, from, {}, kPage), "scan");
            for (const auto& row : rows) see(*shard, row);
            if (rows.size() < kPage) break;
            from = rows.back().key + '\0';
        }
    }
}

void print_rows(storage::Opened& opened) {
    auto catalog = app::catalog();
    for_each_row(opened, [&](Shard shard, const storage::Row& row) {
        const auto* table = catalog.find(static_cast<std::uint8_t>(row.key.front()));
        json::Object out{{"shard", static_cast<std::int64_t>(shard.number)}, {"key", hex_encode(row.key)}};
        if (!table || row.key.size() < kKeyPrefix) {
            out.set("table", "unknown");
            out.set("category", "unknown");
            out.set("body", hex_encode(row.value));
            return print(std::move(out));
        }
        out.set("table", std::string(table->name));
        out.set("category", std::string(app::category_name(table->category)));
        auto owner = get_u64be(row.key.data() + 1);
        auto entry = must(opened.db().get(*table, owner, std::string_view(row.key).substr(kKeyPrefix)), table->name);
        out.set("gone", entry && entry->gone);
        out.set("header", hex_encode(entry ? entry->header : ""));
        out.set("body", hex_encode(entry ? entry->body : ""));
        print(std::move(out));
    });
}

void print_media(const app::Config& config, storage::Opened& opened) {
    auto print_file = [&](std::string_view kind, const std::string& id, const media::StoredFile& file) {
        json::Object out{{"table", std::string(kind)}, {"id", id}, {"file", file.name}};
        auto path = config.media_dir() / file.name.substr(0, 2) / file.name.substr(2);
        std::string content;
        auto reader = media::SealedReader::open(path, file.key, file.size);
        if (reader) {
            while (content.size() < file.size)
                content += must(reader->read(content.size(), media::kChunkBytes), "media");
        } else {
            out.set("missing", std::string(errc_name(reader.error().code)));
        }
        out.set("body", hex_encode(content));
        print(std::move(out));
    };
    for (const auto* table : {&media::kMedia, &media::kThumbnails}) {
        std::string next;
        do {
            for (auto& [owner, entry] : must(opened.db().walk(*table, next, kPage), table->name)) {
                if (entry.gone) continue;
                if (table == &media::kMedia) {
                    auto record = must(media::MediaRecord::decode(entry.body), "media record");
                    if (record.file) print_file("media", record.media_id, *record.file);
                } else {
                    auto record = must(media::ThumbnailRecord::decode(entry.body), "thumbnail record");
                    if (record.file) print_file("thumbnail", {}, *record.file);
                }
            }
        } while (!next.empty());
    }
}

void print_keys(const app::Config& config, storage::Opened& opened) {
    auto print_key = [](std::string name, std::string_view bytes) {
        print({{"name", std::move(name)}, {"key", hex_encode(bytes)}});
    };
    auto master = must(storage::Vault::master_key(config.store_dir(), app::key_source(config)), "master key");
    print_key("master", master.view());
    for (auto purpose : {"files", "numbers", "digests", "bind"}) {
        print_key(fmt::format("purpose {}", purpose), opened.vault().purpose_key(purpose).view());
    }
    for (const auto* table : storage::kSlotTables) {
        std::string next;
        do {
            for (auto& [owner, entry] : must(opened.db().walk(*table, next, kPage), table->name)) {
                ByteReader in(entry.body);
                auto slot = in.varint();
                if (auto key = opened.vault().key({.slot = slot}))
                    print_key(fmt::format("owner {}", slot), key->view());
            }
        } while (!next.empty());
    }
}

// What whoever has the file key sees: rows that were deleted and not yet compacted away among them.
// The store is not opened: the logs stay as a killed server left them.
void write_files(const app::Config& config, const std::filesystem::path& target) {
    std::filesystem::create_directories(target);
    auto master = must(storage::Vault::master_key(config.store_dir(), app::key_source(config)), "master key");
    auto file_key = master.derive("files");
    auto files = storage::encrypted_file_system(rocksdb::FileSystem::Default(), file_key);
    for (const auto& found : std::filesystem::directory_iterator(config.store_dir() / "rocks")) {
        auto name = found.path().filename().string();
        if (!found.is_regular_file() || name == "LOCK" || name == "relaxed") continue;
        std::unique_ptr<rocksdb::FSSequentialFile> file;
        auto status = files->NewSequentialFile(found.path().string(), {}, &file, nullptr);
        std::ofstream out(target / name, std::ios::binary);
        std::string buffer(1 << 16, '\0');
        rocksdb::Slice part;
        while (status.ok()) {
            status = file->Read(buffer.size(), {}, &part, buffer.data(), nullptr);
            if (!status.ok() || part.empty()) break;
            out.write(part.data(), static_cast<std::streamsize>(part.size()));
        }
        if (!status.ok()) {
            std::cerr << name << ": " << status.ToString() << '\n';
            exit(1);
        }
    }
}

}  // namespace

int run(int count, char** words) {
    std::vector<std::string> given(words + 1, words + count);
    if (given.size() < 3 || given[0] != "--config" || (given[2] == "files") != (given.size() == 4)) {
        std::cerr << "usage: canary_dump --config FILE rows | media | keys | files DIR\n";
        return 2;
    }
    auto config = app::load_or_complain(given[1]);
    if (!config) return 2;
    if (given[2] == "files") {
        write_files(*config, given[3]);
        return 0;
    }
    auto opened = must(storage::open(options(*config)), "open");
    if (given[2] == "rows") {
        print_rows(*opened);
    } else if (given[2] == "media") {
        print_media(*config, *opened);
    } else if (given[2] == "keys") {
        print_keys(*config, *opened);
    } else {
        return 2;
    }
    return 0;
}

}  // namespace peyk

int main(int count, char** words) { return peyk::run(count, words); }
