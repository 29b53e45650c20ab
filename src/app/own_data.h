#pragma once
// A user's own data at the doors: the account pages and the endpoints of peyk's own.

#include "app/erasure.h"
#include "app/export.h"
#include "client_api/endpoint.h"
#include "pages/own_data.h"

namespace peyk::app {

class OwnDataForPages final : public pages::OwnData {
public:
    OwnDataForPages(media::Media& media, Export& exports) : media_(media), exports_(exports) {}
    Result<std::vector<pages::OwnFile>> files(std::uint64_t user, std::uint64_t& from,
                                              std::size_t limit) const override;
    Task<Result<void>> delete_file(std::uint64_t user, std::string id) override;
    Result<http::Response> archive(UserId user, std::uint64_t number) override {
        return exports_.start(std::move(user), number);
    }

private:
    media::Media& media_;
    Export& exports_;
};

// GET /_peyk/client/v1/export and /_peyk/client/v1/erasure/{receiptId}.
void add_own_data_endpoints(client_api::Api& api, Export& exports, const Erasure& erasure, std::string server);

}  // namespace peyk::app
