"""An OpenID provider on loopback for tests: it signs people in without asking, or lies, hangs and misbehaves as told.

One program is several providers, each a realm with an issuer of its own: FakeProvider().realm("school").
"""
import base64
import hashlib
import hmac
import html
import http.server
import json
import secrets
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def openssl(*arguments, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=True).stdout


class Key:
    """A private key of one kind: RS256 (and PS256), ES256, EdDSA."""

    def __init__(self, kind: str, name: str, folder: Path):
        self.kind, self.name = kind, name
        self.file = folder / f"{name}.pem"
        options = {"RSA": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                   "EC": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                   "OKP": ["-algorithm", "ED25519"]}[kind]
        openssl("genpkey", *options, "-out", self.file)
        public = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        if kind == "RSA":
            modulus = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode().strip().partition("=")[2]
            self.numbers = {"n": b64(bytes.fromhex(modulus)), "e": "AQAB"}
        elif kind == "EC":
            self.numbers = {"crv": "P-256", "x": b64(public[-64:-32]), "y": b64(public[-32:])}
        else:
            self.numbers = {"crv": "Ed25519", "x": b64(public[-32:])}

    def jwk(self, **more) -> dict:
        return {"kty": self.kind, "kid": self.name, "use": "sig", **self.numbers, **more}

    def sign(self, algorithm: str, message: bytes) -> bytes:
        if algorithm == "EdDSA":
            with tempfile.NamedTemporaryFile() as file:
                file.write(message)
                file.flush()
                return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", file.name)
        extra = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"] if algorithm == "PS256" else []
        signature = openssl("dgst", "-sha256", *extra, "-sign", self.file, data=message)
        if algorithm != "ES256":
            return signature
        # DER of two numbers into their 64 bytes: RFC 7518 section 3.4.
        numbers, at = b"", 2
        for _ in range(2):
            length = signature[at + 1]
            numbers += signature[at + 2:at + 2 + length][-32:].rjust(32, b"\0")
            at += 2 + length
        return numbers


