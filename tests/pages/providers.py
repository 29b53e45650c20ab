"""Signing in through OpenID providers, over plain HTTP."""
import json
import re
import secrets
import subprocess
import time
from urllib.parse import parse_qsl, quote, urlsplit

import provider_attacks
from browser import App, check
from factors import set_up_app, step_now, totp
from fake_provider import Realm
from provider_world import (PASSWORD, REDIRECT, School, back, button, close, comes, leave, legacy_session,  # noqa: F401
                            login_token, restart, signed_out, through, with_school)


@with_school
def first_sign_in(school: School) -> None:
    """An app signs somebody in through a provider, who chooses a name; the second time nothing is asked."""
    realm, app, browser = school.realm(), App(school.base, name="Fancy App"), school.world.browser()
    taken = school.local_person()
    page = browser.get(app.begin()).says("to go on to Fancy App").says("The school <b>")
    url = leave(browser, button(page, realm), realm)
    query = dict(parse_qsl(urlsplit(url).query))
    check(query["scope"] == "openid profile" and query["redirect_uri"] == f"{school.base}/_peyk/provider/school/callback"
          and "prompt" not in query and query["ui_locales"] == "en" and len(query["state"]) == 43, f"{query}")
    page = back(browser, realm, url).says("Welcome").says("The school <b> as Ada <Lovelace>").says("no account belongs")
    check("code=" not in page.url and "state=" not in page.url, f"the address is clean: {page.url}")
    form = page.form("name")
    check(form.fields["name"] == realm.person["preferred_username"] and "shown" not in form.fields, f"{form}")
    browser.submit(page, {"name": taken}, having="name").says("This name is taken")
    browser.submit(page, {"name": "No Name"}, having="name").says("This name cannot be used")
    name = "ada-" + secrets.token_hex(4)
    page = browser.submit(page, {"name": name, "shown": "yes"}, having="name").says("Allow this app?").says(name)
    answer = app.callback(browser.submit(page, {"answer": "allow"}, having="answer"))
    status, tokens = app.exchange(answer["code"])
    check(status == 200 and app.whoami(tokens["access_token"])[1]["user_id"] == f"@{name}:localhost", f"{tokens}")
    profile = f"/_matrix/client/v3/profile/@{name}:localhost"
    check(browser.api("GET", profile)[1] == {"displayname": "Ada <Lovelace>"}, "the name that was ticked")
    check(realm.exchanged[-1]["basic"] and "client_secret" not in realm.exchanged[-1], f"{realm.exchanged[-1]}")

    browser = school.world.browser()
    page = through(browser, button(browser.get(app.begin()), realm), realm).says("Allow this app?").says(name)
    browser = school.world.browser("fa")
    check(dict(parse_qsl(urlsplit(leave(browser, "/_peyk/provider/school", realm)).query))["ui_locales"] == "fa", "fa")

    realm = school.realm()
    _, other = comes(school, realm)
    check(browser.api("GET", f"/_matrix/client/v3/profile/@{other}:localhost")[1] == {"displayname": other},
          "not ticked, not taken")


@with_school
def legacy_sign_on(school: School) -> None:
    """Older apps see the providers as buttons, and get a login token after the user has allowed it."""
    realm, browser = school.realm(), school.world.browser()
    status, answer = browser.api("GET", "/_matrix/client/v3/login")
    flow = next(one for one in answer["flows"] if one["type"] == "m.login.sso")
    check(flow["identity_providers"][:2] == [{"id": "own", "name": "localhost"},
                                             {"id": "school", "name": "The school <b>", "brand": "keycloak"}], f"{flow}")
    to = "?redirectUrl=" + quote(REDIRECT, safe="")
    page = through(browser, f"/_matrix/client/v3/login/sso/redirect/school{to}", realm).says("Welcome")
    name = "sso-" + secrets.token_hex(4)
    page = browser.submit(page, {"name": name}, having="name").says("It gets full use of your account").says("app.example.org")
    token = login_token(browser.submit(page, having="to"))
    status, session = browser.api("POST", "/_matrix/client/v3/login", {"type": "m.login.token", "token": token})
    check(status == 200 and session["user_id"] == f"@{name}:localhost", f"{session}")
    check(browser.api("POST", "/_matrix/client/v3/login", {"type": "m.login.token", "token": token})[0] == 403, "once")
    fresh = school.world.browser()
    fresh.get(f"/_matrix/client/v3/login/sso/redirect/own{to}").says("Sign in").says("Password")
    fresh.get(f"/_matrix/client/v3/login/sso/redirect{to}").says("Sign in").says("The school <b>")
    fresh.get(f"/_matrix/client/r0/login/sso/redirect{to}&action=register").says("Make an account with")
    unknown = fresh.get(f"/_matrix/client/v3/login/sso/redirect/nobody{to}")
    check(unknown.status == 404 and b"M_NOT_FOUND" in unknown.body, "a provider that nobody configured")
    for bad in ("", "?redirectUrl=javascript:alert(1)"):
        check(fresh.get(f"/_matrix/client/v3/login/sso/redirect/school{bad}").status == 400, bad)
    check(fresh.get("/_peyk/provider/nobody").status == 404, "no such provider")


