"""The language of scenario scripts: statements, and the world in which they run. README.md describes it."""
import base64
import functools
import hashlib
import hmac
import json
import re
import shutil
import tempfile
import threading
import time
import uuid
from pathlib import Path
from urllib.parse import quote

from bridges import BridgeStatements, write_registrations
from contract import Contract
from httpc import Answer, Client
from log_scan import LogScan
from operators import OperatorStatements
from outside import OutsideStatements
from peyk_config import TEST_DEFAULTS
from pictures import picture
from server import SLOWNESS, External, Server
from sites import SiteStatements
from values import MISSING, Capture, Scope, ScriptError, arrow, as_text, is_there, open_brackets, split

ROOT = Path(__file__).resolve().parent.parent.parent
METHODS = {"get", "put", "post", "delete", "options", "head"}
MEMBERSHIP = {"join", "leave", "forget", "knock"}
MODERATION = {"invite", "kick", "ban", "unban"}
CLIENT = "/_matrix/client/v3"
KEY = re.compile(rb'"((?:[^"\\\\]|\\\\.)*)"\s*:')
# Members that the specification has and openapi.json has not: of the Push Gateway API, and of `unsigned`.
SPECIFIED_ELSEWHERE = {"tweaks", "room_name", "sender_display_name", "m.relations", "prev_sender", "og:video", "finalised",
                       "org.matrix.msc4143.rtc_foci", "org.matrix.msc1763", "m.room.retention", "identity_providers"}
SHARED_SECRET = TEST_DEFAULTS["registration"]["shared_secret"]


class Failed(Exception):
    """An expectation of the script does not hold."""


class NeedsOwnServer(Exception):
    """The script configures or stops its server, which an external one does not let it do."""


class User:
    def __init__(self, user_id: str, token: str, device: str, password: str, server: str):
        self.id, self.token, self.device, self.password, self.server = user_id, token, device, password, server
        self.refresh = MISSING
        self.since: str | None = None  # next_batch of the last sync

    @property
    def text(self) -> str:
        return self.id

    def fields(self) -> dict:
        return {"id": self.id, "token": self.token, "device": self.device, "password": self.password,
                "localpart": self.id[1:].split(":")[0], "refresh": self.refresh}


@functools.cache
def specified_keys(contract: Contract) -> frozenset[str]:
    """Names of members anywhere in the specification's schemas."""
    found: set[str] = set()
    todo: list = [contract.schemas.definitions, contract.operations]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if isinstance(value.get("properties"), dict):
                found |= value["properties"].keys()
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return frozenset(found)


def keys_in(body: bytes | None) -> set[str]:
    return {key.decode("utf-8", "replace") for key in KEY.findall((body or b"")[:2_000_000])}


