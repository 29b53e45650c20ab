#pragma once
// What this server can hold, as data: for `peyk inventory --json` and for everybody who signs in.

#include "app/config.h"
#include "app/config_keys.h"
#include "core/json.h"

namespace peyk::app {

// Keys of the configuration that say what is held, and for how long.
bool is_about_keeping(const Key& key);

// {"tables": [{"id","name","about","key","of","seal","category","kept"}, …], "files": [{"name","about","category",
// "kept"}, …], "configuration": {key: value as it is written in the file}}. Without a configuration the last one is
// missing. Kinds of things only: nothing in it is about one person.
json::Object inventory_json(const Config* config);

}  // namespace peyk::app