@with_school
def without_a_question(school: School) -> None:
    """Where the operator wants it, the proposed name is taken at once; if it is taken or there is none, people are asked."""
    unique = secrets.token_hex(4)
    realm = school.realm("direct", email=f"Grace.{unique}@school.example")
    browser = school.world.browser()
    through(browser, "/_peyk/provider/direct", realm).says("Your account").says(f"@grace.{unique}:localhost")
    check(browser.api("GET", f"/_matrix/client/v3/profile/@grace.{unique}:localhost")[1]
          == {"displayname": f"grace.{unique}"}, "the display name is not taken without asking")
    realm.person["sub"] = "another-" + unique
    page = through(school.world.browser(), "/_peyk/provider/direct", realm).says("Welcome")
    check(page.form("name").fields["name"] == f"grace.{unique}", "taken by now")
    realm = school.realm("direct", email="@@@")
    page = through(school.world.browser(), "/_peyk/provider/direct", realm).says("Welcome")
    check(page.form("name").fields["name"] == "", "no proposal")


@with_school
def who_may_register(school: School) -> None:
    """The configuration says through whom accounts are made; what is closed is closed to crafted forms too."""
    realm, browser = school.realm("nothing"), school.world.browser()
    page = through(browser, "/_peyk/provider/nothing", realm).says("new ones are not made in this way")
    check(page.status == 403, f"{page.status}")
    realm = school.realm("linking")
    page = through(browser, "/_peyk/provider/linking", realm).says("I have an account here already")
    check("Make the account" not in page.text, "no form for a new one")
    ticket = dict(parse_qsl(urlsplit(page.url).query))["with"]
    proof = browser.get("/_peyk/sign-in").form("password").fields["proof"]
    page = browser.post("/_peyk/welcome", {"proof": proof, "with": ticket, "name": "eve"}).says("Registration is closed")
    check(page.status == 403, f"{page.status}")
    register = browser.get("/_peyk/register").says("Make an account with").says("The direct")
    check("The linking" not in register.text and not register.parsed.forms, "no form of passwords where it is closed")
    check("create" in browser.api("GET", "/_matrix/client/v1/auth_metadata")[1]["prompt_values_supported"], "prompt=create")
    App(school.base)
    browser.get(App(school.base).begin(prompt="create")).says("Make an account with")