class World:
    """Servers, users and captures of one script."""

    def __init__(self, binary: Path, contract: Contract, external: External | None = None, shown=None):
        """`shown(method, target, answer)` hears of every answer that fits the specification."""
        self.binary, self.contract, self.external, self.shown = binary, contract, external, shown
        self.servers: dict[str, Server | External] = {}
        self.clients: dict[str, Client] = {}
        self.services: dict = {}  # FakeService by name
        self.outsiders: list = []  # gateways, mailboxes, identity servers: closed at the end
        self.scope = Scope()
        self.run_id = uuid.uuid4().hex[:8]
        self.scope.set("run", self.run_id)
        self.scope.set("source", str(ROOT))
        self.lock = threading.Lock()
        self.trace: list[str] = []  # the last requests, for failures
        self.counter = 0
        self.folder: Path | None = None  # of registration files
        self.scan = LogScan()
        self.keys: set[str] = set()  # of all JSON that went to and fro

    def add_server(self, name: str, options: dict) -> None:
        if self.external:
            if options or self.servers:
                raise NeedsOwnServer("it configures its server")
            self.servers[name] = self.external
        else:
            engine = options.pop("engine", "rocksdb")
            options.setdefault("logging.level", "debug")
            if self.services:
                self.folder = Path(tempfile.mkdtemp(prefix="peyk-test-services-"))
                options["appservices.files"] = write_registrations(self.services, self.folder)
            self.servers[name] = Server(self.binary, options, options.pop("name", "localhost"), engine)
            self.servers[name].start()
        self.clients[name] = self.servers[name].client()
        for service in self.services.values():
            service.homeserver = ("127.0.0.1", self.servers[name].port)

    @staticmethod
    def user_of_service(service) -> "User":
        registration = service.registration
        return User(f"@{registration['sender_localpart']}:localhost", registration["as_token"], "", "", "a")

    def server(self, name: str | None = None) -> str:
        with self.lock:
            if not self.servers:
                self.add_server("a", {})
        if name is None:
            return next(iter(self.servers))
        if name not in self.servers:
            raise ScriptError(f"no server {name}")
        return name

    def own(self, name: str) -> Server:
        server = self.servers[self.server(name)]
        if isinstance(server, External):
            raise NeedsOwnServer("it stops its server")
        return server

    def next(self) -> int:
        with self.lock:
            self.counter += 1
            return self.counter

    def request(self, server: str, method: str, target: str, body: bytes | None, headers: dict, wanted=()) -> Answer:
        answer = self.clients[server].request(method, target, body, headers)
        self.scan.saw(target, headers, body, answer.body)
        self.keys |= keys_in(body) | keys_in(answer.body)
        with self.lock:
            self.trace = [*self.trace[-3:], f"{method} {target} {(body or b'')[:400].decode('utf-8', 'replace')}\n"
                          f"      -> {answer.status} {answer.body[:700].decode('utf-8', 'replace')}"]
        if method in ("GET", "PUT", "POST", "DELETE"):
            problems = self.contract.check(method, target, answer.status, answer.content_type, answer.body, wanted)
            if self.external:  # the best-known server writes null where the schema wants absence
                problems = [problem for problem in problems if ": null is not" not in problem]
            if problems:
                raise Failed("the answer departs from the specification: " + "; ".join(problems[:4]))
        if self.shown:
            self.shown(method, target, answer, body)
        return answer

    def finish(self) -> None:
        """Every server is alive at the end, stops in order, and has logged nothing that is private."""
        for server in self.servers.values():
            if isinstance(server, Server) and server.process is not None:
                if not server.alive():
                    raise Failed(f"the server died with {server.process.returncode}:\n{server.log_tail()}")
                server.stop()
                as_json = server.sections["logging"].get("format") == "json"
                problems = self.scan.problems(server.log.read_text(errors="replace"), as_json)
                if problems:
                    raise Failed(f"{len(problems)} lines of the log: " + "; ".join(problems[:3]))

    def dispose(self) -> None:
        for outsider in self.outsiders:
            outsider.close()
        for server in self.servers.values():
            server.dispose()
        for service in self.services.values():
            service.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class Statement:
    def __init__(self, text: str, line: int):
        self.text, self.line = text, line
        self.words = split(text)
        self.block: list[Statement] = []


class Script:
    def __init__(self, text: str, name: str):
        self.name = name
        lines = list(self.logical_lines(text))
        self.statements, rest = self.nest(lines, 0, name)
        if rest != len(lines):
            raise ScriptError(f"{name}: `end` without a block")

    @staticmethod
    def logical_lines(text: str):
        """Statements with their line numbers: JSON that is open at the end of a line goes on in the next one."""
        pending, start = "", 0
        for number, line in enumerate(text.splitlines(), 1):
            stripped = line.strip()
            if not pending and (not stripped or stripped.startswith("#")):
                continue
            start = start if pending else number
            pending = f"{pending} {stripped}" if pending else stripped
            if open_brackets(pending) <= 0:
                yield Statement(pending, start)
                pending = ""
        if pending:
            raise ScriptError(f"line {start}: brackets stay open")

    @classmethod
    def nest(cls, lines: list[Statement], at: int, name: str) -> tuple[list[Statement], int]:
        out = []
        while at < len(lines):
            statement = lines[at]
            at += 1
            if statement.words[0] == "end":
                return out, at
            if statement.words[0] in ("parallel", "repeat"):
                before = at
                statement.block, at = cls.nest(lines, at, name)
                if at == before or lines[at - 1].words[0] != "end":
                    raise ScriptError(f"{name}:{statement.line}: block without `end`")
            out.append(statement)
        return out, at

    def run(self, world: World) -> None:
        Runner(world, self.name).run(self.statements, world.scope)


