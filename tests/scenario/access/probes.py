"""Every question that can reveal something of a room, with what the answer may and must hold for who asks.

A probe is one request. Its answer is searched, as raw text, for marks: one that the asker may not read is a leak, one that
must be there and is not means that something readable was withheld, so that the matrix cannot pass by refusing everything.
"""
from dataclasses import dataclass, field

from access.people import Person, Request, enc
from access.rules import View
from access.story import Room

REFUSED = {403, 404}
# What accounts without a password may ask for (Client-Server API › Guest access).
FOR_GUESTS = {"messages", "messages with members", "event", "context", "state", "state event", "members", "initialSync",
              "events of the room", "joined members", "summary", "file", "thumbnail"}
# Answered without a token as well.
FOR_NOBODY = {"summary"}
FILTER_LAZY = enc('{"lazy_load_members":true}')


@dataclass
class Probe:
    person: Person
    room: Room | None
    what: str
    request: Request
    may: set[str]
    must: set[str] = field(default_factory=set)
    reads: bool = True  # the question is answered at all; otherwise it is refused
    statuses: set[int] | None = None

    def verdict(self, answer, marks_in) -> str | None:
        text = answer.body.decode("utf-8", "replace")
        found = marks_in(text)
        role = self.person.role
        reads = self.reads
        if role == "guest":
            reads = reads and self.what in FOR_GUESTS
        if role == "nobody":
            reads = reads and self.what in FOR_NOBODY
        wanted = self.statuses or ({200} if reads else {401} if role == "nobody" and self.what not in FOR_NOBODY else REFUSED)
        leaks = found - (self.may if reads else set())
        where = f"{self.what} for {role}" + (f" in {self.room.name}" if self.room else "")
        if leaks:
            return f"LEAK: {where}: {self.request.method} {self.request.path[:140]} tells {self.named(leaks)}"
        if answer.status not in wanted:
            return f"{where}: {self.request.path[:140]} is answered {answer.status} {text[:160]}, not {sorted(wanted)}"
        if reads and answer.status == 200 and self.must - found:
            return f"WITHHELD: {where}: {self.request.path[:140]} lacks {self.named(self.must - found)}"
        return None

    def named(self, marks: set[str]) -> str:
        rooms = [self.room] if self.room else self.rooms
        for room in rooms:
            for index, event in enumerate(room.log.events):
                for mark in marks & event.marks:
                    label = next((name for name, known in room.events.items() if known == event.id), event.type)
                    return f"{label!r} (event {index} of {room.name}, {len(marks)} in all)"
        return f"{sorted(marks)[:3]}, which no event holds"

    rooms: list[Room] = field(default_factory=list, repr=False)
    view: View | None = None


class Timestamp(Probe):
    """The answer is an event's id: of one that the asker may see."""

    def verdict(self, answer, marks_in) -> str | None:
        if answer.status == 200:
            event = answer.json()["event_id"]
            index = next((i for i, known in enumerate(self.room.log.events) if known.id == event), None)
            if index not in self.view.may:
                return f"LEAK: {self.what} for {self.person.role} in {self.room.name}: names event {index}"
        return super().verdict(answer, marks_in)


class Invitations(Probe):
    """Links into a room are shown to who made them, and to nobody else in it."""

    def verdict(self, answer, marks_in) -> str | None:
        made = 1 if self.person.role == "creator" else 0
        if answer.status == 200 and len(answer.json()["invitations"]) != made:
            return f"LEAK: {self.what} for {self.person.role} in {self.room.name}: {answer.body[:200]!r}, not {made} of them"
        return super().verdict(answer, marks_in)


def of_room(room: Room, person: Person, view: View) -> list[Probe]:
    return [*history(room, person, view), *state(room, person, view), *relations(room, person, view),
            *around(room, person, view), *belongings(room, person, view)]


