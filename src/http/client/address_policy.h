#pragma once
// Which addresses the server may call. The one place that decides; asked with the very address that is then connected
// to, so that no name can change its meaning in between.

#include "http/message.h"

namespace peyk::http {

// Who chose where a request goes.
enum class Reach : unsigned char {
    strangers,       // a user or another server: public addresses only
    operator_named,  // the operator wrote the address into the configuration: private networks as well
};

// A global unicast address that belongs to nobody's inside: not loopback, private, shared (CGNAT), link-local,
// multicast, documentation, benchmarking, reserved, or a v4 address of these kinds in the clothes of a v6 one (mapped,
// compatible, NAT64, 6to4, Teredo). Registries: IANA special-purpose addresses.
bool is_public_address(const ClientAddress& address);

// An address that may be dialled at all, even for an operator: not unspecified, multicast or broadcast.
bool is_dialable_address(const ClientAddress& address);

}  // namespace peyk::http
