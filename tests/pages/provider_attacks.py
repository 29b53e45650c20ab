"""What hostile browsers, sites and providers try at a sign-in through a provider, and providers in trouble."""
import json
import re
import secrets
import time
from urllib.parse import quote, urlsplit

from browser import Page, check
from fake_provider import FakeProvider
from provider_world import School, back, comes, leave, restart, signed_out, through, with_school


@with_school
def forged_tokens(school: School) -> None:
    """What a lying provider or a thief could send as an ID token signs nobody in."""
    now = int(time.time())
    keys = school.provider.keys
    pem = keys.rsa.file.read_text()

    def claims(**more):
        return lambda realm: setattr(realm, "claims", more)

    def header(**more):
        return lambda realm: setattr(realm, "header", more)

    def change(function):
        return lambda realm: setattr(realm, "change", function)

    def twice(realm) -> None:
        realm.change = lambda token: realm.signed(json.dumps(
            {"iss": realm.issuer, "aud": "peyk", "iat": now, "exp": now + 60, "nonce": realm.asked[-1]["nonce"]})[:-1]
            + ', "sub": "a", "sub": "b"}')

    def published(*jwks):
        return lambda realm: setattr(realm, "keys", list(jwks))

    def by_another_key(realm) -> None:
        realm.key = keys.other
        realm.header = {"kid": "rsa-1"}

    attacks = {
        "alg none": header(alg="none"), "alg none without a signature": change(lambda t: t.rsplit(".", 1)[0] + "."),
        "HMAC with the client secret": header(alg="HS256"), "HMAC with the public key": header(alg="HS256", secret=pem),
        "another algorithm than the key's": header(alg="ES256"), "a header that must be understood": header(crit=["exp"]),
        "another issuer": claims(iss="https://evil.example"), "no issuer": claims(iss=None),
        "another audience": claims(aud="somebody"), "several without azp": claims(aud=["peyk", "other"]),
        "another azp": claims(azp="other"), "another nonce": claims(nonce="guessed"), "no nonce": claims(nonce=None),
        "expired": claims(exp=now - 3600), "old": claims(iat=now - 3600), "of the future": claims(iat=now + 3600),
        "not yet good": claims(nbf=now + 3600), "another access token": claims(at_hash="x" * 22),
        "nobody": claims(sub=None), "an empty name": claims(sub=""), "a name of numbers": claims(sub=5),
        "a claim twice": twice, "another key under the same name": by_another_key,
        "a changed signature": change(lambda t: t[:-8] + ("B" if t[-8] != "B" else "C") + t[-7:]),
        "a changed body": change(lambda t: ".".join([t.split(".")[0], "e30", t.split(".")[2]])),
        "no token at all": lambda realm: setattr(realm, "answer", {"id_token": None}),
        "a token of numbers": lambda realm: setattr(realm, "answer", {"id_token": 5}),
        "a huge token": lambda realm: setattr(realm, "answer", {"id_token": "a" * 100_000}),
        "two keys of one name": published(keys.rsa.jwk(), keys.other.jwk(kid="rsa-1")),
        "a shared secret among the keys": published({"kty": "oct", "kid": "rsa-1", "k": "c2VjcmV0"}),
        "a key for something else": published(keys.rsa.jwk(use="enc")),
    }
    for number, (what, attack) in enumerate(attacks.items()):
        # A realm of its own for each, so that no set of keys is remembered.
        realm = school.realm()
        attack(realm)
        if realm.keys is not None:
            restart(school)
        browser = school.world.browser()
        page = through(browser, "/_peyk/provider/school", realm).says("could not be verified")
        check(page.status == 403, f"{what}: {page.status}")
        signed_out(browser)
    restart(school)


