"""Every route of the server, asked by who is outside: without a token, with one that is none, as a guest, as somebody who is in no
room, as an administrator, as an application service, and as a service that says it is somebody who is none of its users.

All of them name what belongs to others: the room that only its members may read, its events, its creator, the creator's device. So
no answer may hold a mark, and when all is over nothing of it may have changed.
"""
import json
import re

from access.guests import BEYOND, MAY
from access.people import Person, Request, enc
from access.routes import Routes
from access.rules import marks_in
from httpc import Disconnected

ADMINISTERS = re.compile(r"/_(synapse|peyk)/admin/|/_matrix/client/v1/admin/")
PAGES = re.compile(r"/_peyk/(?!client/|admin/)|/i/|/privacy|/$|/_matrix/static/|/_matrix/client/v3/auth/")
MEDIA = re.compile(r"/_matrix/client/v1/media/")
# Asked without a token, by the specification or because there is none yet.
OPEN = [re.compile(one) for one in (
    r"GET /_matrix/client/versions", r"\w+ /_matrix/client/v3/(login|register|refresh)\b.*", r"GET /_matrix/client/v1/register/.*",
    r"POST /_matrix/client/v3/account/(password|deactivate|password/.*|3pid/(email|msisdn)/requestToken)",
    r"GET /_matrix/client/(v1|unstable/org\.matrix\.msc2965)/auth_metadata", r"GET /_matrix/client/v3/publicRooms",
    r"GET /_matrix/client/v3/directory/.*", r"GET /_matrix/client/(v3|unstable/uk\.tcpip\.msc4133)/profile/.*",
    r"GET /_matrix/client/(v1/room_summary|unstable/im\.nheko\.summary)/.*", r"GET /\.well-known/.*", r"\w+ /_matrix/federation/.*",
    r"GET /_matrix/media/v\d/(download|thumbnail)/.*", r"\w+ /_synapse/admin/v1/register",
    r"\w+ /_matrix/client/unstable/(org\.matrix\.msc4108|io\.element\.msc4388)/rendezvous.*",
    r"GET /_peyk/client/v1/invitation/.*", r"POST /_peyk/client/v1/password_reset", r"GET /_peyk/client/v1/erasure/.*",
    r"POST /_matrix/client/(v1|unstable/org\.matrix\.msc4140)/delayed_events/.*")]
# An administrator who does this does what it is for.
DEED = re.compile(r"(POST|PUT|DELETE) (/_(synapse|peyk)/admin/|/_matrix/client/v1/admin/).*|"
                  r"DELETE /_matrix/client/v3/directory/room/\{roomAlias\}")
# Reports name the room as who reported it may read it (docs/admin-routes.tsv).
REPORTS = re.compile(r"GET /_synapse/admin/v1/(event|room)_reports(/\{report\})?")
ENDS_SESSION = re.compile(r"POST /_matrix/client/v3/(logout(/all)?|account/deactivate|account/password)|POST /_peyk/client/.*|"
                          r"DELETE /_peyk/client/v1/(account|media.*)")

