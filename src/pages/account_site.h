#pragma once
// All pages of signing in, consent and the account.

#include "pages/account_pages.h"
#include "pages/cas_pages.h"
#include "pages/consent_pages.h"
#include "pages/data_pages.h"
#include "pages/fallback_pages.h"
#include "pages/link_pages.h"
#include "pages/provider_pages.h"
#include "pages/security_pages.h"
#include "pages/sign_in_pages.h"

namespace peyk::pages {

// Owner:    app::Services; outlives the router's use.
class AccountSite {
public:
    AccountSite(Facts facts, oauth::OAuth& oauth, OwnData& data)
        : facts_(std::move(facts)),
          desk_{facts_, oauth},
          sign_in_(desk_),
          consent_(desk_),
          account_(desk_),
          security_(desk_),
          fallback_(desk_),
          providers_(desk_),
          links_(desk_),
          data_(desk_, data),
          cas_(desk_, providers_) {}
    void add_routes(http::Router& router) {
        sign_in_.add_routes(router);
        consent_.add_routes(router);
        account_.add_routes(router);
        security_.add_routes(router);
        fallback_.add_routes(router);
        providers_.add_routes(router);
        links_.add_routes(router);
        data_.add_routes(router);
        cas_.add_routes(router);
    }

private:
    const Facts facts_;
    const Desk desk_;
    SignInPages sign_in_;
    ConsentPages consent_;
    AccountPages account_;
    SecurityPages security_;
    FallbackPages fallback_;
    ProviderPages providers_;
    LinkPages links_;
    DataPages data_;
    CasPages cas_;
};

}  // namespace peyk::pages
