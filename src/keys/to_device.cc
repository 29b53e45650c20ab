#include "keys/to_device.h"

#include "base/bytes.h"
#include "core/errors.h"
#include "keys/rows.h"
#include "keys/tables.h"

namespace peyk::keys {
namespace {

std::string sent_key(std::uint64_t device, std::uint16_t day, std::string_view digest = {}) {
    auto key = key_of(device);
    put_u16be(key, day);
    return key.append(digest);
}

std::string event_json(const ToDeviceSend& send, const json::Object& content) {
    json::Writer writer;
    writer.begin_object().key("content").raw(json::write(content));
    writer.key("sender").string(send.sender.view()).key("type").string(send.type).end_object();
    return writer.take();
}

}  // namespace

struct ToDevice::Sorted {
    std::vector<Addressed> local;
    json::Object remote;
};

Result<ToDevice::Sorted> ToDevice::sort(const ToDeviceSend& send) const {
    Sorted sorted;
    std::size_t count = 0;
    for (const auto& [user_text, by_device] : send.messages) {
        PEYK_TRY(auto user, UserId::parse(user_text));
        if (!by_device.is_object()) return m::bad_json("'messages' must map users to devices");
        Addressed addressed{user};
        for (const auto& [device_text, content] : *by_device.object()) {
            if (!content.is_object()) return m::bad_json("a message must be an object");
            auto event = event_json(send, *content.object());
            if (event.size() > limits_.to_device_message_bytes) return m::too_large("A message is too large");
            if (device_text == "*") {
                addressed.to_all = std::move(event);
                continue;
            }
            // What is no device id is the id of no device.
            if (auto device = DeviceId::parse(device_text)) {
                addressed.to_device.emplace(std::move(*device), std::move(event));
                ++count;
            }
        }
        if (!ports_.accounts.is_local(user)) {
            sorted.remote.set(user_text, by_device);
            continue;
        }
        if (addressed.to_all) {
            PEYK_TRY(auto devices, ports_.accounts.devices(user));
            count += devices.size();
        }
        sorted.local.push_back(std::move(addressed));
    }
    if (count > limits_.to_device_messages) return m::too_large("Too many messages at once");
    return sorted;
}

Result<bool> ToDevice::was_sent(const ToDeviceSend& send, std::string_view digest) const {
    auto device = device_number(db_, send.device);
    for (std::uint16_t age : {0, 1}) {
        auto day = static_cast<std::uint16_t>(day_of(clock_) - age);
        PEYK_TRY(auto row, db_.get(kSent, send.sender_number, sent_key(device, day, digest)));
        if (row) return true;
    }
    return false;
}

// A row of its own that nothing else reads before writing, hence without the lane.
Task<Result<void>> ToDevice::remember(std::uint64_t sender_number, DeviceId device, std::string digest) {
    auto number = device_number(db_, device);
    auto today = day_of(clock_);
    storage::Change change(db_, Owner::user, sender_number, db_.epoch(Owner::user, sender_number));
    change.put(kSent, sender_number, sent_key(number, today, digest), {});
    auto yesterday = sent_key(number, static_cast<std::uint16_t>(today - 1));
    PEYK_CO_TRY(auto old, db_.scan(kSent, sender_number, key_of(number), yesterday, 64));
    for (const auto& row : old) change.del(kSent, sender_number, row.rest);
    PEYK_CO_TRY([[maybe_unused]] auto position, co_await db_.commit(std::move(change)));
    co_return Result<void>{};
}

Task<Result<void>> ToDevice::send(ToDeviceSend send) {
    std::string path;
    put_bytes(path, send.type);
    put_bytes(path, send.transaction);
    auto digest = db_.digest("to-device transaction", path);
    PEYK_CO_TRY(bool sent, was_sent(send, digest));
    if (sent) co_return Result<void>{};
    PEYK_CO_TRY(auto sorted, sort(send));

    std::string source;
    put_bytes(source, send.sender.view());
    put_bytes(source, send.device.view());
    PEYK_CO_CHECK(co_await inboxes_.deliver(source, path, std::move(sorted.local)));
    if (!sorted.remote.empty() && ports_.remote_inboxes) {
        auto message_id = hex_encode(db_.digest("to-device message id", source + path));
        auto sending =
            ports_.remote_inboxes->send(send.sender, send.type, std::move(message_id), std::move(sorted.remote));
        PEYK_CO_CHECK(co_await std::move(sending));
    }
    co_return co_await remember(send.sender_number, std::move(send.device), std::move(digest));
}

}  // namespace peyk::keys
