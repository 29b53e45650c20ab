"""The access matrix: users × membership × history visibility × endpoint. Nobody reads what they may not, and everybody what
they may.

access/story.py builds a room for every pair of history visibilities, with all kinds of members, and a mark in everything that
is said; access/rules.py says from a room's log who may read which mark; access/probes.py asks every endpoint. Each row of the
matrix (a kind of member, a room) is one case; leaks are found by looking for marks in the raw answers. access/routes.py holds what is
asked against the server's own list of routes, access/doors.py asks each of them as outsiders, access/guests.py what guests may.
"""
import hashlib
import hmac
import json
import tempfile
import threading
import time
from pathlib import Path

from access import guests
from access.doors import Doors
from access.people import Person, Request, enc, new_mark
from access.probes import Probe, of_room
from access.routes import Routes
from access.rules import View, marks_in
from access.story import ROLES, Room, tell
from contract import Contract
from fake_gateway import Gateway
from fake_service import FakeService
from fake_site import Site
from httpc import Client
from peyk_config import TEST_DEFAULTS
from pictures import png
from server import SLOWNESS, Server

PASSWORD = "a long password"
TABLE = Path(__file__).resolve().parent.parent.parent.parent / "shared/spec/endpoints.tsv"
WHOLE = json.dumps({"room": {"include_leave": True, "timeline": {"limit": 100}}})
SHORT = json.dumps({"room": {"timeline": {"limit": 1}}})
LAZY = json.dumps({"room": {"include_leave": True, "timeline": {"limit": 100, "lazy_load_members": True},
                            "state": {"lazy_load_members": True}}})
MERGED, DEPLOYED = "/_matrix/client/v4/sync", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"


class Named(Probe):
    """An event that is asked for by its id alone: nothing but what the asker may read of its room."""

    def verdict(self, answer, marks_in) -> str | None:
        room = self.rooms[0]
        view = View(room.log, self.person.id, self.person.role)
        index = next(i for i, event in enumerate(room.log.events) if event.id == room.events["last"])
        if answer.status == 200:
            self.may = view.may_marks() if index in view.may else set()
        return super().verdict(answer, marks_in)


class JoinedRooms(Probe):
    """Exactly the rooms that the asker is in."""
    wanted: set[str] = set()

    def verdict(self, answer, marks_in) -> str | None:
        if answer.status == 200 and set(answer.json()["joined_rooms"]) != self.wanted:
            return f"joined rooms: {self.person.role} is told {len(answer.json()['joined_rooms'])} rooms, and is in {len(self.wanted)}"
        return super().verdict(answer, marks_in)


