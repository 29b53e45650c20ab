// `peyk inventory`: the table catalog, for people and for programs.

#include "app/catalog.h"
#include "app/cli.h"
#include "app/config_keys.h"
#include "app/console.h"
#include "app/deletions.h"
#include "core/json.h"

namespace peyk::app {
namespace {

json::Object row_of(const storage::Table& table) {
    json::Object row;
    row.set("id", static_cast<std::int64_t>(table.id));
    row.set("name", std::string(table.name));
    row.set("about", std::string(table.about));
    row.set("key", std::string(table.rest));
    row.set("of", std::string(owner_name(table.owner)));
    row.set("seal", std::string(seal_name(table.seal)));
    row.set("category", std::string(category_name(table.category)));
    row.set("kept", std::string(table.kept));
    return row;
}

json::Object deadline_of(Deadline deadline) {
    using Kind = Deadline::Kind;
    json::Object out;
    out.set("text", to_text(deadline));
    if (deadline.kind == Kind::at_once) out.set("seconds", 0);
    if (deadline.kind == Kind::within) out.set("seconds", static_cast<std::int64_t>(deadline.time.count()));
    return out;
}

json::Object row_of(const Deletion& deletion) {
    json::Array tables;
    for (const auto* table : deletion.tables) tables.emplace_back(std::string(table->name));
    json::Object row;
    row.set("name", std::string(deletion.name));
    row.set("counted_from", std::string(deletion.event));
    row.set("hidden", deadline_of(deletion.hidden));
    row.set("deleted", deadline_of(deletion.deleted));
    row.set("gone_from_files", deadline_of(deletion.gone));
    row.set("tables", std::move(tables));
    return row;
}

// What the configuration says about what is held, and for how long.
bool is_about_keeping(const Key& key) {
    return key.name.starts_with("privacy.") || key.name.starts_with("retention.") || key.name == "media.lifetime";
}

void print_json(const std::optional<Config>& config) {
    json::Object out;
    json::Array tables, files;
    for (const auto* table : catalog().tables) {
        if (!table->dropped) tables.push_back(row_of(*table));
    }
    for (const auto& file : kept_files()) {
        json::Object row;
        row.set("name", std::string(file.name));
        row.set("about", std::string(file.about));
        row.set("category", std::string(file.category));
        row.set("kept", std::string(file.kept));
        files.push_back(std::move(row));
    }
    out.set("tables", std::move(tables));
    out.set("files", std::move(files));
    json::Array deadlines;
    for (const auto& deletion : deletions()) deadlines.emplace_back(row_of(deletion));
    out.set("deletions", std::move(deadlines));
    if (config) {
        json::Object switches;
        auto copy = *config;
        for (const auto& key : config_keys()) {
            if (is_about_keeping(key)) switches.set(std::string(key.name), show_value(key, &copy));
        }
        out.set("configuration", std::move(switches));
    }
    print_line(json::write(out));
}

void print_text(const std::optional<Config>& config) {
    print(
        "Everything that the store can hold. Keys of rows carry numbers, not names; all files are encrypted, and rows "
        "are");
    print(
        "sealed once more: per owner (all rows of a room or user go at once) or per row (one can be destroyed alone).");
    print("");
    print("{:<24} {:<6} {:<6} {:<13} {}", "table", "of a", "seal", "category", "what, and how long it is kept");
    for (const auto* table : catalog().tables) {
        if (table->dropped) continue;
        print("{:<24} {:<6} {:<6} {:<13} {}", table->name, owner_name(table->owner), seal_name(table->seal),
              category_name(table->category), table->about);
        print("{:<52} kept {}", "", table->kept);
    }
    print("");
    print("Outside of the store:");
    for (const auto& file : kept_files()) {
        print("{:<38} {:<13} {}", file.name, file.category, file.about);
        print("{:<52} kept {}", "", file.kept);
    }
    print("");
    print(
        "What deletes, and by when it is hidden from everybody, deleted (with its key, where it has one of its own), "
        "and gone");
    print("from all files of the store:");
    for (const auto& deletion : deletions()) {
        print("{:<38} {:<16} {:<16} {:<16} after: {}", deletion.name, to_text(deletion.hidden),
              to_text(deletion.deleted), to_text(deletion.gone), deletion.event);
    }
    if (!config) return;
    print("");
    print("What {} switches on:", config->file.string());
    auto copy = *config;
    for (const auto& key : config_keys()) {
        if (is_about_keeping(key)) print("  {:<32} {}", key.name, show_value(key, &copy));
    }
}

}  // namespace

int run_inventory(const InventoryOptions& options) {
    std::optional<Config> config;
    if (!options.config.empty()) {
        config = load_or_complain(options.config);
        if (!config) return kExitUsage;
    }
    if (options.output == Output::json) {
        print_json(config);
    } else {
        print_text(config);
    }
    return kExitOk;
}

}  // namespace peyk::app
