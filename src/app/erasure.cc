#include "app/erasure.h"

#include "app/catalog.h"
#include "app/tables.h"
#include "base/bytes.h"
#include "base/logging.h"
#include "core/event.h"
#include "storage/sweep.h"

namespace peyk::app {
namespace {

constexpr std::uint64_t kServer = 0;
constexpr std::size_t kPage = 1000;
constexpr std::size_t kEventsAtOnce = 200;
constexpr std::size_t kIdBytes = 16;

// Key of kErasureJobs: user, room; room 0 is the head.
std::string job_key(std::uint64_t user, std::uint64_t room) {
    std::string out;
    put_u64be(out, user);
    put_u64be(out, room);
    return out;
}

std::int64_t number_in(const json::Object& object, std::string_view key) {
    const auto* value = object.find(key);
    return value ? value->integer().value_or(0) : 0;
}

std::string text_in(const json::Object& object, std::string_view key) {
    const auto* value = object.find(key);
    return value && value->string() ? *value->string() : std::string();
}

void add_to(json::Object& receipt, std::string_view key, std::int64_t count) {
    auto* redaction = receipt.find("redaction");
    if (redaction && redaction->object())
        redaction->object()->set(std::string(key), number_in(*redaction->object(), key) + count);
}

// What the user said, and names and pictures of theirs in their own memberships.
bool is_own_content(const Event& event, const UserId& user) {
    if (event.sender != user || event.is("m.room.redaction")) return false;
    return !event.state_key || (event.is("m.room.member") && *event.state_key == user.view());
}

}  // namespace

Result<json::Array> Erasure::count_rows(std::uint64_t number) const {
    json::Array out;
    for (const auto* table : catalog().tables) {
        if (table->dropped || table->owner != storage::Owner::user) continue;
        std::int64_t rows = 0;
        std::string from;
        while (true) {
            PEYK_TRY(auto page, parts_.db.scan(*table, number, from, "", kPage));
            rows += static_cast<std::int64_t>(page.size());
            if (page.size() < kPage) break;
            from = page.back().rest + '\0';
        }
        if (rows == 0) continue;
        out.emplace_back(
            json::Object{{"class", std::string(table->name)}, {"about", std::string(table->about)}, {"rows", rows}});
    }
    return out;
}

Result<std::optional<json::Object>> Erasure::job(std::uint64_t number) const {
    PEYK_TRY(auto row, parts_.db.get(kErasureJobs, kServer, job_key(number, 0)));
    if (!row || row->gone) return std::optional<json::Object>{};
    PEYK_TRY(auto head, json::parse_object(row->body));
    return std::optional(std::move(head));
}

Task<Result<void>> Erasure::begin(UserId user, std::uint64_t number, users::Ending ending) {
    PEYK_CO_TRY(auto before, job(number));
    if (before) co_return Result<void>{};  // asked for twice; the first one has counted
    PEYK_CO_TRY(auto classes, count_rows(number));
    PEYK_CO_TRY(auto files, parts_.media.usage(number));
    PEYK_CO_TRY(auto rooms, parts_.memberships.of(number));
    std::array<std::uint8_t, kIdBytes> random;
    parts_.random.fill(random);
    auto id = hex_encode({reinterpret_cast<const char*>(random.data()), random.size()});

    storage::Change change(parts_.db, storage::Owner::server, kServer,
                           parts_.db.epoch(storage::Owner::server, kServer));
    std::int64_t joined = 0, out_of_reach = 0;
    for (const auto& row : *rooms) {
        bool in = row.membership == rooms::Membership::join;
        joined += in;
        out_of_reach += row.was_joined;
        if (!in || !ending.redact_events) continue;
        change.put(kErasureJobs, kServer, job_key(number, row.number),
                   json::write(json::Object{{"room", row.room.str()}, {"next", 0}}));
        if (change.bytes() < storage::kMaxBatch / 2) continue;
        PEYK_CO_CHECK(co_await parts_.db.commit(std::move(change)));
        change = storage::Change(parts_.db, storage::Owner::server, kServer,
                                 parts_.db.epoch(storage::Owner::server, kServer));
    }
    json::Object redaction{{"asked", ending.redact_events}};
    if (ending.redact_events) {
        redaction = json::Object{{"asked", true}, {"rooms", joined}, {"rooms_done", 0},
                                 {"events", 0},   {"refused", 0},    {"rooms_left_before", out_of_reach}};
    }
    json::Object receipt{{"asked_ts", parts_.clock.now().count()},
                         {"state", "under way"},
                         {"classes", std::move(classes)},
                         {"files", json::Object{{"count", files.count}, {"bytes", files.bytes}}},
                         {"rooms", joined},
                         {"redaction", std::move(redaction)},
                         {"servers", json::Array{}}};
    json::Object head{{"user", user.str()}, {"id", id}, {"redact", ending.redact_events}};
    change.put(kErasureJobs, kServer, job_key(number, 0), json::write(head));
    change.put(kErasures, kServer, digest(id), json::write(receipt));
    PEYK_CO_CHECK(co_await parts_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Result<bool> Erasure::will_redact(std::uint64_t number) const {
    PEYK_TRY(auto head, job(number));
    if (!head) return false;
    const auto* redact = head->find("redact");
    return redact && redact->boolean().value_or(false);
}

Task<Result<void>> Erasure::shred(std::uint64_t number) {
    PEYK_CO_TRY([[maybe_unused]] auto files, co_await parts_.media.remove_all_of(number));
    co_return Result<void>{};
}

Task<Result<void>> Erasure::edit(std::string receipt_key, Edit edit) {
    PEYK_CO_TRY(auto row, parts_.db.get(kErasures, kServer, receipt_key));
    json::Object receipt;
    if (row && !row->gone) {
        PEYK_CO_TRY(receipt, json::parse_object(row->body));
    }
    storage::Change change(parts_.db, storage::Owner::server, kServer,
                           parts_.db.epoch(storage::Owner::server, kServer));
    edit(receipt, change);
    change.put(kErasures, kServer, receipt_key, json::write(receipt));
    PEYK_CO_CHECK(co_await parts_.db.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<json::Object>> Erasure::finish(std::uint64_t number) {
    PEYK_CO_TRY(auto head, job(number));
    if (!head) co_return json::Object{};
    auto id = text_in(*head, "id");
    PEYK_CO_TRY(bool redacts, will_redact(number));
    auto now = parts_.clock.now().count();
    Edit edit = [number, redacts, now](json::Object& receipt, storage::Change& change) {
        receipt.set("shredded_ts", now);
        if (redacts) return;
        receipt.set("state", "done");
        receipt.set("done_ts", now);
        change.del(kErasureJobs, kServer, job_key(number, 0));
    };
    PEYK_CO_CHECK(co_await this->edit(digest(id), std::move(edit)));
    PEYK_CO_TRY(auto receipt, this->receipt(id));
    if (redacts) tasks_.spawn("redaction of an erased account", redact(number));
    auto out = receipt.value_or(json::Object{});
    out.set("receipt_id", id);
    co_return out;
}

Result<void> Erasure::start() {
    PEYK_TRY(auto rows, parts_.db.scan(kErasureJobs, kServer, "", "", 100'000));
    for (const auto& row : rows) {
        if (row.rest.size() != 16 || get_u64be(row.rest.data() + 8) != 0) continue;
        tasks_.spawn("redaction of an erased account", redact(get_u64be(row.rest.data())));
    }
    return {};
}

Task<void> Erasure::redact(std::uint64_t number) {
    auto done = co_await redact_all(number);
    if (!done && done.error().code != Errc::cancelled)
        log::warning("app", "the messages of an erased account stay until the next start: {}",
                     errc_name(done.error().code));
}

Task<Result<void>> Erasure::redact_all(std::uint64_t number) {
    PEYK_CO_TRY(auto head, job(number));
    if (!head) co_return Result<void>{};
    auto user = UserId::trusted(text_in(*head, "user"));
    auto receipt_key = digest(text_in(*head, "id"));
    PEYK_CO_TRY(auto account, parts_.users.accounts.find(user));
    if (!account || !account->deactivated) {
        // The server stopped before the account ended: it lives on, and nothing was promised.
        storage::Change change(parts_.db, storage::Owner::server, kServer,
                               parts_.db.epoch(storage::Owner::server, kServer));
        PEYK_CO_TRY(auto rows,
                    parts_.db.scan(kErasureJobs, kServer, job_key(number, 0), job_key(number + 1, 0), 10'000));
        for (const auto& row : rows) change.del(kErasureJobs, kServer, row.rest);
        change.del(kErasures, kServer, receipt_key);
        PEYK_CO_CHECK(co_await parts_.db.commit(std::move(change)));
        co_return Result<void>{};
    }
    while (true) {
        PEYK_CO_TRY(auto rows, parts_.db.scan(kErasureJobs, kServer, job_key(number, 1), job_key(number + 1, 0), 1));
        if (rows.empty()) break;
        PEYK_CO_TRY(auto room, json::parse_object(rows[0].body));
        PEYK_CO_CHECK(co_await redact_room(user, rows[0].rest, std::move(room), receipt_key));
    }
    // The rooms were left under the name, which wrote rows of memberships anew.
    PEYK_CO_CHECK(co_await parts_.users.lifecycle.shred(user));
    auto now = parts_.clock.now().count();
    Edit edit = [number, now](json::Object& receipt, storage::Change& change) {
        receipt.set("state", "done");
        receipt.set("done_ts", now);
        change.del(kErasureJobs, kServer, job_key(number, 0));
    };
    co_return co_await this->edit(std::move(receipt_key), std::move(edit));
}

Task<Result<void>> Erasure::redact_room(UserId user, std::string room_key, json::Object room, std::string receipt_key) {
    auto stop = tasks_.stop_token();
    auto id = RoomId::trusted(text_in(room, "room"));
    PEYK_CO_TRY(auto info, parts_.rooms.store().find(id));
    auto next = static_cast<rooms::EventNumber>(number_in(room, "next"));
    rooms::EventNumber end = 0;
    if (info) {
        PEYK_CO_TRY(auto top, parts_.rooms.store().top(*info));
        end = top.number + 1;
    }
    while (next < end) {
        PEYK_CO_TRY(auto run, parts_.rooms.store().kept_events(*info, next, end, kEventsAtOnce));
        std::int64_t done = 0, refused = 0;
        for (const auto& event : run.events) {
            if (stop.stop_requested()) co_return fail(Errc::cancelled, "the server stops");
            if (event->redacted_by || !is_own_content(*event->event, user)) continue;
            rooms::Draft draft{.type = "m.room.redaction", .redacts = event->event->id};
            auto sent = co_await parts_.rooms.send(user, id, std::move(draft), std::nullopt);
            if (sent) {
                ++done;
            } else if (sent.error().code == Errc::forbidden) {
                ++refused;
            } else {
                co_return std::unexpected(std::move(sent.error()));
            }
        }
        next = run.read == 0 ? end : run.next;
        room.set("next", static_cast<std::int64_t>(next));
        Edit progress = [done, refused, &room_key, &room](json::Object& receipt, storage::Change& change) {
            add_to(receipt, "events", done);
            add_to(receipt, "refused", refused);
            change.put(kErasureJobs, kServer, room_key, json::write(room));
        };
        PEYK_CO_CHECK(co_await edit(receipt_key, std::move(progress)));
    }
    if (info) {
        auto left = co_await parts_.actions.leave(user, id, {});
        if (!left && left.error().code != Errc::forbidden) co_return std::unexpected(std::move(left.error()));
    }
    Edit over = [&room_key](json::Object& receipt, storage::Change& change) {
        add_to(receipt, "rooms_done", 1);
        change.del(kErasureJobs, kServer, room_key);
    };
    co_return co_await edit(std::move(receipt_key), std::move(over));
}

Result<std::optional<json::Object>> Erasure::receipt(std::string_view id) const {
    PEYK_TRY(auto row, parts_.db.get(kErasures, kServer, digest(id)));
    if (!row || row->gone) return std::optional<json::Object>{};
    PEYK_TRY(auto receipt, json::parse_object(row->body));
    auto done = number_in(receipt, "done_ts");
    if (done && Millis{done} + kReceiptKept < parts_.clock.now()) return std::optional<json::Object>{};
    return std::optional(std::move(receipt));
}

Task<Result<std::size_t>> Erasure::forget_receipts(std::stop_token stop) {
    auto before = parts_.clock.now() - kReceiptKept;
    storage::ChooseOld choose = [before](std::uint64_t, std::span<const storage::Db::Walked> rows,
                                         std::vector<std::string>& old) -> Result<void> {
        for (const auto& row : rows) {
            if (row.entry.gone) continue;
            PEYK_TRY(auto receipt, json::parse_object(row.entry.body));
            auto done = number_in(receipt, "done_ts");
            if (done && Millis{done} < before) old.push_back(row.entry.rest);
        }
        return {};
    };
    co_return co_await storage::sweep(parts_.db, kErasures, storage::Owner::server, std::move(choose), stop);
}

}  // namespace peyk::app
