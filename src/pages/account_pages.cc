#include "pages/account_pages.h"

#include "pages/provider_pages.h"
#include "pages/sign_in_pages.h"
#include "pages/words_account.h"
#include "pages/words_providers.h"

namespace peyk::pages {
namespace {

constexpr std::string_view kAccount = "/_peyk/account";

// Where each action of the specification leads; older names beside the new ones.
struct Action {
    std::string_view name, path;
    bool with_device;
};
constexpr Action kActions[] = {
    {"org.matrix.profile", "/_peyk/account/profile", false},
    {"org.matrix.devices_list", "/_peyk/account/devices", false},
    {"org.matrix.sessions_list", "/_peyk/account/devices", false},
    {"org.matrix.device_view", "/_peyk/account/device", true},
    {"org.matrix.session_view", "/_peyk/account/device", true},
    {"org.matrix.device_delete", "/_peyk/account/device", true},
    {"org.matrix.session_end", "/_peyk/account/device", true},
    {"org.matrix.account_deactivate", "/_peyk/account/deactivate", false},
    {"org.matrix.cross_signing_reset", "/_peyk/account/identity", false},
};

Html entry(const Visit& visit, Literal path, const Words& words) {
    Html html;
    html.raw("<li><a href=\"").raw(path).raw("\">").text(visit.say(words)).raw("</a></li>");
    return html;
}

Html last_seen(const Visit& visit, std::uint32_t day, std::uint32_t today) {
    Html html;
    if (day == 0) return html;
    html.raw("<span class=\"hint\">").text(visit.say(words::kLastSeen)).raw(": ");
    if (day >= today) {
        html.text(visit.say(words::kToday));
    } else {
        html.text(std::to_string(today - day)).raw(" ").text(visit.say(words::kDaysAgo));
    }
    html.raw("</span>");
    return html;
}

Html device_name(const Visit& visit, const users::Device& device) {
    Html html;
    html.raw("<bdi><strong>").text(device.name.empty() ? visit.say(words::kUnnamed) : std::string_view(device.name));
    html.raw("</strong></bdi>");
    return html;
}

// The page that a form stands on: forms are posted to it or to something below it.
std::string page_to_return_to(const Visit& visit) {
    if (visit.request.method == http::Method::get) return visit.here();
    std::string path = visit.request.path;
    for (std::string_view end : {"/unlink", "/app/remove", "/passkey/remove", "/codes", "/password-apps"}) {
        if (path.ends_with(end)) path.resize(path.size() - end.size());
    }
    return visit.form.has("with") ? path + "?with=" + http::percent_encode(visit.form.get("with")) : path;
}

std::string device_address(const DeviceId& device) {
    return "/_peyk/account/device?device_id=" + http::percent_encode(device.view());
}

}  // namespace

Proof proof_of(const Visit& visit) {
    return {.ours = visit.is_ours(),
            .hasty = visit.is_hasty(),
            .confirmed = visit.is_confirmed(),
            .user = visit.session->user,
            .password = visit.form.get("password")};
}

Task<const Words*> check_password(Desk desk, Proof proof) {
    if (!proof.ours) co_return &words::kOldForm;
    if (proof.hasty) co_return &words::kHasty;
    if (proof.confirmed) co_return nullptr;
    auto known = desk.oauth.users.accounts.find(proof.user);
    if (known && *known && (*known)->password_hash.empty()) co_return &words::kConfirmFirst;
    auto account = co_await desk.oauth.users.password_check.check(std::move(proof.user), std::move(proof.password));
    if (!account) co_return &words_for(account.error(), words::kWrongPassword);
    co_return nullptr;
}

Html done_line(const Visit& visit, const Words* words) {
    Html html;
    if (words) html.raw("<p class=\"done\" role=\"status\">").text(visit.say(*words)).raw("</p>");
    return html;
}

Html back_link(const Visit& visit) {
    Html html;
    html.raw("<p><a href=\"/_peyk/account\">").text(visit.say(words::kBack)).raw("</a></p>");
    return html;
}

Html password_field(const Visit& visit) {
    Html html;
    if (visit.is_confirmed()) return done_line(visit, &words::kConfirmed);
    auto ways = ways_of(visit.desk(), visit.session->number);
    if (!ways.password && ways.providers.empty()) return visit.complaint(&words::kConfirmNoWay);
    if (ways.password)
        html.append(visit.field(words::kCurrentPassword,
                                "type=\"password\" name=\"password\" autocomplete=\"current-password\" "
                                "maxlength=\"512\" required"));
    for (const auto* provider : ways.providers) {
        html.raw("<p><a class=\"button quiet\" href=\"");
        html.text(provider_address(provider->id, "confirm", page_to_return_to(visit))).raw("\">");
        html.text(visit.say(words::kConfirmWith)).raw(" <bdi>").text(provider->name).raw("</bdi></a></p>");
    }
    return html;
}

void AccountPages::add_routes(http::Router& router) {
    using http::Method;
    auto add = [&](Method method, std::string path, Task<http::Response> (AccountPages::*page)(Visit)) {
        bind_page(router, desk_, method, std::string(kAccount) + path, this, page);
    };
    add(Method::get, "", &AccountPages::account);
    add(Method::get, "/profile", &AccountPages::profile);
    add(Method::post, "/profile", &AccountPages::profile_posted);
    add(Method::get, "/devices", &AccountPages::devices);
    add(Method::get, "/device", &AccountPages::device);
    add(Method::post, "/device", &AccountPages::device_ended);
    add(Method::get, "/password", &AccountPages::password);
    add(Method::post, "/password", &AccountPages::password_posted);
    add(Method::get, "/deactivate", &AccountPages::deactivate);
    add(Method::post, "/deactivate", &AccountPages::deactivated);
    add(Method::post, "/notice", &AccountPages::notice_dismissed);
    add(Method::get, "/identity", &AccountPages::identity);
    add(Method::post, "/identity", &AccountPages::identity_posted);
}

users::Caller AccountPages::caller_of(const Visit& visit) const {
    users::Caller caller{.user = visit.session->user,
                         .device = DeviceId::trusted("-"),
                         .user_number = visit.session->number,
                         .token_number = 0};
    auto account = desk_.oauth.users.accounts.by_number(visit.session->number);
    if (account && *account) {
        caller.admin = (*account)->admin;
        caller.suspended = (*account)->suspended;
    }
    return caller;
}

Task<http::Response> AccountPages::account(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    for (const auto& action : kActions) {
        if (visit.query.get("action") != action.name) continue;
        std::string to(action.path);
        if (action.with_device) to += "?device_id=" + http::percent_encode(visit.query.get("device_id"));
        co_return visit.redirect(to);
    }
    Html body;
    body.element("h1", visit.say(words::kAccount)).raw("<p><bdi><code dir=\"ltr\">");
    body.text(visit.session->user.view()).raw("</code></bdi></p><ul class=\"list\">");
    body.append(entry(visit, "/_peyk/account/profile", words::kProfile));
    body.append(entry(visit, "/_peyk/account/devices", words::kDevices));
    body.append(entry(visit, "/_peyk/account/password", words::kChangePassword));
    body.append(entry(visit, "/_peyk/account/security", words::kSecurity));
    if (!desk_.oauth.providers.empty()) body.append(entry(visit, "/_peyk/account/providers", words::kProviders));
    body.append(entry(visit, "/_peyk/link", words::kLink));
    body.append(entry(visit, "/_peyk/account/files", words::kOwnFiles));
    body.append(entry(visit, "/_peyk/account/data", words::kOwnData));
    body.append(entry(visit, "/_peyk/account/deactivate", words::kDeactivate)).raw("</ul><div class=\"actions\">");
    body.append(visit.open_form("/_peyk/sign-out")).append(visit.button(words::kSignOut, "class=\"quiet\""));
    body.raw("</form></div>");
    co_return visit.page(words::kAccount, body);
}

http::Response AccountPages::profile_page(const Visit& visit, const Words* complaint, const Words* done) const {
    auto name = desk_.oauth.users.profiles.displayname(visit.session->user);
    Html body;
    body.element("h1", visit.say(words::kProfile)).append(visit.complaint(complaint)).append(done_line(visit, done));
    body.append(visit.open_form("/_peyk/account/profile"));
    body.append(visit.field(words::kDisplayName,
                            "name=\"name\" autocomplete=\"nickname\" dir=\"auto\" maxlength=\"200\"",
                            name && *name ? **name : std::string()));
    body.raw("<div class=\"actions\">").append(visit.button(words::kSave)).raw("</div></form>");
    return visit.page(words::kProfile, body.append(back_link(visit)), {.status = complaint ? 400 : 200});
}

Task<http::Response> AccountPages::profile(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return profile_page(visit, nullptr, nullptr);
}

Task<http::Response> AccountPages::profile_posted(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    if (!visit.is_ours()) co_return profile_page(visit, &words::kOldForm, nullptr);
    const auto& name = visit.form.get("name");
    auto caller = caller_of(visit);
    auto& profiles = desk_.oauth.users.profiles;
    auto task = name.empty() ? profiles.erase(std::move(caller), "displayname")
                             : profiles.set(std::move(caller), "displayname", json::Value(name));
    auto saved = co_await std::move(task);
    co_return profile_page(visit, saved ? nullptr : &words::kNotSaved, saved ? &words::kSaved : nullptr);
}

Task<http::Response> AccountPages::devices(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    auto devices = desk_.oauth.users.sessions.devices(visit.session->number);
    if (!devices) co_return visit.message(503, words::kDevices, words::kTrouble);
    std::ranges::sort(*devices, std::ranges::greater{}, &users::Device::last_seen_day);
    auto today = desk_.oauth.users.context().today();
    Html body;
    body.element("h1", visit.say(words::kDevices)).element("p", visit.say(words::kDevicesHint));
    if (devices->empty()) body.element("p", visit.say(words::kNoDevices));
    body.raw("<ul class=\"list\">");
    for (const auto& device : *devices) {
        body.raw("<li><span><a href=\"").text(device_address(device.id)).raw("\">").append(device_name(visit, device));
        body.raw("</a><br>").append(last_seen(visit, device.last_seen_day, today)).raw("</span>");
        body.raw("<a class=\"button quiet\" href=\"").text(device_address(device.id)).raw("\">");
        body.text(visit.say(words::kEndDevice)).raw("</a></li>");
    }
    co_return visit.page(words::kDevices, body.raw("</ul>").append(back_link(visit)));
}

Task<http::Response> AccountPages::device(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    auto id = DeviceId::parse(visit.query.get("device_id"));
    if (!id) co_return visit.message(404, words::kDevice, words::kDeviceGone);
    auto device = desk_.oauth.users.sessions.device(visit.session->number, *id);
    if (!device) co_return visit.message(503, words::kDevice, words::kTrouble);
    if (!*device) co_return visit.message(404, words::kDevice, words::kDeviceGone);
    Html body;
    body.raw("<h1>").append(device_name(visit, **device)).raw("</h1><p>").text(visit.say(words::kDeviceId));
    body.raw(": <code dir=\"ltr\">").text(id->view()).raw("</code></p><p>");
    body.append(last_seen(visit, (*device)->last_seen_day, desk_.oauth.users.context().today()));
    body.raw("</p><p class=\"note\">").text(visit.say(words::kEndDeviceAsk)).raw("</p><div class=\"actions\">");
    body.append(visit.open_form("/_peyk/account/device")).append(Visit::hidden("device_id", id->view()));
    body.append(visit.button(words::kEndDevice, "class=\"danger\"")).raw("</form>");
    body.raw("<a href=\"/_peyk/account/devices\">").text(visit.say(words::kCancel)).raw("</a></div>");
    co_return visit.page(words::kDevice, body);
}

Task<http::Response> AccountPages::device_ended(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    if (!visit.is_ours()) co_return visit.message(403, words::kDevice, words::kOldForm);
    auto id = DeviceId::parse(visit.form.get("device_id"));
    if (!id) co_return visit.message(404, words::kDevice, words::kDeviceGone);
    std::vector<DeviceId> devices{*std::move(id)};
    auto gone = co_await desk_.oauth.users.sessions.remove_devices(visit.session->user, std::move(devices));
    if (!gone) co_return visit.message(503, words::kDevice, words::kTrouble);
    if (gone->empty()) co_return visit.message(404, words::kDevice, words::kDeviceGone);
    Html body;
    body.element("h1", visit.say(words::kDevices)).append(done_line(visit, &words::kDeviceEnded));
    body.raw("<p><a href=\"/_peyk/account/devices\">").text(visit.say(words::kDevices)).raw("</a></p>");
    co_return visit.page(words::kDevices, body, {.here = "/_peyk/account/devices"});
}

http::Response AccountPages::password_page(const Visit& visit, const Words* complaint) const {
    constexpr Literal kNew = "type=\"password\" name=\"new\" autocomplete=\"new-password\" maxlength=\"512\" required";
    constexpr Literal kOnce =
        "type=\"password\" name=\"repeat\" autocomplete=\"new-password\" maxlength=\"512\" required";
    bool has_one = ways_of(desk_, visit.session->number).password;
    const auto& title = has_one ? words::kChangePassword : words::kSetPassword;
    Html body;
    body.element("h1", visit.say(title)).append(visit.complaint(complaint));
    // Password managers file the new password under this name.
    body.append(visit.open_form("/_peyk/account/password"));
    body.raw("<input type=\"text\" name=\"name\" autocomplete=\"username\" hidden value=\"");
    body.text(visit.session->user.localpart()).raw("\">").append(password_field(visit));
    body.append(visit.field(words::kNewPassword, kNew)).append(visit.field(words::kNewPasswordOnce, kOnce));
    body.raw("<label class=\"choice\"><input type=\"checkbox\" name=\"others\" value=\"yes\">");
    body.text(visit.say(words::kEndOthers)).raw("</label><div class=\"actions\">");
    body.append(visit.button(words::kSave)).raw("</div></form>").append(back_link(visit));
    return visit.page(title, body, {.status = complaint ? 400 : 200});
}

Task<http::Response> AccountPages::password(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return password_page(visit, nullptr);
}

Task<http::Response> AccountPages::password_posted(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    if (visit.form.get("new").empty()) co_return password_page(visit, &words::kResetEmpty);
    if (visit.form.get("new") != visit.form.get("repeat")) co_return password_page(visit, &words::kResetDiffer);
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return password_page(visit, wrong);
    bool others = visit.form.get("others") == "yes";
    auto user = visit.session->user;
    auto changed =
        co_await desk_.oauth.users.lifecycle.change_password(user, visit.form.get("new"), others, std::nullopt);
    if (!changed) {
        bool weak = changed.error().code == Errc::bad_request;
        co_return password_page(visit, weak ? &words::kResetWeak : &words::kTrouble);
    }
    // All browsers are signed out by the new password; this one comes in again.
    desk_.oauth.browsers.close(visit.cookie);
    auto account = desk_.oauth.users.accounts.by_number(visit.session->number);
    if (account && *account) visit.sign_in(desk_.oauth.browsers.open(**account, false));
    Html body;
    body.element("h1", visit.say(words::kChangePassword)).append(done_line(visit, &words::kPasswordChanged));
    co_return visit.page(words::kChangePassword, body.append(back_link(visit)), {.here = "/_peyk/account"});
}

http::Response AccountPages::deactivate_page(const Visit& visit, const Words* complaint) const {
    Html body;
    body.element("h1", visit.say(words::kDeactivate)).append(visit.complaint(complaint)).raw("<p class=\"complaint\">");
    body.text(visit.say(words::kDeactivateWarning)).raw("</p>").append(visit.open_form("/_peyk/account/deactivate"));
    body.raw("<label class=\"choice\"><input type=\"checkbox\" name=\"erase\" value=\"yes\">");
    body.text(visit.say(words::kEraseToo)).raw("</label>");
    body.raw("<label class=\"choice\"><input type=\"checkbox\" name=\"redact\" value=\"yes\">");
    body.text(visit.say(words::kRedactToo)).raw("</label>");
    body.raw("<label class=\"choice\"><input type=\"checkbox\" name=\"understood\" value=\"yes\" required>");
    body.text(visit.say(words::kUnderstood)).raw("</label>").append(password_field(visit));
    body.raw("<div class=\"actions\">").append(visit.button(words::kDeactivateButton, "class=\"danger\""));
    body.raw("</div></form>").append(back_link(visit));
    return visit.page(words::kDeactivate, body, {.status = complaint ? 400 : 200});
}

Task<http::Response> AccountPages::deactivate(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return deactivate_page(visit, nullptr);
}

Task<http::Response> AccountPages::deactivated(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    if (visit.form.get("understood") != "yes") co_return deactivate_page(visit, &words::kTickFirst);
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return deactivate_page(visit, wrong);
    users::Ending ending{.redact_events = visit.form.get("redact") == "yes"};
    ending.erase = ending.redact_events || visit.form.get("erase") == "yes";
    auto ended = co_await desk_.oauth.users.lifecycle.deactivate(visit.session->user, ending);
    if (!ended) co_return deactivate_page(visit, &words::kTrouble);
    desk_.oauth.browsers.close(visit.cookie);
    visit.sign_out();
    const auto* receipt = ended->find("receipt_id");
    if (!receipt || !receipt->string()) co_return visit.message(200, words::kDeactivate, words::kDeactivated);
    auto address = "/_peyk/client/v1/erasure/" + *receipt->string() + "?format=text";
    Html body;
    body.element("h1", visit.say(words::kDeactivate)).append(done_line(visit, &words::kDeactivated));
    body.element("h2", visit.say(words::kReceipt)).element("p", visit.say(words::kReceiptHint));
    body.raw("<p><a href=\"").text(address).raw("\"><code dir=\"ltr\">").text(visit.base() + address);
    body.raw("</code></a></p>");
    co_return visit.page(words::kDeactivate, body, {.here = "/_peyk/account"});
}

Task<http::Response> AccountPages::notice_dismissed(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    if (!visit.is_ours()) co_return visit.message(403, words::kAccount, words::kOldForm);
    auto done = co_await desk_.oauth.users.lifecycle.dismiss_notice(visit.session->number);
    if (!done) co_return visit.message(503, words::kAccount, words::kTrouble);
    co_return visit.redirect(kAccount);
}

http::Response AccountPages::identity_page(const Visit& visit, const Words* complaint) const {
    Html body;
    body.element("h1", visit.say(words::kIdentity)).append(visit.complaint(complaint));
    body.element("p", visit.say(words::kIdentityIntro)).raw("<p class=\"complaint\">");
    body.text(visit.say(words::kIdentityPrice)).raw("</p>").append(visit.open_form("/_peyk/account/identity"));
    body.append(password_field(visit)).raw("<div class=\"actions\">");
    body.append(visit.button(words::kIdentityButton, "class=\"danger\"")).raw("</div></form>").append(back_link(visit));
    return visit.page(words::kIdentity, body, {.status = complaint ? 400 : 200});
}

Task<http::Response> AccountPages::identity(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    co_return identity_page(visit, nullptr);
}

Task<http::Response> AccountPages::identity_posted(Visit visit) {
    if (!visit.session) co_return visit.to_sign_in();
    const auto* wrong = co_await check_password(desk_, proof_of(visit));
    if (wrong) co_return identity_page(visit, wrong);
    desk_.oauth.users.uia.approve_reset(visit.session->number);
    Html body;
    body.element("h1", visit.say(words::kIdentity)).append(done_line(visit, &words::kIdentityDone));
    co_return visit.page(words::kIdentity, body.append(back_link(visit)));
}

}  // namespace peyk::pages
