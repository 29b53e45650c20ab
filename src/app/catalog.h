#pragma once
// Every table of the program. A key outside of it fails a test of storage/.

#include <string>

#include "storage/table.h"

namespace peyk::app {

// In the order of their ids. Tables of two folders with one id are a broken invariant.
storage::Catalog catalog();

std::string_view owner_name(storage::Owner owner);
std::string_view category_name(storage::Category category);
std::string_view seal_name(storage::Seal seal);

// Things that are kept outside of the tables, for inventory and the privacy page.
struct KeptFile {
    std::string_view name, about, category, kept;
    std::string_view deletion = {};  // names of deletions.h, in a list with commas; empty: only the operator deletes it
};
std::span<const KeptFile> kept_files();

}  // namespace peyk::app
