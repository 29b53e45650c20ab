#pragma once
// An OpenID provider as the operator has configured it. app/ fills this and checks it at the start.

#include <map>
#include <string>
#include <vector>

#include "base/secret.h"

namespace peyk::oauth {

struct ProviderOptions {
    std::string id;      // in addresses: a-z 0-9 . _ -
    std::string name;    // for people
    std::string issuer;  // exactly as the provider writes it; https, or http on this machine
    std::string client_id;
    Secret client_secret;  // empty: none; PKCE is used either way
    std::vector<std::string> scopes = {"openid", "profile"};
    std::string localpart = "{preferred_username}";  // what user name is proposed; see NameTemplate
    bool ask_name = true;                            // false: the proposal is taken where it is free
    bool registration = false;                       // who has no account may make one
    bool linking = true;                             // who has an account may link it
    std::vector<std::string> email_domains;          // empty: any person
    std::map<std::string, std::string> required_claims;
};

}  // namespace peyk::oauth