class Matrix:
    def __init__(self, server: Server, service: FakeService):
        self.server, self.service = server, service
        self.gateway, self.site = Gateway(), Site()
        self.asked: set[tuple[str, str]] = set()  # methods and paths of everything that was judged
        self.people = {role: self.register(role) for role in ROLES}
        self.written, self.shown = new_mark(), new_mark()
        self.file = self.upload("text/plain", self.written.encode())
        self.picture = self.upload("image/png", png(64, 48))
        self.site.manners["/page"] = ["page", f"<title>{self.shown}</title>"]
        self.status = new_mark()
        self.people["creator"].do("PUT", f"/presence/{enc(self.people['creator'].id)}/status",
                                  {"presence": "online", "status_msg": self.status})
        self.rooms: list[Room] = []
        self.views: dict[tuple[str, str], View] = {}

    def register(self, role: str) -> Person:
        if role == "nobody":
            return Person(self.server.port, role)
        name = "".join(c for c in role if c.isalpha())
        body = {"auth": {"type": "m.login.dummy"}, "password": PASSWORD, "username": name}
        guest = "?kind=guest" if role == "guest" else ""
        asker = Person(self.server.port, role)
        if role in ("ghost", "bridge"):
            return self.bridged(role)
        if role == "administrator":  # in no room, and reads no more than anybody who is in none
            made = self.administrator(asker, name)
        else:
            made = asker.do("POST", f"/register{guest}", {} if guest else body)
        person = Person(self.server.port, role, made["user_id"], made["access_token"])
        if role not in ("guest", "creator"):
            person.do("POST", "/pushers/set", {
                "kind": "http", "app_id": "app", "app_display_name": "a", "device_display_name": "d", "pushkey": name, "lang": "en",
                "data": {"url": self.gateway.fields()["url"]}})
        return person

    def bridged(self, role: str) -> Person:
        """A user of the service, for whom it speaks, or the service itself."""
        token = self.service.registration["as_token"]
        name = "_irc_ghost" if role == "ghost" else self.service.registration["sender_localpart"]
        user = f"@{name}:localhost"
        if role == "ghost":
            Person(self.server.port, role, user, token).do("POST", "/register", {
                "type": "m.login.application_service", "username": name, "inhibit_login": True})
        return Person(self.server.port, role, user, token, acts_as=user if role == "ghost" else None)

    def upload(self, kind: str, body: bytes) -> str:
        """"localhost/id" of a file of the creator's."""
        answer = Client("127.0.0.1", self.server.port, 60 * SLOWNESS).request(
            "POST", "/_matrix/media/v3/upload", body, {"Authorization": f"Bearer {self.people['creator'].token}", "Content-Type": kind})
        return answer.json()["content_uri"].removeprefix("mxc://")

    @staticmethod
    def administrator(asker: Person, name: str) -> dict:
        path, secret = "/_synapse/admin/v1/register", TEST_DEFAULTS["registration"]["shared_secret"].encode()
        nonce = asker.do("GET", path)["nonce"]
        signed = b"\0".join(part.encode() for part in (nonce, name, PASSWORD, "admin"))
        mac = hmac.new(secret, signed, hashlib.sha1).hexdigest()
        return asker.do("POST", path, {"nonce": nonce, "username": name, "password": PASSWORD, "admin": True, "mac": mac})

    # ---- along the story --------------------------------------------------------------------------------------------

    def follow(self, stage: str) -> None:
        """After each stage everybody's syncs go on: what they are told stays to be judged, and the tokens for later."""
        if stage in ("keep_secrets", "read_log"):
            return
        for person in self.people.values():
            if person.token is None:
                continue
            since = f"&since={person.since['sync']}" if "sync" in person.since else ""
            answer = person.ask([Request("GET", f"/sync?timeout=0&filter={enc(SHORT)}{since}")])[0]
            person.told.append(self.text(answer, 200))
            person.since["sync"] = answer.json()["next_batch"]
            person.tokens.append(person.since["sync"])
            if person.role != "guest":
                body = self.sliding_body(20) | ({"pos": person.position} if person.position else {})
                answer = person.ask([Request("POST", MERGED, body | {"timeout": 0})])[0]
                person.told.append(self.text(answer, 200))
                person.position = answer.json()["pos"]

    @staticmethod
    def text(answer, wanted: int) -> str:
        if answer.status != wanted:
            raise AssertionError(f"{answer.status} {answer.body[:300]!r}")
        return answer.body.decode()

    @staticmethod
    def sliding_body(limit: int) -> dict:
        return {"lists": {"all": {"range": [0, 99], "timeline_limit": limit, "required_state": {"include": [{}]}}}}

    # ---- one row of the matrix --------------------------------------------------------------------------------------

    def view(self, room: Room, person: Person) -> View:
        key = (room.name, person.role)
        if key not in self.views:
            self.views[key] = View(room.log, person.id, person.role)
        return self.views[key]

    def judge(self, probes: list[Probe]) -> tuple[int, list[str]]:
        """(questions asked, what is wrong)"""
        for probe in probes:
            probe.rooms = self.rooms
        self.asked |= {(probe.request.method, probe.request.path) for probe in probes}
        answers = probes[0].person.ask([probe.request for probe in probes])
        verdicts = (probe.verdict(answer, marks_in) for probe, answer in zip(probes, answers))
        return len(probes), [verdict for verdict in verdicts if verdict]

    def row(self, room: Room, person: Person) -> tuple[int, list[str]]:
        probes = of_room(room, person, self.view(room, person))
        if person.token and person.role != "guest":
            probes += self.with_tokens(room, person)
        return self.judge(probes)

    def with_tokens(self, room: Room, person: Person) -> list[Probe]:
        """Tokens lead to other moments of a room; other people's tokens lead nowhere."""
        view, out = self.view(room, person), []
        may = view.may_marks() | view.past_states()
        for token in person.tokens[::2]:
            # Of a moment when the user could not look in, the members are not told.
            out.append(Probe(person, room, "members at a time", Request("GET", room.path(f"members?at={token}")), may,
                             reads=view.reads, statuses={200, 403} if view.reads else None))
            for rest in (f"messages?dir=f&limit=50&from={token}", f"messages?dir=b&limit=50&to={token}"):
                out.append(Probe(person, room, "with a token", Request("GET", room.path(rest)), may, reads=view.reads))
        foreign = self.people["creator"].tokens[0]
        if person.role != "creator":
            out.append(Probe(person, room, "another's token", Request("GET", room.path(f"messages?dir=b&from={foreign}")), set(),
                             reads=False, statuses={400, 403}))
        return out

    # ---- what is asked once for all rooms ---------------------------------------------------------------------------

    def allowed(self, person: Person, past: bool) -> set[str]:
        """Marks of all rooms together; `past`: also of states that were current while the user could read them."""
        out = set()
        for room in self.rooms:
            view = self.view(room, person)
            out |= view.may_marks() | view.may_state() | view.told_at_the_door()
            if past:  # also before the room was forgotten, and before it was redacted
                seen = room.log.visible(person.id)
                out |= view.past_states() | view.marks(seen) | view.replaced(seen)
                out |= set().union(*(room.log.events[index].hidden for index in seen))
            if person.role == "creator":
                out |= set(room.secrets.values())
        shares = self.shares_a_room(person) or (past and any(self.view(room, person).was_in() for room in self.rooms))
        return out | ({self.status} if shares else set())

    def shares_a_room(self, person: Person) -> bool:
        return any(self.view(room, person).joined for room in self.rooms)

    def owed(self, person: Person) -> set[str]:
        """What a sync has to tell: the events of rooms that the user is in."""
        return set().union(*(self.view(room, person).must_marks() for room in self.rooms if self.view(room, person).joined), set())

    def everywhere(self, person: Person) -> list[Probe]:
        exact, past, owed = self.allowed(person, False), self.allowed(person, True), self.owed(person)

        def probe(what, request, may, must=frozenset(), **more):
            return Probe(person, None, what, request, may, set(must), **more)

        if person.role in ("nobody", "guest"):
            asked = {200} if person.role == "guest" else {401}
            return self.of_everybody(person) + [probe("sync", Request("GET", f"/sync?filter={enc(WHOLE)}"), exact, statuses=asked),
                    probe("initialSync of all", Request("GET", "/initialSync?archived=true"), set(), reads=False),
                    probe("public rooms", Request("GET", "/publicRooms"), set(), statuses={200}),
                    probe("sliding sync", Request("POST", MERGED, self.sliding_body(100)), set(), reads=False)]
        subscriptions = {room.id: {"timeline_limit": 100, "required_state": {"include": [{}]}} for room in self.rooms}
        deployed = {room.id: {"timeline_limit": 100, "required_state": [["*", "*"]]} for room in self.rooms}
        out = [
            probe("sync", Request("GET", f"/sync?filter={enc(WHOLE)}"), exact, owed),
            probe("sync", Request("GET", f"/sync?filter={enc(WHOLE)}&use_state_after=true"), exact, owed),
            probe("sync", Request("GET", f"/sync?filter={enc(LAZY)}"), exact, owed),
            probe("sync", Request("GET", f"/sync?filter={enc(WHOLE)}&full_state=true&since={person.tokens[-1]}"), exact),
            probe("initialSync of all", Request("GET", "/initialSync?archived=true&limit=100"), exact, owed),
            probe("sliding sync", Request("POST", MERGED, self.sliding_body(100) | {"conn_id": "a"}), exact, owed),
            probe("sliding sync", Request("POST", MERGED, {"conn_id": "b", "room_subscriptions": subscriptions}), exact, owed),
            probe("older sliding sync", Request("POST", DEPLOYED, {"conn_id": "c", "room_subscriptions": deployed,
                  "lists": {"all": {"ranges": [[0, 99]], "timeline_limit": 100, "required_state": [["*", "*"]]}},
                  "extensions": {name: {"enabled": True} for name in ("receipts", "typing", "account_data", "e2ee")}}), exact, owed),
            probe("notifications", Request("GET", "/notifications?limit=100"), past),
            probe("public rooms", Request("GET", "/publicRooms"), set()),
            probe("public rooms", Request("POST", "/publicRooms", {"filter": {"generic_search_term": "mark"}}), set()),
            probe("delayed events", Request("GET", "/_matrix/client/v1/delayed_events?since_ts=0"),
                  {room.secrets["delayed event"] for room in self.rooms} if person.role == "creator" else set()),
            probe("presence", Request("GET", f"/presence/{enc(self.people['creator'].id)}/status"), {self.status}, {self.status},
                  reads=self.shares_a_room(person)),
            probe("export", Request("GET", "/_peyk/client/v1/export"),
                  past | ({self.written} | set().union(*(set(room.secrets.values()) for room in self.rooms))
                          if person.role == "creator" else set())),
            probe("search", Request("POST", "/search", {"search_categories": {"room_events": {
                "search_term": "needle", "filter": {"limit": 100}, "groupings": {"group_by": [{"key": "room_id"}]}}}}), past),
        ]
        out += self.of_everybody(person)
        for token in person.tokens:
            for filter_ in (WHOLE, SHORT):
                out.append(probe("sync that goes on", Request("GET", f"/sync?filter={enc(filter_)}&since={token}"), past))
            out.append(probe("events", Request("GET", f"/events?from={token}"), past))
        return out

    def of_everybody(self, person: Person) -> list[Probe]:
        """What is the same whatever room somebody is in: files, previews, names of networks, what people say of themselves."""
        media, none, creator = "/_matrix/client/v1/media", person.role == "nobody", enc(self.people["creator"].id)
        for_members = {401} if none else {403} if person.role == "guest" else {200}

        def probe(what, method, path, marks=frozenset(), statuses=for_members, body=None, kind=Probe):
            return kind(person, None, what, Request(method, path, body), set(marks), set(marks), statuses=statuses)

        everybody, signed_in = {200}, {401} if none else {200}
        file = set() if none else {self.written}
        refused = person.role in ("nobody", "guest")
        inside = {room.id for room in self.rooms if person.id and self.view(room, person).joined}
        own = {401} if none else {403} if person.role != "administrator" else {200}
        out = [
            probe("file", "GET", f"{media}/download/{self.file}", file, signed_in),
            probe("file", "GET", f"{media}/download/{self.file}/name.txt", file, signed_in),
            probe("thumbnail", "GET", f"{media}/thumbnail/{self.picture}?width=32&height=32", (), signed_in),
            probe("preview", "GET", f"{media}/preview_url?url={enc(self.site.fields()['url'] + '/page')}", () if refused else {self.shown}),
            probe("profile", "GET", f"/profile/{creator}", (), everybody),
            probe("whois", "GET", f"/admin/whois/{creator}", (), own if person.role != "creator" else {200}),
            probe("event by its id", "GET", f"/events/{enc(self.rooms[0].events['last'])}", (), {401} if none else {403, 404, 200}, kind=Named),
            probe("own devices", "GET", "/devices", (), signed_in), probe("who am I", "GET", "/account/whoami", (), signed_in),
            probe("pushers", "GET", "/pushers"), probe("files", "GET", "/_peyk/client/v1/media"),
            probe("keys", "POST", "/keys/query", (), signed_in, {"device_keys": {self.people["creator"].id: []}}),
            probe("people", "POST", "/user_directory/search", (), body={"search_term": "creator"}),
        ]
        for rest in ("protocols", "protocol/irc", "location/irc", "user/irc", f"location?alias={enc('#a:localhost')}", f"user?userid={creator}"):
            out.append(probe("networks", "GET", f"/thirdparty/{rest}", (), for_members | ({404} if not refused else set())))
        rooms = JoinedRooms(person, None, "joined rooms", Request("GET", "/joined_rooms"), set(), statuses=signed_in)
        rooms.wanted = inside
        return [*out, rooms]

    def ephemeral(self, person: Person) -> list[str]:
        """Receipts, typing and who is there: for members alone. And keys of whom one shares a room with."""
        requests = [Request("GET", f"/sync?filter={enc(WHOLE)}"),
                    Request("GET", f"/keys/changes?from={person.tokens[0]}&to={person.tokens[-1]}")]
        answers = person.ask(requests)
        self.asked |= {(request.method, request.path) for request in requests}
        sections, problems = answers[0].json().get("rooms", {}), []
        told = {room for room, section in sections.get("join", {}).items() if section["ephemeral"]["events"]}
        inside = {room.id for room in self.rooms if self.view(room, person).joined}
        if told != inside:
            problems.append(f"receipts and typing: {person.role} is told of {len(told)} rooms, and is in {len(inside)}")
        rest = json.dumps([sections.get("leave", {}), sections.get("invite", {}), sections.get("knock", {})])
        if any(kind in rest for kind in ("m.receipt", "m.typing")):
            problems.append(f"LEAK: receipts and typing: {person.role} is told of rooms that it is not in")
        keys = answers[1]
        if person.role in ("never in", "administrator", "guest") and (keys.status == 200 and set(keys.json()["changed"]) - {person.id}):
            problems.append(f"LEAK: keys/changes: {person.role} is told of {keys.json()['changed'][:3]}")
        if person.acts_as or person.role == "bridge":
            return problems  # user_id is whom the service speaks for, before it is anything else
        shared = person.ask([Request("GET", f"/_matrix/client/v1/mutual_rooms?user_id={enc(self.people['creator'].id)}")])[0]
        if person.role not in ("creator", "guest") and set(shared.json()["joined"]) != inside:
            problems.append(f"mutual rooms: {person.role} is told of {len(shared.json()['joined'])} rooms, and is in {len(inside)}")
        return problems

    def told_on_the_way(self, person: Person) -> list[str]:
        leaks = set().union(*map(marks_in, person.told)) - self.allowed(person, True)
        return [f"LEAK: syncs along the story told {person.role} {len(leaks)} marks: {self.where(leaks)}"] if leaks else []

    def where(self, marks: set[str]) -> str:
        return Probe(self.people["nobody"], None, "", Request("GET", "/"), set(), rooms=self.rooms).named(marks)

    def other_rooms_events(self) -> list[str]:
        """An event is not reached through another room that everybody may read."""
        door = next(room for room in self.rooms if room.first == room.second == "world_readable")
        hidden = next(room for room in self.rooms if room.first == room.second == "joined")
        asker, event = self.people["never in"], enc(hidden.events["last"])
        paths = [f"event/{event}", f"context/{event}"]
        requests = [Request("GET", door.path(path)) for path in paths]
        requests += [Request("GET", f"/_matrix/client/v1/rooms/{enc(door.id)}/relations/{event}"),
                     Request("POST", door.path(f"report/{event}"), {}), Request("GET", f"/events/{event}")]
        return [f"LEAK: {request.path[:120]} is answered {answer.status}" for request, answer
                in zip(requests, asker.ask(requests)) if answer.status != 404]

    def pushes(self) -> list[str]:
        """What the gateway was told: of each device no more than its user may read; and of those who are in, the last message."""
        last = {mark for room in self.rooms for event in room.log.events if event.id == room.events["last"] for mark in event.marks}
        end, got = time.monotonic() + 15 * SLOWNESS, {}
        while time.monotonic() < end:
            got = {}
            for notification in list(self.gateway.taken):
                for device in notification["devices"]:
                    got.setdefault(device["pushkey"], set()).update(marks_in(json.dumps(notification)))
            if last <= got.get("joinedlater", set()):
                break
            time.sleep(0.05)
        else:
            return [f"push: {len(last & got.get('joinedlater', set()))} of {len(last)} last messages came to who joined later"]
        problems = []
        for person in self.people.values():
            name = "".join(c for c in person.role if c.isalpha())
            if leaks := got.get(name, set()) - (self.allowed(person, True) if person.token else set()):
                problems.append(f"LEAK: push: {person.role} is told {self.where(leaks)}")
        return problems

    def world_is_marked(self) -> list[str]:
        """The control: the log holds what was planted, and every epoch hides something from somebody and shows something."""
        problems = []
        for room in self.rooms:
            if len(room.log.events) < 50 or len(room.log.state_marks(room.log.now())) < 5:
                problems.append(f"{room.name}: the log has {len(room.log.events)} events")
            left = self.view(room, self.people["left"])
            if not 0 < len(left.must) < len(room.log.events) and not left.open:
                problems.append(f"{room.name}: who has left sees {len(left.must)} of {len(room.log.events)} events")
        hidden = sum(len(room.log.events) - len(self.view(room, person).may) for room in self.rooms
                     for person in self.people.values())
        return problems if hidden > 3_000 else [*problems, f"only {hidden} events are hidden from anybody"]


    def told_to_service(self) -> list[str]:
        """A service is told what its users may read, and all that is said while they are there."""
        ghost, got = self.people["ghost"], set()
        last = {mark for room in self.rooms for event in room.log.events if event.id == room.events["last"] for mark in event.marks}
        end = time.monotonic() + 15 * SLOWNESS
        while not last <= got and time.monotonic() < end:
            got = marks_in(json.dumps(self.service.state()["events"]))
            time.sleep(0.05)
        if missing := last - got:
            return [f"the service was not told {len(missing)} of {len(last)} last messages"]
        leaks = got - self.allowed(ghost, True)
        return [f"LEAK: the service is told {self.where(leaks)}, {len(leaks)} in all"] if leaks else []

    def guests_may(self, shared: Path) -> list[str]:
        problems, skipped = guests.listed_problems(shared)
        if skipped:
            print(f"  --    access matrix, guests: NOT CHECKED: {skipped}", flush=True)
        return problems + guests.all_allowed(self.people["guest"], self.people["creator"], self.file, self.picture)

    def close(self) -> None:
        self.gateway.close()
        self.site.close()


