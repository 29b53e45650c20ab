#include "rooms/ephemeral/room_stream.h"

#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk::rooms {
namespace {

enum class Kind : std::uint8_t { receipt = 1, device_list = 2 };
constexpr std::size_t kPage = 1000;
constexpr std::size_t kMaxMarks = 10'000;   // of one user; there are fewer
constexpr std::size_t kMaxLooked = 10'000;  // rows, for the newest receipts
constexpr std::size_t kNumberBytes = 8;     // of the user's number, at the beginning of a read mark's key

// Receipt row: user, type, event, thread (length-prefixed), time; stream position of its row in kRoomStream is the
// receipt row's own stamp, so a receipt is one put in each table and the older stream row is deleted.
std::string encode(const Receipt& receipt) {
    std::string out;
    put_bytes(out, receipt.user.view());
    put_bytes(out, receipt.type);
    put_bytes(out, receipt.event.view());
    put_bytes(out, receipt.thread);
    put_varint(out, static_cast<std::uint64_t>(receipt.ts));
    return out;
}

Result<Receipt> decode(std::string_view bytes, storage::Position position) {
    ByteReader reader(bytes);
    auto user = UserId::trusted(std::string(reader.bytes()));
    auto type = std::string(reader.bytes());
    auto event = EventId::trusted(std::string(reader.bytes()));
    Receipt out{std::move(user), std::move(type), std::move(event), std::string(reader.bytes()), 0, position};
    out.ts = static_cast<std::int64_t>(reader.varint());
    if (!reader.done()) return fail(Errc::corrupt, "a receipt does not decode");
    return out;
}

}  // namespace

Task<Result<void>> RoomStream::set_receipt(RoomNumber room, Receipt receipt) {
    auto digest = db_.digest("receipt", receipt.user.str() + ' ' + receipt.type + ' ' + receipt.thread);
    auto user = db_.number(receipt.user.view());
    auto guard = co_await lanes_.enter(user);
    PEYK_CO_TRY(auto old, db_.get(kReceipts, room, digest));
    PEYK_CO_TRY(auto mark, db_.get(kReadMarks, room, number_key(user) + digest));
    if (mark && ByteReader(mark->body).varint() >= receipt.number) co_return Result<void>{};
    storage::Change change(db_, Owner::room, room, db_.epoch(Owner::room, room));
    if (old) {
        change.del(kRoomStream, room, number_key(old->position));
    } else if (!receipt.thread.empty() && receipt.thread != "main") {
        PEYK_CO_CHECK(drop_old_threads(change, room, user));
    }
    change.put(kReceipts, room, digest, encode(receipt));
    std::string row(1, static_cast<char>(Kind::receipt));
    row += digest;
    change.put_at_position(kRoomStream, room, "", "", row);
    std::string body;
    put_varint(body, receipt.number);
    put_bytes(body, receipt.thread);
    change.put(kReadMarks, room, number_key(user) + digest, body);
    activity_.begin(room);
    auto position = co_await db_.commit(std::move(change));
    activity_.end(room, position.value_or(0));
    if (!position) co_return std::unexpected(std::move(position.error()));
    FeedEntry entry{FeedEntry::Kind::room, room, *position};
    feed_.publish(entry);
    co_return Result<void>{};
}

// So that there is place for one more. What is forgotten counts as unread again, a thousand threads later.
Result<void> RoomStream::drop_old_threads(storage::Change& change, RoomNumber room, UserNumber user) const {
    constexpr std::size_t kDroppedAtOnce = 100;
    struct Old {
        EventNumber event;
        std::string rest;
    };
    std::vector<Old> threads;
    PEYK_TRY(auto rows, db_.scan_prefix(kReadMarks, room, number_key(user), kMaxMarks));
    for (auto& row : rows) {
        ByteReader reader(row.body);
        auto event = reader.varint();
        auto thread = reader.bytes();
        if (!thread.empty() && thread != "main") threads.push_back({event, std::move(row.rest)});
    }
    if (threads.size() < kMaxThreads) return {};
    std::ranges::sort(threads, {}, &Old::event);
    auto surplus = std::min(threads.size() - kMaxThreads + 1, kDroppedAtOnce);
    for (const auto& old : std::span(threads).first(surplus)) {
        auto digest = std::string_view(old.rest).substr(kNumberBytes);
        PEYK_TRY(auto receipt, db_.get(kReceipts, room, digest));
        if (receipt) change.del(kRoomStream, room, number_key(receipt->position));
        change.del(kReceipts, room, digest);
        change.del(kReadMarks, room, old.rest);
    }
    return {};
}

Result<std::vector<ReadMark>> RoomStream::read_marks(RoomNumber room, UserNumber user) const {
    std::vector<ReadMark> out;
    PEYK_TRY(auto rows, db_.scan_prefix(kReadMarks, room, number_key(user), kMaxMarks));
    for (const auto& row : rows) {
        ByteReader reader(row.body);
        auto event = reader.varint();
        out.push_back({std::string(reader.bytes()), event});
        if (!reader.done()) return fail(Errc::corrupt, "a read mark does not decode");
    }
    return out;
}

