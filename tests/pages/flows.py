"""The pages and the OAuth 2.0 API over plain HTTP: every flow, and what hostile clients, sites and users try."""
import io
import json
import re
import secrets
import subprocess
import time
import zipfile
from urllib.parse import quote

import cas
import factors
import providers
import qr
import sdk
from browser import App, Browser, Wrong, check

PASSWORD = "correct horse battery"


class World:
    def __init__(self, server):
        self.server = server
        self.base = f"http://localhost:{server.port}"
        self.names = 0

    def browser(self, language: str = "en") -> Browser:
        return Browser(self.base, language)

    def person(self) -> str:
        """A new account, made by the legacy API."""
        self.names += 1
        name = f"user{self.names}-{secrets.token_hex(3)}"
        status, made = self.browser().api("POST", "/_matrix/client/v3/register", {
            "username": name, "password": PASSWORD, "auth": {"type": "m.login.dummy"}, "inhibit_login": True})
        check(status == 200, f"register: {made}")
        return name

    def signed_in(self, name: str) -> Browser:
        browser = self.browser()
        page = browser.sign_in(browser.get("/_peyk/account"), name, PASSWORD)
        page.says("Your account").says(name)
        return browser

    def tokens(self, name: str, app: App | None = None, **more) -> tuple[App, dict]:
        """The whole authorisation code flow."""
        app = app or App(self.base)
        browser = self.signed_in(name)
        page = browser.get(app.begin(**more)).says("Allow this app?")
        back = app.callback(browser.submit(page, {"answer": "allow"}, having="answer"))
        status, tokens = app.exchange(back["code"])
        check(status == 200, f"exchange: {status} {tokens}")
        return app, tokens


def code_flow(world: World) -> None:
    """An app signs somebody in by the browser, refreshes and signs out."""
    name, app, browser = world.person(), App(world.base, name="Fancy <App>"), world.browser()
    page = browser.get(app.begin()).says("Sign in").says("to go on to Fancy <App>")
    page = browser.sign_in(page, name, "wrong password").says("User name or password are wrong")
    check(page.status == 403, "a wrong password is 403")
    page = browser.sign_in(page, name.upper(), PASSWORD).says("Allow this app?").says("Fancy <App>").says("app.example.org")
    check("https://app.example.org" in page.header("content-security-policy"), "the form may end at the client")
    back = app.callback(browser.submit(page, {"answer": "allow"}, having="answer"))
    check(back["state"] == app.state and back["iss"] == world.base + "/", f"state and issuer come back: {back}")
    status, tokens = app.exchange(back["code"])
    check(status == 200 and tokens["token_type"] == "Bearer" and tokens["expires_in"] == 3600, f"tokens: {tokens}")
    check(tokens["scope"] == f"urn:matrix:client:api:* urn:matrix:client:device:{app.device}", "the scope is told")
    status, who = app.whoami(tokens["access_token"])
    check(status == 200 and who["user_id"] == f"@{name}:localhost" and who["device_id"] == app.device, f"whoami: {who}")
    status, device = app.browser.api("GET", f"/_matrix/client/v3/devices/{app.device}", token=tokens["access_token"])
    check(device.get("display_name") == "Fancy <App>", f"the device has the app's name: {device}")
    status, fresh = app.refresh(tokens["refresh_token"])
    check(status == 200 and fresh["refresh_token"] != tokens["refresh_token"], "a refresh gives a new pair")
    check(app.whoami(fresh["access_token"])[0] == 200, "the new token works")
    check(app.whoami(tokens["access_token"])[0] == 401, "the old one has ended")
    status, _ = app.browser.form_api("/_peyk/oauth2/revoke", token=fresh["refresh_token"], client_id=app.id)
    check(status == 200 and app.whoami(fresh["access_token"])[0] == 401, "revoking the refresh token ends the access token")
    check(app.browser.form_api("/_peyk/oauth2/revoke", token="nonsense")[0] == 200, "unknown tokens are revoked already")


