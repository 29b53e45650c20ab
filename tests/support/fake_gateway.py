"""A push gateway on loopback for scenario scripts: it takes what the server sends, or misbehaves as told."""
import http.server
import json
import threading
import time

from misbehaviour import misbehave

PATH = "/_matrix/push/v1/notify"


class Gateway:
    """`answers`: ok · reject KEY · status CODE · hang · drip · endless · reset · garbage · flood · redirect URL."""

    def __init__(self):
        self.manner: list[str] = ["ok"]
        self.attempts = 0
        self.taken: list[dict] = []  # bodies that were answered with 200
        self.raw: list[bytes] = []   # everything that came, heads and bodies
        self.changed = threading.Condition()
        self.closing = False
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802
                gateway.answer(self)

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def fields(self) -> dict:
        origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        return {"origin": origin, "url": origin + PATH, "attempts": self.attempts}

    def answer(self, request) -> None:
        raw = request.rfile.read(int(request.headers["Content-Length"]))
        body = json.loads(raw)
        with self.changed:
            self.raw.append(request.requestline.encode() + b"\n" + bytes(request.headers) + raw)
            manner = list(self.manner)
            self.attempts += 1
            self.changed.notify_all()
        if manner[0] == "hang":
            while manner[0] == "hang" and not self.closing:
                time.sleep(0.02)
                manner = list(self.manner)
            request.close_connection = True
            return
        if manner[0] in ("drip", "endless", "reset"):
            misbehave(request, manner[0], lambda: self.manner[0] != manner[0] or self.closing)
            return
        text, status, headers = "{}", 200, {}
        if manner[0] == "reject":
            text = json.dumps({"rejected": [manner[1]]})
        elif manner[0] == "status":
            status = int(manner[1])
        elif manner[0] == "garbage":
            text = '{"rejected": "everything", '
        elif manner[0] == "flood":
            text = "x" * 2_000_000
        elif manner[0] == "redirect":
            status, headers = 307, {"Location": manner[1]}
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        try:
            request.wfile.write(text.encode())
        except OSError:
            pass
        if status == 200:
            with self.changed:
                self.taken.append(body["notification"] | {"path": request.path})
                self.changed.notify_all()

    def wait_for(self, count: int, seconds: float) -> list[dict]:
        """At least `count` notifications since the last call, and what comes right behind them."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.taken) >= count, seconds)
        time.sleep(0.15)
        with self.changed:
            taken, self.taken = self.taken, []
        return taken

    def wait_attempts(self, count: int, seconds: float) -> int:
        """Requests of any outcome since the last call."""
        with self.changed:
            self.changed.wait_for(lambda: self.attempts >= count, seconds)
            attempts, self.attempts = self.attempts, 0
        return attempts

    def close(self) -> None:
        self.closing = True
        self.server.shutdown()
        self.server.server_close()
