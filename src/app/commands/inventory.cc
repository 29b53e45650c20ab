// `peyk inventory`: what is held, for people and for programs.

#include <fmt/format.h>

#include "app/catalog.h"
#include "app/cli.h"
#include "app/config_keys.h"
#include "app/console.h"
#include "app/deletions.h"
#include "app/holdings.h"
#include "app/inventory.h"

namespace peyk::app {
namespace {

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

void print_deletions() {
    print("");
    print(
        "What deletes, and by when it is hidden from everybody, deleted (with its key, where it has one of its own),");
    print("and gone from all files of the store:");
    for (const auto& deletion : deletions()) {
        print("{:<38} {:<16} {:<16} {:<16} after: {}", deletion.name, to_text(deletion.hidden),
              to_text(deletion.deleted), to_text(deletion.gone), deletion.event);
    }
}

void print_text(const std::optional<Config>& config) {
    print_tables();
    print_categories(config);
    print_deletions();
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
        print_line(json::write(inventory_json(config ? &*config : nullptr)));
    } else {
        print_text(config);
    }
    return kExitOk;
}

}  // namespace peyk::app
