#pragma once
// What has to become of the rows of older stores, in order. A step that was released is never changed or taken out.

#include "storage/migrations.h"

namespace peyk::app {

std::span<const storage::Migration> migrations();

}  // namespace peyk::app