class Runner(BridgeStatements, OperatorStatements, OutsideStatements, SiteStatements):
    def __init__(self, world: World, name: str):
        self.world, self.name = world, name

    def run(self, statements: list[Statement], scope: Scope) -> None:
        for statement in statements:
            self.run_one(statement, scope)

    def run_one(self, statement: Statement, scope: Scope) -> None:
        try:
            self.execute(statement, scope)
        except NeedsOwnServer:
            raise
        except (Failed, ScriptError) as error:
            if str(error).startswith(self.name):
                raise
            raise Failed(self.report(statement, str(error))) from None
        except Exception as error:
            raise Failed(self.report(statement, f"{type(error).__name__}: {error}")) from error

    @staticmethod
    def failure(text: str) -> Failed:
        return Failed(text)

    def report(self, statement: Statement, text: str) -> str:
        out = f"{self.name}:{statement.line}: {statement.text[:160]}\n    {text}"
        for entry in self.world.trace[-2:]:
            out += f"\n    {entry}"
        for server in self.world.servers.values():
            if not server.alive():
                out += f"\n    the server is dead:\n{server.log_tail()}"
        return out

    def execute(self, statement: Statement, scope: Scope) -> None:
        verb, *words = statement.words
        if verb in METHODS:
            self.do_request(verb.upper(), words, scope)
        elif verb in MEMBERSHIP:
            who, room, *rest = words
            self.do_request("POST", [who, f"/rooms/{{{room}}}/{verb}" if verb != "knock" else f"/knock/{{{room}}}",
                                     *with_body(rest)], scope)
        elif verb in MODERATION:
            who, target, room, *rest = words
            body = f'{{"user_id":"{{{target}.id}}"}}'
            self.do_request("POST", [who, f"/rooms/{{{room}}}/{verb}", body, *rest], scope)
        else:
            action = getattr(self, f"do_{verb}", None)
            if action is None:
                raise ScriptError(f"no statement {verb!r}")
            if verb in ("parallel", "repeat"):
                action(statement, words, scope)
            else:
                action(words, scope)

    # ---- servers --------------------------------------------------------------------------------------------------

    def do_server(self, words, scope) -> None:
        name, options = words[0], json.loads(scope.json_text(words[1])) if len(words) > 1 else {}
        self.world.add_server(name, options)

    def do_restart(self, words, scope) -> None:
        server = self.world.own(words[0] if words else None)
        server.stop()
        server.start()

    def do_kill(self, words, scope) -> None:
        """kill -9, then a start on what is left."""
        server = self.world.own(words[0] if words else None)
        server.kill()
        server.start()

    def do_stop(self, words, scope) -> None:
        self.world.own(words[0] if words else None).stop()

    def do_start(self, words, scope) -> None:
        self.world.own(words[0] if words else None).start()

    def do_wait(self, words, scope) -> None:
        time.sleep(int(words[0].removesuffix("ms")) / 1000 * SLOWNESS)

    # ---- people and rooms -----------------------------------------------------------------------------------------

    def do_user(self, words, scope) -> None:
        for word in words:
            name, _, server_name = word.partition("@")
            server = self.world.server(server_name or None)
            local = name if not self.world.external else f"{name}-{self.world.run_id}"
            password = f"open sesame {name}"
            body = {"auth": {"type": "m.login.dummy"}, "username": local, "password": password, "refresh_token": False}
            answer = self.world.request(server, "POST", f"{CLIENT}/register", json.dumps(body).encode(), {})
            if answer.status != 200:
                raise Failed(f"registration answered {answer.status}: {answer.body[:300]!r}")
            made = answer.json()
            scope.set(name, User(made["user_id"], made["access_token"], made["device_id"], password, server))

    def do_admin(self, words, scope) -> None:
        """Administrators are made with the shared secret, as operators' tools do."""
        for name in words:
            server = self.world.server(None)
            path = "/_synapse/admin/v1/register"
            nonce = self.world.request(server, "GET", path, b"", {}).json()["nonce"]
            password = f"open sesame {name}"
            words_of_mac = b"\0".join(part.encode() for part in (nonce, name, password, "admin"))
            mac = hmac.new(SHARED_SECRET.encode(), words_of_mac, hashlib.sha1).hexdigest()
            body = {"nonce": nonce, "username": name, "password": password, "admin": True, "mac": mac}
            answer = self.world.request(server, "POST", path, json.dumps(body).encode(), {})
            if answer.status != 200:
                raise Failed(f"the administrator was not registered: {answer.status} {answer.body[:300]!r}")
            made = answer.json()
            scope.set(name, User(made["user_id"], made["access_token"], made["device_id"], password, server))

    def do_login(self, words, scope) -> None:
        """login tab as ada [{"device_id": "X"}] [-> …]: one more device of ada."""
        (name, _, owner, *rest), expected = arrow(words)
        user = self.user(owner, scope)
        body = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user.id},
                "password": user.password}
        if rest:
            body |= json.loads(scope.json_text(rest[0]))
        answer = self.world.request(user.server, "POST", f"{CLIENT}/login", json.dumps(body).encode(), {})
        self.expect(answer, expected, scope, 0)
        if answer.status == 200:
            made = answer.json()
            again = User(made["user_id"], made["access_token"], made["device_id"], user.password, user.server)
            again.refresh = made.get("refresh_token", MISSING)
            scope.set(name, again)

    def user(self, name: str, scope: Scope) -> User:
        user = scope.get(name)
        if not isinstance(user, User):
            raise ScriptError(f"{name} is not a user")
        return user

    def do_room(self, words, scope) -> None:
        """room lobby by ada [preset=…] [version=…] [join=bob,carol] [{"more": "of createRoom"}]"""
        (name, _, owner, *rest), expected = arrow(words)
        body, joining = {"preset": "public_chat"}, []
        for word in rest:
            key, _, value = word.partition("=")
            if word.startswith("{"):
                body |= json.loads(scope.json_text(word))
            elif key == "version":
                body["room_version"] = value
            elif key == "join":
                joining = value.split(",")
            elif key == "invite":
                body["invite"] = [self.user(guest, scope).id for guest in value.split(",")]
            else:
                body[key] = value
        user = self.user(owner, scope)
        answer = self.world.request(user.server, "POST", f"{CLIENT}/createRoom", json.dumps(body).encode(), auth(user))
        self.expect(answer, expected, scope, 0)
        if answer.status == 200:
            scope.set(name, answer.json()["room_id"])
        for guest in joining:
            self.do_request("POST", [guest, f"/rooms/{{{name}}}/join", "{}"], scope)

    def do_send(self, words, scope) -> None:
        """send ada lobby "text" | send ada lobby m.type {…} [txn=…]"""
        words, expected = arrow(words)
        who, room, *rest = words
        txn = f"auto{self.world.next()}-{self.world.run_id}"
        if rest[-1].startswith("txn="):
            txn = rest.pop()[4:]
        if rest[0].startswith('"'):
            kind, body = "m.room.message", json.dumps({"msgtype": "m.text", "body": json.loads(scope.json_text(rest[0]))})
        else:
            kind, body = rest[0], rest[1]
        self.do_request("PUT", [who, f"/rooms/{{{room}}}/send/{kind}/{txn}", body, *unarrow(expected)], scope)

    def do_state(self, words, scope) -> None:
        """state ada lobby m.room.topic [key] {…}"""
        words, expected = arrow(words)
        who, room, kind, *rest = words
        key = f"/{rest[0]}" if len(rest) > 1 else ""
        self.do_request("PUT", [who, f"/rooms/{{{room}}}/state/{kind}{key}", rest[-1], *unarrow(expected)], scope)

    def do_upload(self, words, scope) -> None:
        """upload ada image/png png:64x48 | upload ada text/plain "hello" [?filename=…]"""
        words, expected = arrow(words)
        who, kind, what, *query = words
        if made := picture(what):
            data = made
        elif what.startswith("bytes:"):
            data = bytes(i * 7 % 256 for i in range(int(what[6:])))
        else:
            data = json.loads(scope.json_text(what)).encode()
        user = self.user(who, scope)
        target = "/_matrix/media/v3/upload" + "".join(scope.path(part) for part in query)
        began = time.monotonic()
        answer = self.world.request(user.server, "POST", target, data, auth(user) | {"Content-Type": kind}, expected[0])
        self.expect(answer, expected, scope, time.monotonic() - began)

    # ---- requests -------------------------------------------------------------------------------------------------

    def do_request(self, method: str, words, scope) -> None:
        """WHO PATH [JSON | raw="…" | form="a=b"] [with "Header: value"…] [-> STATUS [ERRCODE] [name]]"""
        words, expected = arrow(words)
        who, path, *rest = words
        headers, body = {}, None
        while rest:
            word = rest.pop(0)
            if word == "with":
                while rest and rest[0].startswith('"'):
                    name, _, value = scope.text(json.loads(rest.pop(0))).partition(":")
                    headers[name] = value.strip()
            elif word.startswith("raw="):
                body = json.loads(word[4:]).encode("utf-8", "surrogatepass")
            elif word.startswith("form="):
                body = scope.text(json.loads(word[5:])).encode()
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            else:
                body = scope.json_text(word).encode()
        server = self.world.server(None)
        if who.startswith("token:"):
            headers["Authorization"] = "Bearer " + scope.text(who[6:])
        elif who.startswith("-"):
            server = self.world.server(who[2:] or None)
        else:
            user = self.user(who, scope)
            server, headers = user.server, auth(user) | headers
        if method in ("POST", "PUT") and body is None and "Content-Type" not in headers:
            body = b"{}"
        began = time.monotonic()
        answer = self.world.request(server, method, scope.path(full_path(path)), body, headers, expected[0])
        self.expect(answer, expected, scope, time.monotonic() - began)

    def expect(self, answer: Answer, expected, scope: Scope, seconds: float) -> None:
        statuses, errcode, name = expected
        if answer.status not in statuses:
            raise Failed(f"expected {' or '.join(map(str, statuses))}, got {answer.status}: "
                         + answer.body[:400].decode("utf-8", "replace"))
        if errcode and answer.json().get("errcode") != errcode:
            raise Failed(f"expected {errcode}, got {answer.body[:300].decode('utf-8', 'replace')}")
        if name:
            scope.set(name, Capture(answer, seconds * 1000))

    def do_sync(self, words, scope) -> None:
        """sync ada [initial | since=…] [timeout=ms] [filter=…] [key=value…] [-> name]"""
        words, expected = arrow(words)
        user = self.user(words[0], scope)
        query = {"timeout": "0"}
        if user.since:
            query["since"] = user.since
        for word in words[1:]:
            key, _, value = word.partition("=")
            if word == "initial":
                query.pop("since", None)
            elif key == "filter" and value.startswith("{") and '"' in value:
                query[key] = scope.json_text(value)
            else:
                query[key] = as_text(scope.expression(value)) if re.match(r"[A-Za-z_]\w*\.", value) else scope.text(value)
        self.expect_sync(user, query, expected, scope)

    def expect_sync(self, user: User, query: dict, expected, scope: Scope) -> None:
        target = f"{CLIENT}/sync?" + "&".join(f"{key}={quote(str(query[key]), safe='')}" for key in query)
        began = time.monotonic()
        answer = self.world.request(user.server, "GET", target, None, auth(user), expected[0])
        self.expect(answer, expected, scope, time.monotonic() - began)
        if answer.status == 200:
            user.since = answer.json()["next_batch"]

    def do_until(self, words, scope) -> None:
        """until ada PATH [-> name]: syncs on until the path is there."""
        words, (_, _, name) = arrow(words)
        user, path = self.user(words[0], scope), words[1]
        end = time.monotonic() + 15 * SLOWNESS
        while time.monotonic() < end:
            query = {"timeout": "1000"} | ({"since": user.since} if user.since else {})
            self.expect_sync(user, query, ((200,), None, "_until"), scope)
            if is_there(scope.expression(f"_until.{path}" if not path.startswith("[") else f"_until{path}")):
                if name:
                    scope.set(name, scope.get("_until"))
                return
        raise Failed(f"{path} did not come")

    # ---- statements about values ----------------------------------------------------------------------------------

    def do_let(self, words, scope) -> None:
        name, sign, *value = words
        if sign != "=" or len(value) != 1:
            raise ScriptError("let NAME = VALUE")
        scope.set(name, scope.expression(value[0]))

    def do_same(self, words, scope) -> None:
        left, right = self.pair(words, scope)
        if left != right or left is MISSING:
            raise Failed(f"{words[0]} is {show(left)}\n    {words[1]} is {show(right)}")

    def do_differs(self, words, scope) -> None:
        left, right = self.pair(words, scope)
        if left == right or MISSING in (left, right):
            raise Failed(f"both are {show(left)}" if left == right else f"{show(left)} and {show(right)}")

    @staticmethod
    def pair(words, scope):
        if len(words) != 2:
            raise ScriptError("two values are compared")
        return scope.expression(words[0]), scope.expression(words[1])

    def do_has(self, words, scope) -> None:
        for word in words:
            if not is_there(scope.expression(word)):
                raise Failed(f"{word} is not there")

    def must_be_known(self, path: str, scope: Scope) -> None:
        """A path that is misspelt leads nowhere too: each of its keys is one of the specification's or was met in this
        script. What did not come from the server, such as a mail, is known to the one who wrote the script."""
        if not isinstance(scope.get(re.match(r"\w*", path)[0]), Capture):
            return
        for key in scope.keys_of(path):
            if key not in (specified_keys(self.world.contract) | self.world.keys | SPECIFIED_ELSEWHERE):
                raise ScriptError(f"{path}: nothing ever has a {key!r} here; is it misspelt?")

    def do_absent(self, words, scope) -> None:
        for word in words:
            value = scope.expression(word)
            self.must_be_known(word, scope)
            if is_there(value):
                raise Failed(f"{word} is there: {show(value)}")

    def do_count(self, words, scope) -> None:
        value = scope.expression(words[0])
        size = 0 if value is MISSING else len(value)
        if size == 0:
            self.must_be_known(words[0], scope)
        if size != scope.expression(words[1]):
            raise Failed(f"{words[0]} has {size}: {show(value)}")

    def do_contains(self, words, scope) -> None:
        value, wanted = self.pair(words, scope)
        if value is MISSING or wanted not in value:
            raise Failed(f"{words[0]} is {show(value)}")

    def do_lacks(self, words, scope) -> None:
        value, unwanted = self.pair(words, scope)
        if value is not MISSING and unwanted in value:
            raise Failed(f"{words[0]} is {show(value)}")
        self.must_be_known(words[0], scope)

    def do_set(self, words, scope) -> None:
        """set LIST LIST: the same members in any order."""
        left, right = self.pair(words, scope)
        if left is MISSING or sorted(map(as_text, left)) != sorted(map(as_text, right)):
            raise Failed(f"{words[0]} is {show(left)}\n    {words[1]} is {show(right)}")

    def do_match(self, words, scope) -> None:
        value, pattern = scope.expression(words[0]), scope.text(json.loads(words[1]))
        if value is MISSING or not re.search(pattern, as_text(value)):
            raise Failed(f"{words[0]} is {show(value)}")

    def do_less(self, words, scope) -> None:
        left, right = self.pair(words, scope)
        if MISSING in (left, right) or not left < right:
            raise Failed(f"{show(left)} is not less than {show(right)}")

    def do_signed(self, words, scope) -> None:
        """signed A SECRET B: A is B under SECRET as relays for calls check it, HMAC-SHA1 in base64."""
        signature, secret, text = (scope.expression(word) for word in words)
        digest = hmac.new(as_text(secret).encode(), as_text(text).encode(), hashlib.sha1).digest()
        if signature != base64.b64encode(digest).decode():
            raise Failed(f"{words[0]} is {show(signature)}, and no signature of {show(text)}")

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def do_repeat(self, statement: Statement, words, scope) -> None:
        """repeat 20 [as n] … end: {i}, or {n}, counts from 1."""
        name = words[2] if len(words) == 3 else "i"
        for number in range(1, int(words[0]) + 1):
            scope.set(name, number)
            self.run(statement.block, scope)

    def do_parallel(self, statement: Statement, words, scope) -> None:
        """parallel [times] … end: each statement of the block at the same time, `times` of each ({i} counts)."""
        errors: list[Exception] = []

        def work(part: Statement, inner: Scope):
            try:
                self.run_one(part, inner)
            except Exception as error:
                errors.append(error)
            finally:
                for client in self.world.clients.values():
                    client.drop()

        self.world.server(None)
        threads, scopes = [], []
        for number in range(1, (int(words[0]) if words else 1) + 1):
            for part in statement.block:
                inner = Scope(scope)
                inner.set("i", number)
                scopes.append(inner)
                threads.append(threading.Thread(target=work, args=(part, inner), daemon=True))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60 * SLOWNESS)
        if errors:
            raise errors[0]
        if any(thread.is_alive() for thread in threads):
            raise Failed("a request of the parallel block does not end")
        for inner in scopes:  # captures stay; with several rounds, NAME is a list of all
            for name, value in inner.names.items():
                if name == "i":
                    continue
                if words:
                    before = scope.names.get(name)
                    before = before if isinstance(before, list) else []
                    scope.set(name, [*before, value.value if isinstance(value, Capture) else value])
                else:
                    scope.set(name, value)


def full_path(path: str) -> str:
    if path.startswith(("/_", "/.well-known")):
        return path
    if path.startswith("//"):  # from the root
        return path[1:]
    if path.startswith("/v1/"):
        return "/_matrix/client" + path
    return CLIENT + path


def auth(user: User) -> dict:
    return {"Authorization": f"Bearer {user.token}"}


def unarrow(expected) -> list[str]:
    statuses, errcode, name = expected
    return ["->", "|".join(map(str, statuses)), *[word for word in (errcode, name) if word]]


def with_body(words: list[str]) -> list[str]:
    return words if words and words[0].startswith("{") else ["{}", *words]


def show(value) -> str:
    return repr(value)[:600] if value is MISSING else json.dumps(value.value if isinstance(value, Capture) else value,
                                                                 default=as_text)[:600]
