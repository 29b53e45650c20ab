// The receipt of an erasure as people read it.

#include <fmt/chrono.h>

#include "app/erasure.h"

namespace peyk::app {
namespace {

std::string time_text(const json::Value& receipt, std::string_view key) {
    auto at = receipt.get_integer(key);
    if (!at) return "not yet";
    return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(static_cast<std::time_t>(*at / 1000)));
}

std::int64_t count(const json::Value& object, std::string_view key) { return object.get_integer(key).value_or(0); }

void write_redaction(std::string& out, const json::Value& redaction) {
    if (!redaction.get_bool("asked").value_or(false)) {
        out += "Messages in rooms were not to be redacted: those who were in the rooms still see them.\n";
        return;
    }
    out += fmt::format("Redacted in rooms of this server: {} events of {} of {} rooms.\n", count(redaction, "events"),
                       count(redaction, "rooms_done"), count(redaction, "rooms"));
    if (auto refused = count(redaction, "refused"))
        out += fmt::format("Not redacted, since the rules of their rooms forbid it: {} events.\n", refused);
    if (auto before = count(redaction, "rooms_left_before"))
        out += fmt::format("Out of reach, since the account had left them before: {} rooms.\n", before);
}

}  // namespace

std::string receipt_text(const json::Object& receipt, std::string_view server) {
    json::Value value(receipt);
    std::string out = fmt::format("Erasure of an account at {}\n\n", server);
    if (auto id = value.get_string("receipt_id")) out += fmt::format("Receipt: {}\n", *id);
    out += fmt::format("State: {}\nAsked for: {}\nKeys destroyed: {}\nAll done: {}\n\n",
                       value.get_string("state").value_or("?"), time_text(value, "asked_ts"),
                       time_text(value, "shredded_ts"), time_text(value, "done_ts"));
    out += "What was held, and cannot be opened any more, not even from copies of the disk:\n";
    if (const auto* classes = value.get_array("classes")) {
        for (const auto& row : *classes)
            out += fmt::format("  {:>8} x {}: {}\n", count(row, "rows"), row.get_string("class").value_or(""),
                               row.get_string("about").value_or(""));
    }
    if (const auto* files = value.get("files"))
        out += fmt::format("  {:>8} x uploaded files, {} bytes together\n", count(*files, "count"),
                           count(*files, "bytes"));
    out += "\n";
    if (const auto* redaction = value.get("redaction")) write_redaction(out, *redaction);
    out +=
        "Other servers that were told: none, since this server talks to none yet.\n\n"
        "What remains: the name of the account, so that nobody else gets it; who was in which room when, and other "
        "state "
        "of rooms; what was reported to the administrators; what apps of other people have received; backups of the "
        "server "
        "from before, as long as they are kept.\n"
        "The deleted bytes leave the files of the server within a week. This receipt is kept for 90 days.\n";
    return out;
}

}  // namespace peyk::app
