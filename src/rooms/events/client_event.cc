#include "rooms/events/client_event.h"

#include "core/json.h"
#include "core/redacted_form.h"
#include "rooms/relations/bundle.h"

namespace peyk::rooms {

DeviceId delayed_event_device() {
    return DeviceId::trusted(
        "\x01"
        "delayed");
}

Reader reader_for(const RoomStore& store, const UserId& user, const DeviceId& device, std::int64_t now_ms) {
    return Reader{user, store.number(user), device_digest(store.db(), user, device), now_ms};
}

namespace {

// What a redaction would leave of it.
Result<void> write_hidden(std::string& out, const RoomInfo& room, const StoredEvent& event) {
    StoredEvent rest;
    PEYK_TRY(rest.event, redacted_for_clients(*event.event, *room.rules));
    out += rest.client_prefix();
    return {};
}

// `hidden`: as a redaction would leave it.
Result<void> begin(std::string& out, const RoomInfo& room, const StoredEvent& event, RoomIdMember room_id,
                   bool hidden) {
    if (hidden) {
        PEYK_CHECK(write_hidden(out, room, event));
    } else {
        out += event.client_prefix();
    }
    if (room_id == RoomIdMember::include) {
        out += ",\"room_id\":";
        json::write_string(out, room.id.view());
    }
    return {};
}

void begin_unsigned(std::string& out, const StoredEvent& event, const Reader& reader) {
    out += ",\"unsigned\":{\"age\":";
    out += std::to_string(std::max<std::int64_t>(0, reader.now - event.event->origin_server_ts));
}

// What was there before, and why it is not any more; as far as the reader may see these events.
Result<void> write_history(std::string& out, const RoomStore& store, const RoomInfo& room, const StoredEvent& event,
                           Visibility& visibility) {
    if (event.replaces) {
        PEYK_TRY(bool told, visibility.may_see_replaced(event));
        StoredEventPtr before;
        if (told) {
            PEYK_TRY(before, store.event(room, event.replaces));
        }
        if (before) {
            out += ",\"prev_content\":";
            json::write_to(out, before->event->content);
            out += ",\"prev_sender\":";
            json::write_string(out, before->event->sender.view());
            out += ",\"replaces_state\":";
            json::write_string(out, before->event->id.view());
        }
    }
    if (event.redacted_by) {
        PEYK_TRY(auto redaction, store.event(room, *event.redacted_by));
        bool told = false;
        if (redaction) {
            PEYK_TRY(told, visibility.may_see(*redaction));
        }
        if (told) {
            out += ",\"redacted_because\":";
            out += redaction->client_prefix();
            out += ",\"room_id\":";
            json::write_string(out, room.id.view());
            out += '}';
        }
    }
    return {};
}

void end(std::string& out, const RoomStore& store, const StoredEvent& event, const Reader& reader) {
    if (!event.transaction_id.empty() && event.sender_device == reader.device) {
        out += ",\"transaction_id\":";
        json::write_string(out, event.transaction_id);
    } else if (!event.transaction_id.empty() && event.event->sender == reader.user &&
               event.sender_device == device_digest(store.db(), reader.user, delayed_event_device())) {
        // MSC4140: to its sender alone, the id by which it was scheduled.
        for (std::string_view name : {"delay_id", "org.matrix.msc4140.delay_id"}) {
            out += ",\"";
            out += name;
            out += "\":";
            json::write_string(out, event.transaction_id);
        }
    }
    out += "}}";
}

}  // namespace

Result<void> write_client_event(std::string& out, const RoomStore& store, const RoomInfo& room,
                                const StoredEvent& event, const Reader& reader, Visibility& visibility,
                                RoomIdMember room_id, Bundle bundle) {
    PEYK_TRY(bool hidden, visibility.must_redact(event));
    PEYK_CHECK(begin(out, room, event, room_id, hidden));
    begin_unsigned(out, event, reader);
    PEYK_TRY(auto membership, visibility.membership_at(event.after));
    out += ",\"membership\":\"";
    out += membership_text(membership);
    out += '"';
    PEYK_CHECK(write_history(out, store, room, event, visibility));
    if (!hidden && bundle != Bundle::nothing && !event.event->is_state())
        PEYK_CHECK(write_relations(out, store, room, event, reader, visibility, room_id, bundle));
    end(out, store, event, reader);
    return {};
}

Result<void> write_state_event(std::string& out, const RoomStore& store, const RoomInfo& room, const StoredEvent& event,
                               const Reader& reader, Visibility& visibility) {
    PEYK_CHECK(begin(out, room, event, RoomIdMember::leave_out, false));
    begin_unsigned(out, event, reader);
    PEYK_CHECK(write_history(out, store, room, event, visibility));
    end(out, store, event, reader);
    return {};
}

Result<void> write_federation_event(std::string& out, const RoomStore& store, const RoomInfo& room,
                                    const StoredEvent& event, const Reader& reader, Visibility& visibility) {
    PEYK_TRY(auto whole, store.with_pdu(room, event));
    if (!whole) return fail(Errc::not_found, "the event has ended");
    PEYK_TRY(bool hidden, visibility.must_redact(event));
    if (hidden) {
        PEYK_TRY(whole, redacted_form(*whole, *room.rules));
    }
    out += std::string_view(whole->pdu->json).substr(0, whole->pdu->json.size() - 1);
    if (room.rules->event_id_format != EventIdFormat::own) {
        out += ",\"event_id\":";
        json::write_string(out, event.event->id.view());
    }
    begin_unsigned(out, event, reader);
    PEYK_CHECK(write_history(out, store, room, event, visibility));
    end(out, store, event, reader);
    return {};
}

}  // namespace peyk::rooms
