"""Input that no client sends: each piece gets the specification's error, the server goes on, nothing is lost.

Every case is a function `case_…` of the class below; its docstring is its name in reports. They share one server, whose
state is compared at the end with what was there before.
"""
import json
import shutil
import socket
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import quote

import coverage
from contract import Contract
from fake_service import FakeService
from httpc import Client, Connection, Disconnected
from server import SLOWNESS, Server
from wrong_types import WrongTypes

CLIENT = "/_matrix/client/v3"
DEEP = 1_000_000


class Wrong(Exception):
    pass


class BadInput:
    def __init__(self, server, contract: Contract):
        self.server, self.contract = server, contract
        self.client: Client = server.client()
        self.run_id = uuid.uuid4().hex[:6]
        self.ada = self.register("ada")
        self.bob = self.register("bob")
        self.room = self.must(self.ada, "POST", "/createRoom", {"preset": "private_chat"})["room_id"]
        self.kept = [self.must(self.ada, "PUT", f"/rooms/{quote(self.room)}/send/m.room.message/k{n}",
                               {"msgtype": "m.text", "body": f"kept {n}"})["event_id"] for n in range(3)]

    # ---- tools ------------------------------------------------------------------------------------------------------

    def register(self, name: str) -> dict:
        return self.must(None, "POST", "/register", {"auth": {"type": "m.login.dummy"}, "password": "a long password",
                                                     "username": f"{name}-{self.run_id}"})

    def send(self, who, method: str, path: str, body: bytes | None = None):
        headers = {"Authorization": f"Bearer {who['access_token']}"} if who else {}
        return self.client.request(method, path if path.startswith("/_") else CLIENT + path, body, headers)

    def must(self, who, method: str, path: str, body=None) -> dict:
        answer = self.send(who, method, path, None if body is None else json.dumps(body).encode())
        if answer.status != 200:
            raise Wrong(f"{method} {path}: {answer.status} {answer.body[:200]!r}")
        return answer.json()

    def refused(self, who, method: str, path: str, body: bytes | None = None, statuses=(400,), codes=()) -> None:
        """The request gets one of these statuses, an error body of the standard form, and one of the codes."""
        answer = self.send(who, method, path, body)
        what = f"{method} {path[:80]} {(body or b'')[:60]!r}"
        if answer.status not in statuses:
            raise Wrong(f"{what}: {answer.status} {answer.body[:200]!r}")
        problems = self.contract.check_error(answer.status, answer.content_type, answer.body)
        if problems:
            raise Wrong(f"{what}: {problems[0]}")
        if codes and answer.json()["errcode"] not in codes:
            raise Wrong(f"{what}: {answer.json()['errcode']}, not {' or '.join(codes)}")

    def event(self, body: bytes, statuses=(400,), codes=()) -> None:
        self.refused(self.ada, "PUT", f"/rooms/{quote(self.room)}/send/org.example.bad/b{uuid.uuid4().hex}", body, statuses,
                     codes)

    def raw(self, data: bytes, read: bool = True, timeout: float = 10) -> bytes:
        """Sends bytes on a connection of their own; what comes back until the server closes or is silent."""
        connection = Connection(self.client.host, self.client.port, timeout * SLOWNESS)
        try:
            connection.send(data)
            out = b""
            while read:
                try:
                    out += connection.more()
                except (Disconnected, socket.timeout, ConnectionError):
                    break
                if b"\r\n\r\n" in out and b"Connection: close" not in out:
                    break
            return out
        except (BrokenPipeError, ConnectionResetError):
            return b""
        finally:
            connection.close()

    def status_of(self, data: bytes) -> int:
        answer = self.raw(data)
        return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0

    def intact(self) -> None:
        """The server answers, and what was stored before is there, and nothing else came in."""
        if not self.server.alive():
            raise Wrong(f"the server is dead\n{self.server.log_tail()}")
        page = self.must(self.ada, "GET", f"/rooms/{quote(self.room)}/messages?dir=f&limit=100")
        found = [event["event_id"] for event in page["chunk"] if event["type"] == "m.room.message"]
        if found[:len(self.kept)] != self.kept:
            raise Wrong(f"events are gone: {found}")

    # ---- JSON -------------------------------------------------------------------------------------------------------

    def case_deep_json(self):
        """JSON a million levels deep"""
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            inside = b"1"
            body = b'{"a":' + opening * DEEP + inside + closing * DEEP + b"}"
            began = time.monotonic()
            self.refused(None, "POST", "/login", body, (400, 413))
            self.event(body, (400, 413))
            self.refused(None, "POST", "/login", opening * DEEP, (400, 413))
            if time.monotonic() - began > 10 * SLOWNESS:
                raise Wrong("it takes too long")
        self.refused(None, "POST", "/login", b'{"type":' + b"[" * 200_000 + b"]" * 200_000 + b"}", (400, 413))

    def case_not_json(self):
        """bodies that are not JSON, or not an object"""
        for body in (b"", b"nonsense", b"{", b'{"a":}', b"{'a':1}", b'{"a":1,}', b'{"a":01}', b'{"a":+1}', b'{"a":1}x',
                     b"\xff\xfe{}", b'{"a":"\xc0\xaf"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xff"}', b'{"a":"\t"}',
                     b'{"a":"\\x"}', b'{"a":NaN}', b'{"a":Infinity}', b'\xef\xbb\xbf{}x'):
            self.event(body, (400,), ("M_NOT_JSON", "M_BAD_JSON"))
        for body in (b"[]", b"1", b'"x"', b"null", b"true"):
            self.event(body, (400,), ("M_BAD_JSON", "M_NOT_JSON"))

    def case_lone_surrogates(self):
        """lone surrogates in strings and keys"""
        for body in (rb'{"a":"\ud800"}', rb'{"a":"\udc00"}', rb'{"a":"\ud800x"}', rb'{"\ud800":1}',
                     rb'{"a":"\ud800\ud800"}', rb'{"a":["\udfff"]}'):
            self.event(body, (400,), ("M_NOT_JSON", "M_BAD_JSON"))
        self.refused(None, "POST", "/login", rb'{"type":"m.login.password","password":"\ud800"}', (400,))

    def case_duplicate_keys(self):
        """duplicate keys"""
        for body in (b'{"a":1,"a":1}', b'{"b":{"a":1,"a":2}}', b'{"a":1,"\\u0061":2}'):
            self.event(body, (400,), ("M_NOT_JSON", "M_BAD_JSON"))

    def case_numbers(self):
        """floats and integers beyond 2^53-1 in events"""
        for number in (b"1.5", b"9007199254740992", b"-9007199254740992", b"1e400", b"-1e-400", b"1" * 400, b"1.0e0"):
            self.event(b'{"a":' + number + b"}", (400,), ("M_BAD_JSON", "M_NOT_JSON"))
        for number in (b"9007199254740991", b"-9007199254740991", b"0"):
            self.must(self.ada, "PUT", f"/rooms/{quote(self.room)}/send/org.example.fine/f{uuid.uuid4().hex}",
                      {"a": int(number)})

    # ---- sizes ------------------------------------------------------------------------------------------------------

    def case_large_event(self):
        """an event over 65,536 bytes"""
        self.must(self.ada, "PUT", f"/rooms/{quote(self.room)}/send/org.example.large/l1", {"a": "x" * 60_000})
        for size in (65_537, 65_536, 65_300, 200_000):
            self.event(json.dumps({"a": "x" * size}).encode(), (413,), ("M_TOO_LARGE",))

    def case_event_edges(self):
        """an event of exactly 65,536 bytes fits, one of 65,537 does not"""
        room = self.must(self.ada, "POST", "/createRoom", {"preset": "private_chat", "room_version": "12"})["room_id"]

        def send(letters: int):
            return self.send(self.ada, "PUT", f"/rooms/{quote(room)}/send/org.example.edge/e{uuid.uuid4().hex}",
                             json.dumps({"a": "x" * letters}).encode())
        for _ in range(10):  # from here on the depth has two digits
            if send(1).status != 200:
                raise Wrong("a small event is refused")
        # The limit is about the federation form: canonical JSON with hashes and signatures. Spec: Size limits.
        event, digest, signature = "$" + "e" * 43, "h" * 43, "s" * 86
        pdu = {"auth_events": [event, event], "content": {"a": ""}, "depth": 11, "hashes": {"sha256": digest},
               "origin_server_ts": 1_700_000_000_000, "prev_events": [event], "room_id": room, "sender": self.ada["user_id"],
               "signatures": {"localhost": {"ed25519:" + "k" * 8: signature}}, "type": "org.example.edge"}
        letters = 65_536 - len(json.dumps(pdu, separators=(",", ":")))
        if (answer := send(letters)).status != 200:
            raise Wrong(f"65,536 bytes: {answer.status} {answer.body[:200]!r}")
        self.refused(self.ada, "PUT", f"/rooms/{quote(room)}/send/org.example.edge/over",
                     json.dumps({"a": "x" * (letters + 1)}).encode(), (413,), ("M_TOO_LARGE",))
        if send(letters).status != 200:
            raise Wrong("65,536 bytes, once more")

    def case_large_body(self):
        """bodies far over every limit are refused before they are read"""
        head = f"POST {CLIENT}/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        began = time.monotonic()
        status = self.status_of(f"{head}Content-Length: 5000000000\r\n\r\n".encode() + b"{")
        if status not in (413, 400) or time.monotonic() - began > 5 * SLOWNESS:
            raise Wrong(f"five gigabytes announced: {status}")
        if self.status_of(f"{head}Content-Length: 99999999999999999999999\r\n\r\n".encode()) not in (400, 413):
            raise Wrong("a length that is no number of 64 bits")

    def case_identifiers(self):
        """identifiers of 255 bytes fit, of 256 do not"""
        room = quote(self.room)
        server = self.ada["user_id"].split(":", 1)[1]
        fit = 255 - len(f"@:{server}")
        name = (f"n{self.run_id}" + "a" * 300)[:fit]
        body = {"auth": {"type": "m.login.dummy"}, "password": "a long password", "username": name}
        self.must(None, "POST", "/register", body)
        self.refused(None, "POST", "/register", json.dumps(body | {"username": name + "a"}).encode(), (400,),
                     ("M_INVALID_USERNAME",))
        alias = (f"n{self.run_id}" + "a" * 300)[:255 - len(f"#:{server}")]
        self.must(self.ada, "PUT", f"/directory/room/{quote(f'#{alias}:{server}', safe='')}", {"room_id": self.room})
        self.refused(self.ada, "PUT", f"/directory/room/{quote(f'#{alias}a:{server}', safe='')}",
                     json.dumps({"room_id": self.room}).encode())
        for key in ("x" * 255, "ü" * 127):
            self.must(self.ada, "PUT", f"/rooms/{room}/state/org.example.key/{quote(key)}", {"a": 1})
        for key in ("x" * 256, "ü" * 128):
            self.refused(self.ada, "PUT", f"/rooms/{room}/state/org.example.key/{quote(key)}", b"{}", (400, 413))
        self.must(self.ada, "PUT", f"/rooms/{room}/send/{'t' * 255}/{uuid.uuid4().hex}", {"a": 1})
        self.refused(self.ada, "PUT", f"/rooms/{room}/send/{'t' * 256}/{uuid.uuid4().hex}", b"{}", (400, 413))
        self.refused(self.ada, "PUT", f"/rooms/{room}/send/m.room.message/{'t' * 10_000}", b'{"msgtype":"m.text","body":"x"}',
                     (400, 413, 414, 431))
        self.refused(self.ada, "PUT", f"/rooms/!{'r' * 300}/send/m.room.message/1", b"{}", (400, 403, 404))

    # ---- paths ------------------------------------------------------------------------------------------------------

    def case_paths(self):
        """NUL, overlong UTF-8, surrogates and broken escapes in paths"""
        for bad in ("%00", "a%00b", "%C0%AF", "%C0%80", "%E0%80%AF", "%ED%A0%80", "%FF", "%F8%88%80%80%80", "%", "%4", "%zz"):
            for path in (f"/rooms/!{bad}:x/state", f"/profile/@{bad}:x", f"/directory/room/%23{bad}:x",
                         f"/rooms/{quote(self.room)}/state/m.room.topic/{bad}",
                         f"/_matrix/client/v1/media/download/localhost/{bad}"):
                self.refused(self.ada, "GET", path, None, (400, 404))
            self.refused(self.ada, "PUT", f"/rooms/{quote(self.room)}/send/m.room.message/{bad}",
                         b'{"msgtype":"m.text","body":"x"}', (400, 404))
        for path in ("..%2f..%2fetc%2fpasswd", "..", "%2e%2e%2f%2e%2e", "a%2fb", "%5c..%5c"):
            self.refused(self.ada, "GET", f"/_matrix/client/v1/media/download/localhost/{path}", None, (400, 404))

    def case_malformed_ids(self):
        """identifiers of the wrong kind"""
        for user in ("ada", "@", "@:", "@ada", "!x:localhost", "@ada:", "@ada:bad host", "x" * 50_000):
            self.refused(self.ada, "GET", f"/profile/{quote(user, safe='')}", None, (400, 403, 404, 414, 431))
            self.refused(self.ada, "POST", f"/rooms/{quote(self.room)}/invite",
                         json.dumps({"user_id": user}).encode(), (400, 403))
        for room in ("x", "!", "@ada:localhost", "$x", "#alias"):
            self.refused(self.ada, "POST", f"/rooms/{quote(room, safe='')}/join", b"{}", (400, 403, 404))
            self.refused(self.ada, "PUT", f"/rooms/{quote(room, safe='')}/send/m.room.message/1", b"{}", (400, 403, 404))

    # ---- the wire ---------------------------------------------------------------------------------------------------

    def head(self, method: str, path: str, *more: str) -> bytes:
        lines = [f"{method} {CLIENT}{path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {self.ada['access_token']}",
                 *more]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def case_cut_off(self):
        """a body cut off half way changes nothing"""
        path = f"/rooms/{quote(self.room)}/send/m.room.message/cut{uuid.uuid4().hex}"
        body = b'{"msgtype":"m.text","body":"half of this"}'
        for keep in (0, 1, len(body) // 2, len(body) - 1):
            self.raw(self.head("PUT", path, "Content-Type: application/json", f"Content-Length: {len(body)}") + body[:keep],
                     read=False)
        self.raw(self.head("PUT", path, "Transfer-Encoding: chunked") + b"ff\r\n" + body, read=False)
        time.sleep(0.2)
        page = self.must(self.ada, "GET", f"/rooms/{quote(self.room)}/messages?dir=b&limit=5")
        if any("half of this" in json.dumps(event) for event in page["chunk"]):
            raise Wrong("a half body was taken for a whole one")

    def case_framing(self):
        """requests whose framing is ambiguous or broken"""
        path = f"/rooms/{quote(self.room)}/send/m.room.message/s{uuid.uuid4().hex}"
        body = b'{"msgtype":"m.text","body":"smuggled"}'
        bad = [
            self.head("PUT", path, f"Content-Length: {len(body)}", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + body,
            self.head("PUT", path, f"Content-Length: {len(body)}", "Content-Length: 3") + body,
            self.head("PUT", path, "Content-Length: -1") + body,
            self.head("PUT", path, "Content-Length: +5") + body,
            self.head("PUT", path, "Content-Length: 0x5") + body,
            self.head("PUT", path, "Transfer-Encoding: chunked") + b"zz\r\n" + body,
            self.head("PUT", path, "Transfer-Encoding: chunked") + b"fffffffffffffffff\r\n" + body,
            self.head("PUT", path, "Transfer-Encoding: gzip") + body,
            self.head("GET", "/account/whoami", "Bad Header: x"),
            self.head("GET", "/account/whoami", "X: a\x00b"),
            b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 64,
            b"G" * 100_000, b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            self.head("GET", "/account/whoami", "X-Large: " + "a" * 200_000),
            self.head("GET", "/account/whoami", *[f"X-{n}: y" for n in range(5_000)]),
        ]
        for data in bad:
            status = self.status_of(data)
            if status and not 400 <= status < 600:
                raise Wrong(f"{data[:90]!r}… is answered {status}")
            if not self.server.alive():
                raise Wrong(f"{data[:90]!r}… ends the server\n{self.server.log_tail()}")

    def case_slow_sender(self):
        """a slow sender is cut, others are served meanwhile"""
        if not isinstance(self.server, Server):
            return
        server = Server(self.server.binary, {"limits.header_time": "1s", "limits.body_time": "1s"}, engine="memory")
        try:
            server.start()
            slow = [Connection("127.0.0.1", server.port, 20 * SLOWNESS) for _ in range(3)]
            slow[0].send(b"GET /_matrix/client/versions HTTP/1.1\r\nHo")
            slow[1].send(b"POST /_matrix/client/v3/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
            began = time.monotonic()
            closed = {0: None, 1: None}
            while None in closed.values() and time.monotonic() - began < 15 * SLOWNESS:
                for index in closed:
                    if closed[index] is None:
                        try:
                            slow[index].send(b"a")  # a byte now and then does not buy more time
                            slow[index].socket.settimeout(0.1)
                            slow[index].more()
                            closed[index] = time.monotonic() - began
                        except (socket.timeout, TimeoutError):
                            pass
                        except (OSError, Disconnected):
                            closed[index] = time.monotonic() - began
                if server.client().request("GET", "/_matrix/client/versions").status != 200:
                    raise Wrong("others are not served")
                time.sleep(0.1)
            for index, seconds in closed.items():
                if seconds is None or seconds > 6 * SLOWNESS:
                    raise Wrong(f"a slow {'header' if index == 0 else 'body'} is cut after {seconds} s")
            for connection in slow:
                connection.close()
            server.stop()
        finally:
            server.dispose()

    # ---- people -----------------------------------------------------------------------------------------------------

    def case_unknown_token(self):
        """an unknown token is 401 M_UNKNOWN_TOKEN everywhere"""
        stranger = {"access_token": "never given"}
        for token in ("never given", "x" * 5_000, "\u00e4", "a b"):
            stranger["access_token"] = token
            for method, path in (("GET", "/sync"), ("GET", "/account/whoami"), ("POST", "/createRoom"), ("GET", "/devices"),
                                 ("PUT", f"/rooms/{quote(self.room)}/send/m.room.message/1"), ("POST", "/keys/upload"),
                                 ("POST", "/_matrix/media/v3/upload"), ("GET", "/_matrix/client/v1/media/config")):
                self.refused(stranger, method, path, b"{}" if method != "GET" else None, (401,), ("M_UNKNOWN_TOKEN",))
        self.refused(None, "GET", "/sync", None, (401,), ("M_MISSING_TOKEN",))

    def case_other_peoples_ids(self):
        """another user's ids"""
        me, room = quote(self.ada["user_id"]), quote(self.room)
        body = b'{"a":1}'
        for method, path, content in (
                ("PUT", f"/profile/{me}/displayname", b'{"displayname":"x"}'),
                ("PUT", f"/user/{me}/account_data/x", body), ("GET", f"/user/{me}/account_data/x", None),
                ("PUT", f"/user/{me}/rooms/{room}/account_data/x", body), ("GET", f"/user/{me}/rooms/{room}/tags", None),
                ("PUT", f"/user/{me}/rooms/{room}/tags/u.x", b"{}"), ("POST", f"/user/{me}/filter", b"{}"),
                ("GET", f"/user/{me}/filter/0", None), ("PUT", f"/rooms/{room}/typing/{me}", b'{"typing":true}'),
                ("GET", f"/rooms/{room}/state", None), ("GET", f"/rooms/{room}/messages?dir=b", None),
                ("GET", f"/rooms/{room}/members", None), ("GET", f"/rooms/{room}/event/{quote(self.kept[0])}", None),
                ("GET", f"/rooms/{room}/context/{quote(self.kept[0])}", None),
                ("PUT", f"/rooms/{room}/send/m.room.message/1", b'{"msgtype":"m.text","body":"x"}'),
                ("PUT", f"/rooms/{room}/redact/{quote(self.kept[0])}/1", b"{}"),
                ("POST", f"/rooms/{room}/receipt/m.read/{quote(self.kept[0])}", b"{}"),
                ("POST", f"/rooms/{room}/invite", json.dumps({"user_id": self.bob["user_id"]}).encode()),
                ("POST", f"/rooms/{room}/kick", json.dumps({"user_id": self.ada["user_id"]}).encode()),
                ("GET", f"/devices/{self.ada['device_id']}", None),
                ("DELETE", f"/devices/{self.ada['device_id']}", b"{}")):
            self.refused(self.bob, method, path, content, (400, 401, 403, 404) if "devices" in path else (400, 403, 404))


def cases(world: BadInput):
    for name in dir(world):
        if name.startswith("case_"):
            case = getattr(world, name)
            yield f"bad input: {case.__doc__}", case


def generated(world: BadInput):
    names = {"bob": world.bob["user_id"], "me": world.ada["user_id"], "room": world.room, "event": world.kept[0],
             "device": world.ada["device_id"]}
    wrong = WrongTypes(world.contract, names, lambda method, target, body: world.send(world.ada, method, target, body))
    for operation in world.contract.operations:
        if not wrong.takes_something(operation):
            continue

        def run(operation=operation):
            if not wrong.is_built(operation) and coverage.key_of(operation) not in coverage.REASONS:
                raise Wrong("it is not built, and there is no reason why")
            sent, problems = wrong.check(operation)
            if problems:
                raise Wrong(f"{len(problems)} of {sent}: " + "\n      ".join(problems[:6]))
            if sent == 0:
                raise Wrong("it takes something, and nothing was tried")

        yield f"wrong types: {operation['id']}", run


def run(binary, external, contract: Contract) -> tuple[int, list[str]]:
    """(cases passed, one line per failure)"""
    passed, notes = 0, []
    service, folder = FakeService("bridge", {}), Path(tempfile.mkdtemp(prefix="peyk-test-services-"))
    server = external or Server(binary, {"limits.request_body": "16 MiB", "privacy.third_party_ids": True, "privacy.search": True,
                                         "appservices.files": [str(service.write(folder / "bridge.yaml"))]})
    try:
        if isinstance(server, Server):
            server.start()
        world = BadInput(server, contract)
        for name, case in [*cases(world), *generated(world)]:
            try:
                case()
                world.intact()
                passed += 1
                print(f"  ok    {name}", flush=True)
            except Exception as error:
                kind = "" if isinstance(error, Wrong) else f"{type(error).__name__}: "
                print(f"  FAIL  {name}: {kind}{error}", flush=True)
                notes.append(f"{name}: {kind}{str(error).splitlines()[0][:300]}")
                world.client.drop()
                if isinstance(server, Server) and not server.alive():
                    server.start()
        if isinstance(server, Server):
            server.stop()
    finally:
        server.dispose()
        service.close()
        shutil.rmtree(folder)
    return passed, notes
