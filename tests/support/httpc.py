"""A small HTTP/1.1 client over plain sockets: one kept-alive connection per thread, headers and bodies as they came."""
import json
import socket
import threading
from dataclasses import dataclass, field


class Disconnected(Exception):
    """The server closed the connection before it had answered."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)  # lower case; the last one of a name
    body: bytes = b""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    def json(self):
        return json.loads(self.body)


class Connection:
    def __init__(self, host: str, port: int, timeout: float = 60):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def more(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise Disconnected("connection closed")
        return data

    def line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            self.buffer += self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def take(self, size: int) -> bytes:
        parts, have = [self.buffer], len(self.buffer)
        while have < size:
            parts.append(self.more())
            have += len(parts[-1])
        whole = b"".join(parts)
        self.buffer = whole[size:]
        return whole[:size]

    def receive(self, method: str = "GET") -> Answer:
        status_line = self.line()
        parts = status_line.split(b" ", 2)
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/1."):
            raise Disconnected(f"not HTTP: {status_line[:80]!r}")
        answer = Answer(int(parts[1]))
        while header := self.line():
            name, _, value = header.partition(b":")
            answer.headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
        if 100 <= answer.status < 200:
            return self.receive(method)
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        if answer.headers.get("transfer-encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.line().split(b";")[0], 16):
                pieces.append(self.take(size))
                self.take(2)
            while self.line():
                pass
            answer.body = b"".join(pieces)
        elif "content-length" in answer.headers:
            answer.body = self.take(int(answer.headers["content-length"]))
        else:
            try:
                while True:
                    self.buffer += self.more()
            except Disconnected:
                answer.body, self.buffer = self.buffer, b""
        return answer


class Client:
    def __init__(self, host: str, port: int, timeout: float = 60):
        self.host, self.port, self.timeout = host, port, timeout
        self.local = threading.local()

    def connection(self) -> Connection:
        if getattr(self.local, "connection", None) is None:
            self.local.connection = Connection(self.host, self.port, self.timeout)
        return self.local.connection

    def drop(self) -> None:
        connection = getattr(self.local, "connection", None)
        self.local.connection = None
        if connection:
            connection.close()

    def request(self, method: str, target: str, body: bytes | None = None, headers: dict | None = None) -> Answer:
        """`target` is percent-encoded path and query. A kept connection that has gone stale is replaced once."""
        head = {"Host": f"{self.host}:{self.port}"} | (headers or {})
        if body is not None or method in ("POST", "PUT"):
            head.setdefault("Content-Length", str(len(body or b"")))
            head.setdefault("Content-Type", "application/json")
        text = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in head.items()) + "\r\n"
        fresh = getattr(self.local, "connection", None) is None
        try:
            answer = self.exchange(method, text, body)
        except (Disconnected, ConnectionError, BrokenPipeError):
            self.drop()
            if fresh:
                raise
            answer = self.exchange(method, text, body)
        if answer.headers.get("connection", "").lower() == "close":
            self.drop()
        return answer

    def exchange(self, method: str, text: str, body: bytes | None) -> Answer:
        connection = self.connection()
        try:
            try:
                connection.send(text.encode("latin-1") + (body or b""))
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server has answered before it had read all: a refusal
            return connection.receive(method)
        except BaseException:
            self.drop()
            raise