BODIES = {
    "POST /_matrix/client/v3/rooms/{roomId}/invite": {"user_id": "{self}"},
    "POST /_matrix/client/v3/rooms/{roomId}/ban": {"user_id": "{user}"},
    "POST /_matrix/client/v3/rooms/{roomId}/kick": {"user_id": "{user}"},
    "POST /_matrix/client/v3/rooms/{roomId}/unban": {"user_id": "{banned}"},
    "POST /_matrix/client/v3/rooms/{roomId}/upgrade": {"new_version": "11"},
    "POST /_matrix/client/v3/rooms/{roomId}/read_markers": {"m.read": "{event}", "m.fully_read": "{event}"},
    "PUT /_matrix/client/v3/rooms/{roomId}/typing/{userId}": {"typing": True},
    "PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}": {"msgtype": "m.text", "body": "x"},
    "POST /_matrix/client/v3/rooms/{roomId}/send/{eventType}": {"msgtype": "m.text", "body": "x"},
    "PUT /_matrix/client/v3/rooms/{roomId}/delayed_event/{eventType}/{txnId}": {"delay": 100000, "content": {"body": "x"}},
    "PUT /_matrix/client/v3/directory/list/room/{roomId}": {"visibility": "public"},
    "PUT /_matrix/client/v3/directory/room/{roomAlias}": {"room_id": "{room}"},
    "PUT /_matrix/client/v3/devices/{device}": {"display_name": "taken"},
    "POST /_matrix/client/v3/delete_devices": {"devices": ["{device}"]},
    "PUT /_matrix/client/v3/profile/{user}/{key}": {"displayname": "taken"},
    "PUT /_matrix/client/v3/presence/{userId}/status": {"presence": "offline"},
    "POST /_matrix/client/v3/keys/query": {"device_keys": {"{user}": []}},
    "POST /_matrix/client/v3/keys/claim": {"one_time_keys": {"{user}": {"{device}": "signed_curve25519"}}},
    "POST /_matrix/client/v3/user_directory/search": {"search_term": "creator"},
    "POST /_matrix/client/v3/search": {"search_categories": {"room_events": {"search_term": "needle", "filter": {"rooms": ["{room}"]}}}},
    "POST /_matrix/client/v4/sync": {"room_subscriptions": {"{room}": {"timeline_limit": 20, "required_state": {"include": [{}]}}}},
    "POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync":
        {"room_subscriptions": {"{room}": {"timeline_limit": 20, "required_state": [["*", "*"]]}}},
    "PUT /_matrix/client/v3/sendToDevice/{type}/{txn}": {"messages": {}},
    "PUT /_matrix/client/v1/admin/lock/{user}": {"locked": True},
    "PUT /_matrix/client/v1/admin/suspend/{user}": {"suspended": True},
}
QUERIES = {"sync": "timeout=0", "events": "timeout=0&room_id={room}", "changes": "from=0&to=0", "timestamp_to_event": "ts=0&dir=f",
           "mutual_rooms": "user_id={user}", "messages": "dir=b", "user": "userid={user}", "location": "alias={alias}"}