def refuse_and_query_mode(world: World) -> None:
    """A refusal comes back as access_denied, in the query when that was asked for."""
    name, app = world.person(), App(world.base)
    browser = world.signed_in(name)
    page = browser.get(app.begin(response_mode="query"))
    answer = browser.submit(page, {"answer": "refuse"}, having="answer")
    check("#" not in answer.header("location"), "in the query")
    check(app.callback(answer) == {"error": "access_denied", "error_description": "The user has refused",
                                   "state": app.state, "iss": world.base + "/"}, answer.header("location"))


def register_in_the_browser(world: World) -> None:
    """prompt=create leads to a new account and back to the app."""
    app, browser = App(world.base), world.browser()
    name = "new-" + secrets.token_hex(4)
    page = browser.get(app.begin(prompt="create")).says("Make an account")
    form = {"name": name, "password": PASSWORD, "repeat": PASSWORD}
    browser.submit(page, form | {"repeat": "other"}, having="repeat").says("The two passwords differ")
    browser.submit(page, form | {"name": "Ümlaut"}, having="repeat").says("This name cannot be used")
    browser.submit(page, form | {"name": world.person()}, having="repeat").says("This name is taken")
    page = browser.submit(page, form, having="repeat").says("Allow this app?")
    back = app.callback(browser.submit(page, {"answer": "allow"}, having="answer"))
    status, tokens = app.exchange(back["code"])
    check(status == 200 and app.whoami(tokens["access_token"])[1]["user_id"] == f"@{name}:localhost", "signed in")


def device_flow(world: World) -> None:
    """A device without a browser is signed in by a code; hasty polls are slowed down; a code is good once."""
    name, app = world.person(), App(world.base)
    scope = "urn:matrix:client:api:* urn:matrix:client:device:TELEVISION"
    status, codes = app.browser.form_api("/_peyk/oauth2/device", client_id=app.id, scope=scope)
    check(status == 200 and codes["expires_in"] == 900 and codes["interval"] == 5, f"codes: {codes}")

    def poll(**more):
        return app.browser.form_api("/_peyk/oauth2/token", **({
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": codes["device_code"],
            "client_id": app.id} | more))

    check(poll()[1]["error"] == "authorization_pending", "pending at first")
    check(poll()[1]["error"] == "slow_down", "too early")
    check(poll(client_id=App(world.base, name="Other").id)[1]["error"] == "invalid_grant", "another client gets nothing")
    browser = world.browser()
    page = browser.get(codes["verification_uri_complete"])
    page = browser.sign_in(page, name, PASSWORD).says("Connect a device").says("Never enter a code that somebody sent")
    check(page.form("user_code").fields["user_code"] == codes["user_code"], "the code is filled in")
    browser.submit(page, {"user_code": "BBBB-BBBB"}, having="user_code").says("This code is not good")
    page = browser.submit(page, {"user_code": codes["user_code"].lower().replace("-", " ")}, having="user_code")
    page.says("Allow this app?").says("TELEVISION")
    browser.submit(page, {"answer": "allow"}, having="answer").says("Go back to your device")
    status, tokens = poll()
    check(status == 200 and app.whoami(tokens["access_token"])[1]["device_id"] == "TELEVISION", f"signed in: {tokens}")
    check(poll()[1]["error"] == "invalid_grant", "only once")
    status, codes = app.browser.form_api("/_peyk/oauth2/device", client_id=app.id, scope=scope)
    page = browser.submit(browser.get(codes["verification_uri_complete"]), having="user_code")
    browser.submit(page, {"answer": "refuse"}, having="answer").says("Refused")
    check(poll()[1]["error"] == "access_denied", "the refusal reaches the device")


