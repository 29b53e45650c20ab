// `peyk inventory`: the table catalog, for people and for programs.

#include "app/inventory.h"
#include "app/catalog.h"
#include "app/cli.h"
#include "app/config_keys.h"
#include "app/console.h"

namespace peyk::app {
namespace {

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
