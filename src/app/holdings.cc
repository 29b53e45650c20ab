#include "app/holdings.h"

#include <algorithm>

#include "app/config_keys.h"
#include "app/holdings_list.h"
#include "base/error.h"

namespace peyk::app {
namespace {

std::vector<Holding> collect() {
    std::vector<Holding> out;
    for (auto list : holding_lists()) out.insert(out.end(), list.begin(), list.end());
    return out;
}

std::string_view name_of(const Holding& holding) {
    if (holding.place != Place::table) return holding.name;
    const auto* table = catalog().find(holding.table);
    if (!table) panic(fmt::format("a holding names table {}, which the catalog lacks", holding.table));
    return table->name;
}

json::Array names_of(Labels labels) {
    json::Array out;
    for (auto name : label_names(labels)) out.emplace_back(std::string(name));
    return out;
}

void describe(const Holding& holding, json::Object& row) {
    row.set("categories", names_of(holding.labels));
    row.set("whose", std::string(holding.whose));
    row.set("why", std::string(holding.why));
    row.set("group", std::string(holding.group));
    if (holding.written) row.set("may_hold_whatever_people_write", true);
    if (holding.clear) row.set("in_clear", true);
    if (!holding.only_with.empty()) row.set("only_with", std::string(holding.only_with));
}

}  // namespace

std::span<const Holding> holdings() {
    static const std::vector<Holding> all = collect();
    return all;
}

std::vector<std::string_view> label_names(Labels labels) {
    std::vector<std::string_view> out;
    for (std::size_t i = 0; i < kLabels.size(); ++i) {
        if (labels & (1U << i)) out.push_back(kLabels[i]);
    }
    return out;
}

const Holding& holding_of(const storage::Table& table) {
    for (const auto& holding : holdings()) {
        if (holding.place == Place::table && holding.table == table.id) return holding;
    }
    panic(fmt::format("the table {} has no line in app/holdings_list.cc", table.name));
}

const Holding& holding_of(const KeptFile& file) {
    for (const auto& holding : holdings()) {
        if (holding.place == Place::file && holding.name == file.name) return holding;
    }
    panic(fmt::format("the file '{}' has no line in app/holdings_list.cc", file.name));
}

std::string_view sealed_by(const storage::Table& table) {
    switch (table.seal) {
        case storage::Seal::none: return "the key of the file, as everything on the disk";
        case storage::Seal::owner:
            return table.owner == storage::Owner::room   ? "a key of the room, and the key of the file"
                   : table.owner == storage::Owner::user ? "a key of the user, and the key of the file"
                                                         : "a key of the server, and the key of the file";
        case storage::Seal::row: return "a key of the row alone, which can be destroyed alone, and the key of the file";
    }
    return {};
}

void describe(const storage::Table& table, json::Object& row) {
    describe(holding_of(table), row);
    row.set("sealed_by", std::string(sealed_by(table)));
}

void describe(const KeptFile& file, json::Object& row) { describe(holding_of(file), row); }

bool is_possible(const Holding& holding, const Config& config) {
    if (holding.only_with.empty()) return true;
    auto copy = config;  // show_value() takes what it could also change
    for (const auto& key : config_keys()) {
        if (key.name == holding.only_with) return show_value(key, &copy) == "true";
    }
    panic(fmt::format("no configuration key {}", holding.only_with));
}

void add_memory_and_categories(json::Object& out, const Config* config) {
    json::Array memory;
    std::array<json::Array, kLabels.size()> by_label;
    for (const auto& holding : holdings()) {
        bool possible = !config || is_possible(holding, *config);
        if (holding.place == Place::memory && possible) {
            json::Object row{{"name", std::string(holding.name)},
                             {"about", std::string(holding.about)},
                             {"kept", std::string(holding.kept)}};
            describe(holding, row);
            memory.emplace_back(std::move(row));
        }
        for (std::size_t i = 0; possible && i < kLabels.size(); ++i) {
            if (holding.labels & (1U << i)) by_label[i].emplace_back(std::string(name_of(holding)));
        }
    }
    json::Object categories;
    for (std::size_t i = 0; i < kLabels.size(); ++i) categories.set(std::string(kLabels[i]), std::move(by_label[i]));
    out.set("memory", std::move(memory));
    out.set("categories", std::move(categories));
}

std::vector<HeldGroup> held_groups(const Config& config) {
    std::vector<HeldGroup> out;
    for (const auto& holding : holdings()) {
        if (!is_possible(holding, config)) continue;
        auto found = std::ranges::find(out, holding.group, &HeldGroup::group);
        auto& group = found == out.end() ? out.emplace_back(holding.group) : *found;
        group.labels |= holding.labels;
        group.written |= holding.written;
        group.sealed |= holding.place == Place::table || (holding.place == Place::file && !holding.clear);
        group.clear |= holding.clear;
    }
    return out;
}

std::vector<Field> disclosed_fields() {
    std::vector<Field> out;
    for (const auto& holding : holdings()) {
        auto rest = holding.fields;
        while (!rest.empty()) {
            auto end = std::min(rest.find("; "), rest.size());
            out.push_back({name_of(holding), rest.substr(0, end), holding.place});
            rest.remove_prefix(std::min(end + 2, rest.size()));
        }
    }
    return out;
}

}  // namespace peyk::app