def history(room: Room, person: Person, view: View):
    may, must, reads = view.may_marks(), view.must_marks(), view.reads

    def get(what, rest, may=may, must=frozenset(), reads=reads, **more):
        return Probe(person, room, what, Request("GET", room.path(rest)), may, set(must), reads, **more)

    yield get("messages", "messages?dir=b&limit=500", must=must)
    yield get("messages", "messages?dir=f&limit=500", must=must)
    yield get("messages with members", f"messages?dir=b&limit=30&filter={FILTER_LAZY}", may=may | view.may_state())
    # Of rooms whose visibility changes every second event is asked for, so that all takes seconds and not minutes.
    steps = 1 if room.first == room.second else 2
    for index, event in list(enumerate(room.log.events))[::steps]:
        seen = index in view.may
        own = event.marks | view.replaced([index]) | (may if event.is_message else set())  # with what relates to it
        surely = index in view.must and reads
        statuses = None if surely else {403, 404} if not seen else {200, 403, 404}
        if person.role == "nobody" or (person.role == "guest" and not surely):
            statuses = {401} if person.role == "nobody" else {200, 403, 404} if seen else {403, 404}
        if event.marks:
            yield get("event", f"event/{enc(event.id)}", may=own if seen else set(), must=event.marks if surely else (),
                      reads=seen, statuses=statuses)
        if index % 10 == 0 or event.id in (room.events["some have left"], room.events["last"]):
            yield get("context", f"context/{enc(event.id)}?limit=6", may=may | view.past_states() if seen else set(),
                      must=event.marks if surely else (), reads=seen, statuses=statuses)
        if index % 12 == 0:
            for direction in "bf":
                path = f"/_matrix/client/v1/rooms/{enc(room.id)}/timestamp_to_event?ts={event.time}&dir={direction}"
                yield Timestamp(person, room, "timestamp", Request("GET", path), set(), reads=reads, view=view,
                                statuses={200, 404} if reads and person.role not in ("guest", "nobody") else None)
    # With what is the asker's own beside the room's.
    own = {room.secrets["account data"], room.secrets["tag"]} if person.role == "creator" else set()
    yield get("initialSync", "initialSync?limit=100", may=may | view.may_state() | own, must=must | view.must_state())
    yield Probe(person, room, "events of the room", Request("GET", f"/events?room_id={enc(room.id)}"), may, reads=reads)
    body = {"search_categories": {"room_events": {
        "search_term": "needle", "order_by": "recent", "include_state": True, "filter": {"rooms": [room.id], "limit": 100},
        "event_context": {"before_limit": 3, "after_limit": 3, "include_profile": True}}}}
    last = len(room.log.events) if view.joined else -1 if view.closed or view.ended is None else view.ended
    found = {mark for index in view.must if index <= last for mark in room.log.events[index].marks
             if room.log.events[index].type == "m.room.message"}
    yield Probe(person, room, "search", Request("POST", "/search", body), may | view.past_states(), found)


def state(room: Room, person: Person, view: View):
    may, must, reads = view.may_state(), view.must_state(), view.reads

    def get(what, rest, may=may, must=frozenset(), reads=reads, **more):
        return Probe(person, room, what, Request("GET", room.path(rest)), may, set(must), reads, **more)

    yield get("state", "state", must=must)
    states = view.states()
    for kind, key in (("m.room.topic", ""), ("org.example.mark", "one"), ("org.example.mark", "two"),
                      ("m.room.member", room.people["kicked"].id), ("m.room.member", person.id)):
        there = bool(states) and (kind, key) in states[0]
        only = room.log.events[states[0][(kind, key)]].marks if there else set()
        path = f"state/{kind}/{enc(key)}"
        statuses = None if there or not reads or person.role == "nobody" else {403, 404}
        yield get("state event", path, must=only, statuses=statuses)
        yield get("state event", path + "?format=event", must=only, statuses=statuses)
    members = {mark for one in states[:1] for place, index in one.items() if place[0] == "m.room.member"
               for mark in room.log.events[index].marks}
    yield get("members", "members", must=members)
    yield get("members", "members?membership=leave")
    yield get("members", "members?not_membership=join")
    yield get("joined members", "joined_members", reads=view.joined)


