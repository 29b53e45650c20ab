"""Requests that are wrong before they are read: framing, bodies that stop, senders that are slow. A part of bad_input.py."""
import json
import select
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from httpc import Connection, Disconnected
from server import SLOWNESS, Server

CLIENT = "/_matrix/client/v3"
CLOSED = 0  # the connection is closed without an answer


class Wrong(Exception):
    pass


class BadWire:
    def raw(self, data: bytes, end: bool = False, timeout: float = 10) -> tuple[int, str, bool]:
        """Sends bytes on a connection of their own: (status or CLOSED, errcode, whether the server closed it). `end`: no more will
        come from here."""
        connection = Connection(self.client.host, self.client.port, timeout * SLOWNESS)
        try:
            connection.send(data)
            if end:
                connection.socket.shutdown(socket.SHUT_WR)
            return self.answer_on(connection)
        finally:
            connection.close()

    @staticmethod
    def answer_on(connection: Connection) -> tuple[int, str, bool]:
        try:
            answer = connection.receive()
        except (Disconnected, ConnectionResetError):
            return CLOSED, "", True
        code = answer.json().get("errcode", "") if answer.status >= 400 else ""
        try:
            connection.socket.settimeout(2 * SLOWNESS if answer.headers.get("connection") == "close" else 0.1)
            connection.more()
        except (Disconnected, ConnectionResetError):
            return answer.status, code, True
        except TimeoutError:
            pass
        return answer.status, code, False

    # ---- the wire ---------------------------------------------------------------------------------------------------

    def head(self, method: str, path: str, *more: str) -> bytes:
        lines = [f"{method} {CLIENT}{path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {self.ada['access_token']}",
                 *more]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def case_cut_off(self):
        """a body cut off half way changes nothing"""
        path = f"/rooms/{quote(self.room)}/send/m.room.message/cut{uuid.uuid4().hex}"
        body = b'{"msgtype":"m.text","body":"half of this"}'
        framed = self.head("PUT", path, "Content-Type: application/json", f"Content-Length: {len(body)}")
        halves = [framed + body[:keep] for keep in (0, 1, len(body) // 2, len(body) - 1)]
        halves.append(self.head("PUT", path, "Transfer-Encoding: chunked") + b"ff\r\n" + body)
        halves.append(self.head("PUT", path, "Transfer-Encoding: chunked") + b"%x\r\n%s\r\n" % (len(body), body))
        for data in halves:  # the sender is gone, or says that no more will come
            connection = Connection(self.client.host, self.client.port)
            connection.send(data)
            connection.close()
            # RFC 9112, 8: what is incomplete may be answered or not; nobody waits for it.
            if (found := self.raw(data, end=True)) != (CLOSED, "", True):
                raise Wrong(f"{data[-60:]!r} and no more is answered {found}")
        time.sleep(0.2)
        page = self.must(self.ada, "GET", f"/rooms/{quote(self.room)}/messages?dir=b&limit=5")
        if any("half of this" in json.dumps(event) for event in page["chunk"]):
            raise Wrong("a half body was taken for a whole one")

    def case_framing(self):
        """requests whose framing is ambiguous or broken"""
        path = f"/rooms/{quote(self.room)}/send/m.room.message/s{uuid.uuid4().hex}"
        body = b'{"msgtype":"m.text","body":"smuggled"}'
        whoami, length = "/account/whoami", f"Content-Length: {len(body)}"

        def put(*fields: str, data: bytes = body) -> bytes:
            return self.head("PUT", path, *fields) + data

        def get(*fields: str) -> bytes:
            return self.head("GET", whoami, *fields)
        bad = (400, "M_NOT_JSON", True)
        large, version = (431, "M_TOO_LARGE", True), (505, "M_UNRECOGNIZED", True)
        table = [
            # RFC 9112, 6.1 and 6.3: two lengths, or one that is no number, or codings that do not end in chunked.
            (put(length, "Transfer-Encoding: chunked", data=b"0\r\n\r\n" + body), bad), (put(length, "Content-Length: 3"), bad),
            (put(length, length), bad), (put(f"{length}, {len(body)}"), bad), (put("Content-Length: -1"), bad),
            (put("Content-Length: +5"), bad), (put("Content-Length: 0x5"), bad), (put("Content-Length: "), bad),
            (put("Content-Length: 99999999999999999999999"), bad), (put("Transfer-Encoding: gzip"), bad),
            (put("Transfer-Encoding: gzip, chunked"), bad), (put("Transfer-Encoding: chunked, gzip"), bad),
            # 7.1: chunks.
            (put("Transfer-Encoding: chunked", data=b"zz\r\n" + body), bad),
            (put("Transfer-Encoding: chunked", data=b"fffffffffffffffff\r\n" + body), bad),
            (put("Transfer-Encoding: chunked", data=b"1\r\n{}\r\n0\r\n\r\n"), bad),
            # 5: fields.
            (get("Bad Header: x"), bad), (get("X: a\x00b"), bad), (get("X: a\rb"), bad), (get("NoColon"), bad), (get("X : a"), bad),
            (get("X: a", " folded"), bad), (get("X-Large: " + "a" * 200_000), large), (get(*[f"X-{n}: y" for n in range(5_000)]), large),
            # 3: the first line and the Host field.
            (b"GET\r\n\r\n", bad), (b"GET /\r\n\r\n", bad), (b"GET / HTTP/9.9\r\n\r\n", version),
            (b"GET /_matrix/client/versions HTTP/1.1\nHost: x\n\n", bad), (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", bad),
            (b"\x00" * 64, bad), (b"G" * 100_000, large),
            (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", (414, "M_TOO_LARGE", True)),
            (b"GET /_matrix/client/versions HTTP/1.1\r\n\r\n", bad),
            (b"GET /_matrix/client/versions HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", bad),
            (b"GET /_matrix/client/versions HTTP/1.1\r\nHost: a b\r\n\r\n", bad),
            (b"GET /_matrix/client /versions HTTP/1.1\r\nHost: x\r\n\r\n", bad),
            (b"GET /_matrix/client/versions#x HTTP/1.1\r\nHost: x\r\n\r\n", bad),
            ("GET /_matrix/client/ü HTTP/1.1\r\nHost: x\r\n\r\n".encode(), bad),
            (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", bad),
            # RFC 9110, 10.1.1 and 15.5.6.
            (put("Expect: x", "Content-Length: 2", data=b"{}"), (417, "M_UNRECOGNIZED", True)),
            (b"BREW /_matrix/client/versions HTTP/1.1\r\nHost: x\r\n\r\n", (405, "M_UNRECOGNIZED", False)),
        ]
        wrong = []
        for data, expected in table:
            if (found := self.raw(data)) != expected:
                wrong.append(f"{data[-90:]!r} ({len(data)} bytes) is answered {found}, not {expected}")
            if not self.server.alive():
                raise Wrong(f"{data[:90]!r}… ends the server\n{self.server.log_tail()}")
        if wrong:
            raise Wrong("\n        ".join(wrong))

    def case_large_body(self):
        """bodies far over every limit are refused before they are read"""
        began = time.monotonic()
        head = f"POST {CLIENT}/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000000000\r\n\r\n{{"
        if (found := self.raw(head.encode())) != (413, "M_TOO_LARGE", True) or time.monotonic() - began > 5 * SLOWNESS:
            raise Wrong(f"five gigabytes announced: {found}")

    def case_slow_sender(self):
        """a slow sender is cut, others are served meanwhile"""
        if not isinstance(self.server, Server):
            return
        server = Server(self.server.binary, {"limits.header_time": "1s", "limits.body_time": "1s"}, engine="memory")
        try:
            server.start()
            slow = {"header": b"GET /_matrix/client/versions HTTP/1.1\r\nHo",
                    "body": b"POST /_matrix/client/v3/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"}
            with ThreadPoolExecutor(len(slow)) as pool:
                cut = {name: pool.submit(self.drip, server.port, data) for name, data in slow.items()}
                while not all(one.done() for one in cut.values()):
                    if server.client().request("GET", "/_matrix/client/versions").status != 200:
                        raise Wrong("others are not served")
                    time.sleep(0.1)
            for name, one in cut.items():
                seconds, *found = one.result()
                if seconds > 6 * SLOWNESS or tuple(found) != (408, "M_UNKNOWN", True):
                    raise Wrong(f"a slow {name} is cut after {seconds:.1f} s, and answered {found}")
            server.stop()
        finally:
            server.dispose()

    def drip(self, port: int, data: bytes) -> tuple:
        """(seconds until the server has had enough, its answer): a byte now and then does not buy more time."""
        connection, began = Connection("127.0.0.1", port, 20 * SLOWNESS), time.monotonic()
        connection.send(data)
        while time.monotonic() - began < 15 * SLOWNESS:
            if select.select([connection.socket], [], [], 0.2)[0]:
                break
            connection.send(b"a")
        answer = self.answer_on(connection)
        connection.close()
        return time.monotonic() - began, *answer
