"""Input that no client sends: each piece gets the specification's error, the server goes on, nothing is lost.

Every case is a function `case_…` of the class below; its docstring is its name in reports. They share one server, whose
state is compared at the end with what was there before.
"""
import json
import time
import uuid
from urllib.parse import quote

from bad_wire import BadWire, Wrong
from contract import Contract
from httpc import Client
from server import SLOWNESS, Server

CLIENT = "/_matrix/client/v3"
DEEP = 1_000_000


class BadInput(BadWire):
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
        target = path if path.startswith("/_") else CLIENT + path
        answer = self.client.request(method, target, body, headers)
        if problems := self.contract.check(method, target, answer.status, answer.content_type, answer.body):
            raise Wrong(f"{method} {target[:80]}: {problems[0]}")
        return answer

    def must(self, who, method: str, path: str, body=None) -> dict:
        answer = self.send(who, method, path, None if body is None else json.dumps(body).encode())
        if answer.status != 200:
            raise Wrong(f"{method} {path}: {answer.status} {answer.body[:200]!r}")
        return answer.json()

    def refused(self, who, method: str, path: str, body: bytes | None, status: int, code: str | None) -> None:
        """The request gets this status and this errcode, in an error body of the standard form. None: 401 with the flows of
        interactive authentication, which has none."""
        answer = self.send(who, method, path, body)
        what = f"{method} {path[:80]} {(body or b'')[:60]!r}"
        problems = self.contract.check_error(answer.status, answer.content_type, answer.body)
        found = {} if problems else answer.json()
        if answer.status != status or problems or found.get("errcode") != code or (code is None and "flows" not in found):
            raise Wrong(f"{what}: {answer.status} {answer.body[:200]!r}, not {status} {code}; {'; '.join(problems)}")

    def all_refused(self, rows) -> None:
        """Rows of (who, method, path, body, status, code); every one is tried before the first that is wrong is told."""
        wrong = []
        for row in rows:
            try:
                self.refused(*row)
            except Wrong as error:
                wrong.append(str(error))
        if wrong:
            raise Wrong("\n        ".join(wrong))

    def events(self, bodies, status: int, code: str) -> None:
        """Each body, sent as an event."""
        self.all_refused((self.ada, "PUT", f"/rooms/{quote(self.room)}/send/org.example.bad/b{uuid.uuid4().hex}", body, status, code)
                         for body in bodies)

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
        began = time.monotonic()
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            body = b'{"a":' + opening * DEEP + b"1" + closing * DEEP + b"}"
            self.refused(None, "POST", "/login", body, 400, "M_BAD_JSON")
            self.events([body], 400, "M_BAD_JSON")
            self.refused(None, "POST", "/login", opening * DEEP, 400, "M_BAD_JSON")
        self.refused(None, "POST", "/login", b'{"type":' + b"[" * 200_000 + b"]" * 200_000 + b"}", 400, "M_BAD_JSON")
        if time.monotonic() - began > 20 * SLOWNESS:
            raise Wrong("it takes too long")

    def case_not_json(self):
        """bodies that are not JSON, or not an object"""
        self.events((b"", b"nonsense", b"{", b'{"a":}', b"{'a':1}", b'{"a":1,}', b'{"a":01}', b'{"a":+1}', b'{"a":1}x',
                     b"\xff\xfe{}", b'{"a":"\xc0\xaf"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xff"}', b'{"a":"\t"}',
                     b'{"a":"\\x"}', b'{"a":NaN}', b'{"a":Infinity}', b'\xef\xbb\xbf{}x'), 400, "M_NOT_JSON")
        self.events((b"[]", b"1", b'"x"', b"null", b"true"), 400, "M_BAD_JSON")

    def case_lone_surrogates(self):
        """lone surrogates in strings and keys"""
        self.events((rb'{"a":"\ud800"}', rb'{"a":"\udc00"}', rb'{"a":"\ud800x"}', rb'{"\ud800":1}', rb'{"a":"\ud800\ud800"}',
                     rb'{"a":["\udfff"]}'), 400, "M_BAD_JSON")
        self.refused(None, "POST", "/login", rb'{"type":"m.login.password","password":"\ud800"}', 400, "M_BAD_JSON")

    def case_duplicate_keys(self):
        """duplicate keys"""
        self.events((b'{"a":1,"a":1}', b'{"b":{"a":1,"a":2}}', b'{"a":1,"\\u0061":2}'), 400, "M_BAD_JSON")

    def case_numbers(self):
        """floats and integers beyond 2^53-1 in events"""
        numbers = (b"1.5", b"9007199254740992", b"-9007199254740992", b"1e400", b"-1e-400", b"1" * 400, b"1.0e0")
        self.events((b'{"a":' + number + b"}" for number in numbers), 400, "M_BAD_JSON")
        for number in (b"9007199254740991", b"-9007199254740991", b"0"):
            self.must(self.ada, "PUT", f"/rooms/{quote(self.room)}/send/org.example.fine/f{uuid.uuid4().hex}",
                      {"a": int(number)})

    # ---- sizes ------------------------------------------------------------------------------------------------------

    def case_large_event(self):
        """an event over 65,536 bytes"""
        self.must(self.ada, "PUT", f"/rooms/{quote(self.room)}/send/org.example.large/l1", {"a": "x" * 60_000})
        self.events((json.dumps({"a": "x" * size}).encode() for size in (65_537, 65_536, 65_300, 200_000)), 413, "M_TOO_LARGE")

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
                     json.dumps({"a": "x" * (letters + 1)}).encode(), 413, "M_TOO_LARGE")
        if send(letters).status != 200:
            raise Wrong("65,536 bytes, once more")

    def case_identifiers(self):
        """identifiers of 255 bytes fit, of 256 do not"""
        room = f"/rooms/{quote(self.room)}"
        server = self.ada["user_id"].split(":", 1)[1]
        name = (f"n{self.run_id}" + "a" * 300)[:255 - len(f"@:{server}")]
        body = {"auth": {"type": "m.login.dummy"}, "password": "a long password", "username": name}
        self.must(None, "POST", "/register", body)
        alias = (f"n{self.run_id}" + "a" * 300)[:255 - len(f"#:{server}")]
        here = json.dumps({"room_id": self.room}).encode()
        self.must(self.ada, "PUT", f"/directory/room/{quote(f'#{alias}:{server}', safe='')}", {"room_id": self.room})
        for key in ("x" * 255, "ü" * 127):
            self.must(self.ada, "PUT", f"{room}/state/org.example.key/{quote(key)}", {"a": 1})
        self.must(self.ada, "PUT", f"{room}/send/{'t' * 255}/{uuid.uuid4().hex}", {"a": 1})
        message = b'{"msgtype":"m.text","body":"x"}'
        self.all_refused([
            (None, "POST", "/register", json.dumps(body | {"username": name + "a"}).encode(), 400, "M_INVALID_USERNAME"),
            (self.ada, "PUT", f"/directory/room/{quote(f'#{alias}a:{server}', safe='')}", here, 400, "M_INVALID_PARAM"),
            (self.ada, "PUT", f"{room}/state/org.example.key/{'x' * 256}", b"{}", 413, "M_TOO_LARGE"),
            (self.ada, "PUT", f"{room}/state/org.example.key/{quote('ü' * 128)}", b"{}", 413, "M_TOO_LARGE"),
            (self.ada, "PUT", f"{room}/send/{'t' * 256}/{uuid.uuid4().hex}", b"{}", 413, "M_TOO_LARGE"),
            (self.ada, "PUT", f"{room}/send/m.room.message/{'t' * 10_000}", message, 400, "M_INVALID_PARAM"),
            (self.ada, "PUT", f"/rooms/!{'r' * 300}/send/m.room.message/1", message, 400, "M_INVALID_PARAM"),
        ])

    # ---- paths ------------------------------------------------------------------------------------------------------

    def case_paths(self):
        """NUL, overlong UTF-8, surrogates and broken escapes in paths"""
        broken = ("%", "%4", "%zz")
        for bad in ("%00", "a%00b", "%C0%AF", "%C0%80", "%E0%80%AF", "%ED%A0%80", "%FF", "%F8%88%80%80%80", *broken):
            paths = (f"/rooms/!{bad}:x/state", f"/profile/@{bad}:x", f"/directory/room/%23{bad}:x",
                     f"/rooms/{quote(self.room)}/state/m.room.topic/{bad}", f"/_matrix/client/v1/media/download/localhost/{bad}")
            self.all_refused([(self.ada, "GET", path, None, 400, "M_INVALID_PARAM") for path in paths] + [
                (self.ada, "PUT", f"/rooms/{quote(self.room)}/send/m.room.message/{bad}", b'{"msgtype":"m.text","body":"x"}',
                 400, "M_INVALID_PARAM")])
        # Text like any other: an id of no media.
        self.all_refused((self.ada, "GET", f"/_matrix/client/v1/media/download/localhost/{path}", None, 404, "M_NOT_FOUND")
                         for path in ("..%2f..%2fetc%2fpasswd", "..", "%2e%2e%2f%2e%2e", "a%2fb", "%5c..%5c"))

    def case_malformed_ids(self):
        """identifiers of the wrong kind"""
        room, rows = f"/rooms/{quote(self.room)}", []
        for user in ("ada", "@", "@:", "@ada", "!x:localhost", "@ada:", "@ada:bad host"):
            rows.append((self.ada, "GET", f"/profile/{quote(user, safe='')}", None, 400, "M_INVALID_PARAM"))
        for user in ("ada", "@", "@:", "@ada", "!x:localhost", "@ada:", "@ada:bad host", "x" * 50_000):
            rows.append((self.ada, "POST", f"{room}/invite", json.dumps({"user_id": user}).encode(), 400, "M_INVALID_PARAM"))
        rows.append((self.ada, "GET", f"/profile/{'x' * 50_000}", None, 414, "M_TOO_LARGE"))
        for other in ("x", "!", "@ada:localhost", "$x", "#alias"):
            rows.append((self.ada, "POST", f"/rooms/{quote(other, safe='')}/join", b"{}", 400, "M_INVALID_PARAM"))
            rows.append((self.ada, "PUT", f"/rooms/{quote(other, safe='')}/send/m.room.message/1", b"{}", 400, "M_INVALID_PARAM"))
        self.all_refused(rows)

    # ---- people -----------------------------------------------------------------------------------------------------

    def case_unknown_token(self):
        """an unknown token is 401 M_UNKNOWN_TOKEN everywhere"""
        for token in ("never given", "x" * 5_000, "\u00e4", "a b"):
            stranger = {"access_token": token}
            self.all_refused((stranger, method, path, b"{}" if method != "GET" else None, 401, "M_UNKNOWN_TOKEN") for method, path in (
                ("GET", "/sync"), ("GET", "/account/whoami"), ("POST", "/createRoom"), ("GET", "/devices"),
                ("PUT", f"/rooms/{quote(self.room)}/send/m.room.message/1"), ("POST", "/keys/upload"),
                ("POST", "/_matrix/media/v3/upload"), ("GET", "/_matrix/client/v1/media/config")))
        self.refused(None, "GET", "/sync", None, 401, "M_MISSING_TOKEN")

    def case_other_peoples_ids(self):
        """another user's ids"""
        me, device = quote(self.ada["user_id"]), self.ada["device_id"]
        room, event, bob = f"/rooms/{quote(self.room)}", quote(self.kept[0]), {"user_id": self.bob["user_id"]}
        ada = {"user_id": self.ada["user_id"]}
        body, message = b'{"a":1}', b'{"msgtype":"m.text","body":"x"}'
        forbidden, unknown, flows = (403, "M_FORBIDDEN"), (404, "M_NOT_FOUND"), (401, None)
        self.all_refused((self.bob, method, path, content, *expected) for method, path, content, expected in (
            ("PUT", f"/profile/{me}/displayname", b'{"displayname":"x"}', forbidden),
            ("DELETE", f"/profile/{me}/displayname", None, forbidden),
            ("PUT", f"/presence/{me}/status", b'{"presence":"online"}', forbidden),
            ("PUT", f"/user/{me}/account_data/x", body, forbidden), ("GET", f"/user/{me}/account_data/x", None, forbidden),
            ("PUT", f"/user/{me}{room}/account_data/x", body, forbidden), ("GET", f"/user/{me}{room}/tags", None, forbidden),
            ("PUT", f"/user/{me}{room}/tags/u.x", b"{}", forbidden), ("DELETE", f"/user/{me}{room}/tags/u.x", None, forbidden),
            ("POST", f"/user/{me}/filter", b"{}", forbidden), ("GET", f"/user/{me}/filter/0", None, forbidden),
            ("POST", f"/user/{me}/openid/request_token", b"{}", forbidden),
            ("PUT", f"{room}/typing/{me}", b'{"typing":true}', forbidden),
            ("GET", f"{room}/state", None, forbidden), ("GET", f"{room}/messages?dir=b", None, forbidden),
            ("GET", f"{room}/members", None, forbidden), ("GET", f"{room}/joined_members", None, forbidden),
            ("GET", f"{room}/event/{event}", None, unknown), ("GET", f"{room}/context/{event}", None, forbidden),
            ("PUT", f"{room}/send/m.room.message/1", message, forbidden), ("PUT", f"{room}/redact/{event}/1", b"{}", forbidden),
            ("POST", f"{room}/receipt/m.read/{event}", b"{}", forbidden), ("POST", f"{room}/report/{event}", b"{}", unknown),
            ("POST", f"{room}/invite", json.dumps(bob).encode(), forbidden),
            ("POST", f"{room}/kick", json.dumps(ada).encode(), forbidden), ("POST", f"{room}/ban", json.dumps(ada).encode(), forbidden),
            ("POST", f"{room}/join", b"{}", forbidden), ("POST", f"{room}/upgrade", b'{"new_version":"12"}', forbidden),
            ("GET", f"/devices/{device}", None, unknown), ("PUT", f"/devices/{device}", b'{"display_name":"x"}', unknown),
            ("DELETE", f"/devices/{device}", b"{}", flows),
            ("GET", f"/admin/whois/{me}", None, forbidden)))


def cases(world: BadInput):
    for name in dir(world):
        if name.startswith("case_"):
            case = getattr(world, name)
            yield f"bad input: {case.__doc__}", case


def run(binary, external, contract: Contract) -> tuple[int, list[str]]:
    """(cases passed, one line per failure)"""
    passed, notes = 0, []
    server = external or Server(binary, {"limits.request_body": "16 MiB"})
    try:
        if isinstance(server, Server):
            server.start()
        world = BadInput(server, contract)
        for name, case in cases(world):
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
    return passed, notes
