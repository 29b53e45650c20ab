// The one script of passkeys: a button asks the browser, and the answer goes into the form around it. Forms:
// data-passkey="create" or "get", data-options: the options of WebAuthn as JSON, binary values in base64url.

#include "pages/security_pages.h"

namespace peyk::pages {
namespace {

constexpr std::string_view kScript = R"("use strict";
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function ask(form) {
    const options = JSON.parse(form.dataset.options);
    options.challenge = bytes(options.challenge);
    for (const list of ["excludeCredentials", "allowCredentials"])
        for (const one of options[list] || []) one.id = bytes(one.id);
    const put = (name, value) => { form.elements[name].value = value ? text(value) : ""; };
    if (form.dataset.passkey === "create") {
        options.user.id = bytes(options.user.id);
        const made = await navigator.credentials.create({ publicKey: options });
        put("client_data", made.response.clientDataJSON);
        put("attestation", made.response.attestationObject);
    } else {
        const made = await navigator.credentials.get({ publicKey: options });
        put("id", made.rawId);
        put("client_data", made.response.clientDataJSON);
        put("authenticator_data", made.response.authenticatorData);
        put("signature", made.response.signature);
        put("user_handle", made.response.userHandle);
    }
    form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        const complaint = form.querySelector("[data-complaint]");
        complaint.hidden = true;
        ask(form).catch(() => { complaint.hidden = false; });
    });
}
)";

}  // namespace

Task<http::Response> SecurityPages::script(http::Request) const { co_return script_response(kScript); }

}  // namespace peyk::pages