@with_school
def linking(school: School) -> None:
    """An account is linked after its password, opened by the provider then, and unlinked; nobody else gets it."""
    realm, name, browser = school.realm("linking"), school.local_person(), school.world.browser()
    page = through(browser, "/_peyk/provider/linking?next=/_peyk/account/devices", realm).says("Link my account")
    page = browser.get(next(a["href"] for t, a in page.parsed.tags if a.get("href", "").startswith("/_peyk/welcome/link")))
    page = browser.sign_in(page.says("Sign in"), name, PASSWORD).says("Link your account?").says(f"@{name}:localhost")
    browser.submit(page, {"password": "wrong"}, having="with").says("That is not the password")
    check(through(school.world.browser(), "/_peyk/provider/linking", realm).text.count("Welcome") > 0, "not linked yet")
    browser.submit(page, {"password": PASSWORD}, having="with").says("Your devices")
    over = browser.submit(page, {"password": PASSWORD}, having="with").says("This sign-in is over")
    check(over.status == 400, f"{over.status}")
    other = school.world.browser()
    through(other, "/_peyk/provider/linking", realm).says("Your account").says(f"@{name}:localhost")

    # From the account page of somebody else, with the same person.
    second = school.world.signed_in(school.local_person())
    page = second.get("/_peyk/account/providers").says("Your account is linked with none")
    through(second, button(page, realm, "link"), realm).says("You have another account here")
    # And with another one, for two providers.
    realm.person["sub"] = "second"
    page = through(second, button(page, realm, "link"), realm).says("Link your account?")
    stranger = school.world.signed_in(name)
    check(stranger.get(page.url).status == 400, "the ticket is of one browser")
    second.submit(page, {"password": PASSWORD}, having="with").says("Your account is linked.").says("The linking <b>")
    realm2 = school.realm("school")
    page = through(second, button(second.get("/_peyk/account/providers"), realm2, "link"), realm2)
    second.submit(page, {"password": PASSWORD}, having="with").says("The school <b>")

    page = browser.get("/_peyk/account/providers").says("The linking <b>")
    browser.submit(page, {"password": "wrong"}, having="link").says("That is not the password")
    browser.submit(page, {"password": PASSWORD}, having="link").says("The link is gone").says("linked with none")
    browser.get("/_peyk/account").says("Your account")
    signed_out(other)


@with_school
def the_only_way_in(school: School) -> None:
    """An account without a password is confirmed at its provider; its last link stays until a password is set."""
    realm = school.realm()
    browser, name = comes(school, realm)
    page = browser.get("/_peyk/account/providers")
    check("Your password now" not in page.text, "there is no password to ask for")
    browser.submit(page, having="link").says("Confirm first that it is you")
    asked = leave(browser, button(page, realm, "confirm"), realm)
    query = dict(parse_qsl(urlsplit(asked).query))
    check(query["prompt"] == "login" and query["max_age"] == "0", f"{query}")
    page = back(browser, realm, asked).says("You have confirmed that it is you")
    check(urlsplit(page.url).path == "/_peyk/account/providers", page.url)
    browser.submit(page, having="link").says("This is the only way in")
    page = browser.get("/_peyk/account/password").says("Set a password")
    browser.submit(page, {"new": PASSWORD, "repeat": PASSWORD}, having="repeat").says("The password is changed")
    check(browser.api("POST", "/_matrix/client/v3/login", {"type": "m.login.password", "password": PASSWORD,
                                                           "identifier": {"type": "m.id.user", "user": name}})[0] == 200, "it signs in")
    page = browser.get("/_peyk/account/providers").says("Your password now").says("Confirm with")
    browser.submit(page, {"password": PASSWORD}, having="link").says("The link is gone")
    check(through(school.world.browser(), "/_peyk/provider/school", realm).text.count("Welcome"), "unlinked")

    # What the old confirmation was good for ended with the session.
    realm = school.realm()
    browser, name = comes(school, realm)
    back(browser, realm, leave(browser, "/_peyk/provider/school/confirm?next=/_peyk/account/deactivate", realm))
    stolen = school.world.browser()
    stolen.cookies = dict(browser.cookies) | {"peyk_session": "x" * 43}
    stolen.get("/_peyk/account/deactivate").says("Sign in")


@with_school
def confirming(school: School) -> None:
    """Only the person of the account confirms, in the browser that asked, and freshly signed in."""
    realm = school.realm()
    browser, name = comes(school, realm)
    path = "/_peyk/provider/school/confirm?next=/_peyk/account/deactivate"
    end = {"understood": "yes"}

    def not_confirmed(says: str, url: str | None = None) -> None:
        back(browser, realm, url or leave(browser, path, realm)).says(says)
        page = browser.get("/_peyk/account/deactivate").says("Confirm with")
        browser.submit(page, end, having="understood").says("Confirm first")

    own = realm.person["sub"]
    realm.person["sub"] = "somebody-else"
    not_confirmed("somebody else")
    realm.person["sub"] = own
    realm.signed_in_at = int(time.time()) - 3600
    not_confirmed("could not be verified")
    realm.signed_in_at = None
    realm.claims = {"auth_time": None}
    not_confirmed("could not be verified")
    realm.claims = {}
    # Begun in one session, come back in another one of the same browser.
    url = leave(browser, path, realm)
    browser.submit(browser.get("/_peyk/account"))
    through(browser, "/_peyk/provider/school", realm).says("Your account")
    not_confirmed("This sign-in is over", url)
    fresh = school.world.browser()
    fresh.get(path).says("Sign in")
    # Somebody whose account is not linked there at all.
    other, _ = comes(school, school.realm("direct", email=None))
    realm = school.realm(sub=own)
    through(other, path, realm).says("somebody else")
    other.get("/_peyk/account/deactivate").says("Confirm with The direct")
    page = through(browser, path, realm).says("You have confirmed")
    browser.submit(page, end, having="understood").says("has ended")
    signed_out(browser)
    # The account is over, and the person may come anew.
    page = through(school.world.browser(), "/_peyk/provider/school", realm).says("no account belongs to you yet")


