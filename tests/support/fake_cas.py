"""A CAS server for tests: one person, who is signed in or not, and tickets that are good once."""
import http.server
import secrets
import threading
import time
from urllib.parse import parse_qsl, quote, urlsplit
from xml.sax.saxutils import escape

SPACE = "http://www.yale.edu/tp/cas"


def response(inside: str) -> str:
    return f"<cas:serviceResponse xmlns:cas='{SPACE}'>\n  {inside}\n</cas:serviceResponse>\n"


def success(user: str, attributes: str = "", more: str = "") -> str:
    return response(f"<cas:authenticationSuccess><cas:user>{user}</cas:user>{attributes}{more}</cas:authenticationSuccess>")


def failure(code: str) -> str:
    return response(f'<cas:authenticationFailure code="{code}">About ada &amp; her secret</cas:authenticationFailure>')


class FakeCas:
    def __init__(self):
        self.closing = False
        cas = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # noqa: N802
                cas.serve(self)

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/cas"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.well()

    def well(self, user: str | None = None, **attributes) -> str:
        """All as it should be, with somebody before it, who is signed in there already."""
        self.user = user or "u" + secrets.token_hex(4)
        self.attributes: dict = {"displayName": "Ada <Lovelace>"} | attributes
        self.types_password = True  # when asked anew
        self.tickets: dict[str, dict] = {}
        self.asked: list[dict] = []      # queries of browsers at /login
        self.validated: list[dict] = []  # queries of peyk
        self.places: list[str] = []
        self.answer: str | None = None   # in place of the usual one
        self.trouble = ""                # hang · down · huge · redirect · endless · drip
        return self.user

    # ---- what a browser does here -----------------------------------------------------------------------------------

    def browser_comes(self, url: str) -> str:
        """Follows the address that peyk sent a browser to; answers where it is sent back."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == self.address + "/login", url
        query = dict(parse_qsl(parts.query, strict_parsing=True))
        assert set(query) <= {"service", "renew"} and query.get("renew", "true") == "true", query
        self.asked.append(query)
        return self.with_ticket(query["service"], renewed="renew" in query and self.types_password)

    def with_ticket(self, service: str, renewed: bool = False) -> str:
        ticket = "ST-1-" + secrets.token_urlsafe(24)
        self.tickets[ticket] = {"service": service, "renewed": renewed, "user": self.user}
        return service + ("&" if "?" in service else "?") + "ticket=" + quote(ticket, safe="")

    # ---- what peyk asks ---------------------------------------------------------------------------------------------

    def validate(self, query: dict) -> str:
        self.validated.append(query)
        if self.answer is not None:
            return self.answer
        ticket = self.tickets.pop(query.get("ticket", ""), None)
        if not ticket:
            return failure("INVALID_TICKET")
        if ticket["service"] != query.get("service"):
            return failure("INVALID_SERVICE")
        if query.get("renew") == "true" and not ticket["renewed"]:
            return failure("INVALID_TICKET_SPEC")
        attributes = "".join(f"<cas:{name}>{escape(one)}</cas:{name}>" for name, value in self.attributes.items()
                             for one in (value if isinstance(value, list) else [value]))
        return success(escape(ticket["user"]), f"<cas:attributes>{attributes}</cas:attributes>")

    def serve(self, request) -> None:
        parts = urlsplit(request.path)
        place = parts.path.removeprefix("/cas/")
        if place not in ("serviceValidate", "proxyValidate", "p3/serviceValidate", "p3/proxyValidate"):
            return self.send(request, 404, "not here")
        self.places.append(place)
        if self.trouble:
            return self.misbehave(request, self.trouble)
        return self.send(request, 200, self.validate(dict(parse_qsl(parts.query))))

    def misbehave(self, request, how: str) -> None:
        end = time.monotonic() + 60
        going_on = lambda: self.trouble == how and not self.closing and time.monotonic() < end  # noqa: E731
        if how == "down":
            self.send(request, 503, "<h1>Out of order</h1>")
        elif how == "huge":
            self.send(request, 200, success("ada", "<!--" + "x" * 300_000 + "-->"))
        elif how == "redirect":
            self.send(request, 302, "", {"Location": request.path + "&again"})
        elif how == "hang":
            while going_on():
                time.sleep(0.02)
        else:
            # Bytes without an end, as fast as they go or one by one.
            part = b"x" * 65536 if how == "endless" else b" "
            try:
                request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
                while going_on():
                    request.wfile.write(part)
                    if how == "drip":
                        time.sleep(0.2)
            except OSError:
                pass
        request.close_connection = True

    @staticmethod
    def send(request, status: int, text: str, headers: dict | None = None) -> None:
        data = text.encode()
        try:
            request.send_response(status)
            for name, value in ({"Content-Type": "text/xml;charset=UTF-8"} | (headers or {})).items():
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