@with_school
def crafted_answers(school: School) -> None:
    """An answer is taken once, from the browser that asked, at the address of its provider, and from its issuer."""
    realm = school.realm()
    browser = school.world.browser()

    def over(page: Page, says: str = "This sign-in is over", status: int = 400) -> None:
        check(page.says(says).status == status, f"{page.url}: {page.status}")

    answer = realm.browser_comes(leave(browser, "/_peyk/provider/school", realm))
    over(school.world.browser().get(answer))
    over(browser.get(answer), status=400)  # the other browser has used it up
    answer = realm.browser_comes(leave(browser, "/_peyk/provider/school", realm))
    browser.get(answer).says("Welcome")
    over(browser.get(answer))
    answer = realm.browser_comes(leave(browser, "/_peyk/provider/school", realm))
    over(browser.get(answer.replace("/provider/school/", "/provider/linking/")))
    for cut in (r"state=[^&]*", r"state=[^&]*&"):
        answer = realm.browser_comes(leave(browser, "/_peyk/provider/school", realm))
        over(browser.get(re.sub(cut, "", answer)))
    answer = realm.browser_comes(leave(browser, "/_peyk/provider/school", realm))
    over(browser.get(answer + "&state=twice"))
    answer = realm.browser_comes(leave(browser, "/_peyk/provider/school", realm))
    over(browser.get(re.sub(r"iss=[^&]*", "iss=https%3A%2F%2Fevil.example", answer)), "could not be verified", 403)
    answer = realm.browser_comes(leave(browser, "/_peyk/provider/school", realm))
    over(browser.get(re.sub(r"iss=[^&]*&", "", answer)), "could not be verified", 403)
    answer = realm.browser_comes(leave(browser, "/_peyk/provider/school", realm))
    over(browser.get(re.sub(r"code=[^&]*", "code=guessed", answer)), "This sign-in is over")
    answer = realm.browser_comes(leave(browser, "/_peyk/provider/school", realm))
    over(browser.get(re.sub(r"code=[^&]*&", "", answer)), "could not be verified", 403)
    over(through(browser, "/_peyk/provider/school", realm, error="access_denied"), "or have cancelled", 403)
    over(through(browser, "/_peyk/provider/school", realm, error="temporarily_unavailable"), "does not answer now", 503)
    page = through(browser, "/_peyk/provider/school", realm, error="invalid_scope")
    over(page, "not set up for each other", 502)
    check("luck" not in page.text, "what the provider writes is not shown")
    signed_out(browser)
    # Where to go on is a page of this server.
    for next_page in ("https://evil.example/", "//evil.example", "/_peyk/../x\\"):
        fresh = school.world.browser()
        page = through(fresh, "/_peyk/provider/direct?next=" + quote(next_page),
                       school.realm("direct", email=secrets.token_hex(6) + "@x.example"))
        check(urlsplit(page.url).path == "/_peyk/account", page.url)
    # The first page of somebody new is of one browser, and its form of this server.
    realm = school.realm()
    page = through(browser, "/_peyk/provider/school", realm).says("Welcome")
    over(school.world.browser().get(page.url))
    form = page.form("name").fields | {"name": "eve-" + secrets.token_hex(4)}
    check(browser.post("/_peyk/welcome", form, {"Sec-Fetch-Site": "cross-site"}).status == 403, "a foreign form")
    check(browser.post("/_peyk/welcome", form | {"proof": "x"}).status == 403, "a form without its proof")
    over(browser.post("/_peyk/welcome", form | {"with": "x" * 43}))


@with_school
def troubled_providers(school: School) -> None:
    """A provider that hangs, is down, lies about itself or floods holds nobody up, and the page says what is wrong."""
    down, wrong, untrusted = (503, "does not answer now"), (502, "not set up for each other"), (403, "could not be verified")
    cases = [("discovery", "down", down), ("discovery", "garbage", untrusted), ("discovery", "huge", untrusted),
             ("discovery", "redirect", wrong), ("discovery", "404 x", wrong), ("jwks", "huge", untrusted),
             ("jwks", "garbage", untrusted), ("jwks", "redirect", wrong), ("jwks", "down", down),
             ("token", "down", down), ("token", "redirect", wrong), ("token", "garbage", untrusted),
             ("token", "401 invalid_client", wrong), ("token", "400 invalid_grant", (400, "This sign-in is over"))]
    for place, how, (status, says) in cases:
        restart(school)
        realm, browser = school.realm(), school.world.browser()
        realm.trouble = {place: how}
        page = browser.get("/_peyk/provider/school")
        if place != "discovery":
            page = back(browser, realm, page.header("location"))
        check(page.says(says).status == status, f"{place} {how}: {page.status}")
        check("secret" not in page.text, page.text)
        signed_out(browser)
    for member, value in {"issuer": "https://evil.example", "token_endpoint": "http://127.0.0.2/token",
                          "jwks_uri": "file:///etc/passwd", "authorization_endpoint": "javascript:alert(1)",
                          "id_token_signing_alg_values_supported": ["HS256"]}.items():
        restart(school)
        realm = school.realm()
        realm.metadata = {member: value}
        page = school.world.browser().get("/_peyk/provider/school").says("not set up for each other")
        check(page.status == 502 and "evil" not in page.text, f"{member}: {page.status}")
    # Hanging: the first visitor waits, the next ones do not, and others are not held up.
    restart(school)
    realm = school.realm()
    realm.trouble = {"discovery": "hang"}
    began = time.monotonic()
    school.world.browser().get("/_peyk/provider/school").says("does not answer now")
    check(9 < time.monotonic() - began < 30, f"{time.monotonic() - began}")
    asked = realm.counts["discovery"]
    began = time.monotonic()
    school.world.browser().get("/_peyk/provider/school").says("does not answer now")
    check(time.monotonic() - began < 5 and realm.counts["discovery"] == asked, "the failure is remembered for a moment")
    school.world.browser().get("/_peyk/sign-in").says("Sign in")
    restart(school)
    school.realm()