@with_school
def identity_reset(school: School) -> None:
    """Cross-signing is reset without a password: by OAuth through the page, by the legacy API through its stage."""
    realm = school.realm()
    browser, name = comes(school, realm)
    app, user = App(school.base), f"@{name}:localhost"
    page = browser.get(app.begin())
    answer = app.callback(browser.submit(page, {"answer": "allow"}, having="answer"))
    token = app.exchange(answer["code"])[1]["access_token"]
    session = legacy_session(school, browser)
    upload = "/_matrix/client/v3/keys/device_signing/upload"

    def keys(letter: str) -> dict:
        import base64
        public = base64.b64encode(letter.encode() * 32).decode().rstrip("=")
        return {"master_key": {"user_id": user, "usage": ["master"], "keys": {"ed25519:" + public: public}}}

    check(browser.api("POST", upload, keys("a"), token)[0] == 200, "the first upload needs nothing")
    status, ask = browser.api("POST", upload, keys("b"), token)
    check(status == 401 and {"stages": ["m.oauth"]} in ask["flows"], f"{ask}")
    page = through(browser, "/_peyk/provider/school/confirm?next=/_peyk/account/identity", realm).says("You have confirmed")
    browser.submit(page, having="proof").says("Allowed for ten minutes")
    check(browser.api("POST", upload, {"auth": {"session": ask["session"]}}, token)[0] == 200, "approved")

    status, ask = browser.api("POST", upload, keys("c"), session["access_token"])
    check(status == 401 and ask["flows"] == [{"stages": ["m.login.sso"]}], f"{ask}")
    stage(school, realm, ask["session"])
    status, answer = browser.api("POST", upload, {"auth": {"session": ask["session"]}}, session["access_token"])
    check(status == 200, f"{answer}")


def stage(school: School, realm: Realm, session: str) -> None:
    """What a client opens a browser for."""
    browser = school.world.browser()
    page = browser.get(f"/_matrix/client/v3/auth/m.login.sso/fallback/web?session={session}")
    page.says("somebody may be using your account").says("Confirm with")
    page = through(browser, button(page, realm, "stage"), realm).says("Done. Go back to your app")
    check(any(tag == "script" and a.get("src") == "/_peyk/auth-done.js" for tag, a in page.parsed.tags), "the script")


@with_school
def stages(school: School) -> None:
    """The stage m.login.sso: the right person passes it, another one, another browser and a crafted link do not."""
    realm = school.realm()
    browser, name = comes(school, realm)
    first, second = legacy_session(school, browser), legacy_session(school, browser)
    path, token = f"/_matrix/client/v3/devices/{second['device_id']}", first["access_token"]
    status, ask = browser.api("DELETE", path, {}, token)
    check(status == 401 and ask["flows"] == [{"stages": ["m.login.sso"]}], f"{ask}")
    again = {"auth": {"session": ask["session"]}}
    fallback = f"/_matrix/client/v3/auth/m.login.sso/fallback/web?session={ask['session']}"
    check(browser.api("DELETE", path, again, token)[0] == 401, "not yet")
    check(browser.api("DELETE", path, {"auth": {"type": "m.login.sso", "session": ask["session"]}}, token)[0] == 401, "no")
    there = button(browser.get(fallback), realm, "stage")
    crafted = browser.get(re.sub("proof=[^&]*", "proof=x", there)).says("came from elsewhere")
    check(crafted.status == 403, f"{crafted.status}")
    check(school.world.browser().get(there).status == 403, "the link is of one browser")
    own = realm.person["sub"]
    realm.person["sub"] = "somebody-else"
    through(browser, there, realm).says("somebody else")
    check(browser.api("DELETE", path, again, token)[0] == 401, "another person confirms nothing")
    realm.person["sub"] = own
    realm.signed_in_at = int(time.time()) - 3600
    through(browser, there, realm).says("could not be verified")
    check(browser.api("DELETE", path, again, token)[0] == 401, "neither does an old sign-in")
    realm.signed_in_at = None
    stage(school, realm, ask["session"])
    check(browser.api("DELETE", path, again, token)[0] == 200, "and now it goes")
    check(browser.get(fallback).status == 404, "the session is over")
    status, ask = browser.api("POST", "/_matrix/client/v3/account/deactivate", {}, token)
    stage(school, realm, ask["session"])
    check(browser.api("POST", "/_matrix/client/v3/account/deactivate", {"auth": {"session": ask["session"]}}, token)[0]
          == 200, "an account without a password can be ended by its app")