def stolen_codes(world: World) -> None:
    """A code is nothing without its verifier, its client and its redirect URI; used twice, it ends what came of it."""
    name, app, thief = world.person(), App(world.base), App(world.base, name="Thief")
    browser = world.signed_in(name)

    def code() -> str:
        return app.callback(browser.submit(browser.get(app.begin()), {"answer": "allow"}, having="answer"))["code"]

    for wrong in ({"code_verifier": "x" * 50}, {"code_verifier": ""}, {"client_id": thief.id},
                  {"redirect_uri": "https://app.example.org/other"}):
        stolen = code()
        status, answer = app.exchange(stolen, **wrong)
        check(status == 400 and answer["error"] == "invalid_grant", f"{wrong}: {answer}")
        check(app.exchange(stolen)[1]["error"] == "invalid_grant", f"after {wrong} the code is used up")
    good = code()
    status, tokens = app.exchange(good)
    check(app.whoami(tokens["access_token"])[0] == 200, "the first exchange signs in")
    check(app.exchange(good)[1]["error"] == "invalid_grant", "the second is refused")
    check(app.whoami(tokens["access_token"])[0] == 401, "and ends the session of the first")


def stolen_refresh_tokens(world: World) -> None:
    """A lost answer may be asked for again; a refresh token that comes back after its successor was used ends the session."""
    app, tokens = world.tokens(world.person())
    status, lost = app.refresh(tokens["refresh_token"])
    status, second = app.refresh(tokens["refresh_token"])
    check(status == 200 and second["access_token"] != lost["access_token"], "asked again, since the answer was lost")
    check(app.whoami(second["access_token"])[0] == 200, "the second pair works")
    check(app.whoami(lost["access_token"])[0] == 401, "the lost one never will")
    check(app.refresh(second["refresh_token"], client_id=App(world.base, name="Thief").id)[1]["error"] == "invalid_grant",
          "another client cannot refresh")
    status, third = app.refresh(second["refresh_token"])
    check(status == 200 and app.whoami(third["access_token"])[0] == 200, "and did no harm")
    check(app.refresh(tokens["refresh_token"])[1]["error"] == "invalid_grant", "two rotations later the first one is spent")
    check(app.whoami(third["access_token"])[0] == 401, "and whoever has it, nobody stays signed in")
    check(app.refresh(third["refresh_token"])[1]["error"] == "invalid_grant", "not by refreshing either")
    app, tokens = world.tokens(world.person())
    status, answer = app.browser.api("POST", "/_matrix/client/v3/refresh", {"refresh_token": tokens["refresh_token"]})
    check(status == 401 and answer["errcode"] == "M_UNKNOWN_TOKEN", "the legacy API does not refresh sessions of OAuth")


