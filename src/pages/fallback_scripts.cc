// The scripts that the specification asks the fallback pages to have.

#include "pages/fallback_pages.h"

namespace peyk::pages {

// Spec: Client-Server API › User-Interactive Authentication API › Fallback: these very lines.
extern const std::string_view kAuthDoneScript = R"("use strict";
if (window.onAuthDone) {
    window.onAuthDone();
} else if (window.opener && window.opener.postMessage) {
    window.opener.postMessage("authDone", "*");
}
)";

// Spec: Client-Server API › Login Fallback. Parameters of POST /login that are no secrets come in the query.
extern const std::string_view kLoginScript = R"("use strict";
const form = document.querySelector("form[data-login]");
const complaint = form.querySelector("[data-complaint]");
form.addEventListener("submit", async (event) => {
    event.preventDefault();
    complaint.hidden = true;
    const body = { type: "m.login.password", password: form.elements.password.value,
                   identifier: { type: "m.id.user", user: form.elements.name.value } };
    const query = new URLSearchParams(window.location.search);
    for (const name of ["device_id", "initial_device_display_name"])
        if (query.has(name)) body[name] = query.get(name);
    if (query.get("refresh_token") === "true") body.refresh_token = true;
    try {
        const answer = await fetch("/_matrix/client/v3/login", { method: "POST", body: JSON.stringify(body),
                                                                 headers: { "Content-Type": "application/json" } });
        const response = await answer.json();
        if (!answer.ok) throw new Error(response.error);
        form.hidden = true;
        document.querySelector("[data-done]").hidden = false;
        if (window.matrixLogin && window.matrixLogin.onLogin) window.matrixLogin.onLogin(response);
        else if (window.onLogin) window.onLogin(response);
    } catch (error) {
        complaint.hidden = false;
    }
});
)";

}  // namespace peyk::pages
