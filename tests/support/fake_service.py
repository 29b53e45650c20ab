"""An application service on loopback for tests: keeps what it is told, answers as a script wants, and misbehaves on request."""
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from httpc import Client
from misbehaviour import misbehave

MODES = ("up", "down", "error", "lost", "hang", "drip", "endless", "reset", "old", "garbage", "redirect", "forbid")
V1 = "/_matrix/app/v1"


class FakeService:
    """
    up        takes transactions
    down      nothing listens on its port
    error     answers 500 and takes nothing
    lost      takes a transaction and cuts the connection instead of answering
    hang      takes the request and never answers
    drip      answers a byte now and then
    endless   answers without an end
    reset     cuts the connection hard, and takes nothing
    old       knows the paths of before version 1 only
    garbage   answers 200 with a body that never ends and is no JSON
    redirect  answers 302 to /elsewhere on the same machine, where who follows it is seen
    forbid    answers 403, as if the hs_token were wrong
    """

    def __init__(self, identifier: str, registration: dict):
        self.lock = threading.Condition()
        self.mode, self.delay = "up", 0.0
        self.requests: list[dict] = []      # everything that came, in order
        self.transactions: list[dict] = []  # what was taken: {id, events, ephemeral, to_device}
        self.redirected: list[str] = []     # paths of requests that were answered 302
        self.problems: list[str] = []
        self.answers: dict[str, tuple[int, object, tuple | None]] = {}
        self.release = threading.Event()
        self.server: ThreadingHTTPServer | None = None
        self.homeserver: tuple[str, int] | None = None
        self.port = 0
        self.listen()
        self.registration = {
            "id": identifier, "url": f"http://127.0.0.1:{self.port}", "as_token": secrets.token_hex(32),
            "hs_token": secrets.token_hex(32), "sender_localpart": f"_{identifier}_bot", "rate_limited": False,
            "receive_ephemeral": True, "protocols": [identifier],
            "namespaces": {"users": [{"regex": f"@_{identifier}_.*", "exclusive": True}],
                           "aliases": [{"regex": f"#_{identifier}_.*", "exclusive": True}], "rooms": []},
        } | registration

    def write(self, file: Path) -> Path:
        """The registration file. JSON is YAML."""
        file.write_text(json.dumps(self.registration))
        return file

    # ---- the socket -----------------------------------------------------------------------------------------------

    def listen(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_one(self):
                service.handle(self)

            do_GET = do_PUT = do_POST = do_DELETE = handle_one

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request, client_address):
                pass  # a server that is killed breaks connections

        self.server = Quiet(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def set_mode(self, mode: str) -> None:
        with self.lock:
            was, self.mode = self.mode, mode
        if mode == "down" and was != "down":
            self.server.shutdown()
            self.server.server_close()
        if mode != "down" and was == "down":
            self.listen()
        if mode != "hang":
            self.release.set()
            self.release = threading.Event()

    def close(self) -> None:
        self.release.set()
        if self.mode != "down":
            self.server.shutdown()
            self.server.server_close()

    # ---- requests -------------------------------------------------------------------------------------------------

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if self.mode == "down":  # a connection from before
            request.close_connection = True
            return None
        parts = urlsplit(request.path)
        path = unquote(parts.path)
        with self.lock:
            mode = self.mode
            self.requests.append({"method": request.command, "path": path, "query": parts.query,
                                  "authorization": request.headers.get("Authorization", "")})
            self.lock.notify_all()
        if request.headers.get("Authorization") != f"Bearer {self.registration['hs_token']}":
            self.wrong(f"{path} came without the hs_token")
            return self.reply(request, 403, {"errcode": "M_FORBIDDEN"})
        if mode == "error":
            return self.reply(request, 500, {"errcode": "M_UNKNOWN"})
        if mode == "forbid":
            return self.reply(request, 403, {"errcode": "M_FORBIDDEN"})
        if mode == "hang":
            self.release.wait(120)
            request.close_connection = True
            return None
        if mode in ("drip", "endless", "reset"):
            return misbehave(request, mode, lambda: self.mode != mode)
        if mode == "redirect":
            with self.lock:
                self.redirected.append(path)
                self.lock.notify_all()
            request.send_response(302)
            request.send_header("Location", f"http://127.0.0.1:{self.port}/elsewhere")
            request.send_header("Content-Length", "0")
            return request.end_headers()
        if mode == "garbage":
            return self.flood(request)
        if mode == "old" and path.startswith(V1):
            return self.reply(request, 404, {"errcode": "M_UNRECOGNIZED"})
        if request.command == "PUT" and "/transactions/" in path:
            return self.take(request, path, body, mode)
        return self.answer(request, path)

    def take(self, request, path: str, body: bytes, mode: str) -> None:
        identifier = path.rsplit("/", 1)[1]
        try:
            content = json.loads(body)
        except ValueError:
            return self.wrong(f"transaction {identifier} is no JSON")
        with self.lock:
            self.check(identifier, content)
            self.transactions.append({"id": identifier, "events": content.get("events", []),
                                      "ephemeral": content.get("ephemeral", []),
                                      "to_device": content.get("to_device", [])})
            self.lock.notify_all()
            delay = self.delay
        if delay:
            threading.Event().wait(delay)
        if mode == "lost":
            request.close_connection = True
            request.connection.shutdown(2)
            return None
        return self.reply(request, 200, {})

    def check(self, identifier: str, content: dict) -> None:
        """One id, one content; one event, one id; never more than a hundred."""
        if not isinstance(content.get("events"), list) or len(content["events"]) > 100:
            self.problems.append(f"transaction {identifier} has no list of at most 100 events")
            return
        if len(content.get("ephemeral", [])) > 100:
            self.problems.append(f"transaction {identifier} has more than 100 ephemeral items")
        if len(content.get("to_device", [])) > 100:
            self.problems.append(f"transaction {identifier} has more than 100 to-device messages")
        if content.get("to_device") != content.get("de.sorunome.msc2409.to_device"):
            self.problems.append(f"transaction {identifier} has other to-device messages under the older name")
        if not content["events"] and not content.get("ephemeral") and not content.get("to_device"):
            self.problems.append(f"transaction {identifier} is empty")
        before = [known for known in self.transactions if known["id"] == identifier]
        mine = {event.get("event_id") for event in content["events"]}
        if before and (before[0]["events"] != content["events"] or before[0]["ephemeral"] != content.get("ephemeral", [])):
            self.problems.append(f"transaction {identifier} came with another content")
        if before and self.transactions[-1]["id"] != identifier:
            self.problems.append(f"transaction {identifier} came again after a later one")
        for known in self.transactions:
            twice = mine & {event.get("event_id") for event in known["events"]}
            if known["id"] != identifier and twice:
                self.problems.append(f"{twice} came as {known['id']} and as {identifier}")

    def answer(self, request, path: str) -> None:
        status, body, making = self.answers.get(path, (404, {"errcode": "M_NOT_FOUND"}, None))
        if making:
            method, target, content = making
            client = Client(*self.homeserver, 30)
            made = client.request(method, target, json.dumps(content).encode(),
                                  {"Authorization": f"Bearer {self.registration['as_token']}"})
            client.drop()
            if made.status != 200:
                self.wrong(f"{method} {target} answered {made.status} {made.body[:200]!r}")
        self.reply(request, status, body)

    def wrong(self, what: str) -> None:
        with self.lock:
            self.problems.append(what)

    @staticmethod
    def reply(request, status: int, body) -> None:
        data = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    @staticmethod
    def flood(request) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(1 << 40))
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"{[" * 32768)
        except OSError:
            request.close_connection = True

    # ---- what scripts look at -------------------------------------------------------------------------------------

    def state(self) -> dict:
        """Everything so far. A transaction that came several times counts once."""
        with self.lock:
            distinct = list({known["id"]: known for known in self.transactions}.values())
            return {"transactions": list(self.transactions), "requests": list(self.requests), "redirected": list(self.redirected),
                    "distinct": distinct, "problems": list(self.problems),
                    "events": [event for known in distinct for event in known["events"]],
                    "ephemeral": [item for known in distinct for item in known["ephemeral"]],
                    "to_device": [item for known in distinct for item in known["to_device"]]}