@with_school
def second_factor(school: School) -> None:
    """A second factor of the account is asked for after the provider, too; without a password it can be set up."""
    realm, name = school.realm("linking"), school.local_person()
    browser = school.world.signed_in(name)
    page = through(browser, button(browser.get("/_peyk/account/providers"), realm, "link"), realm)
    browser.submit(page, {"password": PASSWORD}, having="with").says("Your account is linked.")
    secret, codes = set_up_app(browser)
    other = school.world.browser()
    page = through(other, "/_peyk/provider/linking?next=/_peyk/account/devices", realm).says("Second factor")
    other.get("/_peyk/account/devices").says("Sign in")
    other.submit(page, {"code": totp(secret, step_now() + 1)}, having="code").says("Your devices")

    realm = school.realm()
    browser, name = comes(school, realm)
    page = browser.get("/_peyk/account/security/app").says("Scan this").says("Confirm with")
    secret = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", page.text)[1].replace(" ", "")
    code = totp(secret, step_now())
    page = browser.submit(page, {"code": code}, having="code").says("Confirm first")
    page = through(browser, button(page, realm, "confirm"), realm).says("Scan this").says("You have confirmed")
    browser.submit(page, {"code": totp(secret, step_now())}, having="code").says("Write these down")
    through(school.world.browser(), "/_peyk/provider/school", realm).says("Second factor")


@with_school
def locked_and_suspended(school: School) -> None:
    """A locked account stays locked behind a provider; a suspended one signs in and stays suspended."""
    realm = school.realm()
    browser, name = comes(school, realm)
    school.peyk("user", "lock", name)
    signed_out(browser)
    page = through(school.world.browser(), "/_peyk/provider/school", realm).says("This account is locked")
    check(page.status == 403, f"{page.status}")
    school.peyk("user", "lock", name, "--off")
    school.peyk("user", "suspend", name)
    browser = school.world.browser()
    through(browser, "/_peyk/provider/school", realm).says("Your account")
    session = legacy_session(school, browser)
    status, answer = browser.api("POST", "/_matrix/client/v3/createRoom", {}, session["access_token"])
    check(status == 403 and answer["errcode"] == "M_USER_SUSPENDED", f"{status} {answer}")


@with_school
def who_may_come(school: School) -> None:
    """Domains and claims are asked for at every sign-in, in the ID token or the user information."""
    good = {"email": "ada@school.example", "email_verified": True, "groups": ["staff", "teachers"]}
    realm = school.realm("strict", **good)
    browser, name = comes(school, realm)
    person = dict(realm.person)
    for wrong in ({"email": "ada@evil.example"}, {"email_verified": False}, {"email_verified": "true"},
                  {"groups": ["pupils"]}, {"groups": "teachers-not"}, {"email": None}):
        realm.person = {key: value for key, value in (person | wrong).items() if value is not None}
        page = through(school.world.browser(), "/_peyk/provider/strict", realm).says("may not be used here")
        check(page.status == 403, f"{wrong}: {page.status}")
    realm.person = person
    realm.in_token = []
    through(school.world.browser(), "/_peyk/provider/strict", realm).says("Your account").says(name)
    check(realm.counts.get("userinfo", 0) > 0, "the rest was asked for")
    realm.userinfo = person | {"sub": "somebody-else"}
    through(school.world.browser(), "/_peyk/provider/strict", realm).says("could not be verified")
    browser.get("/_peyk/account").says("Your account")


