"""Signing in through a CAS server, over plain HTTP."""
import re
import secrets
import time
from urllib.parse import parse_qsl, quote, urlsplit

from browser import Browser, Page, check
from factors import set_up_app, step_now, totp
from fake_cas import FakeCas, failure, response, success
from provider_world import PASSWORD, REDIRECT, School, legacy_session, login_token, signed_out

TICKETS = "/_matrix/client/r0/login/cas/ticket"
TO = "?redirectUrl=" + quote(REDIRECT, safe="")


class Campus(School):
    """Two CAS servers, that is one server with two of them: `cas` links accounts, `old` takes Synapse's place."""

    def __init__(self, world):
        from server import Server
        self.linking, self.old = FakeCas(), FakeCas()
        self.providers = [{"id": "cas", "kind": "cas", "name": "The campus <b>", "issuer": self.linking.address,
                           "registration": True},
                          {"id": "old", "kind": "cas", "name": "The old one", "issuer": self.old.address + "/",
                           "validation": "proxyValidate", "accounts_by_name": True, "synapse_addresses": True,
                           "required_claims": {"groups": "chat"}, "linking": False}]
        self.binary = world.server.binary
        self.server = Server(self.binary, {"auth.provider": self.providers, "registration.mode": "closed"})
        self.server.start()
        self.world = type(world)(self.server)
        self.base = self.world.base

    def close(self) -> None:
        self.server.dispose()
        self.linking.close()
        self.old.close()


campus: Campus | None = None


def on_campus(flow):
    def run(world) -> None:
        global campus
        if campus is None:
            campus = Campus(world)
        flow(campus)
    run.__doc__ = flow.__doc__
    return run


def close() -> None:
    global campus
    if campus:
        campus.close()
    campus = None


def leave(browser: Browser, path: str, cas: FakeCas) -> str:
    page = browser.get(path)
    check(page.status in (302, 303) and page.header("location").startswith(cas.address + "/login?"),
          f"not sent to the CAS server but {page.status} {page.header('location')}: {page.text[:200]}")
    return page.header("location")


def through(browser: Browser, path: str, cas: FakeCas) -> Page:
    return browser.get(cas.browser_comes(leave(browser, path, cas)), **{"Sec-Fetch-Site": "cross-site"})


def comes(campus: Campus) -> tuple[Browser, str]:
    browser, name = campus.world.browser(), "new-" + secrets.token_hex(4)
    page = through(browser, "/_peyk/provider/cas", campus.linking).says("Welcome")
    browser.submit(page, {"name": name}, having="name").says("Your account").says(f"@{name}:localhost")
    return browser, name


def token_in(page: Page) -> str:
    """Of the link that leads to the app."""
    there = next(a["href"] for tag, a in page.parsed.tags if tag == "a" and a.get("href", "").startswith("https://app."))
    return dict(parse_qsl(urlsplit(there).query))["loginToken"]


@on_campus
def first_sign_in(campus: Campus) -> None:
    """Somebody comes through CAS, chooses a name, and is known the second time; an older app gets its token."""
    cas, browser = campus.linking, campus.world.browser()
    user = cas.well()
    url = leave(browser, "/_peyk/provider/cas", cas)
    query = dict(parse_qsl(urlsplit(url).query))
    check(re.fullmatch(re.escape(campus.base) + r"/_peyk/provider/cas/callback\?state=\w{43}", query["service"])
          and "renew" not in query, f"{query}")
    page = browser.get(cas.browser_comes(url)).says("Welcome").says("The campus <b> as Ada <Lovelace>").says(user)
    check("ticket=" not in page.url and "state=" not in page.url, f"the address is clean: {page.url}")
    check(page.form("name").fields["name"] == user, "the name of CAS is proposed")
    check(cas.places == ["p3/serviceValidate"] and cas.validated[0]["service"] == query["service"]
          and "renew" not in cas.validated[0], f"{cas.validated}")
    name = "ada-" + secrets.token_hex(4)
    browser.submit(page, {"name": name}, having="name").says("Your account").says(f"@{name}:localhost")
    page = through(campus.world.browser(), f"/_matrix/client/v3/login/sso/redirect/cas{TO}", cas)
    page.says("It gets full use of your account").says(f"@{name}:localhost")
    # The same letters at the other server are somebody else.
    campus.old.well(user, groups="chat")
    through(campus.world.browser(), "/_peyk/provider/old", campus.old).says("No account here belongs to you")


