#include "oauth/clients.h"

#include "base/bytes.h"
#include "oauth/tables.h"

namespace peyk::oauth {
namespace {

constexpr std::uint64_t kServer = 0;
constexpr Millis kFlow{60 * 60 * 1000};
constexpr Millis kBetweenSweeps{60 * 1000};

struct Row {
    ClientMetadata metadata;
    Millis registered;
};

Result<Row> decode(std::string_view text) {
    PEYK_TRY(json::Value value, json::parse(text));
    const auto* about = value.get_object("client");
    if (!about) return fail(Errc::corrupt, "an OAuth client row has no description");
    auto metadata = ClientMetadata::parse(*about);
    if (!metadata) return fail(Errc::corrupt, "an OAuth client row does not parse");
    return Row{*std::move(metadata), Millis{value.get_integer("registered").value_or(0)}};
}

}  // namespace

Result<ClientPtr> Clients::find(std::string_view id) const {
    auto key = base64_decode(id, Base64::url);
    if (!key || key->size() != 16 || base64_encode(*key, Base64::url) != id) return ClientPtr{};
    PEYK_TRY(auto entry, context_.db.get(kClients, kServer, *key));
    if (!entry || entry->gone) return ClientPtr{};
    PEYK_TRY(auto row, decode(entry->body));
    return std::make_shared<const Client>(Client{std::string(id), std::move(row.metadata)});
}

Result<bool> Clients::knows(const ClientMetadata& metadata) const {
    auto key = context_.db.digest("oauth client", json::write(metadata.encode()));
    PEYK_TRY(auto row, context_.db.get(kClients, kServer, key));
    return row && !row->gone;
}

Task<Expected<Client>> Clients::add(ClientMetadata metadata) {
    auto about = metadata.encode();
    auto key = context_.db.digest("oauth client", json::write(about));
    Client client{base64_encode(key, Base64::url), std::move(metadata)};
    auto lane = co_await lanes_.enter(kServer);
    auto known = context_.db.get(kClients, kServer, key);
    if (!known) co_return trouble(known.error());
    auto now = context_.clock.now();
    if (*known && !(*known)->gone) {
        auto row = decode((*known)->body);
        if (row && now - row->registered < kFlow / 2) co_return client;  // young enough for another flow
    } else {
        if (!count_ || *count_ >= limit_) {
            auto counted = sweep();
            if (!counted) co_return trouble(counted.error());
            count_ = *counted;
        }
        if (*count_ >= limit_)
            co_return refuse("temporarily_unavailable", "Too many clients have registered; try again later", 503);
        ++*count_;
    }
    json::Object row{{"client", std::move(about)}, {"registered", now.count()}};
    auto change = context_.server_change();
    change.put(kClients, kServer, key, json::write(row));
    auto done = co_await context_.db.commit(std::move(change));
    if (!done) {
        count_.reset();
        co_return trouble(done.error());
    }
    co_return client;
}

// Counts, and when there are too many drops what no device was signed in by. Blocks; at most once a minute.
Result<std::size_t> Clients::sweep() {
    PEYK_TRY(auto rows, context_.db.scan(kClients, kServer, "", "", limit_ * 2));
    auto now = context_.clock.now();
    if (rows.size() < limit_ || (swept_.count() >= 0 && now - swept_ < kBetweenSweeps)) return rows.size();
    swept_ = now;
    PEYK_TRY(auto used, sessions_.clients_in_use());
    auto change = context_.server_change();
    std::size_t left = rows.size();
    for (const auto& entry : rows) {
        auto row = entry.gone ? fail(Errc::corrupt) : decode(entry.body);
        if (row && (now - row->registered < kFlow || used.contains(base64_encode(entry.rest, Base64::url)))) continue;
        change.del(kClients, kServer, entry.rest);
        --left;
    }
    if (!change.empty()) (void)context_.db.start_commit(std::move(change));
    return left;
}

}  // namespace peyk::oauth