def relations(room: Room, person: Person, view: View):
    may = view.may_marks()
    for parent in ("before anybody", "root", "all are here", "reply in the thread"):
        index = next(i for i, event in enumerate(room.log.events) if event.id == room.events[parent])
        seen, surely = index in view.may, index in view.must and view.reads
        children = {mark for i in view.must if surely for mark in room.log.events[i].marks
                    if room.log.events[i].content.get("m.relates_to", {}).get("event_id") == room.events[parent]}
        for rest in ("", "/m.thread", "/m.annotation/m.reaction", "?recurse=true", "?dir=f&limit=3"):
            path = f"/_matrix/client/v1/rooms/{enc(room.id)}/relations/{enc(room.events[parent])}{rest}"
            statuses = {200} if surely else {403, 404} if not seen else {200, 403, 404}
            if person.role in ("guest", "nobody"):
                statuses = {401} if person.role == "nobody" else {403}
            yield Probe(person, room, "relations", Request("GET", path), may if seen else set(),
                        children if not rest else set(), seen, statuses)
    for rest in ("?include=all", "?include=participated"):
        path = f"/_matrix/client/v1/rooms/{enc(room.id)}/threads{rest}"
        yield Probe(person, room, "threads", Request("GET", path), may, reads=view.reads)


def around(room: Room, person: Person, view: View):
    """The room from outside."""
    preview = view.preview()
    v1 = "/_matrix/client/v1"
    yield Probe(person, room, "summary", Request("GET", f"{v1}/room_summary/{enc(room.id)}"), preview, preview, bool(preview))
    yield Probe(person, room, "hierarchy", Request("GET", f"{v1}/rooms/{enc(room.id)}/hierarchy"), preview, preview, bool(preview))
    yield Probe(person, room, "aliases", Request("GET", room.path("aliases")), {room.alias_mark},
                {room.alias_mark}, view.joined or view.open)
    # The id of an alias is everybody's, and so is whether a room is in the list of public ones.
    yield Probe(person, room, "alias", Request("GET", f"/directory/room/{enc(f'#{room.alias_mark}:localhost')}"), set(), statuses={200})
    yield Probe(person, room, "listed", Request("GET", f"/directory/list/room/{enc(room.id)}"), set(), statuses={200})
    yield Invitations(person, room, "invitations", Request("GET", f"/_peyk/client/v1/rooms/{enc(room.id)}/invitations"), set(),
                statuses={401} if person.role == "nobody" else {403} if person.role == "guest" else {200})
    yield Probe(person, room, "mutual rooms", Request("GET", f"{v1}/mutual_rooms?user_id={enc(room.creator.id)}"), set(),
                statuses={400} if person.role == "creator" else {403} if person.role in ("ghost", "bridge") else None)


def belongings(room: Room, person: Person, view: View):
    """What is others' own, and what only members may do."""
    if person.role == "creator":
        return
    owner, place = enc(room.creator.id), enc(room.id)
    for what, path in (("account data of others", f"/user/{owner}/rooms/{place}/account_data/org.example.note"),
                       ("tags of others", f"/user/{owner}/rooms/{place}/tags"),
                       ("delayed events of others", f"/_matrix/client/v1/delayed_events/{enc(room.events['delayed'])}")):
        yield Probe(person, room, what, Request("GET", path), set(), reads=False)
    last = next(i for i, event in enumerate(room.log.events) if event.id == room.events["last"])
    for label, index in (("before anybody", None), ("some have left", None), ("last", last)):
        if index is None:
            index = next(i for i, event in enumerate(room.log.events) if event.id == room.events[label])
        yield Probe(person, room, "report", Request("POST", room.path(f"report/{enc(room.events[label])}"), {"reason": "x"}), set(),
                    reads=view.joined and index in view.may)
    if not view.joined:
        for what, method, path, body in (
                ("upgrade", "POST", "upgrade", {"new_version": "11"}),
                ("receipt", "POST", f"receipt/m.read/{enc(room.events['last'])}", {}),
                ("read markers", "POST", "read_markers", {"m.read": room.events["last"]}),
                ("typing", "PUT", f"typing/{enc(person.id or room.creator.id)}", {"typing": True}),
                ("send", "PUT", f"send/m.room.message/not-{enc(person.role)}", {"msgtype": "m.text", "body": "x"}),
                ("redact", "PUT", f"redact/{enc(room.events['last'])}/not-{enc(person.role)}", {}),
                ("set state", "PUT", "state/org.example.mark/one", {"value": "x"})):
            yield Probe(person, room, what, Request(method, room.path(path), body), set(), reads=False)