@on_campus
def linking(campus: Campus) -> None:
    """An account with a password is linked by it, and not because its name is the same."""
    cas, name = campus.linking, campus.local_person()
    cas.well(name)
    through(campus.world.browser(), "/_peyk/provider/cas", cas).says("no account belongs to you")
    browser = campus.world.signed_in(name)
    page = through(browser, "/_peyk/provider/cas/link", cas).says("Link your account?")
    check(cas.asked[-1]["renew"] == "true" and cas.validated[-1]["renew"] == "true", "asked anew")
    browser.submit(page, {"password": PASSWORD}, having="with").says("Your account is linked.")
    through(campus.world.browser(), "/_peyk/provider/cas", cas).says(f"@{name}:localhost")


@on_campus
def stages(campus: Campus) -> None:
    """The stage m.login.sso: the right person passes it who has typed the password anew, and nobody else."""
    cas = campus.linking
    cas.well()
    browser, name = comes(campus)
    first, second = legacy_session(campus, browser), legacy_session(campus, browser)
    path, token = f"/_matrix/client/v3/devices/{second['device_id']}", first["access_token"]
    status, ask = browser.api("DELETE", path, {}, token)
    check(status == 401 and ask["flows"] == [{"stages": ["m.login.sso"]}], f"{ask}")
    again = {"auth": {"session": ask["session"]}}
    fallback = f"/_matrix/client/v3/auth/m.login.sso/fallback/web?session={ask['session']}"
    page = browser.get(fallback).says("Confirm with The campus")
    there = next(a["href"] for t, a in page.parsed.tags if a.get("href", "").startswith("/_peyk/provider/cas/stage"))
    own, cas.types_password = cas.user, False
    through(browser, there, cas).says("could not be verified")
    cas.types_password, cas.user = True, "somebody-else"
    through(browser, there, cas).says("somebody else")
    check(browser.api("DELETE", path, again, token)[0] == 401, "not yet")
    cas.user = own
    answer = cas.browser_comes(leave(browser, there, cas))
    check(campus.world.browser().get(answer).says("This sign-in is over").status == 400, "another browser")
    through(browser, there, cas).says("Done. Go back to your app")
    check(browser.api("DELETE", path, again, token)[0] == 200, "and now it goes")


