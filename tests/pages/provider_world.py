"""A server with providers, and a browser that goes there and comes back."""
import hashlib
import hmac
import secrets
import subprocess
from urllib.parse import parse_qsl, quote, urlsplit

from browser import Browser, Page, check
from fake_provider import FakeProvider, Realm

PASSWORD = "correct horse battery"
REDIRECT = "https://app.example.org/callback?x=1"


class School:
    """A server with providers, made for the first flow and shared by all."""

    def __init__(self, world):
        from server import Server
        self.provider = FakeProvider()
        realms = {name: self.provider.realm(name) for name in ("school", "direct", "linking", "nothing", "strict", "public")}
        more = {"school": {"registration": True, "brand": "keycloak"},
                "direct": {"registration": True, "ask_name": False, "localpart": "{email}", "scopes": ["openid", "email"]},
                "linking": {}, "nothing": {"linking": False},
                "strict": {"registration": True, "scopes": ["openid", "profile", "email"],
                           "email_domains": ["school.example"], "required_claims": {"groups": "teachers"}},
                "public": {"registration": True, "client_secret": ""}}
        self.providers = [{"id": name, "name": f"The {name} <b>", "issuer": realm.issuer, "client_id": realm.client,
                           "client_secret": realm.secret, **more[name]} for name, realm in realms.items()]
        realms["public"].secret = ""
        self.binary = world.server.binary
        self.server = Server(self.binary, {"auth.provider": self.providers, "registration.mode": "closed"})
        self.server.start()
        self.world = type(world)(self.server)
        self.base = self.world.base

    def realm(self, name: str = "school", /, **person) -> Realm:
        """The realm as it should be, with somebody new before it."""
        realm = self.provider.realm(name)
        realm.well()
        unique = secrets.token_hex(4)
        realm.person = {"sub": "sub-" + unique, "preferred_username": "p" + unique, "name": "Ada <Lovelace>"} | person
        return realm

    def local_person(self) -> str:
        """An account with a password: registration is closed, so the operator makes it."""
        name = "local-" + secrets.token_hex(4)
        nonce = Browser(self.base).api("GET", "/_synapse/admin/v1/register")[1]["nonce"]
        mac = hmac.new(b"complement", f"{nonce}\0{name}\0{PASSWORD}\0notadmin".encode(), hashlib.sha1).hexdigest()
        status, made = Browser(self.base).api("POST", "/_synapse/admin/v1/register", {
            "nonce": nonce, "username": name, "password": PASSWORD, "admin": False, "mac": mac})
        check(status == 200, f"{made}")
        return name

    def peyk(self, *arguments) -> str:
        done = subprocess.run([self.server.binary, *arguments, "--config", self.server.config], capture_output=True,
                              text=True, cwd=self.server.folder, timeout=60)
        check(done.returncode == 0, f"{arguments}: {done.stdout} {done.stderr}")
        return done.stdout

    def close(self) -> None:
        self.server.dispose()
        self.provider.close()


school: School | None = None


def with_school(flow):
    def run(world) -> None:
        global school
        if school is None:
            school = School(world)
        flow(school)
    run.__doc__ = flow.__doc__
    return run


def close() -> None:
    global school
    if school:
        school.close()
    school = None


def leave(browser: Browser, path: str, realm: Realm) -> str:
    """The address of the provider that the browser is sent to."""
    page = browser.get(path)
    check(page.status == 303 and page.header("location").startswith(realm.issuer + "/authorize?"),
          f"not sent to the provider but {page.status} {page.header('location')}: {page.text[:200]}")
    return page.header("location")


def back(browser: Browser, realm: Realm, url: str, **more) -> Page:
    return browser.get(realm.browser_comes(url, **more), **{"Sec-Fetch-Site": "cross-site"})


def through(browser: Browser, path: str, realm: Realm, **more) -> Page:
    """To the provider and back."""
    return back(browser, realm, leave(browser, path, realm), **more)


def button(page: Page, realm: Realm, what: str = "") -> str:
    """The link to a provider on a page."""
    wanted = f"/_peyk/provider/{realm.name}" + (f"/{what}" if what else "")
    return next(a["href"] for tag, a in page.parsed.tags if tag == "a" and a.get("href", "").split("?")[0] == wanted)


def comes(school: School, realm: Realm, name: str | None = None) -> tuple[Browser, str]:
    """Somebody new makes an account through the provider; the browser is signed in."""
    browser, name = school.world.browser(), name or "new-" + secrets.token_hex(4)
    page = through(browser, f"/_peyk/provider/{realm.name}?next=/_peyk/account", realm).says("Welcome")
    browser.submit(page, {"name": name}, having="name").says("Your account").says(f"@{name}:localhost")
    return browser, name


def legacy_session(school: School, browser: Browser) -> dict:
    """An app of the legacy API, signed in by the single sign-on of a browser that is signed in."""
    page = browser.get("/_peyk/sso?redirectUrl=" + quote(REDIRECT, safe=""))
    token = login_token(browser.submit(page, having="to"))
    status, session = browser.api("POST", "/_matrix/client/v3/login", {"type": "m.login.token", "token": token})
    check(status == 200, f"{session}")
    return session


def login_token(page: Page) -> str:
    check(page.status == 303 and page.header("location").startswith("https://app.example.org/callback?"), page.text[:200])
    return dict(parse_qsl(urlsplit(page.header("location")).query))["loginToken"]


def signed_out(browser: Browser) -> None:
    browser.get("/_peyk/account").says("Sign in")

def restart(school: School) -> None:
    """The server forgets what it knows of its providers."""
    school.server.stop(limit=5)
    school.server.start()
