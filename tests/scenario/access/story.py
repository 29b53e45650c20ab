"""The rooms of the access matrix: one for every pair of history visibilities, with all kinds of members, and marks in everything.

Every room has the same story, in stages. People come and go between the stages, and the history visibility changes near the
end, so that everybody's epoch has messages, state, relations and redactions of its own.
"""
import itertools
import threading

from access.people import Person, enc, new_mark
from access.rules import Log, marks_in

VISIBILITIES = ("world_readable", "shared", "invited", "joined")
ROLES = ("creator", "joined", "joined later", "joined again", "invited", "knocked", "declined", "left", "kicked", "banned",
         "left, then banned", "unbanned", "invited again", "forgotten", "never in", "administrator", "ghost", "bridge", "guest", "nobody")
# "ghost": a user of an application service, "bridge": the service's own account.
EARLY = ("joined", "ghost", "joined again", "left", "kicked", "banned", "left, then banned", "unbanned", "invited again", "forgotten")


def message(mark: str, **more) -> dict:
    return {"msgtype": "m.text", "body": f"needle {mark}"} | more


class Room:
    def __init__(self, people: dict[str, Person], first: str, second: str):
        self.people, self.first, self.second = people, first, second
        self.name = f"{first} to {second}" if first != second else first
        self.creator = people["creator"]
        self.counter = itertools.count()
        self.events: dict[str, str] = {}   # label -> event id
        self.sent: dict[str, set[str]] = {}  # event id -> marks, before any redaction
        self.secrets: dict[str, str] = {}  # what only its owner reads: label -> mark
        self.alias_mark = new_mark()
        self.log: Log | None = None
        self.id = ""

    # ---- what happens -----------------------------------------------------------------------------------------------

    def path(self, rest: str) -> str:
        return f"/rooms/{enc(self.id)}/{rest}"

    def say(self, label: str, who: Person | None = None, kind: str = "m.room.message", content: dict | None = None) -> str:
        body = content if content is not None else message(new_mark())
        made = (who or self.creator).do("PUT", self.path(f"send/{kind}/{next(self.counter)}"), body)
        self.events[label] = made["event_id"]
        self.sent[made["event_id"]] = marks_in(str(body))
        return made["event_id"]

    def state(self, kind: str, content: dict, key: str = "") -> None:
        self.creator.do("PUT", self.path(f"state/{kind}/{enc(key)}"), content)

    def relate(self, label: str, parent: str, kind: str, who: Person | None = None) -> None:
        relation = {"rel_type": kind, "event_id": self.events[parent]}
        if kind == "m.annotation":
            self.say(label, who, "m.reaction", {"m.relates_to": relation | {"key": new_mark()}})
        elif kind == "m.replace":
            self.say(label, who, content=message(new_mark()) | {"m.new_content": message(new_mark()), "m.relates_to": relation})
        else:
            self.say(label, who, content=message(new_mark()) | {"m.relates_to": relation})

    def redact(self, label: str) -> None:
        path = self.path(f"redact/{enc(self.events[label])}/{next(self.counter)}")
        self.events[f"redaction of {label}"] = self.creator.do("PUT", path, {"reason": new_mark()})["event_id"]

    def invite(self, role: str) -> None:
        self.creator.do("POST", self.path("invite"), {"user_id": self.people[role].id, "reason": new_mark()})

    def remove(self, what: str, role: str) -> None:
        self.creator.do("POST", self.path(what), {"user_id": self.people[role].id, "reason": new_mark()})

    def self_do(self, what: str, role: str) -> None:
        self.people[role].do("POST", self.path(what), {"reason": new_mark()})

    # ---- the stages -------------------------------------------------------------------------------------------------

    def create(self) -> None:
        self.id = self.creator.do("POST", "/createRoom", {
            "preset": "private_chat", "name": new_mark(), "topic": new_mark(), "room_version": "11",
            "room_alias_name": self.alias_mark, "invite": [self.people[role].id for role in EARLY],
            "initial_state": [
                {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": self.first}},
                {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}},
                {"type": "org.example.mark", "state_key": "one", "content": {"value": new_mark()}}]})["room_id"]
        self.say("before anybody")
        for role in EARLY:
            self.self_do("join", role)
        self.people["knocked"].do("POST", f"/knock/{enc(self.id)}", {"reason": new_mark()})

    def talk(self) -> None:
        self.say("all are here", self.people["joined"])
        self.say("root")
        self.say("to be redacted")
        self.relate("early reaction", "before anybody", "m.annotation", self.people["joined"])
        self.state("m.room.topic", {"topic": new_mark()})
        self.state("org.example.mark", {"value": new_mark()}, "two")
        for role in ("joined later", "invited", "declined"):
            self.invite(role)
        self.say("some are invited")

    def part(self) -> None:
        for role in ("left", "left, then banned", "invited again", "joined again", "forgotten", "declined"):
            self.self_do("leave", role)
        self.people["forgotten"].do("POST", self.path("forget"))
        self.remove("kick", "kicked")
        self.remove("ban", "banned")
        self.remove("ban", "unbanned")

    def go_on(self) -> None:
        self.say("some have left", self.people["joined"])
        self.relate("edit", "before anybody", "m.replace")
        self.relate("reply in the thread", "root", "m.thread", self.people["joined"])
        self.relate("reference", "all are here", "m.reference")
        self.relate("late reaction", "all are here", "m.annotation")
        self.relate("reaction to the reply", "reply in the thread", "m.annotation")
        self.redact("to be redacted")
        self.state("org.example.mark", {"value": new_mark()}, "two")
        self.self_do("join", "joined later")
        self.invite("joined again")
        self.say("one comes again")
        self.self_do("join", "joined again")
        self.say("before the change")

    def change(self) -> None:
        if self.second != self.first:
            self.state("m.room.history_visibility", {"history_visibility": self.second})
        self.say("after the change")
        self.relate("last reply in the thread", "root", "m.thread")
        self.relate("last edit", "before anybody", "m.replace")
        self.relate("reference to a hidden one", "after the change", "m.reference", self.people["joined"])
        self.state("m.room.topic", {"topic": new_mark()})
        self.state("m.room.name", {"name": new_mark()})
        self.remove("ban", "left, then banned")
        self.remove("unban", "unbanned")
        self.invite("invited again")
        self.state("m.room.join_rules", {"join_rule": "invite"})
        self.say("last", self.people["joined"])

    def keep_secrets(self) -> None:
        """What belongs to the creator alone, and what only members are told."""
        for label, path, body in (
                ("account data", f"/user/{enc(self.creator.id)}/rooms/{enc(self.id)}/account_data/org.example.note", "value"),
                ("tag", f"/user/{enc(self.creator.id)}/rooms/{enc(self.id)}/tags/u.", None)):
            mark = self.secrets[label] = new_mark()
            self.creator.do("PUT", path + (mark if body is None else ""), {} if body is None else {body: mark})
        mark = self.secrets["delayed event"] = new_mark()
        made = self.creator.do("PUT", "/_matrix/client/unstable/org.matrix.msc4140" +
                               self.path(f"delayed_event/m.room.message/{next(self.counter)}"),
                               {"delay": 3_000_000, "content": message(mark)})
        self.events["delayed"] = made["delay_id"]
        self.creator.do("POST", f"/_peyk/client/v1/rooms/{enc(self.id)}/invitations")
        self.people["joined"].do("POST", self.path(f"receipt/m.read/{enc(self.events['last'])}"))
        self.people["joined"].do("PUT", self.path(f"typing/{enc(self.people['joined'].id)}"), {"typing": True, "timeout": 120_000})

    def read_log(self) -> None:
        found, token = [], ""
        while True:
            page = self.creator.do("GET", self.path(f"messages?dir=f&limit=500{token}"))
            found += page["chunk"]
            if not page["chunk"] or "end" not in page:
                break
            token = "&from=" + enc(page["end"])
        self.log = Log(found, self.sent)


STAGES = (Room.create, Room.talk, Room.part, Room.go_on, Room.change, Room.keep_secrets, Room.read_log)


def tell(people: dict[str, Person], between) -> list[Room]:
    """All rooms, two at a time; `between(stage)` runs when all have come to the end of a stage."""
    rooms = [Room(people, first, second) for first in VISIBILITIES for second in VISIBILITIES]
    for stage in STAGES:
        problems: list[Exception] = []

        def work(part: list[Room]) -> None:
            try:
                for room in part:
                    stage(room)
            except Exception as error:
                problems.append(error)

        threads = [threading.Thread(target=work, args=(rooms[half::2],)) for half in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if problems:
            raise problems[0]
        between(stage.__name__)
    return rooms