def redirects_elsewhere(world: World) -> None:
    """Nobody is sent to an address that was not registered, neither with a code nor with an error."""
    name, app = world.person(), App(world.base)
    browser = world.signed_in(name)
    for uri in ("https://evil.example/callback", "https://app.example.org.evil.example/callback",
                "https://app.example.org/callback/../other", "https://app.example.org@evil.example/callback",
                "https://app.example.org/callback#x", "//evil.example", "javascript:alert(1)", "", None):
        page = browser.request("GET", app.begin(redirect_uri=uri))
        check(page.status == 400 and not page.header("location"), f"{uri}: {page.status} {page.header('location')}")
        page.says("This sign-in cannot go on")
    check(browser.request("GET", app.begin(client_id="nobody")).status == 400, "an unknown client")
    for next_page in ("https://evil.example/", "//evil.example/", "/\\evil.example", "/_matrix/x", "javascript:alert(1)",
                      "/_peyk/../\\evil.example", "/_peyk/account\r\nX: y"):
        fresh = world.browser()
        page = fresh.get("/_peyk/sign-in?next=" + __import__("urllib.parse").parse.quote(next_page))
        answer = fresh.request("POST", "/_peyk/sign-in", __import__("urllib.parse").parse.urlencode(
            page.form("password").fields | {"name": name, "password": PASSWORD, "next": next_page}).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"})
        check(answer.status == 303 and answer.header("location") == "/_peyk/account",
              f"{next_page}: {answer.status} {answer.header('location')}")


def bad_requests(world: World) -> None:
    """What a good client does wrong comes back to it as an error of RFC 6749."""
    app = App(world.base)
    browser = world.signed_in(world.person())
    device = "urn:matrix:client:device:"
    for expected, change in {
        "unsupported_response_type": {"response_type": "token"},
        "invalid_scope": {"scope": "urn:matrix:client:api:*"},
        "invalid_request": {"code_challenge": None},
        "interaction_required": {"prompt": "none"},
        "request_not_supported": {"request": "x"},
    }.items():
        answer = app.callback(browser.request("GET", app.begin(**change)))
        check(answer["error"] == expected and answer["state"] == app.state, f"{change}: {answer}")
    for scope in (f"{device}AAAAAAAAAA", f"urn:matrix:client:api:* {device}AAAAAAAAAA {device}BBBBBBBBBB", "", "openid"):
        check(app.callback(browser.request("GET", app.begin(scope=scope)))["error"] == "invalid_scope", scope)
    for change in ({"code_challenge_method": "plain"}, {"code_challenge": "short"}, {"response_mode": "form_post"}):
        check(app.callback(browser.request("GET", app.begin(**change)))["error"] == "invalid_request", str(change))
    # What clients that were deployed before version 1.15 ask for.
    old = "urn:matrix:org.matrix.msc2967.client:"
    browser.get(app.begin(scope=f"openid {old}api:* {old}device:OLDERDEVICE")).says("OLDERDEVICE")
    twice = browser.request("GET", app.begin() + "&client_id=other")
    check(twice.status == 400 and not twice.header("location"), "a parameter twice")


def foreign_forms(world: World) -> None:
    """A form that another site made, or that another browser got, does nothing."""
    name, app = world.person(), App(world.base)
    browser, other = world.signed_in(name), world.signed_in(world.person())
    page = browser.get(app.begin())
    form = page.form("answer")
    fields = form.fields | {"answer": "allow"}
    for wrong, headers in ((fields | {"proof": ""}, {}), (fields | {"proof": other.get(app.begin()).form("answer").fields["proof"]}, {}),
                           (fields, {"Sec-Fetch-Site": "cross-site"}), (fields, {"Sec-Fetch-Site": "same-site"})):
        answer = browser.post(form.action, wrong, headers)
        check(answer.status == 403, f"{answer.status} {answer.header('location')}")
    device = world.tokens(name)[0].device
    page = browser.get(f"/_peyk/account/device?device_id={device}")
    check(browser.post("/_peyk/account/device", {"device_id": device}).status == 403, "no proof, no sign-out")
    check(other.post("/_peyk/account/device", other.get("/_peyk/account/password").form("password").fields
                     | {"device_id": device}).status == 404, "nobody ends the devices of others")
    browser.submit(page, having="device_id").says("The device is signed out")


def account(world: World) -> None:
    """Profile, devices, password and the actions that clients link to."""
    name = world.person()
    app, tokens = world.tokens(name)
    browser = world.signed_in(name)
    page = browser.get("/_peyk/account?action=org.matrix.profile")
    browser.submit(page, {"name": "Ada <3"}, having="name").says("Saved.")
    status, profile = browser.api("GET", f"/_matrix/client/v3/profile/@{name}:localhost")
    check(profile["displayname"] == "Ada <3", f"{profile}")
    for action, says in {"org.matrix.devices_list": "Your devices", "org.matrix.sessions_list": "Your devices",
                         "org.matrix.account_deactivate": "End this account",
                         "org.matrix.cross_signing_reset": "Reset your encryption identity", "x": "Your account"}.items():
        browser.get(f"/_peyk/account?action={action}").says(says)
    browser.get("/_peyk/account/devices").says("Test App").says("today")
    for action in ("org.matrix.device_view", "org.matrix.device_delete", "org.matrix.session_end"):
        browser.get(f"/_peyk/account?action={action}&device_id={app.device}").says(app.device)
    page = browser.get(f"/_peyk/account/device?device_id={app.device}")
    browser.submit(page, having="device_id").says("The device is signed out")
    check(app.whoami(tokens["access_token"])[0] == 401, "its token has ended")
    check(browser.get(f"/_peyk/account/device?device_id={app.device}").status == 404, "and it is gone")

    second = world.signed_in(name)
    page = browser.get("/_peyk/account/password")
    form = {"password": PASSWORD, "new": "another good one", "repeat": "another good one"}
    browser.submit(page, form | {"password": "wrong"}, having="repeat").says("That is not the password")
    browser.submit(page, form, having="repeat").says("The password is changed")
    browser.get("/_peyk/account").says("Your account")
    second.get("/_peyk/account").says("Sign in")
    page = browser.submit(browser.get("/_peyk/account"))
    page.says("This browser is signed out")
    browser.get("/_peyk/account").says("Sign in")


def deactivate(world: World) -> None:
    """An account ends by its own password and a ticked box, and nothing of it signs in again."""
    name = world.person()
    app, tokens = world.tokens(name)
    browser = world.signed_in(name)
    page = browser.get("/_peyk/account/deactivate").says("This cannot be undone")
    browser.submit(page, {"password": PASSWORD}, having="password").says("Tick the box first")
    browser.submit(page, {"password": "wrong", "understood": "yes"}, having="password").says("That is not the password")
    check(app.whoami(tokens["access_token"])[0] == 200, "still there")
    page = browser.submit(page, {"password": PASSWORD, "understood": "yes", "erase": "yes"}, having="password")
    receipt = re.search(r"/_peyk/client/v1/erasure/[0-9a-f]{32}[?]format=text", page.says("has ended").body.decode())
    check(receipt is not None, "the page shows where the receipt is")
    text = world.browser().get(receipt[0])
    check(text.status == 200 and b"Erasure of an account" in text.body and name.encode() not in text.body, f"{text.body}")
    check(app.whoami(tokens["access_token"])[0] == 401, "gone")
    check(app.refresh(tokens["refresh_token"])[1]["error"] == "invalid_grant", "no refresh")
    browser.sign_in(browser.get("/_peyk/account"), name, PASSWORD).says("User name or password are wrong")


def own_data(world: World) -> None:
    """Own files: listed and deleted; the archive of everything: by the own password only, and it opens."""
    name, other = world.person(), world.person()
    tokens = []
    for who in (name, other):
        _, login = world.browser().api("POST", "/_matrix/client/v3/login", {
            "type": "m.login.password", "identifier": {"type": "m.id.user", "user": who}, "password": PASSWORD})
        tokens.append(login["access_token"])
    ids = []
    for token, file in zip(tokens, ("a <b> c.txt", "other.txt")):
        page = world.browser().request("POST", "/_matrix/media/v3/upload?filename=" + quote(file), b"bytes of a file", {
            "Authorization": "Bearer " + token, "Content-Type": "text/plain"})
        ids.append(json.loads(page.body)["content_uri"].rsplit("/", 1)[1])
    browser = world.signed_in(name)
    page = browser.get("/_peyk/account/files").says("a <b> c.txt").says("15 B")
    check("other.txt" not in page.text, "files of others are not shown")
    form = page.form("file")
    check(form.fields["file"] == ids[0], f"{form}")
    check(browser.post(form.action, form.fields | {"proof": ""}).status == 400, "no proof, no deletion")

    page = browser.get("/_peyk/account/data").says("Everything the server holds about me")
    browser.submit(page, {"password": "wrong"}, having="password").says("That is not the password")
    answer = browser.submit(page, {"password": PASSWORD}, having="password")
    check(answer.header("content-type") == "application/zip", f"{answer.status} {answer.headers}")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        check(archive.testzip() is None, "every checksum is right")
        check(archive.read(f"files/{ids[0]}-a__b__c.txt") == b"bytes of a file", f"{archive.namelist()}")
        index = archive.read("index.html").decode()
        check(name in index and "<script" not in index, index[:500])
        check(json.loads(archive.read("account.json"))["user_id"] == f"@{name}:localhost", "whose it is")
        check(not any(ids[1] in entry for entry in archive.namelist()), "files of others are not in it")

    fields = form.fields
    browser.post(form.action, fields | {"file": ids[1]})
    check(world.browser().request("GET", f"/_matrix/client/v1/media/download/localhost/{ids[1]}", None, {
        "Authorization": "Bearer " + tokens[1]}).status == 200, "nobody deletes the files of others")
    browser.submit(browser.get("/_peyk/account/files"), having="file").says("The file is gone").says("There are none")
    world.browser().get("/_peyk/account/data").says("Sign in")
    world.browser().get("/_peyk/account/files").says("Sign in")


def oauth_sessions_and_uia(world: World) -> None:
    """Sessions of OAuth know no password stage; a reset of cross-signing is approved on the page, once."""
    name = world.person()
    app, tokens = world.tokens(name)
    token = tokens["access_token"]
    user = f"@{name}:localhost"

    def keys(letter: str) -> dict:
        import base64
        public = base64.b64encode(letter.encode() * 32).decode().rstrip("=")
        return {"master_key": {"user_id": user, "usage": ["master"], "keys": {"ed25519:" + public: public}}}

    upload = "/_matrix/client/v3/keys/device_signing/upload"
    check(app.browser.api("POST", upload, keys("a"), token)[0] == 200, "the first upload needs no approval")
    status, ask = app.browser.api("POST", upload, keys("b"), token)
    check(status == 401 and {"stages": ["m.oauth"]} in ask["flows"], f"{status} {ask}")
    check(all("m.login.password" not in flow["stages"] for flow in ask["flows"]), "no password stage")
    url = ask["params"]["m.oauth"]["url"]
    auth = {"auth": {"session": ask["session"]}}
    check(app.browser.api("POST", upload, keys("b") | auth, token)[0] == 401, "not approved yet")
    browser = world.browser()
    page = browser.sign_in(browser.get(url), name, PASSWORD).says("Reset your encryption identity")
    browser.submit(page, {"password": "wrong"}, having="password").says("That is not the password")
    check(app.browser.api("POST", upload, keys("b") | auth, token)[0] == 401, "a wrong password approves nothing")
    browser.submit(page, {"password": PASSWORD}, having="password").says("Allowed for ten minutes")
    status, answer = app.browser.api("POST", upload, auth, token)
    check(status == 200, f"approved: {status} {answer}")
    check(app.browser.api("POST", upload, keys("c"), token)[0] == 401, "once only")
    for method, path in (("DELETE", f"/_matrix/client/v3/devices/{app.device}"), ("POST", "/_matrix/client/v3/account/deactivate")):
        status, answer = app.browser.api(method, path, {}, token)
        check(status == 403 and answer["errcode"] == "M_FORBIDDEN", f"{path}: {status} {answer}")
    status, login = app.browser.api("POST", "/_matrix/client/v3/login", {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": name}, "password": PASSWORD})
    status, ask = app.browser.api("POST", upload, keys("d"), login["access_token"])
    check(status == 401 and ask["flows"] == [{"stages": ["m.login.password"]}], "the legacy API keeps its password stage")


def every_page_is_hard(world: World) -> None:
    """Headers, no script, no style attribute, both languages; the choice of a language is kept."""
    name, app = world.person(), App(world.base)
    browser = world.signed_in(name)
    pages = ["/_peyk/account", "/_peyk/account/profile", "/_peyk/account/devices", "/_peyk/account/password",
             "/_peyk/account/deactivate", "/_peyk/account/identity", "/_peyk/account/files", "/_peyk/account/data", "/_peyk/link", "/_peyk/account/security",
             "/_peyk/account/security/app", "/_peyk/account/security/passkey", app.begin()]
    for who, paths in ((browser, pages), (world.browser(), ["/_peyk/sign-in", "/_peyk/register"])):
        for path in paths:
            page = who.get(path)
            policy = page.header("content-security-policy")
            check(page.status == 200, f"{path}: {page.status}")
            check("default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy, policy)
            check(page.header("cache-control") == "no-store" and page.header("referrer-policy") == "no-referrer", path)
            check(page.header("x-frame-options") == "DENY" and page.header("x-content-type-options") == "nosniff", path)
            for tag, attributes in page.parsed.tags:
                check((tag != "script" or attributes.get("src") == "/_peyk/passkey.js") and "style" not in attributes and not any(a.startswith("on") for a in attributes),
                      f"{path}: <{tag} {attributes}>")
                check(tag not in ("input", "button") or attributes.get("type") == "hidden" or "hidden" in attributes
                      or tag == "button" or "name" in attributes, f"{path}: {attributes}")
            check(page.parsed.tags[0][1] == {"lang": "en", "dir": "ltr"}, f"{path}: {page.parsed.tags[0]}")
            link = next(a["href"] for tag, a in page.parsed.tags if tag == "a" and "lang=fa" in a.get("href", ""))
            persian = who.get(link)
            check(persian.parsed.tags[0][1] == {"lang": "fa", "dir": "rtl"}, f"{link}: {persian.parsed.tags[0]}")
            check(re.search("[\u0600-\u06ff]", persian.text), link)
            check(who.get(path).parsed.tags[0][1]["lang"] == "fa", "the choice is kept")
            who.cookies.pop("peyk_lang")
    check("fa" == world.browser("fa-IR,fa;q=0.9").get("/_peyk/sign-in").parsed.tags[0][1]["lang"], "Accept-Language")


def closed_and_token_registration(world: World) -> None:
    """A closed server makes no accounts on its pages; one with invitations asks for one."""
    from server import Server
    binary = world.server.binary
    for mode, says in (("closed", "Registration is closed"), ("token", "Invitation code")):
        server = Server(binary, {"registration.mode": mode})
        try:
            server.start()
            base = f"http://localhost:{server.port}"
            browser = Browser(base)
            page = browser.get("/_peyk/register").says(says)
            status, metadata = browser.api("GET", "/_matrix/client/v1/auth_metadata")
            check(("create" in metadata.get("prompt_values_supported", [])) == (mode == "token"), f"{metadata}")
            form = browser.get("/_peyk/sign-in").form("password").fields
            fields = form | {"name": "eve", "password": PASSWORD, "repeat": PASSWORD, "token": "guessed"}
            answer = browser.post("/_peyk/register", fields)
            check(answer.status == 400, f"{mode}: {answer.status} {answer.text[:200]}")
            if mode == "token":
                answer.says("This invitation code is not valid")
        finally:
            server.dispose()


def rate_limits(world: World) -> None:
    """Wrong passwords are limited by account and attempts by address."""
    from server import Server
    server = Server(world.server.binary, {"limits.rate_limits": True, "limits.rates.login.burst": 5})
    try:
        server.start()
        browser = Browser(f"http://localhost:{server.port}")
        page = browser.get("/_peyk/sign-in")
        seen = [browser.sign_in(page, "nobody", f"wrong {i}").status for i in range(7)]
        check(seen[:5] == [403] * 5 and seen[5:] == [429] * 2, f"{seen}")
    finally:
        server.dispose()


def restart(world: World) -> None:
    """Sessions of OAuth outlive a restart; browsers sign in again."""
    from server import Server
    server = Server(world.server.binary, {})
    try:
        server.start()
        inner = World(server)
        name = inner.person()
        app, tokens = inner.tokens(name)
        browser = inner.signed_in(name)
        status, rotated = app.refresh(tokens["refresh_token"])
        server.stop()
        server.start()
        check(app.whoami(rotated["access_token"])[0] == 200, "the access token")
        page = browser.post("/_peyk/account/security/codes", {"password": PASSWORD}).says("Sign in")
        browser.sign_in(page, name, PASSWORD).says("Your account")
        browser.cookies.clear()
        browser.get(app.begin()).says("Sign in")
        check(app.refresh(tokens["refresh_token"])[1]["error"] == "invalid_grant", "a spent token is remembered")
        check(app.whoami(rotated["access_token"])[0] == 401, "and ends the session")
    finally:
        server.dispose()


def reset_link(world: World) -> None:
    """A password set by an administrator's link: the person is told on the pages until they say that they know."""
    name = world.person()
    app, tokens = world.tokens(name)
    said = subprocess.run([world.server.binary, "user", "reset-link", name, "--config", world.server.config],
                          capture_output=True, text=True, check=True)
    link = said.stdout.strip()
    check(link.startswith(world.base + "/_peyk/reset?token="), f"a link: {link}")
    check("signed out" in said.stderr, f"the operator is told what it does: {said.stderr}")
    browser = world.browser()
    page = browser.get(link.removeprefix(world.base))
    new = "another long password"
    browser.submit(page, {"password": new, "repeat": new}, having="repeat").says("The password is set")
    check(app.whoami(tokens["access_token"])[0] == 401, "its devices are signed out")

    told = "set anew with a link"
    other = world.browser("fa")
    check("از نو گذاشته شد" in other.sign_in(other.get("/_peyk/account"), name, new).text, "in Persian too")
    page = browser.sign_in(browser.get("/_peyk/account"), name, new).says(told).says(time.strftime("%Y-", time.gmtime()))
    browser.get("/_peyk/account/devices").says(told)
    page = browser.get(App(world.base).begin()).says("Allow this app?").says(told)
    dismiss = next(form for form in page.parsed.forms if form.action.endswith("/notice"))
    stolen = browser.post("/_peyk/account/notice", {})
    check(stolen.status == 403, f"a form of somebody else's dismisses nothing: {stolen.status}")
    browser.get("/_peyk/account").says(told)
    page = browser.post("/_peyk/account/notice", dismiss.fields).says("Your account")
    check(told not in page.text and told not in other.get("/_peyk/account").text, "it is gone everywhere")
    browser.get("/_peyk/account/security").says("last set anew with a link on")
    check(told not in world.signed_in(world.person()).get("/_peyk/account").text, "others hear nothing of it")


FLOWS = [code_flow, refuse_and_query_mode, register_in_the_browser, device_flow, stolen_codes, stolen_refresh_tokens,
         redirects_elsewhere, bad_requests, foreign_forms, account, own_data, deactivate, oauth_sessions_and_uia, every_page_is_hard,
         closed_and_token_registration, rate_limits, restart, reset_link, *factors.FLOWS, *providers.FLOWS, *cas.FLOWS, *qr.FLOWS,
         *sdk.FLOWS]


def run(world: World, only: str = "") -> list[tuple[str, str | None]]:
    results = []
    for flow in FLOWS:
        if only not in flow.__name__ + flow.__doc__:
            continue
        began = time.monotonic()
        try:
            flow(world)
            results.append((flow.__doc__, None))
        except Exception as error:
            results.append((flow.__doc__, f"{type(error).__name__}: {error}"))
        said = results[-1][1]
        print(f"  {'ok    ' if said is None else 'FAILED'} {flow.__doc__} ({time.monotonic() - began:.1f} s)"
              + (f"\n         {said}" if said else ""), flush=True)
    providers.close()
    cas.close()
    return results
