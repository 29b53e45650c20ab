// One function for each kind of thing that is held about a user.

#include <fmt/format.h>

#include "app/export_stream.h"
#include "base/bytes.h"
#include "keys/backup_rows.h"
#include "keys/signature_rows.h"
#include "keys/tables.h"
#include "oauth/tables.h"
#include "pages/visit.h"
#include "push/tables.h"
#include "rooms/tables.h"
#include "users/tables.h"

namespace peyk::app {
namespace {

constexpr std::size_t kPage = 500;
constexpr std::size_t kMany = 10'000;
constexpr std::size_t kUploadsAtOnce = 50;

// A body that is JSON as it is; anything else as text.
json::Value body_of(const storage::Entry& row) {
    auto value = json::parse(row.body);
    return value ? *std::move(value) : json::Value(row.body);
}

}  // namespace

Result<void> ExportStream::account() {
    PEYK_TRY(auto account, parts_.users.accounts.by_number(number_));
    PEYK_TRY(auto usage, parts_.media.usage(number_));
    PEYK_TRY(auto links, parts_.db.scan(users::kResetLinks, number_, "", "", kPage));
    json::Array reset_links;
    for (const auto& link : links) reset_links.push_back(body_of(link));
    json::Object out{{"user_id", user_.str()},
                     {"server", parts_.server},
                     {"uploads", json::Object{{"bytes", usage.bytes}, {"count", usage.count}}},
                     {"password_reset_links", std::move(reset_links)}};
    if (account) {
        out.set("created", pages::date_text(account->created_day));
        out.set("has_password", !account->password_hash.empty());
        for (auto [name, value] :
             {std::pair{"guest", account->guest}, std::pair{"admin", account->admin},
              std::pair{"locked", account->locked}, std::pair{"suspended", account->suspended},
              std::pair{"second_factor", account->second_factor}, std::pair{"password_apps", account->password_apps},
              std::pair{"of_server", account->of_server}})
            out.set(name, value);
        if (!account->user_type.empty()) out.set("user_type", account->user_type);
    }
    mention("Account", "حساب", "account.json", 1);
    json_file("account.json", json::Value(std::move(out)));
    return {};
}

Result<void> ExportStream::devices() {
    PEYK_TRY(auto devices, parts_.users.sessions.devices(number_));
    PEYK_TRY(auto tokens, users::tokens_of(parts_.db, number_));
    json::Array out;
    for (const auto& device : devices) {
        json::Array sessions;
        for (const auto& token : tokens) {
            if (token.row.device != device.id) continue;
            json::Object one{{"kind", token.row.refresh ? "refresh token" : "access token"}};
            if (token.row.expires > Millis{0}) one.set("expires_ts", token.row.expires.count());
            if (!token.row.client.empty()) one.set("app", token.row.client);
            sessions.emplace_back(std::move(one));
        }
        json::Object row{{"device_id", device.id.str()}, {"name", device.name}, {"tokens", std::move(sessions)}};
        if (device.last_seen_day != 0) row.set("last_used", pages::date_text(device.last_seen_day));
        if (!device.client.empty()) row.set("app", device.client);
        out.emplace_back(std::move(row));
        devices_.raw("<li><bdi>").text(device.name.empty() ? "-" : std::string_view(device.name));
        devices_.raw("</bdi> <code dir=\"ltr\">").text(device.id.view()).raw("</code>");
        if (device.last_seen_day != 0) devices_.raw(" ").text(pages::date_text(device.last_seen_day));
        devices_.raw("</li>");
    }
    mention("Devices and sign-ins", "دستگاه‌ها و ورودها", "devices.json", out.size());
    json_file("devices.json", json::Value(std::move(out)));
    return {};
}

Result<void> ExportStream::profile() {
    PEYK_TRY(auto row, parts_.db.get(users::kProfiles, number_, ""));
    json::Value profile{json::Object{}};
    if (row && !row->gone) profile = body_of(*row);
    displayname_ = std::string(profile.get_string("displayname").value_or(""));
    mention("Profile", "نمایه", "profile.json", profile.object() ? profile.object()->size() : 0);
    auto presence = parts_.presence.enabled() ? parts_.presence.get(user_) : json::Object{};
    if (!presence.empty() && profile.object()) profile.object()->set("presence", std::move(presence));
    json_file("profile.json", profile);
    return {};
}

// Tags, push rules and settings of apps.
Result<void> ExportStream::account_data() {
    PEYK_TRY(auto items, parts_.users.account_data.snapshot(number_));
    json::Array out;
    for (const auto& item : items) {
        PEYK_TRY(auto content, json::parse(item.content));
        json::Object row{{"type", item.type}, {"content", std::move(content)}};
        if (item.room) row.set("room_id", item.room->str());
        out.emplace_back(std::move(row));
    }
    mention("Settings of apps, tags, push rules",
            "تنظیم‌های برنامه‌ها، برچسب‌ها، قاعده‌های اعلان",
            "account-data.json", out.size());
    json_file("account-data.json", json::Value(std::move(out)));
    return {};
}

Result<void> ExportStream::filters() {
    PEYK_TRY(auto rows, parts_.db.scan(users::kFilters, number_, "", "", kMany));
    json::Array out;
    for (const auto& row : rows) out.push_back(body_of(row));
    mention("Filters of syncing", "پالایه‌های همگام‌سازی", "filters.json", out.size());
    json_file("filters.json", json::Value(std::move(out)));
    return {};
}

Result<void> ExportStream::pushers() {
    PEYK_TRY(auto pushers, parts_.users.pushers.list(number_));
    PEYK_TRY(auto states, parts_.db.scan(push::kPusherStates, number_, "", "", kPage));
    json::Array out;
    for (auto& pusher : pushers) out.emplace_back(std::move(pusher));
    mention("Where notifications go", "مقصد اعلان‌ها", "pushers.json", out.size());
    json_file("pushers.json", json::Object{{"pushers", std::move(out)}, {"kept_places_in_rooms", states.size()}});
    return {};
}

Result<void> ExportStream::addresses() {
    PEYK_TRY(auto ids, parts_.users.third_party.of(number_));
    PEYK_TRY(auto links, parts_.users.provider_links.of(number_));
    PEYK_TRY(auto bindings, parts_.db.scan(users::kThirdPartyBindings, number_, "", "", kPage));
    json::Array mails, providers, bound;
    for (const auto& id : ids) {
        mails.emplace_back(json::Object{{"medium", id.medium},
                                        {"address", id.address},
                                        {"validated_ts", id.validated_at.count()},
                                        {"added_ts", id.added_at.count()}});
    }
    for (const auto& link : links)
        providers.emplace_back(json::Object{{"provider", link.issuer}, {"digest_of_person", hex_encode(link.digest)}});
    for (const auto& row : bindings) bound.push_back(body_of(row));
    auto count = mails.size() + providers.size() + bound.size();
    mention("E-mail addresses and sign-in providers", "نشانی‌های ایمیل و سرویس‌های ورود",
            "addresses.json", count);
    json_file("addresses.json", json::Object{{"addresses", std::move(mails)},
                                             {"sign_in_providers", std::move(providers)},
                                             {"bound_at_identity_servers", std::move(bound)}});
    return {};
}

Result<void> ExportStream::second_factors() {
    PEYK_TRY(auto rows, parts_.db.scan(oauth::kAuthenticators, number_, "", "", 1));
    PEYK_TRY(auto codes, parts_.db.scan(oauth::kRecoveryCodes, number_, "", "", kPage));
    PEYK_TRY(auto factors, parts_.oauth.factors.of(number_));
    json::Array passkeys;
    for (const auto& passkey : factors.passkeys)
        passkeys.emplace_back(json::Object{{"name", passkey.name}, {"made", pages::date_text(passkey.day)}});
    auto count = passkeys.size() + rows.size();
    mention("Second factors", "عامل‌های دوم", "second-factors.json", count);
    json_file("second-factors.json", json::Object{{"authenticator_app", !rows.empty()},
                                                  {"recovery_codes_left", codes.size()},
                                                  {"passkeys", std::move(passkeys)}});
    return {};
}

// The server never has private halves, but for that of a device that waits, which the user's apps sealed.
Result<void> ExportStream::device_keys() {
    json::Object out;
    std::size_t count = 0;
    for (const auto* table : {&keys::kDeviceKeys, &keys::kOneTimeKeys, &keys::kFallbackKeys, &keys::kDehydrated,
                              &keys::kCrossSigningKeys}) {
        PEYK_TRY(auto rows, parts_.db.scan(*table, number_, "", "", kMany));
        json::Array found;
        for (const auto& row : rows) {
            // Some bodies have fields before the JSON of the key.
            auto at = row.body.find('{');
            found.push_back(at == std::string::npos
                                ? json::Value(base64_encode(row.body))
                                : json::parse(row.body.substr(at)).value_or(json::Value(base64_encode(row.body))));
        }
        count += found.size();
        out.set(std::string(table->name), std::move(found));
    }
    mention("Public keys of encryption", "کلیدهای عمومی رمزنگاری", "keys.json", count);
    json_file("keys.json", json::Value(std::move(out)));
    return {};
}

Result<void> ExportStream::signatures() {
    PEYK_TRY(auto own, keys::own_signatures(parts_.db, number_, kMany));
    PEYK_TRY(auto given, parts_.db.scan(keys::kGivenSignatures, number_, "", "", kMany));
    PEYK_TRY(auto news, parts_.db.scan(keys::kSignatureNews, number_, "", "", kMany));
    json::Array of_own, of_others, users;
    auto add = [](json::Array& to, const keys::SignatureRow& row) {
        to.emplace_back(json::Object{{"signed", row.target}, {"by", row.signer}, {"signature", row.signature}});
    };
    for (const auto& row : own) add(of_own, row);
    for (const auto& entry : given) {
        PEYK_TRY(auto row, keys::SignatureRow::decode(entry.body));
        add(of_others, row);
    }
    for (const auto& row : news) users.emplace_back(row.body);
    auto count = of_own.size() + of_others.size();
    mention("Signatures: which keys you have verified",
            "امضاها: چه کلیدهایی را تأیید کرده‌اید", "signatures.json", count);
    json_file("signatures.json", json::Object{{"own_keys", std::move(of_own)},
                                              {"keys_of_others", std::move(of_others)},
                                              {"users", std::move(users)}});
    return {};
}

Result<void> ExportStream::backup_versions() {
    PEYK_TRY(auto rows, parts_.db.scan(keys::kBackupVersions, number_, "", "", kMany));
    json::Array out;
    for (const auto& row : rows) {
        if (row.rest.size() != 8) continue;
        auto number = get_u64be(row.rest.data());
        json::Object version{{"version", std::to_string(number)}};
        if (keys::BackupVersion::state_of(row) == keys::BackupVersion::State::live) {
            PEYK_TRY(auto found, keys::BackupVersion::decode(row));
            version.set("algorithm", found.algorithm);
            version.set("auth_data", json::parse(found.auth_data).value_or(json::Value(found.auth_data)));
            version.set("sessions", found.count);
            next([this, number] { return done(backup_sessions(number, {}, 1)); });
        } else {
            version.set("deleted", true);
        }
        out.emplace_back(std::move(version));
    }
    mention("Key backup, readable by you only",
            "پشتیبان کلیدها که تنها شما می‌توانید بخوانید", "key-backup.json",
            out.size());
    json_file("key-backup.json", json::Value(std::move(out)));
    return {};
}

Result<void> ExportStream::backup_sessions(std::uint64_t version, std::string from, std::size_t part) {
    std::string prefix;
    put_u64be(prefix, version);
    if (from.empty()) from = prefix;
    PEYK_TRY(auto rows, parts_.db.scan(keys::kBackupSessions, number_, from, storage::prefix_end(prefix), kPage));
    if (rows.empty()) return {};
    json::Array out;
    for (const auto& row : rows) {
        PEYK_TRY(auto session, keys::BackupSession::decode(row.body));
        out.emplace_back(json::Object{{"room_id", session.room},
                                      {"session_id", session.session},
                                      {"data", json::parse(session.json).value_or(json::Value(session.json))}});
    }
    json_file(fmt::format("key-backup/{}-{}.json", version, part), json::Value(std::move(out)));
    if (rows.size() == kPage) {
        auto behind = rows.back().rest + '\0';
        next([this, version, behind, part] { return done(backup_sessions(version, behind, part + 1)); });
    }
    return {};
}

Result<void> ExportStream::inbox(std::string from, std::size_t part) {
    PEYK_TRY(auto rows, parts_.db.scan(keys::kInbox, number_, from, "", kPage));
    json::Array out;
    for (const auto& row : rows) {
        if (!row.gone) out.push_back(body_of(row));
    }
    auto name = fmt::format("to-device-{}.json", part);
    mention("Messages between devices that wait", "پیام‌های منتظر میان دستگاه‌ها", name,
            out.size());
    json_file(name, json::Value(std::move(out)));
    if (rows.size() == kPage) {
        auto behind = rows.back().rest + '\0';
        next([this, behind, part] { return done(inbox(behind, part + 1)); });
    }
    return {};
}

Result<void> ExportStream::delayed() {
    PEYK_TRY(auto events, parts_.delayed.list(number_));
    json::Array out;
    for (const auto& event : events) {
        json::Object row{{"room_id", event.room.str()},
                         {"type", event.type},
                         {"delay_ms", event.delay.count()},
                         {"running_since_ts", event.running_since.count()}};
        if (event.state_key) row.set("state_key", *event.state_key);
        if (!event.content.empty()) row.set("content", json::parse(event.content).value_or(json::Value(event.content)));
        if (event.finalised > Millis{0}) row.set("done_ts", event.finalised.count());
        if (event.event) row.set("event_id", event.event->str());
        out.emplace_back(std::move(row));
    }
    mention("Messages that are to be sent later", "پیام‌هایی که بعداً فرستاده می‌شوند",
            "delayed-events.json", out.size());
    json_file("delayed-events.json", json::Value(std::move(out)));
    return {};
}

Result<void> ExportStream::uploads(std::uint64_t from) {
    PEYK_TRY(auto files, parts_.media.list_uploads(number_, from, kUploadsAtOnce));
    if (from != 0) next([this, from] { return done(uploads(from)); });
    for (auto it = files.rbegin(); it != files.rend(); ++it) {
        next([this, upload = *it] { return begin_upload(upload); });
    }
    return {};
}

Result<void> ExportStream::reports() {
    json::Array out;
    auto mine = [this](const rooms::Report& report) { return report.reporter == user_; };
    for (auto kind : {rooms::ReportKind::event, rooms::ReportKind::room, rooms::ReportKind::user}) {
        PEYK_TRY(auto page, parts_.reports.list(kind, mine, 0, kMany, rooms::Reports::Order::oldest_first));
        for (const auto& report : page.reports) {
            json::Object row{{"received_ts", report.received_ts}, {"reason", report.reason}};
            if (report.room) row.set("room_id", report.room->str());
            if (report.event) row.set("event_id", report.event->str());
            if (report.subject) row.set("about", report.subject->str());
            if (report.score) row.set("score", *report.score);
            out.emplace_back(std::move(row));
        }
    }
    mention("Reports to the administrators", "گزارش‌ها به گردانندگان", "reports.json", out.size());
    json_file("reports.json", json::Value(std::move(out)));
    return {};
}

}  // namespace peyk::app
