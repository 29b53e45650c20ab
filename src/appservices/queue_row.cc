#include "appservices/queue_row.h"

#include "base/bytes.h"

namespace peyk::appservices {
namespace {

// 1: before there were to-device messages in it.
constexpr std::uint64_t kOlderForm = 1, kForm = 2;

void put_transaction(std::string& out, const Transaction& transaction) {
    put_bytes(out, transaction.id);
    put_varint(out, static_cast<std::uint64_t>(transaction.made.count()));
    put_varint(out, transaction.events.size());
    for (const auto& event : transaction.events) {
        put_u64be(out, event.room);
        put_varint(out, event.number);
    }
    put_varint(out, transaction.ephemeral_count);
    put_bytes(out, transaction.ephemeral);
    put_varint(out, transaction.to_device.size());
    for (const auto& inbox : transaction.to_device) {
        put_bytes(out, inbox.user);
        put_bytes(out, inbox.device);
        put_varint(out, inbox.to);
    }
}

Transaction read_transaction(ByteReader& reader, std::uint64_t form) {
    Transaction out;
    out.id = std::string(reader.bytes());
    out.made = Millis(static_cast<std::int64_t>(reader.varint()));
    auto events = reader.varint();
    for (std::uint64_t i = 0; i < events && i < kMaxEvents; ++i) {
        auto room = reader.u64be();
        out.events.push_back({room, reader.varint()});
    }
    out.ephemeral_count = reader.varint();
    out.ephemeral = std::string(reader.bytes());
    auto inboxes = form == kOlderForm ? 0 : reader.varint();
    for (std::uint64_t i = 0; i < inboxes && i < kMaxInboxes; ++i) {
        InboxRef inbox{std::string(reader.bytes()), {}, 0};
        inbox.device = std::string(reader.bytes());
        inbox.to = reader.varint();
        out.to_device.push_back(std::move(inbox));
    }
    return out;
}

}  // namespace

std::string QueueRow::encode() const {
    std::string out;
    put_varint(out, kForm);
    put_u64be(out, events.position);
    put_u64be(out, events.number);
    put_u64be(out, receipts);
    put_varint(out, next);
    put_varint(out, pending ? 1 : 0);
    if (pending) put_transaction(out, *pending);
    return out;
}

Result<QueueRow> QueueRow::decode(std::string_view bytes) {
    ByteReader reader(bytes);
    QueueRow out;
    auto form = reader.varint();
    bool known = form == kForm || form == kOlderForm;
    out.events.position = reader.u64be();
    out.events.number = reader.u64be();
    out.receipts = reader.u64be();
    out.next = reader.varint();
    if (reader.varint() == 1) out.pending = read_transaction(reader, form);
    if (!known || !reader.done()) return fail(Errc::corrupt, "the queue of an application service does not decode");
    return out;
}

}  // namespace peyk::appservices
