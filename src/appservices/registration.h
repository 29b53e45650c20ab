#pragma once
// A service's registration file. Spec: Application Service API › Registration.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "appservices/namespaces.h"
#include "base/secret.h"
#include "core/ids.h"

namespace peyk::appservices {

struct Registration {
    std::string id;
    std::string url;  // http or https, without a slash at the end; empty: the service wants no traffic
    Secret as_token;
    Secret hs_token;
    UserId sender;  // the service's own user
    Namespaces users, aliases, rooms;
    bool receive_ephemeral = false;
    bool rate_limited = true;  // its users, that is; the sender never is
    std::vector<std::string> protocols;
};

// `file` is for messages. Errors: bad_request whose detail has one line per problem, "file:line: what is wrong. What to
// do."; never a token.
Result<Registration> parse_registration(std::string_view yaml, const std::filesystem::path& file,
                                        std::string_view server_name);

// The files, and every *.yaml and *.yml in `folder` (empty: none), in a stable order. All problems of all files at
// once. Errors: as above, io (cannot be read), conflict (two services with one id, token or sender).
Result<std::vector<Registration>> load_registrations(const std::vector<std::filesystem::path>& files,
                                                     const std::filesystem::path& folder, std::string_view server_name);

}  // namespace peyk::appservices
