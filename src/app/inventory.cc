#include "app/inventory.h"

#include "app/catalog.h"
#include "app/deletions.h"
#include "app/holdings.h"

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

json::Object row_of(const KeptFile& file) {
    json::Object row;
    row.set("name", std::string(file.name));
    row.set("about", std::string(file.about));
    row.set("category", std::string(file.category));
    row.set("kept", std::string(file.kept));
    describe(file, row);
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

}  // namespace

bool is_about_keeping(const Key& key) {
    return key.name.starts_with("privacy.") || key.name.starts_with("retention.") || key.name == "media.lifetime";
}

json::Object inventory_json(const Config* config) {
    json::Object out;
    json::Array tables, files;
    for (const auto* table : catalog().tables) {
        if (!table->dropped) tables.emplace_back(row_of(*table));
    }
    for (const auto& file : kept_files()) files.emplace_back(row_of(file));
    out.set("tables", std::move(tables));
    out.set("files", std::move(files));
    json::Array deadlines;
    for (const auto& deletion : deletions()) deadlines.emplace_back(row_of(deletion));
    out.set("deletions", std::move(deadlines));
    add_memory_and_categories(out, config);
    if (!config) return out;
    json::Object switches;
    auto copy = *config;  // keys give access to a configuration that can be changed
    for (const auto& key : config_keys()) {
        if (is_about_keeping(key)) switches.set(std::string(key.name), show_value(key, &copy));
    }
    out.set("configuration", std::move(switches));
    return out;
}

}  // namespace peyk::app
