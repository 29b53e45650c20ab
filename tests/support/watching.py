"""Holds the traffic of clients that nobody here wrote against the specification's schemas: a relay that looks.

    Server.watch = Watch(Contract())      # from here on servers stand behind a relay
    …
    notes += Server.watch.report()

Bytes go both ways as they are, but that nobody asks for brotli, which Python cannot read. What is no endpoint of the contract (pages, scripts, pictures) is not looked at.
"""
import re
import socket
import threading
import zlib
from collections import deque

from contract import Contract

LOOKED_AT = ("/_matrix/", "/.well-known/matrix/", "/_peyk/client/", "/_peyk/admin/", "/_peyk/oauth2/")


BROTLI = re.compile(rb"(?i)\r\naccept-encoding:[^\r\n]*")


def without_brotli(data: bytes) -> bytes:
    """Of the same length, so that nothing else moves; an unknown coding is passed over (RFC 9110, 12.5.3)."""
    return BROTLI.sub(lambda field: re.sub(rb"\bbr\b", b"xx", field[0]), data)


current: "Watch | None" = None  # hears of the answers of tests that have a client of their own


def saw(method: str, target: str, answer) -> None:
    """An answer of httpc."""
    if current:
        current.saw(method, target, answer.status, answer.headers, answer.body)


class Unreadable(Exception):
    pass


