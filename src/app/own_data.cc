#include "app/own_data.h"

#include "core/errors.h"

namespace peyk::app {
namespace {

using client_api::Auth;
using client_api::Body;
using client_api::Call;
using client_api::Method;
using client_api::RateClass;
using client_api::Route;

// With the user's own token only: neither an administrator nor a bridge gets it.
class GetExport {
public:
    static constexpr Route kRoute{Method::get, "/_peyk/client/v1/export", Auth::user, Body::none, RateClass::media};
    explicit GetExport(Export& exports) : exports_(exports) {}

    Task<Result<http::Response>> run(Call call) {
        if (call.who().is_service() && call.who().person)
            co_return m::forbidden("Only the user's own apps may ask for this");
        co_return exports_.start(call.who().user, call.who().user_number);
    }

private:
    Export& exports_;
};

// Who has the receipt's id has nothing else any more.
class GetReceipt {
public:
    static constexpr Route kRoute{Method::get, "/_peyk/client/v1/erasure/{receiptId}", Auth::none, Body::none,
                                  RateClass::general};
    GetReceipt(const Erasure& erasure, std::string server) : erasure_(erasure), server_(std::move(server)) {}

    Task<Result<http::Response>> run(Call call) {
        auto id = call.text("receiptId");
        PEYK_CO_TRY(auto receipt, erasure_.receipt(id));
        if (!receipt) co_return m::not_found("There is no such receipt, or it was made more than 90 days ago");
        receipt->set("receipt_id", id);
        if (call.request.parameter("format") != "text") co_return http::Response::json(200, json::write(*receipt));
        http::Response text;
        text.headers.set("Content-Type", "text/plain; charset=utf-8");
        text.headers.set("Cache-Control", "no-store");
        text.headers.set("X-Content-Type-Options", "nosniff");
        text.body = receipt_text(*receipt, server_);
        co_return text;
    }

private:
    const Erasure& erasure_;
    const std::string server_;
};

}  // namespace

Result<std::vector<pages::OwnFile>> OwnDataForPages::files(std::uint64_t user, std::uint64_t& from,
                                                           std::size_t limit) const {
    PEYK_TRY(auto uploads, media_.list_uploads(user, from, limit));
    std::vector<pages::OwnFile> out;
    for (auto& upload : uploads) out.push_back({upload.id.str(), std::move(upload.file_name), upload.day, upload.size});
    return out;
}

Task<Result<void>> OwnDataForPages::delete_file(std::uint64_t user, std::string id) {
    PEYK_CO_TRY(auto media, media::MediaId::parse(id));
    co_return co_await media_.remove_own(user, std::move(media));
}

void add_own_data_endpoints(client_api::Api& api, Export& exports, const Erasure& erasure, std::string server) {
    api.add<GetExport>(exports);
    api.add<GetReceipt>(erasure, std::move(server));
}

}  // namespace peyk::app