SETTINGS = {"privacy.search": True, "privacy.url_previews": True, "privacy.whois": True, "media.unauthenticated": False, "notices.user": "server",
            "logging.level": "debug"}


def run(binary, report) -> tuple[int, list[str]]:
    """(rows that hold, one line per row that does not). `report(name, problems)` hears of each."""
    service, folder = FakeService("irc", {}), tempfile.TemporaryDirectory(prefix="peyk-test-services-")
    file = service.write(Path(folder.name) / "irc.yaml")
    server = Server(binary, SETTINGS | {"appservices.files": [str(file)]}, engine="memory")
    service.homeserver = ("127.0.0.1", server.port)
    service.answers |= {f"/_matrix/app/v1/thirdparty/{rest}": (200, [], None) for rest in
                        ("location/irc", "user/irc", "location", "user")}
    service.answers["/_matrix/app/v1/thirdparty/protocol/irc"] = (200, {
        "user_fields": [], "location_fields": [], "icon": "mxc://localhost/icon", "field_types": {}, "instances": []}, None)
    passed, notes = 0, []

    def conclude(name: str, problems: list[str]) -> None:
        nonlocal passed
        report(name, problems)
        passed += not problems
        notes.extend(f"access matrix, {name}: {problem}" for problem in problems[:1])

    matrix = None
    try:
        server.start()
        began = time.monotonic()
        matrix = Matrix(server, service)
        matrix.rooms = tell(matrix.people, matrix.follow)
        told = time.monotonic() - began
        conclude("control", matrix.world_is_marked())
        asked = rows(matrix, conclude)
        print(f"        access matrix: {len(matrix.rooms)} rooms, {len(ROLES)} kinds of users, {asked} questions; "
              f"{told:.1f} s to build, {time.monotonic() - began - told:.1f} s to ask", flush=True)
        server.stop()
    except Exception as error:
        conclude("run", [f"{type(error).__name__}: {str(error)[:400]}" + ("" if server.alive() else f"\n{server.log_tail()}")])
    finally:
        if matrix:
            matrix.close()
        service.close()
        folder.cleanup()
        server.dispose()
    return passed, notes


