#include "rooms/ephemeral/room_stream.h"

#include "base/bytes.h"
#include "core/errors.h"

namespace peyk::rooms {
namespace {

enum class Kind : std::uint8_t { receipt = 1, device_list = 2 };
constexpr std::size_t kPage = 1000;
constexpr std::size_t kMaxMarks = 10'000;  // threads that one user has read

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
    auto guard = co_await lanes_.enter(get_u64be(digest.data()));
    PEYK_CO_TRY(auto old, db_.get(kReceipts, room, digest));
    storage::Change change(db_, Owner::room, room, db_.epoch(Owner::room, room));
    if (old) {
        PEYK_CO_TRY(auto before, decode(old->body, old->position));
        if (before.event == receipt.event) co_return Result<void>{};
        change.del(kRoomStream, room, number_key(old->position));
    }
    change.put(kReceipts, room, digest, encode(receipt));
    std::string row(1, static_cast<char>(Kind::receipt));
    row += digest;
    change.put_at_position(kRoomStream, room, "", "", row);
    PEYK_CO_CHECK(move_mark(change, room, receipt, digest));
    activity_.begin(room);
    auto position = co_await db_.commit(std::move(change));
    activity_.end(room, position.value_or(0));
    if (!position) co_return std::unexpected(std::move(position.error()));
    FeedEntry entry{FeedEntry::Kind::room, room, *position};
    feed_.publish(entry);
    co_return Result<void>{};
}

// In the same batch as the receipt. Inside the lane of the receipt.
Result<void> RoomStream::move_mark(storage::Change& change, RoomNumber room, const Receipt& receipt,
                                   std::string_view digest) const {
    auto rest = number_key(db_.number(receipt.user.view()));
    rest += digest;
    PEYK_TRY(auto old, db_.get(kReadMarks, room, rest));
    if (receipt.number == 0 || (old && ByteReader(old->body).varint() >= receipt.number)) return {};
    std::string body;
    put_varint(body, receipt.number);
    put_bytes(body, receipt.thread);
    change.put(kReadMarks, room, rest, body);
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
    PEYK_CO_TRY(auto rows, memberships_.of(db_.number(user.view())));
    std::vector<std::pair<RoomNumber, storage::Db::Pending>> pending;
    for (const auto& row : *rows) {
        if (row.membership != Membership::join) continue;
        storage::Change change(db_, Owner::room, row.number, db_.epoch(Owner::room, row.number));
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

Result<RoomStream::Changes> RoomStream::changes(RoomNumber room, storage::Position from, storage::Position to) const {
    Changes out;
    auto start = number_key(from + 1);
    auto end = number_key(to + 1);
    for (;;) {
        PEYK_TRY(auto rows, db_.scan(kRoomStream, room, start, end, kPage));
        for (const auto& row : rows) {
            if (row.body.empty()) continue;
            auto rest = std::string_view(row.body).substr(1);
            if (static_cast<Kind>(row.body[0]) == Kind::device_list) {
                out.device_lists.push_back(UserId::trusted(std::string(rest)));
                continue;
            }
            PEYK_TRY(auto receipt, db_.get(kReceipts, room, rest));
            if (!receipt) continue;
            PEYK_TRY(auto decoded, decode(receipt->body, receipt->position));
            out.receipts.push_back(std::move(decoded));
        }
        if (rows.size() < kPage) return out;
        start = rows.back().rest + '\0';
    }
}

Result<std::vector<Receipt>> RoomStream::receipts(RoomNumber room) const {
    std::vector<Receipt> out;
    std::string start;
    for (;;) {
        PEYK_TRY(auto rows, db_.scan(kReceipts, room, start, "", kPage));
        for (const auto& row : rows) {
            PEYK_TRY(auto decoded, decode(row.body, row.position));
            out.push_back(std::move(decoded));
        }
        if (rows.size() < kPage) return out;
        start = rows.back().rest + '\0';
    }
}

Result<storage::Position> RoomStream::newest(RoomNumber room) const {
    PEYK_TRY(auto rows, db_.scan(kRoomStream, room, "", "", 1, storage::Store::Order::reverse));
    return rows.empty() ? 0 : get_u64be(rows.front().rest.data());
}

}  // namespace peyk::rooms
