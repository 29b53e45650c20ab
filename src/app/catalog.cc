#include "app/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/tables.h"
#include "appservices/tables.h"
#include "base/error.h"
#include "keys/tables.h"
#include "media/tables.h"
#include "oauth/tables.h"
#include "push/tables.h"
#include "rooms/tables.h"
#include "storage/tables.h"
#include "sync/tables.h"
#include "users/tables.h"

namespace peyk::app {
namespace {

std::vector<const storage::Table*> collect() {
    std::vector<const storage::Table*> all;
    auto add = [&all](const auto& tables) { all.insert(all.end(), tables.begin(), tables.end()); };
    add(users::kTables);
    add(rooms::kTables);
    add(keys::kTables);
    add(media::kTables);
    add(appservices::kTables);
    add(oauth::kTables);
    add(sync::kTables);
    add(push::kTables);
    add(app::kTables);
    add(storage::kTables);
    std::ranges::sort(all, {}, [](const storage::Table* table) { return table->id; });
    auto twice = std::ranges::adjacent_find(all, {}, [](const storage::Table* table) { return table->id; });
    if (twice != all.end())
        panic(fmt::format("tables {} and {} share an id", (*twice)->name, (*std::next(twice))->name));
    return all;
}

constexpr KeptFile kFiles[] = {
    {"media files", "files that people sent, each sealed under a key of its own, with random names", "user content",
     "until deleted or, where one is set, in the day after their lifetime; the key goes first",
     "file deleted,file past its lifetime,picture of a preview"},
    {"local certificate authority", "key and certificate of this server's own authority, if `peyk init` made one",
     "none", "as long as the installation"},
    {"store key", "the key file, if there is no passphrase; in clear", "none", "as long as the store"},
    {"configuration", "peyk.toml and files that it names; in clear", "none", "as long as the operator keeps them"},
    {"log", "what the server says on standard error: no ids of people, rooms or events, no addresses, no contents",
     "none", "as long as the service manager keeps it"},
    {"backups",
     "folders written by `peyk backup`: a copy of all of the above but the configuration, sealed as the store",
     "user content", "as long as the operator keeps them; they open with the key of their time"},
    {"application services", "registration files of bridges and bots, if any; in clear, with their tokens", "none",
     "as long as the operator keeps them"},
};

}  // namespace

storage::Catalog catalog() {
    static const std::vector<const storage::Table*> all = collect();
    return {all};
}

std::string_view owner_name(storage::Owner owner) {
    constexpr std::string_view names[] = {"room", "user", "destination", "server"};
    return names[static_cast<std::size_t>(owner)];
}

std::string_view category_name(storage::Category category) {
    constexpr std::string_view names[] = {"none",         "identifiers", "contact info", "contacts",
                                          "user content", "usage data",  "other data"};
    return names[static_cast<std::size_t>(category)];
}

std::string_view seal_name(storage::Seal seal) {
    constexpr std::string_view names[] = {"file", "owner", "row"};
    return names[static_cast<std::size_t>(seal)];
}

std::span<const KeptFile> kept_files() { return kFiles; }

}  // namespace peyk::app
