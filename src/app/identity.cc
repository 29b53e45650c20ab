#include "app/identity.h"

#include <fmt/format.h>

#include "app/tables.h"
#include "base/bytes.h"

namespace peyk::app {
namespace {

constexpr std::uint64_t kServer = 0;  // the one owner of the server's rows

// Row: name, day u32be, trial u8.
std::string encode_identity(const std::string& name, std::uint32_t day, Trial trial) {
    std::string out;
    put_bytes(out, name);
    put_u32be(out, day);
    put_u8(out, trial == Trial::yes ? 1 : 0);
    return out;
}

std::string key_number(std::uint32_t number) {
    std::string out;
    put_u32be(out, number);
    return out;
}

}  // namespace

Result<std::optional<Identity>> read_identity(storage::Db& db) {
    PEYK_TRY(auto row, db.get(kIdentity, kServer, ""));
    if (!row) return std::optional<Identity>{};
    ByteReader reader(row->body);
    std::string name(reader.bytes());
    auto day = reader.u32be();
    auto trial = reader.u8() ? Trial::yes : Trial::no;
    if (!reader.ok()) return fail(Errc::corrupt, "the store's record of its server cannot be read");
    PEYK_TRY(auto keys, db.scan(kSigningKeys, kServer, "", "", 1, storage::Store::Order::reverse));
    if (keys.empty()) return fail(Errc::corrupt, "the store has no signing key");
    PEYK_TRY(auto key, SigningKey::parse(keys.front().body));
    return std::optional<Identity>{Identity{std::move(name), day, trial, std::move(key)}};
}

Task<Result<Identity>> make_identity(storage::Db& db, std::string server_name, Trial trial, const Clock& clock,
                                     Random& random) {
    // The name of a key says nothing; it only must differ from those of earlier keys of this server name.
    auto key = SigningKey::generate(random, "ed25519:" + random.alphanumeric(8));
    auto day = static_cast<std::uint32_t>(clock.now().count() / 86'400'000);
    storage::Change change(db, storage::Owner::server, kServer, db.epoch(storage::Owner::server, kServer));
    change.put(kIdentity, kServer, "", encode_identity(server_name, day, trial));
    change.put(kSigningKeys, kServer, key_number(1), key.format());
    PEYK_CO_CHECK(co_await db.commit(std::move(change)));
    co_return Identity{std::move(server_name), day, trial, std::move(key)};
}

bool is_trial_name(std::string_view server_name) {
    auto host = server_name.substr(0, server_name.rfind(':'));
    return host == "localhost" || server_name == "localhost" || host.ends_with(".localhost");
}

}  // namespace peyk::app
