"""An identity server on loopback, over HTTPS with a certificate of its own: it agrees to everything it is asked."""
import base64
import json
import secrets
import ssl
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ed25519 import SigningKey

BASE = "/_matrix/identity/v2"
BOUND = {"medium": "email", "address": "ada@example.org", "mxid": "@ada:localhost", "not_before": 0, "not_after": 1 << 50,
         "ts": 0, "signatures": {}}


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


class IdentityServer:
    def __init__(self):
        self.requests: list[dict] = []  # {path, body, authorization}
        self.key = SigningKey()
        self.stored: list[str] = []  # tokens of invitations
        identity = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                identity.requests.append({"path": self.path, "body": json.loads(body or b"{}"),
                                          "authorization": self.headers.get("Authorization", "")})
                answers = {f"{BASE}/3pid/bind": lambda: BOUND, f"{BASE}/store-invite": identity.store}
                self.say(answers.get(self.path, dict)())

            def do_GET(self) -> None:  # noqa: N802
                self.say({"valid": True} if self.path.startswith(f"{BASE}/pubkey/") else
                         {"algorithms": ["sha256"], "lookup_pepper": "pepper"})

            def say(self, answer: dict) -> None:
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.server.socket = self.context().wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def context(self) -> ssl.SSLContext:
        """With a certificate that vouches for itself; `folder` keeps it for servers that shall trust it."""
        self.folder = tempfile.TemporaryDirectory(prefix="peyk-test-identity-")
        key, self.certificate = Path(self.folder.name) / "key.pem", Path(self.folder.name) / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", self.certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        return context

    def store(self) -> dict:
        self.stored.append(secrets.token_hex(8))
        return {"token": self.stored[-1], "display_name": "a…", "public_keys": [{
            "public_key": base64_of(self.key.public), "key_validity_url": f"https://{self.fields()['name']}{BASE}/pubkey/isvalid"}]}

    def proof(self, token: str, sender: str, invited: str) -> dict:
        """That the invitation of the token is this person's: `third_party_signed` of a join."""
        about = {"mxid": invited, "sender": sender, "token": token}
        text = json.dumps(about, sort_keys=True, separators=(",", ":")).encode()
        return about | {"signatures": {self.fields()["name"]: {"ed25519:0": base64_of(self.key.sign(text))}}}

    def fields(self) -> dict:
        return {"name": f"localhost:{self.server.server_address[1]}", "requests": list(self.requests),
                "certificate": str(self.certificate)}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.folder.cleanup()
