"""A room of many members, made in seconds: an application service lets its users join. And what a message and a change of state
write into it, from the server's own counters."""
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from httpc import Client, Connection
from server import SLOWNESS, Server, free_port

C = "/_matrix/client/v3"
TOKEN = "as-token-of-large-rooms-0123456789"
IN_FLIGHT = 64


class LargeRoom:
    """A server with one room; `grow` adds members. A member is "@_big_uN:localhost", N from 0."""

    def __init__(self, binary, options: dict | None = None):
        self.folder = tempfile.TemporaryDirectory(prefix="peyk-large-room-")
        file = Path(self.folder.name) / "big.yaml"
        file.write_text(json.dumps({
            "id": "big", "url": None, "as_token": TOKEN, "hs_token": "hs-token-of-large-rooms-0123456789", "sender_localpart": "_big_bot",
            "rate_limited": False, "namespaces": {"users": [{"regex": "@_big_.*", "exclusive": True}], "aliases": [], "rooms": []}}))
        self.metrics_port = free_port()
        self.server = Server(binary, {"appservices.files": [str(file)], "metrics.enabled": True, "metrics.port": self.metrics_port}
                             | (options or {}))
        self.server.start()
        self.connection: Connection | None = None
        self.members = self.count = 0
        self.rooms: dict[str, int] = {}
        self.registered = 0

    def close(self) -> None:
        self.server.dispose()
        self.folder.cleanup()

    # ---- requests ---------------------------------------------------------------------------------------------------

    def ask(self, requests: list[tuple[str, str, dict]]) -> list[dict]:
        """(method, path, body) each, many on their way at once; any answer but 200 is an error."""
        half = (len(requests) + 1) // 2
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(self.in_a_row, (requests[:half], requests[half:]))
        return first + second

    def in_a_row(self, requests: list[tuple[str, str, dict]]) -> list[dict]:
        out = []
        connection = Connection("127.0.0.1", self.server.port, 120 * SLOWNESS) if requests else None
        for start in range(0, len(requests), IN_FLIGHT):
            part = requests[start:start + IN_FLIGHT]
            connection.send(b"".join(self.encoded(*one) for one in part))
            for one in part:
                answer = connection.receive(one[0])
                if answer.status != 200:
                    raise AssertionError(f"{one[0]} {one[1]} answered {answer.status} {answer.body[:200]!r}")
                out.append(answer.json())
        return out

    def encoded(self, method: str, path: str, body: dict) -> bytes:
        data = json.dumps(body).encode()
        return (f"{method} {path} HTTP/1.1\r\nHost: localhost:{self.server.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n").encode() + data

    @staticmethod
    def user(number: int) -> str:
        return f"@_big_u{number}:localhost"

    def as_user(self, number: int, path: str) -> str:
        return f"{path}?user_id={quote(self.user(number))}"

    # ---- the room ---------------------------------------------------------------------------------------------------

    def make_room(self, members: int) -> str:
        """Of user 0 and those after."""
        self.register(1)
        room = self.ask([("POST", self.as_user(0, f"{C}/createRoom"), {"preset": "public_chat"})])[0]["room_id"]
        self.rooms[room] = 1
        self.grow(room, members)
        return room

    def register(self, count: int) -> None:
        self.ask([("POST", f"{C}/register", {"type": "m.login.application_service", "username": f"_big_u{number}", "inhibit_login": True})
                  for number in range(self.registered, count)])
        self.registered = max(self.registered, count)

    def grow(self, room: str, members: int) -> None:
        self.register(members)
        self.ask([("POST", self.as_user(number, f"{C}/rooms/{quote(room)}/join"), {}) for number in range(self.rooms[room], members)])
        self.rooms[room] = max(self.rooms[room], members)

    # ---- what is written --------------------------------------------------------------------------------------------

    def counters(self) -> tuple[float, float]:
        answer = Client("127.0.0.1", self.metrics_port, 10).request("GET", "/metrics")
        found = {}
        for line in answer.body.decode().splitlines():
            name, _, value = line.rpartition(" ")
            if name in ("peyk_rows_written_total", "peyk_log_bytes_total"):
                found[name] = float(value)
        return found["peyk_rows_written_total"], found["peyk_log_bytes_total"]

    def cost(self, requests: list[tuple[str, str, dict]]) -> dict:
        """Rows and bytes that one of the requests writes on the average: everything that the commit holds, with keys and seals."""
        before = self.counters()
        for request in requests:  # one after another: those that come together share what they write
            self.in_a_row([request])
        after = self.counters()
        return {"rows": (after[0] - before[0]) / len(requests), "bytes": (after[1] - before[1]) / len(requests)}

    def message_cost(self, room: str, count: int = 200) -> dict:
        self.count += 1
        return self.cost([("PUT", self.as_user(0, f"{C}/rooms/{quote(room)}/send/m.room.message/m{self.count}.{n}"),
                           {"msgtype": "m.text", "body": "as long as people write, more or less"}) for n in range(count)])

    def state_cost(self, room: str, count: int = 200) -> dict:
        """A state event whose key changes each time, as memberships do: one more in the room's state."""
        self.count += 1
        return self.cost([("PUT", self.as_user(0, f"{C}/rooms/{quote(room)}/state/org.example.fact/k{self.count}.{n}"), {"value": n})
                          for n in range(count)])

    def member_cost(self, room: str, count: int = 200) -> dict:
        """Somebody who is in it leaves, and comes again: a change of one of many members."""
        members, requests = self.rooms[room], []
        for n in range(count // 2):
            number = 1 + n * 7919 % (members - 1)
            for what in ("leave", "join"):
                requests.append(("POST", self.as_user(number, f"{C}/rooms/{quote(room)}/{what}"), {}))
        return self.cost(requests)
