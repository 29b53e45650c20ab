// `peyk token …`: invitations to a server where registration.mode is "token".

#include "app/cli.h"
#include "app/commands/admin_door.h"
#include "core/json_text.h"

namespace peyk::app {
namespace {

std::string limits_of(const json::Object& row) {
    std::string out;
    if (row.contains("uses")) {
        out = fmt::format("{} of {} left", count_in(row, "left"), count_in(row, "uses"));
    } else {
        out = "as often as wanted";
    }
    return out + (row.contains("ends") ? ", until " + text_in(row, "ends") : ", for ever");
}

void print_token(const json::Object& row, Output output) {
    if (output == Output::json) {
        print_line(json::write(row));
        return;
    }
    const auto* valid = row.find("valid");
    print("{:<20} {}{}", text_in(row, "token"), limits_of(row),
          valid && valid->boolean().value_or(true) ? "" : "   not valid any more");
}

}  // namespace

int run_token_add(const TokenOptions& options) {
    auto door = AdminDoor::open(options.config);
    if (!door) return door.error();
    json::Object request;
    if (!options.token.empty()) request.set("token", options.token);
    if (options.uses > 0) request.set("uses", options.uses);
    if (options.days > 0) request.set("days", options.days);
    auto made = door->ask("/tokens/add", request);
    if (!made) return kExitFailed;
    if (options.output == Output::json) {
        print_token(*made, options.output);
    } else {
        print_line(text_in(*made, "token"));
        note("{}. People enter it when they make their account.", limits_of(*made));
    }
    if (door->config().registration.mode != RegistrationMode::token)
        note("registration.mode is not \"token\": nobody is asked for it until it is.");
    return kExitOk;
}

int run_token_list(const TokenOptions& options) {
    auto door = AdminDoor::open(options.config);
    if (!door) return door.error();
    auto listed = door->ask("/tokens/list", {});
    if (!listed) return kExitFailed;
    const auto* rows = listed->find("tokens");
    std::size_t count = 0;
    if (rows && rows->array()) {
        for (const auto& row : *rows->array()) {
            if (row.object()) print_token(*row.object(), options.output);
        }
        count = rows->array()->size();
    }
    if (options.output == Output::text) note("{} token{}", count, count == 1 ? "" : "s");
    return kExitOk;
}

int run_token_remove(const TokenOptions& options) {
    auto door = AdminDoor::open(options.config);
    if (!door) return door.error();
    if (!door->ask("/tokens/remove", {{"token", options.token}})) return kExitFailed;
    print("{} cannot be used any more; accounts that were made with it stay", options.token);
    return kExitOk;
}

}  // namespace peyk::app