class Messages:
    """Finds the messages in one direction of a connection. `method_of`: of the request that the next answer belongs to."""

    def __init__(self, method_of=None):
        self.buffer, self.method_of = bytearray(), method_of
        self.head: tuple[str, dict] | None = None
        self.body = bytearray()
        self.left = 0            # bytes that are still to come of the body, or of a chunk with its end
        self.kind = ""           # "length", "chunk", "end" (until the connection ends)

    def line(self) -> bytes | None:
        at = self.buffer.find(b"\r\n")
        if at < 0:
            if len(self.buffer) > 1 << 20:
                raise Unreadable("a line without an end")
            return None
        line = bytes(self.buffer[:at])
        del self.buffer[:at + 2]
        return line

    def feed(self, data: bytes):
        """(first line, headers, body) of each message that is whole now."""
        self.buffer += data
        while True:
            if self.head is None:
                end = self.buffer.find(b"\r\n\r\n")
                if end < 0:
                    return
                self.begin(bytes(self.buffer[:end]))
                del self.buffer[:end + 4]
            if not self.take():
                return
            (first, headers), body = self.head, bytes(self.body)
            self.head, self.body = None, bytearray()
            yield first, headers, body

    def begin(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        self.head = (first, headers)
        length = int(headers.get("content-length", 0))
        self.kind, self.left = "length", length
        if headers.get("transfer-encoding", "").lower() == "chunked":
            self.kind, self.left = "chunk", 0
        if self.method_of:
            status = int(first.split(" ")[1])
            if status < 200 or status in (204, 304) or self.method_of() == "HEAD":
                self.kind, self.left = "length", 0
            elif self.kind == "length" and "content-length" not in headers:
                self.kind = "end"

    def take(self) -> bool:
        """Whether the body is whole."""
        if self.kind == "length":
            return self.take_bytes()
        if self.kind == "end":
            self.body += self.buffer
            self.buffer.clear()
            return False
        while True:
            if self.left and not self.take_bytes():
                return False
            if self.body.endswith(b"\r\n") and self.kind == "chunk-end":
                del self.body[-2:]
                self.kind = "chunk"
            line = self.line()
            if line is None:
                return False
            if self.kind == "trailer":
                if not line:
                    return True
                continue
            size = int(line.split(b";")[0], 16)
            self.kind, self.left = ("chunk-end", size + 2) if size else ("trailer", 0)

    def take_bytes(self) -> bool:
        piece = self.buffer[:self.left]
        del self.buffer[:len(piece)]
        self.left -= len(piece)
        self.body += piece
        return self.left == 0


class Watch:
    def __init__(self, contract: Contract, allowed: tuple = ()):
        """`allowed`: statuses of 500 and above that the stories of a group bring about."""
        self.contract, self.allowed = contract, frozenset(allowed)
        self.lock = threading.Lock()
        self.checked = 0
        self.operations: set[str] = set()
        self.problems: dict[str, str] = {}

    # ---- what was seen ----------------------------------------------------------------------------------------------

    def saw(self, method: str, target: str, status: int, headers: dict, body: bytes) -> None:
        if "://" in target:
            target = "/" + target.split("://", 1)[1].partition("/")[2]
        if not target.startswith(LOOKED_AT) or method not in ("GET", "PUT", "POST", "DELETE"):
            return
        encoding = headers.get("content-encoding", "")
        if encoding == "gzip":
            body = zlib.decompress(body, 31)
        elif encoding not in ("", "identity"):
            self.note(method, target, f"Content-Encoding is {encoding}, which nobody asked for")
            return
        found = self.contract.check(method, target, status, headers.get("content-type", ""), body, self.allowed)
        operation = self.contract.operation(method, target.partition("?")[0])
        with self.lock:
            self.checked += 1
            if operation:
                self.operations.add(operation["id"])
        for problem in found:
            self.note(method, target, problem)

    def note(self, method: str, target: str, problem: str) -> None:
        with self.lock:
            self.problems.setdefault(problem, f"{method} {target.partition('?')[0]}")

    def report(self) -> list[str]:
        """One line for each way in which an answer departed from the specification; nothing seen is one too."""
        with self.lock:
            print(f"  {self.checked} answers were held against the specification's schemas, of {len(self.operations)} operations",
                  flush=True)
            if not self.checked:
                return ["no answer was held against the schemas"]
            return [f"{where}: {problem}" for problem, where in sorted(self.problems.items())]

    # ---- the relay --------------------------------------------------------------------------------------------------

    def relay(self, port: int) -> int:
        """A port of loopback that leads to `port`, and is looked at."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        threading.Thread(target=self.accept, args=(listener, port), daemon=True).start()
        return listener.getsockname()[1]

    def accept(self, listener: socket.socket, port: int) -> None:
        while True:
            near, _ = listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", port), timeout=10)
            except OSError:  # a server that is down: the client tries again
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            asked: deque = deque()
            answers = Messages(lambda asked=asked: asked[0][0] if asked else "GET")
            threading.Thread(target=self.carry, args=(near, far, Messages(), lambda message, asked=asked: self.request(asked, message)),
                             daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, answers, lambda message, asked=asked: self.answer(asked, message)),
                             daemon=True).start()

    @staticmethod
    def request(asked: deque, message) -> None:
        method, target, _ = message[0].split(" ", 2)
        asked.append((method, target))

    def answer(self, asked: deque, message) -> None:
        first, headers, body = message
        status = int(first.split(" ")[1])
        if status < 200:
            return
        if not asked:  # refused before the request was whole
            return
        method, target = asked.popleft()
        self.saw(method, target, status, headers, body)

    def carry(self, source: socket.socket, target: socket.socket, messages: Messages, heard) -> None:
        reading = True
        try:
            while data := source.recv(65536):
                if messages.method_of is None:
                    data = without_brotli(data)
                if reading:
                    try:
                        for message in messages.feed(data):
                            heard(message)
                    except Exception as error:
                        reading = False
                        self.note("?", "?", f"what went over the wire is not understood: {type(error).__name__}: {error}")
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def prove() -> None:
    """What went wrong on the wire is seen, however it is framed: without this nobody would know that the relay looks."""
    watch, asked = Watch(Contract()), deque()
    requests, answers = Messages(), Messages(lambda: asked[0][0] if asked else "GET")
    wrong, right = b'{"user_id":5}', b'{"user_id":"@a:x","is_guest":false}'
    packed = zlib.compressobj(wbits=31)
    packed = packed.compress(wrong.replace(b"5", b"6")) + packed.flush()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (packed[:9], packed[9:])) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    sent = b"GET /_matrix/client/v3/account/whoami HTTP/1.1\r\nAccept-Encoding: gzip, br\r\n\r\n" * 3 + b"HEAD /x HTTP/1.1\r\n\r\n" + \
        b"PUT /_matrix/client/v3/x HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET "
    back = b"HTTP/1.1 100 Continue\r\n\r\n" + head + b"Content-Length: %d\r\n\r\n" % len(right) + right + \
        head + b"Content-Length: %d\r\n\r\n" % len(wrong) + wrong + \
        head + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + \
        head + b"Content-Length: 99\r\n\r\n" + b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n{}"
    for data, messages, heard in ((sent, requests, watch.request), (back, answers, watch.answer)):
        for at in range(len(data)):  # a byte at a time
            for message in messages.feed(data[at:at + 1]):
                heard(asked, message)
    found = " ".join(watch.problems)
    if watch.checked != 4 or any(part not in found for part in ("5 is not string", "6 is not string", "503")) or len(watch.problems) != 3:
        raise Unreadable(f"the relay saw {watch.checked} answers, and {watch.problems}")
    if without_brotli(sent).count(b"gzip, xx") != 3 or len(without_brotli(sent)) != len(sent):
        raise Unreadable("brotli is still asked for")