def rows(matrix: Matrix, conclude) -> int:
    asked, lock, work = 0, threading.Lock(), list(matrix.people.values())

    def of_person(person: Person) -> None:
        count, problems = 0, []
        for room in matrix.rooms:
            more, wrong = matrix.row(room, person)
            count, problems = count + more, problems + wrong
        more, wrong = matrix.judge(matrix.everywhere(person))
        count, problems = count + more, problems + wrong + matrix.told_on_the_way(person)
        if person.token and person.role != "guest":
            problems += matrix.ephemeral(person)
        nonlocal asked
        with lock:
            asked += count
            conclude(person.role, problems)

    def worker() -> None:
        while True:
            with lock:
                if not work:
                    return
                person = work.pop()
            try:
                of_person(person)
            except Exception as error:
                with lock:
                    conclude(person.role, [f"{type(error).__name__}: {str(error)[:400]}"])

    threads = [threading.Thread(target=worker, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    conclude("other rooms' events", matrix.other_rooms_events())
    conclude("push", matrix.pushes())
    conclude("what a service is told", matrix.told_to_service())
    routes = Routes(matrix.server.log.read_text(errors="replace"), Contract())
    conclude("routes", routes.problems(matrix.asked))
    conclude("every route's door", Doors(matrix, routes).problems())
    conclude("guests", matrix.guests_may(TABLE))
    return asked
