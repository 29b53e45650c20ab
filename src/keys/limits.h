#pragma once
// Bounds on what clients may store here. Every one is far above what clients do and far below what hurts.

#include <cstddef>
#include <cstdint>

namespace peyk::keys {

struct Limits {
    // Clients keep 50 to 100 one-time keys on the server.
    std::size_t one_time_keys_per_device = 1000;
    std::size_t fallback_algorithms_per_device = 16;
    std::size_t key_object_bytes = 8 * 1024;      // a one-time or fallback key
    std::size_t one_time_key_bytes = 512 * 1024;  // all unclaimed ones of a device
    std::size_t device_keys_bytes = 32 * 1024;    // the identity keys of a device
    std::size_t cross_signing_bytes = 32 * 1024;  // one cross-signing key with the signatures it came with
    std::size_t key_name_bytes = 255;             // "<algorithm>:<key id>"
    // Digests of claimed keys that are remembered, so that a repeated upload does not bring a claimed key back.
    std::size_t issued_keys_remembered = 200;

    std::size_t queried_users = 2000;
    std::size_t claimed_devices = 2000;
    std::size_t signatures_per_upload = 1000;
    std::size_t signature_bytes = 256;
    std::size_t own_signatures = 2000;     // by the user's keys on the user's keys and devices
    std::size_t given_signatures = 20000;  // by the user-signing key on other users

    std::size_t to_device_message_bytes = 64 * 1024;               // one event as JSON; one row of the store
    std::size_t to_device_messages = 5000;                         // of one request, after "*" is expanded
    std::size_t inbox_messages = 10000;                            // of one device; beyond that the oldest go
    std::uint64_t inbox_bytes = 64 * 1024 * 1024;                  // of one device; less where the account has many
    std::uint64_t account_inbox_bytes = std::uint64_t{512} << 20;  // shared out evenly among its devices

    std::size_t backup_versions = 10;  // not counting deleted ones
    std::size_t backup_auth_data_bytes = 32 * 1024;
    std::size_t backup_session_bytes = 32 * 1024;
    std::uint64_t backup_sessions = 2'000'000;              // of one version
    std::uint64_t backup_bytes = std::uint64_t{256} << 20;  // of one account, all versions; about 400,000 sessions
};

}  // namespace peyk::keys