@on_campus
def crafted_answers(campus: Campus) -> None:
    """What a thief, a careless server or a liar could send as an answer signs nobody in."""
    cas = campus.linking
    cas.well()
    _, name = comes(campus)
    user = cas.user
    attributes = f"<cas:attributes><cas:user>{user}</cas:user></cas:attributes>"
    answers = {
        "nothing": "", "no XML": "yes\nada\n", "CAS 1": f"yes\n{user}\n", "another document": "<html/>",
        "no namespace": f"<serviceResponse><authenticationSuccess><user>{user}</user></authenticationSuccess></serviceResponse>",
        "another namespace": success(user).replace("yale.edu", "evil.example"),
        "yes and no": response(f"<cas:authenticationSuccess><cas:user>{user}</cas:user></cas:authenticationSuccess>"
                               '<cas:authenticationFailure code="INVALID_TICKET"/>'),
        "yes twice": response(f"<cas:authenticationSuccess><cas:user>{user}</cas:user></cas:authenticationSuccess>" * 2),
        "nobody": success(""), "blank": success("  "), "two users": success(f"{user}</cas:user><cas:user>eve"),
        "a user in attributes": success("", attributes),
        "a comment in the name": success(f"{user}<!-- -->.evil"), "an element in the name": success(f"{user}<cas:x/>"),
        "an instruction in the name": success(f"<?x?>{user}"), "a line in the name": success(f"{user[:2]}\n{user[2:]}"),
        "a long name": success("a" * 300), "a document type": f"<!DOCTYPE a>{success(user)}",
        "an entity": f'<!DOCTYPE a [<!ENTITY u "{user}">]>' + success("&u;"),
        "an undeclared entity": success("&u;"), "an outside entity":
            '<!DOCTYPE a [<!ENTITY u SYSTEM "file:///etc/passwd">]>' + success("&u;"),
        "cut off": success(user)[:-10], "more behind it": success(user) + success(user), "open tags": success(f"{user}<cas:x>"),
        "deep": success(f"{user}", "<cas:a>" * 5000 + "</cas:a>" * 5000),
        "wide": success(user, "<cas:attributes>" + "<cas:a/>" * 10_000 + "</cas:attributes>"),
        "another service's ticket": success(user, more="<cas:proxies><cas:proxy>https://evil.example</cas:proxy></cas:proxies>"),
        "UTF-16": "<?xml version='1.0' encoding='UTF-16'?>" + success(user),
        "no characters": success(user + "\x01"),
    }
    for what, answer in answers.items():
        cas.answer = answer
        browser = campus.world.browser()
        page = through(browser, "/_peyk/provider/cas", cas).says("could not be verified")
        check(page.status == 403, f"{what}: {page.status}")
        signed_out(browser)
    for code, status, says in (("INVALID_TICKET", 400, "This sign-in is over"), ("INVALID_SERVICE", 502, "not set up"),
                               ("INTERNAL_ERROR", 503, "does not answer now"), ("<b>", 403, "could not be verified"),
                               ("WHATEVER", 502, "not set up")):
        cas.answer = failure(code)
        page = through(campus.world.browser(), "/_peyk/provider/cas", cas).says(says)
        check(page.status == status and "secret" not in page.text, f"{code}: {page.status} {page.text}")
    cas.answer = "<?xml version='1.0' encoding='utf-8'?><!-- hello -->\r\n" + success(f"\n  {user[:3]}&#x{ord(user[3]):x};{user[4:]}\n")
    through(campus.world.browser(), "/_peyk/provider/cas", cas).says(f"@{name}:localhost")
    cas.answer = success(f"<![CDATA[{user}]]>", "<cas:proxies/>")
    through(campus.world.browser(), "/_peyk/provider/cas", cas).says(f"@{name}:localhost")
    cas.well(user)
    browser = campus.world.browser()
    answer = cas.browser_comes(leave(browser, "/_peyk/provider/cas", cas))
    for cut in (r"&ticket=[^&]*", r"state=[^&]*&"):
        check(browser.get(re.sub(cut, "", cas.browser_comes(leave(browser, "/_peyk/provider/cas", cas)))).status in (400, 403), cut)
    browser.get(answer).says("Your account")
    check(browser.get(answer).says("This sign-in is over").status == 400, "once")


@on_campus
def troubled_servers(campus: Campus) -> None:
    """A CAS server that hangs, floods, drips or redirects holds nobody up, and nothing else."""
    cas = campus.linking
    cas.well()
    for how, status, says in (("down", 503, "does not answer now"), ("redirect", 502, "not set up"),
                              ("huge", 403, "could not be verified"), ("endless", 403, "could not be verified"),
                              ("hang", 503, "does not answer now"), ("drip", 503, "does not answer now")):
        browser = campus.world.browser()
        answer = cas.browser_comes(leave(browser, "/_peyk/provider/cas", cas))
        cas.trouble = how
        began = time.monotonic()
        page = browser.get(answer).says(says)
        check(page.status == status and time.monotonic() - began < 30, f"{how}: {page.status} {time.monotonic() - began}")
        campus.world.browser().get("/_peyk/sign-in").says("Sign in")
        cas.trouble = ""