Task<Result<void>> RoomStream::device_list_changed(UserId user) {
    auto number = db_.number(user.view());
    auto guard = co_await lanes_.enter(number);
    PEYK_CO_TRY(auto rows, memberships_.of(number));
    std::vector<std::pair<RoomNumber, storage::Db::Pending>> pending;
    for (const auto& row : *rows) {
        if (row.membership != Membership::join) continue;
        PEYK_CO_TRY(auto old, db_.get(kDeviceListRows, row.number, number_key(number)));
        storage::Change change(db_, Owner::room, row.number, db_.epoch(Owner::room, row.number));
        if (old) change.del(kRoomStream, row.number, number_key(old->position));
        change.put(kDeviceListRows, row.number, number_key(number), "");
        std::string body(1, static_cast<char>(Kind::device_list));
        body += user.view();
        change.put_at_position(kRoomStream, row.number, "", "", body);
        activity_.begin(row.number);
        pending.emplace_back(row.number, db_.start_commit(std::move(change)));
    }
    Result<void> outcome;
    for (auto& [room, commit] : pending) {
        auto position = co_await std::move(commit).wait();
        activity_.end(room, position.value_or(0));
        if (!position) {
            outcome = std::unexpected(std::move(position.error()));
            continue;
        }
        FeedEntry entry{FeedEntry::Kind::room, room, *position};
        feed_.publish(entry);
    }
    co_return outcome;
}

Result<RoomStream::Changes> RoomStream::changes(RoomNumber room, storage::Position from, storage::Position to,
                                                std::optional<ReceiptLimit> limit) const {
    Changes out;
    Digests receipts;  // the oldest first
    auto start = number_key(from + 1);
    auto end = number_key(to + 1);
    for (;;) {
        PEYK_TRY(auto rows, db_.scan(kRoomStream, room, start, end, kPage));
        for (const auto& row : rows) {
            if (row.body.empty()) continue;
            auto rest = row.body.substr(1);
            if (static_cast<Kind>(row.body[0]) == Kind::device_list) {
                out.device_lists.push_back(UserId::trusted(std::move(rest)));
            } else {
                receipts.push_back(std::move(rest));
            }
        }
        if (rows.size() < kPage) break;
        start = rows.back().rest + '\0';
    }
    if (limit && receipts.size() > limit->newest) {
        PEYK_TRY(auto own, own_receipts(room, limit->own));
        auto surplus = receipts.begin() + static_cast<std::ptrdiff_t>(receipts.size() - limit->newest);
        auto kept = std::stable_partition(receipts.begin(), surplus,
                                          [&](const auto& digest) { return std::ranges::binary_search(own, digest); });
        receipts.erase(kept, surplus);
    }
    PEYK_TRY(out.receipts, load(room, receipts));
    return out;
}

// Sorted.
Result<RoomStream::Digests> RoomStream::own_receipts(RoomNumber room, UserNumber user) const {
    Digests out;
    PEYK_TRY(auto rows, db_.scan_prefix(kReadMarks, room, number_key(user), kMaxMarks));
    for (const auto& row : rows) out.push_back(row.rest.substr(kNumberBytes));
    return out;
}

Result<std::vector<Receipt>> RoomStream::load(RoomNumber room, const Digests& digests) const {
    std::vector<Receipt> out;
    out.reserve(digests.size());
    for (const auto& digest : digests) {
        PEYK_TRY(auto receipt, db_.get(kReceipts, room, digest));
        if (!receipt) continue;
        PEYK_TRY(auto decoded, decode(receipt->body, receipt->position));
        out.push_back(std::move(decoded));
    }
    return out;
}

Result<std::vector<Receipt>> RoomStream::receipts(RoomNumber room, ReceiptLimit limit) const {
    PEYK_TRY(auto all, db_.scan(kReceipts, room, "", "", limit.newest + 1));
    if (all.size() <= limit.newest) {
        std::vector<Receipt> out;
        for (const auto& row : all) {
            PEYK_TRY(auto decoded, decode(row.body, row.position));
            out.push_back(std::move(decoded));
        }
        return out;
    }
    PEYK_TRY(auto own, own_receipts(room, limit.own));
    auto chosen = own;
    std::string end;
    for (std::size_t looked = 0; looked < kMaxLooked; looked += kPage) {
        PEYK_TRY(auto rows, db_.scan(kRoomStream, room, "", end, kPage, storage::Store::Order::reverse));
        for (const auto& row : rows) {
            if (chosen.size() >= own.size() + limit.newest) return load(room, chosen);
            if (row.body.empty() || static_cast<Kind>(row.body[0]) != Kind::receipt) continue;
            auto digest = row.body.substr(1);
            if (!std::ranges::binary_search(own, digest)) chosen.push_back(std::move(digest));
        }
        if (rows.size() < kPage) break;
        end = rows.back().rest;
    }
    return load(room, chosen);
}

Result<storage::Position> RoomStream::newest(RoomNumber room) const {
    PEYK_TRY(auto rows, db_.scan(kRoomStream, room, "", "", 1, storage::Store::Order::reverse));
    return rows.empty() ? 0 : get_u64be(rows.front().rest.data());
}

}  // namespace peyk::rooms
