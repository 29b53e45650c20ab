// `peyk inventory`: what is held, for people and for programs.

#include <fmt/format.h>

#include "app/catalog.h"
#include "app/cli.h"
#include "app/config_keys.h"
#include "app/console.h"
#include "app/holdings.h"
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
    describe(table, row);
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
        describe(file, row);
        files.push_back(std::move(row));
    }
    out.set("tables", std::move(tables));
    out.set("files", std::move(files));
    add_memory_and_categories(out, config ? &*config : nullptr);
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

std::string joined(std::vector<std::string_view> names, bool written) {
    if (written) names.emplace_back("whatever people write");
    return names.empty() ? "nothing of a person" : fmt::format("{}", fmt::join(names, ", "));
}

// What, whose, why, how long, in which categories, sealed by which key.
void print_holding(std::string_view name, std::string_view about, std::string_view kept, std::string_view sealed,
                   const Holding& holding) {
    print("{}", name);
    print("    what        {}", about);
    print("    whose       {}", holding.whose);
    print("    why         {}", holding.why);
    print("    how long    {}", kept);
    print("    categories  {}", joined(label_names(holding.labels), holding.written));
    print("    sealed by   {}", sealed);
    if (!holding.only_with.empty()) print("    only with   {} = true", holding.only_with);
}

void print_tables() {
    print(
        "Everything that the store can hold. Keys of rows carry numbers, not names; all files are encrypted, and rows");
    print("are sealed once more: per owner (all rows of a room or user go at once) or per row (one alone).");
    print("");
    for (const auto* table : catalog().tables) {
        if (table->dropped) continue;
        print_holding(table->name, table->about, table->kept, sealed_by(*table), holding_of(*table));
    }
    print("");
    print("Outside of the store:");
    for (const auto& file : kept_files()) {
        const auto& holding = holding_of(file);
        print_holding(file.name, file.about, file.kept,
                      holding.clear ? "nothing: it lies there in clear" : "keys that only the store has", holding);
    }
    print("");
    print("In memory only, never written down:");
    for (const auto& holding : holdings()) {
        if (holding.place == Place::memory)
            print_holding(holding.name, holding.about, holding.kept, "nothing, and never on a disk", holding);
    }
}

void print_categories(const std::optional<Config>& config) {
    print("");
    print("By the sixteen categories that shops for apps ask about{}:",
          config ? ", with this configuration" : "; some only with a switch");
    for (std::size_t i = 0; i < kLabels.size(); ++i) {
        std::vector<std::string_view> names;
        for (const auto& holding : holdings()) {
            if (!(holding.labels & (1U << i)) || (config && !is_possible(holding, *config))) continue;
            names.push_back(holding.place == Place::table ? catalog().find(holding.table)->name : holding.name);
        }
        print("  {:<18} {}", kLabels[i], names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", ")));
    }
}

void print_text(const std::optional<Config>& config) {
    print_tables();
    print_categories(config);
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