@on_campus
def in_place_of_synapse(campus: Campus) -> None:
    """Where the operator says so: Synapse's addresses, accounts by name, and a page before the token goes out."""
    cas, name = campus.old, campus.local_person()
    cas.well(name, groups=["staff", "chat"])
    browser = campus.world.browser()
    flows = browser.api("GET", "/_matrix/client/v3/login")[1]["flows"]
    check({"type": "m.login.cas"} in flows, f"{flows}")
    for path in ("/_matrix/client/v3/login/sso/redirect", "/_matrix/client/r0/login/cas/redirect"):
        there = browser.request("GET", path + TO)
        check(there.status == 302 and there.header("location") == cas.address + "/login?service=" + quote(
            campus.base + TICKETS + TO, safe=""), f"{there.status} {there.header('location')}")
    browser.get(f"/_matrix/client/v3/login/sso/redirect/own{TO}").says("Password")
    page = through(browser, "/_matrix/client/v3/login/cas/redirect" + TO, cas)
    page.says("It gets full use of your account").says(f"@{name}:localhost").says("app.example.org")
    check(cas.places == ["proxyValidate"] and cas.validated[-1]["service"] == campus.base + TICKETS + TO, f"{cas.validated}")
    check(page.header("cache-control") == "no-store" and page.header("referrer-policy") == "no-referrer"
          and "form-action 'self'" in page.header("content-security-policy"), "headers")
    token = token_in(page)
    status, session = browser.api("POST", "/_matrix/client/v3/login", {"type": "m.login.token", "token": token})
    check(status == 200 and session["user_id"] == f"@{name}:localhost", f"{session}")
    signed_out(browser)
    # The account is linked now, and its owner confirms with the password or at the CAS server, by way of our page.
    status, ask = browser.api("DELETE", f"/_matrix/client/v3/devices/{session['device_id']}", {}, session["access_token"])
    check({"stages": ["m.login.sso"]} in ask["flows"] and {"stages": ["m.login.password"]} in ask["flows"], f"{ask}")
    unbound = cas.with_ticket(f"{campus.base}{TICKETS}?session={ask['session']}", renewed=True)
    page = browser.get(unbound).says("Confirm with The old one")
    check(len(cas.validated) == 1, "a ticket that no page of ours asked for is not even looked at")
    there = next(a["href"] for t, a in page.parsed.tags if a.get("href", "").startswith("/_peyk/provider/old/stage"))
    through(browser, there, cas).says("Done. Go back to your app")
    check(cas.asked[-1]["service"].startswith(campus.base + TICKETS + "?state="), "it comes back to the same address")


@on_campus
def names_that_count(campus: Campus) -> None:
    """By name nobody gets an account that is not exactly theirs, or that is no person's."""
    cas, name = campus.old, campus.local_person()
    for wrong in (name.upper(), name + "!", name + "@evil.example", " " + name[:-1], f"@{name}:localhost", "nobody-" + name):
        cas.well(wrong, groups="chat")
        page = through(campus.world.browser(), "/_matrix/client/v3/login/cas/redirect" + TO, cas)
        check(page.status == 403 and "loginToken" not in page.body.decode(), f"{wrong}: {page.status} {page.text}")
    cas.well(name, groups="others")
    page = through(campus.world.browser(), "/_matrix/client/v3/login/cas/redirect" + TO, cas).says("may not be used here")
    check(page.status == 403, f"{page.status}")
    for bad in ("", "?redirectUrl=javascript:alert(1)"):
        check(Browser(campus.base).get(TICKETS + bad).status == 400, bad)
        check(Browser(campus.base).get("/_matrix/client/v3/login/cas/redirect" + bad).status == 400, bad)
    ended = campus.local_person()
    campus.peyk("user", "deactivate", "--yes", ended)
    cas.well(ended, groups="chat")
    page = through(campus.world.browser(), "/_matrix/client/v3/login/cas/redirect" + TO, cas).says("No account here")
    campus.peyk("user", "lock", name)
    cas.well(name, groups="chat")
    through(campus.world.browser(), "/_matrix/client/v3/login/cas/redirect" + TO, cas).says("This account is locked")


@on_campus
def second_factor(campus: Campus) -> None:
    """A second factor is asked for after CAS too, on both ways."""
    cas, name = campus.old, campus.local_person()
    browser = campus.world.signed_in(name)
    secret, _ = set_up_app(browser)
    cas.well(name, groups="chat")
    other = campus.world.browser()
    page = through(other, "/_matrix/client/v3/login/cas/redirect" + TO, cas).says("Second factor")
    check("loginToken" not in page.body.decode(), "no token yet")
    page = other.submit(page, {"code": totp(secret, step_now() + 1)}, having="code").says("full use of your account")
    check(len(login_token(other.submit(page, having="to"))) > 20, "and now there is one")


FLOWS = [first_sign_in, linking, stages, crafted_answers, troubled_servers, in_place_of_synapse, names_that_count,
         second_factor]
