#pragma once
// A provider as the operator has configured it. app/ fills this and checks it at the start.

#include <map>
#include <string>
#include <vector>

#include "base/secret.h"

namespace peyk::oauth {

enum class ProviderKind : unsigned char { openid, cas };

struct ProviderOptions {
    ProviderKind kind = ProviderKind::openid;
    std::string id;      // in addresses: a-z 0-9 . _ -
    std::string name;    // for people
    std::string issuer;  // exactly as the provider writes it, of CAS its address; https, or http on this machine
    std::string client_id;
    Secret client_secret;  // empty: none; PKCE is used either way
    std::vector<std::string> scopes = {"openid", "profile"};
    std::string localpart = "{preferred_username}";  // what user name is proposed; see NameTemplate
    bool ask_name = true;                            // false: the proposal is taken where it is free
    bool registration = false;                       // who has no account may make one
    bool linking = true;                             // who has an account may link it
    std::vector<std::string> email_domains;          // empty: any person
    std::map<std::string, std::string> required_claims;

    // Of CAS alone.
    std::string validation = "p3/serviceValidate";  // where tickets are validated, below the address
    // Whom the provider calls "ada" is the account "ada" of this server, without having linked it.
    bool accounts_by_name = false;
    bool synapse_addresses = false;  // browsers come back to where Synapse has them come
    bool unbound_stages = false;     // with it: confirmations count that were not begun in the browser; for test suites
};

}  // namespace peyk::oauth
