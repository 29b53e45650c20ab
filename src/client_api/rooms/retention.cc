// How long this server keeps messages. MSC1763: server-defined retention.

#include "client_api/rooms/access.h"

namespace peyk::client_api {
namespace {

class RetentionConfiguration {
public:
    static constexpr Route kRoute{Method::get, "/_matrix/client/unstable/org.matrix.msc1763/retention/configuration"};
    explicit RetentionConfiguration(const RoomServices& services)
        : answer_(json::write(rooms::retention_configuration(services.store.lifetimes().rules()))) {}
    Task<Result<Reply>> run(Call) { co_return Reply{200, answer_}; }

private:
    std::string answer_;
};

}  // namespace

void add_retention_endpoints(Api& api, const RoomServices& services) { api.add<RetentionConfiguration>(services); }

}  // namespace peyk::client_api
