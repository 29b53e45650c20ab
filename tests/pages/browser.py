"""A browser without scripts: cookies, forms, redirects within the server. It sends what Chromium sends."""
import hashlib
import base64
import http.client
import json
import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit


class Wrong(Exception):
    """A check that does not hold."""


def check(condition, about: str) -> None:
    if not condition:
        raise Wrong(about)


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    boxes: set[str] = field(default_factory=set)  # that can be ticked, ticked or not


class Parser(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.inside: Form | None = None

    def handle_starttag(self, tag, attributes):
        attributes = {name: value or "" for name, value in attributes}
        self.tags.append((tag, attributes))
        if tag == "form":
            self.inside = Form(attributes.get("action", ""), attributes.get("method", "get"))
            self.forms.append(self.inside)
        elif tag == "input" and self.inside and attributes.get("name"):
            if attributes.get("type") == "checkbox":
                self.inside.boxes.add(attributes["name"])
            if attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes:
                self.inside.fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "button" and self.inside and attributes.get("name"):
            self.inside.buttons.append((attributes["name"], attributes.get("value", "")))

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = None

    def handle_data(self, data):
        self.text += data


class Page:
    def __init__(self, url: str, status: int, headers: list[tuple[str, str]], body: bytes):
        self.url, self.status, self.headers, self.body = url, status, headers, body
        self.parsed = Parser()
        if self.header("content-type").startswith("text/html"):
            self.parsed.feed(body.decode())

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def text(self) -> str:
        return " ".join(self.parsed.text.split())

    def form(self, having: str | None = None) -> Form:
        for one in self.parsed.forms:
            if having is None or having in one.fields or having in one.boxes or any(name == having for name, _ in one.buttons):
                return one
        raise Wrong(f"no form with {having} on {self.url} ({self.status}): {self.text[:200]}")

    def says(self, text: str) -> "Page":
        check(text in self.text, f"{self.url} ({self.status}) does not say {text!r}: {self.text[:300]}")
        return self


class Browser:
    def __init__(self, base: str, language: str = "en"):
        self.base, self.language = base, language
        self.cookies: dict[str, str] = {}

    def request(self, method: str, url: str, body: bytes | None = None, headers: dict | None = None) -> Page:
        url = urljoin(self.base, url)
        parts = urlsplit(url)
        check(f"{parts.scheme}://{parts.netloc}" == self.base, f"the browser was sent to {url}")
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        head = {"Accept-Language": self.language, "Sec-Fetch-Site": "same-origin"} | (headers or {})
        if self.cookies:
            head["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, head)
        answer = connection.getresponse()
        page = Page(url, answer.status, answer.getheaders(), answer.read())
        connection.close()
        for cookie in page.all("set-cookie"):
            name, _, value = cookie.split(";")[0].partition("=")
            check("HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie, f"a loose cookie: {cookie}")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return page

    def follow(self, page: Page) -> Page:
        """Redirects within the server; one that leads elsewhere is the answer."""
        for _ in range(10):
            if page.status not in (302, 303):
                return page
            to = urljoin(page.url, page.header("location"))
            if not to.startswith(self.base + "/"):
                return page
            page = self.request("GET", to)
        raise Wrong("too many redirects")

    def get(self, url: str, **headers) -> Page:
        return self.follow(self.request("GET", url, headers=headers))

    def post(self, url: str, fields: dict, headers: dict | None = None) -> Page:
        head = {"Content-Type": "application/x-www-form-urlencoded"} | (headers or {})
        return self.follow(self.request("POST", url, urlencode(fields).encode(), head))

    def submit(self, page: Page, fields: dict | None = None, having: str | None = None) -> Page:
        form = page.form(having)
        return self.post(urljoin(page.url, form.action), form.fields | (fields or {}))

    def sign_in(self, page: Page, name: str, password: str) -> Page:
        return self.submit(page, {"name": name, "password": password}, having="password")

    # ---- what an app does ---------------------------------------------------------------------------------------

    def api(self, method: str, path: str, body=None, token: str | None = None) -> tuple[int, dict]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        app = Browser(self.base)
        answer = app.request(method, path, None if body is None else json.dumps(body).encode(), headers)
        return answer.status, json.loads(answer.body or b"{}")

    def form_api(self, path: str, **fields) -> tuple[int, dict]:
        app = Browser(self.base)
        answer = app.request("POST", path, urlencode(fields).encode(),
                             {"Content-Type": "application/x-www-form-urlencoded"})
        return answer.status, json.loads(answer.body)


class App:
    """A client of OAuth."""

    def __init__(self, base: str, name: str = "Test App", redirect: str = "https://app.example.org/callback", **more):
        self.browser = Browser(base)
        self.redirect = redirect
        status, made = self.browser.api("POST", "/_peyk/oauth2/register", {
            "client_name": name, "client_uri": "https://example.org/", "redirect_uris": [redirect],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"], "token_endpoint_auth_method": "none", "application_type": "web"} | more)
        check(status == 201, f"registration: {status} {made}")
        self.id = made["client_id"]

    def begin(self, device: str | None = None, **more) -> str:
        """The address that the browser is sent to."""
        self.device = device or secrets.token_hex(6).upper()
        self.verifier = secrets.token_urlsafe(48)
        self.state = secrets.token_urlsafe(12)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        fields = {"response_type": "code", "client_id": self.id, "redirect_uri": self.redirect, "state": self.state,
                  "scope": f"urn:matrix:client:api:* urn:matrix:client:device:{self.device}",
                  "response_mode": "fragment", "code_challenge_method": "S256",
                  "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("=")} | more
        return "/_peyk/oauth2/authorize?" + urlencode({k: v for k, v in fields.items() if v is not None}, quote_via=quote)

    def callback(self, page: Page) -> dict:
        """What the browser brings back in the fragment or the query."""
        check(page.status == 303, f"no redirect but {page.status}: {page.text[:200]}")
        parts = urlsplit(page.header("location"))
        check(page.header("location").startswith(self.redirect), f"sent to {page.header('location')}")
        return dict(parse_qsl(parts.fragment or parts.query))

    def exchange(self, code: str, **more) -> tuple[int, dict]:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect, "client_id": self.id,
                  "code_verifier": self.verifier} | more
        return self.browser.form_api("/_peyk/oauth2/token", **fields)

    def refresh(self, token: str, **more) -> tuple[int, dict]:
        return self.browser.form_api("/_peyk/oauth2/token",
                                     **({"grant_type": "refresh_token", "refresh_token": token, "client_id": self.id} | more))

    def whoami(self, token: str) -> tuple[int, dict]:
        return self.browser.api("GET", "/_matrix/client/v3/account/whoami", token=token)
