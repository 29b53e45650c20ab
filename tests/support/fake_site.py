"""A web site on loopback for scenario scripts: pages and pictures as told, and bodies that no honest site sends."""
import gzip
import http.server
import threading
import time

PIECE = b"<p>and on and on</p>\n" * 400


class Site:
    """`serve PATH MANNER…`: page HTML · image png:WxH · type TYPE TEXT · status CODE · redirect URL · endless [TYPE] ·
    slow · silent · gzip · deep COUNT · attribute BYTES · charset NAME HTML · hang_up."""

    def __init__(self):
        self.manners: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.sent = 0  # bytes of endless bodies
        self.changed = threading.Condition()
        self.closing = False
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # noqa: N802
                site.answer(self)

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def fields(self) -> dict:
        port = self.server.server_address[1]
        with self.changed:
            return {"url": f"http://127.0.0.1:{port}", "port": port, "asked": list(self.asked), "sent": self.sent,
                    "headers": dict(self.headers)}

    def take_asked(self) -> list[str]:
        with self.changed:
            asked, self.asked = self.asked, []
        return asked

    def answer(self, request) -> None:
        with self.changed:
            self.asked.append(request.path)
            self.headers = {name.lower(): value for name, value in request.headers.items()}
            manner = self.manners.get(request.path.split("?")[0], ["status", "404"])
        try:
            getattr(self, f"do_{manner[0]}")(request, *manner[1:])
        except OSError:  # the other side has had enough
            request.close_connection = True

    @staticmethod
    def whole(request, body: bytes, kind: str = "text/html", status: int = 200, **headers: str) -> None:
        request.send_response(status)
        if kind:
            request.send_header("Content-Type", kind)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def do_page(self, request, text: str) -> None:
        self.whole(request, text.encode(), "text/html; charset=utf-8")

    def do_charset(self, request, name: str, text: str) -> None:
        self.whole(request, text.encode(name), f"text/html; charset={name}")

    def do_file(self, request, kind: str, body: bytes) -> None:
        self.whole(request, body, kind)

    def do_type(self, request, kind: str, text: str) -> None:
        self.whole(request, text.encode(), kind)

    def do_status(self, request, code: str) -> None:
        self.whole(request, b"<title>no</title>", status=int(code))

    def do_redirect(self, request, url: str) -> None:
        self.whole(request, b"<title>moved</title>", status=302, Location=url)

    def do_gzip(self, request) -> None:
        """200 MB of page in 200 kB."""
        self.whole(request, gzip.compress(b"<title>t</title>" + bytes(200_000_000), 1), Content_Encoding="gzip")

    def do_deep(self, request, count: str) -> None:
        self.whole(request, ("<title>deep</title>" + "<div>" * int(count) + "<p>bottom</p>").encode())

    def do_attribute(self, request, count: str) -> None:
        self.whole(request, f"<title>wide</title><a href='{'x' * int(count)}'>".encode())

    def do_hang_up(self, request) -> None:
        request.close_connection = True

    def start_body(self, request, kind: str) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True

    def do_endless(self, request, kind: str = "text/html") -> None:
        self.start_body(request, kind)
        while not self.closing:
            request.wfile.write(PIECE)
            with self.changed:
                self.sent += len(PIECE)

    def do_slow(self, request) -> None:
        """A byte now and then, for ever."""
        self.start_body(request, "text/html")
        while not self.closing:
            request.wfile.write(b"<")
            time.sleep(0.2)

    def do_silent(self, request) -> None:
        while not self.closing:
            time.sleep(0.02)
        request.close_connection = True

    def close(self) -> None:
        self.closing = True
        self.server.shutdown()
        self.server.server_close()
