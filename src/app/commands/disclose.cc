// `peyk disclose --fields`: which kinds of data exist about a person. docs/decisions/1701-fields-not-values.md

#include <fmt/format.h>

#include "app/cli.h"
#include "app/console.h"
#include "app/holdings.h"
#include "core/json.h"

namespace peyk::app {
namespace {

constexpr std::string_view kOperatorsSee[] = {"user id", "state", "day of creation", "whether administrator"};

std::string_view place_name(Place place) {
    constexpr std::string_view names[] = {"table", "file", "memory"};
    return names[static_cast<std::size_t>(place)];
}

void print_json() {
    json::Array fields, seen;
    for (const auto& field : disclosed_fields()) {
        fields.emplace_back(json::Object{{"field", std::string(field.field)},
                                         {"place", std::string(place_name(field.place))},
                                         {"where", std::string(field.where)}});
    }
    for (auto name : kOperatorsSee) seen.emplace_back(std::string(name));
    print_line(json::write(json::Object{{"fields", std::move(fields)}, {"operators_see", std::move(seen)}}));
}

void print_text() {
    print("What can exist about a person who has an account here. No values, of nobody: those are given to the person");
    print("alone, who asks for them with their own sign-in. In encrypted rooms, contents are ciphertext.");
    for (auto place : {Place::table, Place::file, Place::memory}) {
        print("");
        print("{}", place == Place::table  ? "In the store, sealed:"
                    : place == Place::file ? "Beside the store:"
                                           : "In memory only, never written down:");
        for (const auto& field : disclosed_fields()) {
            if (field.place == place) print("  {:<26} {}", field.where, field.field);
        }
    }
    print("");
    print_line(fmt::format("Operators see, with their commands and pages: {}.", fmt::join(kOperatorsSee, ", ")));
}

}  // namespace

int run_disclose(const DiscloseOptions& options) {
    if (options.output == Output::json) {
        print_json();
    } else {
        print_text();
    }
    return kExitOk;
}

}  // namespace peyk::app
