// For tests of the program from outside: what only the program's own parts can tell, as lines of JSON.
//   app_inside routes CONFIG   every route: method, path, who may call it
//   app_inside dump CONFIG     every row of the store that nobody has open, with its body decrypted, bytes in hex

#include <cstdio>

#include "app/catalog.h"
#include "app/commands/offline.h"
#include "app/migrations.h"
#include "base/bytes.h"
#include "storage/open.h"

namespace peyk::app {
namespace {

std::string_view auth_name(client_api::Auth auth) {
    constexpr std::string_view names[] = {"none", "optional", "user", "user_even_locked", "admin"};
    return names[static_cast<std::size_t>(auth)];
}

void line(const json::Object& object) { std::puts(json::write(object).c_str()); }

int print_routes(const Config& config) {
    auto offline = Offline::open(config);
    if (!offline) {
        std::fprintf(stderr, "%s\n", offline.error().detail.c_str());
        return 1;
    }
    for (const auto& route : (*offline)->services().api().registered()) {
        line({{"method", std::string(http::method_name(route.method))},
              {"path", route.path},
              {"auth", std::string(auth_name(route.auth))}});
    }
    return 0;
}

// Rows as the engine has them: a table that the catalog lacks is a line too.
int print_rows(storage::Opened& opened) {
    auto known = catalog();
    std::optional<storage::Shard> shard = storage::Shard{0};
    while ((shard = opened.store().next_shard(*shard))) {
        std::string from;
        for (;;) {
            auto rows = opened.store().scan(*shard, from, "", 500);
            if (!rows) return 1;
            for (const auto& row : *rows) {
                auto id = row.key.empty() ? 0 : static_cast<std::uint8_t>(row.key[0]);
                const auto* table = known.find(id);
                json::Object out{{"shard", static_cast<std::int64_t>(shard->number)},
                                 {"table", static_cast<std::int64_t>(id)},
                                 {"key", hex_encode(row.key)}};
                if (table) out.set("name", std::string(table->name));
                if (table && row.key.size() >= 9) {
                    auto rest = std::string_view(row.key).substr(9);
                    auto owner = ByteReader(std::string_view(row.key).substr(1, 8)).u64be();
                    auto entry = opened.db().get(*table, owner, rest);
                    if (!entry || !*entry) return 1;
                    out.set("owner", hex_encode(row.key.substr(1, 8)));
                    out.set("gone", (*entry)->gone);
                    out.set("header", hex_encode((*entry)->header));
                    out.set("body", hex_encode((*entry)->body));
                }
                line(out);
            }
            if (rows->size() < 500) break;
            from = rows->back().key + '\0';
        }
        if (++shard->number >= storage::Shard::kCount) break;
    }
    return 0;
}

int dump(const Config& config) {
    storage::OpenOptions options;
    options.dir = config.store_dir();
    options.key = key_source(config);
    options.catalog = catalog();
    options.newest_format = storage::newest_format(migrations());
    auto opened = storage::open(std::move(options));
    if (!opened) {
        std::fprintf(stderr, "%s\n", opened.error().detail.c_str());
        return 1;
    }
    return print_rows(**opened);
}

int run(int count, char** arguments) {
    std::string_view what = count == 3 ? arguments[1] : "";
    if (what != "routes" && what != "dump") {
        std::fputs("app_inside routes|dump CONFIG\n", stderr);
        return 2;
    }
    auto loaded = load_config(arguments[2], {});
    if (!loaded) {
        std::fprintf(stderr, "%s\n", loaded.error().detail.c_str());
        return 2;
    }
    return what == "routes" ? print_routes(loaded->config) : dump(loaded->config);
}

}  // namespace
}  // namespace peyk::app

int main(int count, char** arguments) { return peyk::app::run(count, arguments); }