class Doors:
    def __init__(self, matrix, routes: Routes):
        self.matrix, self.routes, self.count = matrix, routes, 0
        self.proved: set[re.Pattern] = set()
        self.room = next(room for room in matrix.rooms if room.first == room.second == "joined")
        creator = matrix.people["creator"]
        self.creator = creator
        self.names = {
            "room": self.room.id, "user": creator.id, "event": self.room.events["last"], "device": creator.do("GET", "/account/whoami")["device_id"],
            "banned": matrix.people["banned"].id, "alias": f"#{self.room.alias_mark}:localhost", "file": matrix.file.rsplit("/", 1)[1]}
        of_capture = {
            "roomId": "room", "room": "room", "roomIdOrAlias": "room", "eventId": "event", "user": "user", "userId": "user", "device": "device",
            "roomAlias": "alias", "mediaId": "file"}
        fixed = {"eventType": "m.room.message", "stateKey": "", "txnId": "t{count}", "txn": "t{count}", "type": "org.example.note",
                 "key": "displayname", "serverName": "localhost", "kind": "override", "rule": ".m.rule.master", "receiptType": "m.read",
                 "relType": "m.thread", "tag": "u.taken", "version": "1", "session": "s", "filter": "0", "delayId": "none",
                 "action": "send", "protocol": "irc", "networkId": "irc", "appserviceId": "irc", "fileName": "f.txt", "provider": "none",
                 "token": "none", "id": "none", "report": "1", "receiptId": "none", "transaction": "1", "rest...": "global"}
        self.captures = {name: self.names[key] for name, key in of_capture.items()} | fixed

    def request(self, route: tuple[str, str], person: Person) -> Request:
        method, pattern = route
        self.count += 1
        fill = lambda found: enc(str(self.captures[found[1]]).replace("{count}", str(self.count)))  # noqa: E731
        path = re.sub(r"\{([^}]*)\}", fill, pattern)
        query = QUERIES.get(pattern.rstrip("/").rsplit("/", 1)[-1])
        if query and method == "GET":
            path += "?" + query.format(**{name: enc(value) for name, value in self.names.items()})
        body = json.dumps(BODIES.get(f"{method} {pattern}", {}))
        for name, value in (self.names | {"self": person.id}).items():
            body = body.replace("{" + name + "}", value)
        return Request(method, path, json.loads(body) if method in ("POST", "PUT") else None)

    # ---- who asks ---------------------------------------------------------------------------------------------------

    def problems(self) -> list[str]:
        before, problems = self.belongings(), []
        people, port = self.matrix.people, self.matrix.server.port
        service = self.matrix.service.registration["as_token"]
        self.liar = liar = Person(port, "a service in another's name", self.creator.id, service, acts_as=self.creator.id)
        for person, judge in ((people["nobody"], self.of_nobody), (Person(port, "with a token that is none", "", "nonsense"), self.of_nobody),
                              (people["guest"], self.of_guest), (liar, self.of_liar), (people["bridge"], self.of_outsider),
                              (people["administrator"], self.of_administrator), (None, self.of_outsider)):
            for route in self.routes.served:
                problems += self.ask(route, person, judge)
        after = self.belongings()
        problems += [f"CHANGED: {name} of the creator, by somebody outside: {json.dumps(after[name])[:200]}, before "
                     f"{json.dumps(before[name])[:200]}" for name in before if before[name] != after[name]]
        return problems + self.seen_problems()

    def ask(self, route, person: Person | None, judge) -> list[str]:
        name = f"{route[0]} {route[1]}"
        ends = bool(ENDS_SESSION.fullmatch(name))
        if ends and person is not None and person.token and person.role != "guest":
            return []  # the session is needed yet; who is made for it asks it
        if ends and person is not None and person.role == "guest":
            person = self.matrix.register("guest")
        person = person or self.outsider(ends)
        if person.role == "administrator" and (DEED.fullmatch(name) or REPORTS.fullmatch(name)):
            return []
        request = self.request(route, person)
        try:
            answer = person.ask([request])[0]
        except Disconnected:  # the server ends a connection whose request it will not read
            person.local.connection = None
            answer = person.ask([request])[0]
        text = answer.body.decode("utf-8", "replace")
        where = f"{name} as {person.role}"
        # The alias is in the question; the status is told to who shares a room, and profile and directory are everybody's.
        allowed = self.matrix.allowed(person, True) if person.role in self.matrix.people else set()
        if MEDIA.match(route[1]) and person.token not in (None, "nonsense") and person is not self.liar:
            allowed = {self.matrix.written}  # whoever has an account and knows the id
        if leaks := marks_in(text) - allowed - {self.room.alias_mark}:
            return [f"LEAK: {where} tells {self.matrix.where(leaks)}"]
        if answer.status >= 500 and answer.status != 502:
            return [f"{where} is answered {answer.status} {text[:200]}"]
        if PAGES.match(route[1]):
            return []
        code = answer.json().get("errcode") if text.startswith("{") else None
        wrong = judge(name, answer.status, code)
        return [f"{where} is answered {answer.status} {text[:160]}, not {wrong}"] if wrong else []

    @staticmethod
    def is_open(name: str) -> bool:
        return any(one.fullmatch(name) for one in OPEN)

    def of_nobody(self, name: str, status: int, code: str | None) -> str | None:
        if self.is_open(name):
            if code not in ("M_MISSING_TOKEN", "M_UNKNOWN_TOKEN"):
                self.proved.update(one for one in OPEN if one.fullmatch(name))
            return None
        return None if (status, code) in ((401, "M_MISSING_TOKEN"), (401, "M_UNKNOWN_TOKEN")) else "401 for want of a token"

    def of_guest(self, name: str, status: int, code: str | None) -> str | None:
        refused = (status, code) == (403, "M_GUEST_ACCESS_FORBIDDEN")
        if name in MAY or any(re.fullmatch(pattern, name) for pattern in BEYOND):
            return None  # allowed as such; that it may not read this room is asked with the marks
        if self.is_open(name):
            return None
        return None if refused else "403 M_GUEST_ACCESS_FORBIDDEN"

    def of_liar(self, name: str, status: int, code: str | None) -> str | None:
        if self.is_open(name) or "/appservice/" in name:
            return None
        return None if (status, code) == (403, "M_FORBIDDEN") else "403 M_FORBIDDEN: it is none of its users"

    def of_outsider(self, name: str, status: int, code: str | None) -> str | None:
        if ADMINISTERS.search(name) and not self.is_open(name):
            return None if (status, code) == (403, "M_FORBIDDEN") else "403 M_FORBIDDEN"
        return None

    def of_administrator(self, _name: str, status: int, code: str | None) -> str | None:
        return "an answer for administrators" if code == "M_UNKNOWN_TOKEN" else None

    def outsider(self, fresh: bool) -> Person:
        if fresh or not hasattr(self, "kept"):
            self.count += 1
            made = Person(self.matrix.server.port, "").do("POST", "/register", {
                "auth": {"type": "m.login.dummy"}, "password": "a long password", "username": f"outsider{self.count}"})
            person = Person(self.matrix.server.port, "somebody outside", made["user_id"], made["access_token"])
            if fresh:
                return person
            self.kept = person
        return self.kept

    # ---- what must stay as it is ------------------------------------------------------------------------------------

    def belongings(self) -> dict:
        """What the creator has: one answer for each."""
        owner, place = enc(self.creator.id), enc(self.room.id)
        paths = {
            "the room's events": f"/rooms/{place}/messages?dir=b&limit=200", "the room's state": f"/rooms/{place}/state",
            "the room's aliases": f"/rooms/{place}/aliases", "the room's place in the directory": f"/directory/list/room/{place}",
            "invitations": f"/_peyk/client/v1/rooms/{place}/invitations", "delayed events": "/_matrix/client/v1/delayed_events",
            "account data": f"/user/{owner}/rooms/{place}/account_data/org.example.note", "tags": f"/user/{owner}/rooms/{place}/tags",
            "profile": f"/profile/{owner}", "devices": "/devices", "rooms": "/joined_rooms", "pushers": "/pushers", "push rules": "/pushrules/",
            "presence": f"/presence/{owner}/status", "file": f"/_matrix/client/v1/media/download/localhost/{self.names['file']}"}
        answers = self.creator.ask([Request("GET", path) for path in paths.values()])
        out = {}
        for name, answer in zip(paths, answers):
            if answer.status != 200:
                raise AssertionError(f"{name} of the creator: {answer.status} {answer.body[:200]!r}")
            text = answer.body.decode()
            out[name] = plain(json.loads(text)) if text.startswith(("{", "[")) else text
        return out

    def seen_problems(self) -> list[str]:
        """Lines of the lists above that no route has."""
        names = [f"{method} {pattern}" for method, pattern in self.routes.served]
        return [f"{one.pattern}: said to be open, and nothing that it names is" for one in OPEN if one not in self.proved] + \
               [f"{body}: a body for a route that is not there" for body in BODIES if body not in names] + \
               [f"{one}: guests may, and it is not there" for one in MAY if one not in names] + \
               [f"{one}: guests may beyond the specification, and it is not there" for one in BEYOND
                if not any(re.fullmatch(one, name) for name in names)]


def plain(value):
    """Without what time alone changes, and in an order."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in sorted(value.items())
                if key not in ("age", "last_seen_ts", "last_active_ago", "currently_active", "unsigned", "start", "end", "running_since")}
    if isinstance(value, list):
        return sorted((plain(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value