class Keys:
    """Made once for all realms: an RSA key takes a while."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fake-provider-")
        folder = Path(self.folder.name)
        self.rsa, self.ec, self.ed = Key("RSA", "rsa-1", folder), Key("EC", "ec-1", folder), Key("OKP", "ed-1", folder)
        self.other = Key("RSA", "rsa-2", folder)  # published when a test rotates

    def for_algorithm(self, algorithm: str) -> Key:
        return {"ES256": self.ec, "EdDSA": self.ed}.get(algorithm, self.rsa)


class Realm:
    """One provider. Tests change its members; `well()` puts all back."""

    def __init__(self, provider: "FakeProvider", name: str):
        self.provider, self.name = provider, name
        self.issuer = f"{provider.origin}/{name}"
        self.client, self.secret = "peyk", "s3cret&more:+ %"
        self.codes: dict[str, dict] = {}
        self.tokens: dict[str, dict] = {}
        self.counts: dict[str, int] = {}
        self.asked: list[dict] = []       # queries of browsers
        self.exchanged: list[dict] = []   # forms of the token endpoint
        self.well()

    def well(self) -> None:
        self.person = {"sub": "sub-of-ada", "preferred_username": "ada", "name": "Ada Lovelace"}
        self.metadata: dict = {}           # over the usual one; None takes a member away
        self.algorithm = "RS256"
        self.key: Key | None = None        # that signs; none: the one of the algorithm
        self.keys: list[dict] | None = None  # that are published
        self.header: dict = {}
        self.claims: dict = {}             # over the usual ones of the ID token
        self.userinfo: dict | None = None  # none: the person
        self.answer: dict = {}             # over the usual one of the token endpoint
        self.in_token: list[str] | None = None  # claims of the person that the ID token has; none: all
        self.change = lambda token: token  # of the ID token as it goes out
        self.trouble: dict[str, str] = {}  # place -> hang · down · garbage · huge · redirect · 400 CODE
        self.signed_in_at: int | None = None  # auth_time, if not now

    # ---- what a browser does here -----------------------------------------------------------------------------------

    def browser_comes(self, url: str, error: str | None = None) -> str:
        """Follows the address that peyk sent a browser to; answers where it is sent back."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == self.issuer + "/authorize", url
        query = dict(parse_qsl(parts.query, strict_parsing=True))
        self.asked.append(query)
        for name in ("state", "nonce", "code_challenge", "redirect_uri", "scope"):
            assert query.get(name), f"{name} is missing: {query}"
        assert query["response_type"] == "code" and query["code_challenge_method"] == "S256", query
        assert query["client_id"] == self.client and "openid" in query["scope"].split(), query
        if error:
            return self.back(query, {"error": error, "error_description": "No <b>such</b> luck"})
        code = secrets.token_urlsafe(24)
        self.codes[code] = query | {"person": dict(self.person)}
        return self.back(query, {"code": code})

    def back(self, query: dict, fields: dict) -> str:
        fields = fields | {"state": query["state"], "iss": self.issuer, "session_state": "whatever"}
        return query["redirect_uri"] + "?" + urlencode(fields, quote_via=quote)

    # ---- what peyk asks ---------------------------------------------------------------------------------------------

    def discovery(self) -> dict:
        usual = {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                 "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/jwks",
                 "userinfo_endpoint": self.issuer + "/userinfo", "response_types_supported": ["code"],
                 "subject_types_supported": ["public"], "code_challenge_methods_supported": ["S256"],
                 "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                 "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                 "authorization_response_iss_parameter_supported": True} | self.metadata
        return {name: value for name, value in usual.items() if value is not None}

    def jwks(self) -> dict:
        made = self.provider.keys
        return {"keys": [made.rsa.jwk(), made.ec.jwk(alg="ES256"), made.ed.jwk()] if self.keys is None else self.keys}

    def client_is_right(self, headers, form: dict) -> bool:
        authorization = headers.get("Authorization", "")
        if authorization.startswith("Basic "):
            name, _, secret = base64.b64decode(authorization[6:], validate=True).decode().partition(":")
            return "client_id" not in form and (unquote(name), unquote(secret)) == (self.client, self.secret)
        return form.get("client_id") == self.client and form.get("client_secret", "") == self.secret

    def token(self, headers, form: dict) -> tuple[int, dict]:
        self.exchanged.append(form | {"basic": "Authorization" in headers})
        if not self.client_is_right(headers, form):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        digest = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (not asked or form.get("grant_type") != "authorization_code" or digest != asked["code_challenge"]
                or form.get("redirect_uri") != asked["redirect_uri"]):
            return 400, {"error": "invalid_grant", "error_description": "No such code"}
        access = secrets.token_urlsafe(24)
        self.tokens[access] = asked["person"]
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 300, "refresh_token": "unused",
                  "id_token": self.change(self.id_token(asked, access))} | self.answer
        return 200, {name: value for name, value in answer.items() if value is not None}

    def id_token(self, asked: dict, access: str) -> str:
        now = int(time.time())
        digest = (hashlib.sha512 if self.algorithm == "EdDSA" else hashlib.sha256)(access.encode()).digest()
        person = asked["person"]
        if self.in_token is not None:
            person = {name: person[name] for name in [*self.in_token, "sub"] if name in person}
        claims = {"iss": self.issuer, "aud": self.client, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
                  "at_hash": b64(digest[:len(digest) // 2]),
                  "auth_time": self.signed_in_at if self.signed_in_at is not None else now} | person | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.signed(claims)

    def signed(self, claims: dict | str) -> str:
        key = self.key or self.provider.keys.for_algorithm(self.algorithm)
        header = {"alg": self.algorithm, "typ": "JWT", "kid": key.name} | self.header
        header = {name: value for name, value in header.items() if value is not None}
        text = claims if isinstance(claims, str) else json.dumps(claims)
        first = b64(json.dumps(header).encode()) + "." + b64(text.encode())
        if header.get("alg") == "none":
            return first + "."
        if header.get("alg") == "HS256":
            # What a careless reader would take for the secret: the public key, or the client secret.
            secret = self.header.get("secret", self.secret)
            return first + "." + b64(hmac.new(secret.encode(), first.encode(), hashlib.sha256).digest())
        return first + "." + b64(key.sign(self.algorithm, first.encode()))


class FakeProvider:
    def __init__(self):
        self.keys = Keys()
        self.realms: dict[str, Realm] = {}
        self.closing = False
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # noqa: N802
                provider.serve(self, "GET")

            def do_POST(self) -> None:  # noqa: N802
                provider.serve(self, "POST")

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def realm(self, name: str) -> Realm:
        return self.realms.setdefault(name, Realm(self, name))

    def serve(self, request, method: str) -> None:
        parts = urlsplit(request.path)
        name, _, place = parts.path.lstrip("/").partition("/")
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        realm = self.realms.get(name)
        place = {".well-known/openid-configuration": "discovery"}.get(place, place)
        if not realm or (method == "POST") != (place in ("token", "signed-in")):
            return self.send(request, 404, "{}")
        realm.counts[place] = realm.counts.get(place, 0) + 1
        if self.misbehaves(request, realm, realm.trouble.get(place, "")):
            return None
        if place == "authorize":
            return self.page(request, realm, parts.query)
        if place == "signed-in":
            there = parse_qs(body.decode())["query"][0]
            return self.send(request, 302, "", {"Location": realm.browser_comes(f"{realm.issuer}/authorize?{there}")})
        if place == "token":
            status, answer = realm.token(request.headers, dict(parse_qsl(body.decode(), keep_blank_values=True)))
        elif place == "userinfo":
            person = realm.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
            status, answer = (401, {}) if person is None else (200, person if realm.userinfo is None else realm.userinfo)
        elif place in ("discovery", "jwks"):
            status, answer = 200, realm.discovery() if place == "discovery" else realm.jwks()
        else:
            status, answer = 404, {}
        return self.send(request, status, json.dumps(answer))

    def misbehaves(self, request, realm: Realm, how: str) -> bool:
        if not how:
            return False
        if how == "hang":
            end = time.monotonic() + 60
            while realm.trouble and not self.closing and time.monotonic() < end:
                time.sleep(0.02)
            request.close_connection = True
        elif how == "down":
            self.send(request, 503, "<h1>Out of order</h1>")
        elif how == "garbage":
            self.send(request, 200, '{"issuer": "')
        elif how == "huge":
            self.send(request, 200, '{"keys": [], "x": "' + "x" * 300_000 + '"}')
        elif how == "redirect":
            self.send(request, 307, "", {"Location": request.path + "?again"})
        else:
            status, _, code = how.partition(" ")
            self.send(request, int(status), json.dumps({"error": code, "error_description": "secret of ada"}))
        return True

    # For real browsers: a page that signs in whoever the realm has as its person.
    def page(self, request, realm: Realm, query: str) -> None:
        self.send(request, 200, f"""<!doctype html><title>{realm.name}</title><h1>This is the school</h1>
            <form method="post" action="signed-in"><input type="hidden" name="query" value="{html.escape(query)}">
            <button>Sign in as {html.escape(realm.person["name"])}</button></form>""",
                  {"Content-Type": "text/html; charset=utf-8"})

    @staticmethod
    def send(request, status: int, text: str, headers: dict | None = None) -> None:
        data = text.encode()
        try:
            request.send_response(status)
            for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)
        except OSError:
            request.close_connection = True

    def close(self) -> None:
        self.closing = True
        self.server.shutdown()
        self.server.server_close()
        self.keys.folder.cleanup()