@with_school
def new_keys(school: School) -> None:
    """A provider may change its keys at any time; unknown names of keys do not make the server ask again and again."""
    restart(school)
    realm = school.realm()
    browser, name = comes(school, realm)
    asked = realm.counts["jwks"]
    realm.key = school.provider.keys.other
    for _ in range(3):
        through(school.world.browser(), "/_peyk/provider/school", realm).says("could not be verified")
    check(realm.counts["jwks"] == asked, "not within half a minute of the last time")
    restart(school)
    person = realm.person
    realm.well()
    realm.person = person
    through(school.world.browser(), "/_peyk/provider/school", realm).says(name)
    realm.keys = [school.provider.keys.other.jwk()]
    realm.key = school.provider.keys.other
    time.sleep(31)
    asked = realm.counts["jwks"]
    through(school.world.browser(), "/_peyk/provider/school", realm).says(name)
    check(realm.counts["jwks"] == asked + 1, "asked once")
    restart(school)


@with_school
def within_the_network(school: School) -> None:
    """Only the provider's own origin may be an inner address: what it says of others is a stranger's word."""
    from server import Server
    other = FakeProvider()
    server = Server(school.binary, {"auth.provider": school.providers[:1], "network.loopback_allowed": False})
    try:
        server.start()
        world = type(school.world)(server)
        realm = school.realm()
        page = through(world.browser(), "/_peyk/provider/school", realm).says("Welcome")
        server.stop(limit=5)
        server.start()
        other.realm("school").keys = realm.jwks()["keys"]
        realm.metadata = {"jwks_uri": other.origin + "/school/jwks"}
        page = through(world.browser(), "/_peyk/provider/school", realm).says("not set up for each other")
        check(page.status == 502 and not other.realm("school").counts, f"{other.realm('school').counts}")
    finally:
        server.dispose()
        other.close()
        school.realm()


@with_school
def limits(school: School) -> None:
    """Attempts are limited by address, before anything is asked of the provider."""
    from server import Server
    server = Server(school.binary, {"auth.provider": school.providers[:1], "limits.rate_limits": True,
                                    "limits.rates.login.burst": 3})
    try:
        server.start()
        browser = type(school.world)(server).browser()
        school.realm()
        seen = [browser.request("GET", "/_peyk/provider/school").status for _ in range(5)]
        check(seen == [303] * 3 + [429] * 2, f"{seen}")
    finally:
        server.dispose()


@with_school
def nothing_is_told(school: School) -> None:
    """The log and the error pages name no person; the page on privacy names the providers."""
    realm = school.realm(name="Very Secret Name", preferred_username="verysecretname", sub="very-secret-sub")
    realm.claims = {"nonce": "x"}
    through(school.world.browser(), "/_peyk/provider/school", realm).says("could not be verified")
    realm = school.realm("strict", name="Very Secret Name", sub="very-secret-sub", email="very@secret.example")
    through(school.world.browser(), "/_peyk/provider/strict", realm).says("may not be used here")
    log = school.server.log.read_text()
    check("the sign-in provider school: its ID token is refused: it belongs to another sign-in" in log, log[-500:])
    for secret in ("Very Secret", "very-secret", "verysecret", "secret.example", realm.secret):
        check(secret not in log, f"the log has {secret}")
    page = school.world.browser().get("/privacy").says("Who may sign people in").says("The school <b>")
    page.says("a digest only")
    school.world.browser().get("/").says("The school <b>")


FLOWS = [forged_tokens, crafted_answers, troubled_providers, new_keys, within_the_network, limits, nothing_is_told]
