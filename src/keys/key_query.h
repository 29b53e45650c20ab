#pragma once
// What one user may see of others' keys. Spec: POST /keys/query; Cross-signing › Key and signature security.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/ids.h"
#include "core/json.h"
#include "keys/cross_signing.h"
#include "keys/device_keys.h"
#include "keys/limits.h"
#include "keys/ports.h"
#include "keys/signature_rows.h"
#include "storage/db.h"

namespace peyk::keys {

// user id -> devices; none: all of them
using QueryRequest = std::map<UserId, std::vector<DeviceId>>;

struct QueryAnswer {
    json::Object device_keys;  // user id -> device id -> object
    json::Object master_keys;  // user id -> object, as the next two
    json::Object self_signing_keys;
    json::Object user_signing_keys;
    std::set<std::string> failed_servers;
    std::string to_json() const;
};

// Purpose:  assembles identity keys with the signatures that the asker may see. Reads only.
// Owner:    Keys.  Runs on: worker threads.
class KeyQuery {
public:
    KeyQuery(storage::Db& db, CrossSigning& cross_signing, Ports ports, Limits limits)
        : db_(db), cross_signing_(cross_signing), ports_(ports), limits_(limits) {}

    // Remote users are asked of their servers. Errors: M_TOO_LARGE.
    Task<Result<QueryAnswer>> query(UserId viewer, QueryRequest request, Millis timeout);

    // Users of this server. `viewer`: a local user; none: another server asks. Blocking reads.
    Result<QueryAnswer> local(const std::optional<UserId>& viewer, const QueryRequest& request) const;

private:
    Result<void> add_user(QueryAnswer& answer, const std::optional<UserId>& viewer, const UserId& user,
                          const std::vector<DeviceId>& wanted) const;
    Result<json::Object> devices_of(const UserId& user, std::uint64_t user_number, const std::vector<DeviceId>& wanted,
                                    bool to_owner, const std::vector<SignatureRow>& signatures) const;
    // The signatures that the viewer has made on `user`'s master key.
    Result<void> add_given(json::Object& master, const UserId& viewer, const UserId& user) const;
    Result<void> merge_remote(QueryAnswer& answer, const UserId& viewer, const RemoteKeys::Asked& asked,
                              const RemoteKeys::Answered& answers) const;

    storage::Db& db_;
    CrossSigning& cross_signing_;
    Ports ports_;
    const Limits limits_;
};

}  // namespace peyk::keys
