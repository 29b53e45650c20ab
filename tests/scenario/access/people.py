"""Who takes part in the access matrix, and how they speak to the server: many requests in one go on one connection."""
import json
import secrets
import threading
import time
from urllib.parse import quote

import watching
from httpc import Answer, Connection
from server import SLOWNESS

CLIENT = "/_matrix/client/v3"
PIPELINE = 24  # requests on their way at once


def new_mark() -> str:
    return f"mark-{secrets.token_hex(6)}"


def enc(text: str) -> str:
    return quote(text, safe="")


class Request:
    def __init__(self, method: str, path: str, body=None):
        self.method = method
        self.path = path if path.startswith(("/_", "/.")) else CLIENT + path
        self.body = body

    def encoded(self, host: str, token: str | None, acts_as: str | None = None) -> bytes:
        data = b"" if self.body is None else json.dumps(self.body).encode()
        path = self.path + ("&" if "?" in self.path else "?") + f"user_id={enc(acts_as)}" if acts_as else self.path
        lines = [f"{self.method} {path} HTTP/1.1", f"Host: {host}"]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        if self.method in ("POST", "PUT"):
            lines += [f"Content-Length: {len(data)}", "Content-Type: application/json"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + data


class Person:
    """`role`: how the person stands to every room of the matrix. `acts_as`: whom an application service's token speaks for."""

    def __init__(self, port: int, role: str, user: str = "", token: str | None = None, acts_as: str | None = None):
        self.port, self.role, self.id, self.token, self.acts_as = port, role, user, token, acts_as
        self.local = threading.local()
        self.tokens: list[str] = []    # next_batch of syncs at the stages of the story
        self.told: list[str] = []      # bodies of syncs that went on along the story
        self.since: dict[str, str] = {}
        self.position: str | None = None  # of a sliding sync that goes on

    def connection(self) -> Connection:
        if getattr(self.local, "connection", None) is None:
            self.local.connection = Connection("127.0.0.1", self.port, 60 * SLOWNESS)
        return self.local.connection

    def ask(self, requests: list[Request]) -> list[Answer]:
        """The answers in order; the requests go out together."""
        if time.monotonic() - getattr(self.local, "used", 0) > 20:  # the server cuts what was idle for long
            self.local.connection = None
        self.local.used = time.monotonic()
        answers, connection, host = [], self.connection(), f"127.0.0.1:{self.port}"
        for start in range(0, len(requests), PIPELINE):
            part = requests[start:start + PIPELINE]
            connection.send(b"".join(request.encoded(host, self.token, self.acts_as) for request in part))
            answers += [connection.receive(request.method) for request in part]
        for request, answer in zip(requests, answers):
            watching.saw(request.method, request.path, answer)
        return answers

    def do(self, method: str, path: str, body=None, expected: int = 200) -> dict:
        answer = self.ask([Request(method, path, body if body is not None or method == "GET" else {})])[0]
        if answer.status != expected:
            raise AssertionError(f"{self.role}: {method} {path} answered {answer.status} {answer.body[:300]!r}")
        return answer.json()
