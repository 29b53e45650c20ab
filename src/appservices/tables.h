#pragma once
// The tables of appservices/. Layouts of the values stand beside the code that writes them.

#include <array>

#include "storage/table.h"

namespace peyk::appservices {

inline constexpr storage::Table kQueues{
    .id = 230,
    .name = "appservice_queues",
    .about = "how far an application service has been told, and the transaction that is being sent to it",
    .rest = "digest of the service's id, 16 bytes",
    .owner = storage::Owner::server,
    .seal = storage::Seal::owner,
    .category = storage::Category::usage_data,
    .kept = "receipts and typing: until the service has taken them; the rest: as long as the installation"};

inline constexpr storage::Table kNetworkRooms{.id = 231,
                                              .name = "appservice_rooms",
                                              .about = "rooms that an application service published for its network",
                                              .rest = "room number u64be, digest of service and network, 16 bytes",
                                              .owner = storage::Owner::server,
                                              .seal = storage::Seal::owner,
                                              .category = storage::Category::identifiers,
                                              .kept = "until the service takes it back"};

inline constexpr std::array<const storage::Table*, 2> kTables{&kQueues, &kNetworkRooms};

}  // namespace peyk::appservices