@with_school
def algorithms(school: School) -> None:
    """Each kind of signature is understood; a client without a secret is proven by its verifier."""
    for algorithm in ("RS256", "PS256", "ES256", "EdDSA"):
        realm = school.realm()
        realm.algorithm = algorithm
        comes(school, realm)
    realm = school.realm("public")
    comes(school, realm)
    form = realm.exchanged[-1]
    check(form["client_id"] == "peyk" and "client_secret" not in form and not form["basic"], f"{form}")

@with_school
def hard_pages(school: School) -> None:
    """The pages have the headers of all pages, no script, and both languages."""
    realm = school.realm()
    browser = school.world.browser()
    welcome = through(browser, "/_peyk/provider/school", realm).says("Welcome").url
    signed_in = school.world.signed_in(school.local_person())
    link = through(signed_in, "/_peyk/provider/linking/link", school.realm("linking")).url
    for who, path in ((browser, welcome), (browser, "/_peyk/sign-in"), (browser, "/_peyk/register"), (signed_in, link),
                      (signed_in, "/_peyk/account/providers")):
        page = who.get(path)
        policy = page.header("content-security-policy")
        check(page.status == 200 and "default-src 'none'" in policy and "unsafe" not in policy, f"{path}: {policy}")
        check(page.header("cache-control") == "no-store" and page.header("referrer-policy") == "no-referrer", path)
        for tag, attributes in page.parsed.tags:
            check(tag != "script" or attributes.get("src") == "/_peyk/passkey.js", f"{path}: {attributes}")
            check("style" not in attributes and not any(a.startswith("on") for a in attributes), f"{path}: {attributes}")
        check("<b>" not in page.body.decode(), f"{path}: names are escaped")
        link_to = next(a["href"] for tag, a in page.parsed.tags if tag == "a" and "lang=fa" in a.get("href", ""))
        persian = who.get(link_to)
        check(persian.parsed.tags[0][1] == {"lang": "fa", "dir": "rtl"} and re.search("[\u0600-\u06ff]", persian.text), path)
        who.cookies.pop("peyk_lang")
    answer = browser.request("GET", "/_peyk/provider/school")
    check(answer.header("referrer-policy") == "no-referrer" and answer.header("cache-control") == "no-store", "the redirect")


@with_school
def survives(school: School) -> None:
    """Links survive a restart and a provider that is taken out of the configuration and put back."""
    realm = school.realm()
    browser, name = comes(school, realm)
    restart(school)
    through(school.world.browser(), "/_peyk/provider/school", realm).says(name)
    school.server.sections["auth"] = {"provider": school.providers[1:]}
    school.server.write_config()
    restart(school)
    check(school.world.browser().get("/_peyk/provider/school").status == 404, "not offered")
    link = school.peyk("user", "reset-link", name)
    token = re.search(r"token=(\S+)", link)[1]
    browser = school.world.browser()
    page = browser.get(f"/_peyk/reset?token={token}")
    browser.submit(page, {"password": PASSWORD, "repeat": PASSWORD}).says("")
    browser = school.world.signed_in(name)
    browser.get("/_peyk/account/providers").says("127.0.0.1").says("not offered by this server any more")
    school.server.sections["auth"] = {"provider": school.providers}
    school.server.write_config()
    restart(school)
    through(school.world.browser(), "/_peyk/provider/school", realm).says(name)


@with_school
def doctor(school: School) -> None:
    """`peyk doctor` looks whether each provider answers."""
    realm = school.realm()
    run = [school.server.binary, "doctor", "--json", "--config", school.server.config]

    def findings() -> list[dict]:
        done = subprocess.run(run, capture_output=True, text=True, cwd=school.server.folder, timeout=120)
        return [one for one in json.loads(done.stdout) if one["area"] == "sign-in"]

    check([one["severity"] for one in findings()] == ["good"] * len(school.providers), f"{findings()}")
    realm.metadata = {"issuer": realm.issuer + "/"}
    wrong = [one for one in findings() if one["severity"] == "error"]
    check(len(wrong) == 1 and "it calls itself" in wrong[0]["what"] and wrong[0]["advice"], f"{wrong}")
    school.realm()


FLOWS = [first_sign_in, legacy_sign_on, without_a_question, who_may_register, linking, the_only_way_in, confirming,
         identity_reset, stages, second_factor, locked_and_suspended, who_may_come, algorithms, hard_pages, survives,
         doctor, *provider_attacks.FLOWS]
