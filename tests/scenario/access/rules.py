"""Who may read what in a room: the rules of the specification once more, independent of the server, over a room's whole log.

Spec: Client-Server API › Room history visibility › Server behaviour (the numbers below are its rules); Leaving rooms;
GET /rooms/{roomId}/state ("when they left"). The log is what the room's creator reads, who was there from the beginning.

Marks are texts that occur once in the whole world of the matrix. So what somebody was told is found by looking for marks in
the raw answer, wherever in it they may be.
"""
import json
import re
from dataclasses import dataclass, field
from functools import cache

MARK = re.compile(r"mark-[0-9a-f]{12}")
CLOSED_TO_PAST_MEMBERS = ("left, then banned", "unbanned", "invited again", "forgotten")


def marks_in(text: str) -> set[str]:
    return set(MARK.findall(text))


@dataclass
class Event:
    """One event of the log, and the state around it."""
    id: str
    type: str
    sender: str
    state_key: str | None
    content: dict
    time: int
    marks: set[str]
    hidden: set[str] = field(default_factory=set)    # marks that a redaction took away
    replaced: set[str] = field(default_factory=set)  # marks of the state event that it took the place of
    after: dict = field(default_factory=dict)        # (type, key) -> index of the event that holds there
    before: dict = field(default_factory=dict)

    @property
    def is_message(self) -> bool:
        return self.state_key is None


class Log:
    def __init__(self, events: list[dict], sent: dict[str, set[str]]):
        """`sent`: the marks of an event, by its id, as it was sent: it may be redacted by now."""
        self.events: list[Event] = []
        state: dict = {}
        for index, raw in enumerate(events):
            event = Event(raw["event_id"], raw["type"], raw["sender"], raw.get("state_key"), raw["content"],
                          raw["origin_server_ts"], marks_in(json.dumps(raw["content"])))
            event.hidden = sent.get(event.id, set()) - event.marks
            event.before = state
            if not event.is_message:
                place = (event.type, event.state_key)
                if place in state:
                    event.replaced = self.events[state[place]].marks
                state = state | {place: index}
            event.after = state
            self.events.append(event)

    def visibility(self, state: dict) -> str:
        index = state.get(("m.room.history_visibility", ""))
        value = None if index is None else self.events[index].content.get("history_visibility")
        return value if value in ("world_readable", "shared", "invited", "joined") else "shared"

    def membership(self, state: dict, user: str) -> str:
        index = state.get(("m.room.member", user))
        return "none" if index is None else self.events[index].content.get("membership", "leave")

    def now(self) -> dict:
        return self.events[-1].after

    def state_marks(self, state: dict) -> set[str]:
        return set().union(*(self.events[index].marks for index in state.values()))

    def ended_at(self, user: str) -> int | None:
        """Where a stay ended that was not followed by anything but leaves and bans of the same kind."""
        if self.membership(self.now(), user) not in ("leave", "ban"):
            return None
        own = [i for i, event in enumerate(self.events) if event.type == "m.room.member" and event.state_key == user]
        last = own[-1]
        return last if self.membership(self.events[last].before, user) == "join" else None

    # ---- the algorithm ----------------------------------------------------------------------------------------------

    def permits(self, state: dict, user: str, joins_later: bool) -> bool:
        visibility, membership = self.visibility(state), self.membership(state, user)
        return (visibility == "world_readable"                                # 1
                or membership == "join"                                       # 2
                or (visibility == "shared" and joins_later)                   # 3
                or (visibility == "invited" and membership == "invite"))      # 4; 5: otherwise not

    def last_join(self, user: str) -> int:
        """The number of the last event that made the user a member; -1 when there is none."""
        joins = [index for index, event in enumerate(self.events) if event.type == "m.room.member" and event.state_key == user
                 and event.content.get("membership") == "join"]
        return joins[-1] if joins else -1

    def visible(self, user: str, remembers_joins: bool = True) -> set[int]:
        """Events that the user may see at some time, by their numbers. Without memory of joins rule 3 does not apply."""
        last_join = self.last_join(user) if remembers_joins else -1
        out = set()
        for index, event in enumerate(self.events):
            allowed = self.permits(event.after, user, index < last_join)
            # "before or after": changes of the visibility, and of the user's own membership.
            if event.type == "m.room.history_visibility" or (event.type == "m.room.member" and event.state_key == user):
                allowed = allowed or self.permits(event.before, user, index < last_join)
            if allowed:
                out.add(index)
        return out


class View:
    """What one user may and must be able to read of one room when all has happened. `kind`: how the user stands to it."""

    def __init__(self, log: Log, user: str, kind: str):
        self.log, self.user, self.kind = log, user, kind
        now = log.now()
        self.open = log.visibility(now) == "world_readable"
        self.joined = log.membership(now, user) == "join"
        self.ended = log.ended_at(user)
        self.closed = kind in CLOSED_TO_PAST_MEMBERS  # to what the user saw in an earlier stay
        # Whoever is in it, whoever was in it to the last, and anybody when the world may read it.
        self.reads = self.open or self.joined or (self.ended is not None and not self.closed)
        # Ceiling: what the rules allow. A user who forgot the room reads nothing of it unless the world does.
        self.may = log.visible(user)
        if kind == "forgotten" and not self.open:
            self.may = set()
        # Floor: what has to be told to who asks for it.
        self.must = set()
        if self.open or self.joined:
            # The server does not remember joins that were followed by more than one leave, kick or ban.
            remembers = self.joined or (self.ended is not None and not self.closed)
            self.must = log.visible(user, remembers)
        elif self.reads:
            self.must = {index for index in self.may if index <= self.ended}

    def marks(self, numbers: set[int]) -> set[str]:
        return set().union(*(self.log.events[index].marks for index in numbers)) if numbers else set()

    @cache
    def may_marks(self) -> set[str]:
        return self.marks(self.may) | self.replaced(self.may)

    def replaced(self, numbers) -> set[str]:
        """What state events took the place of, which is told beside them: to who might have seen an event sent just before, and
        to users of their own membership."""
        out, last_join = set(), self.log.last_join(self.user)
        for index in numbers:
            event = self.log.events[index]
            own = event.type == "m.room.member" and event.state_key == self.user
            if own or self.log.permits(event.before, self.user, index < last_join):
                out |= event.replaced
        return out

    @cache
    def must_marks(self) -> set[str]:
        return self.marks(self.must)

    def states(self) -> list[dict]:
        """The states that may be told as the room's state: now, or when the user left."""
        out = [self.log.now()] if self.open or self.joined else []
        if self.ended is not None and not self.closed:
            out.append(self.log.events[self.ended].after)
        return out

    @cache
    def may_state(self) -> set[str]:
        return set().union(*map(self.log.state_marks, self.states()), *(self.replaced(state.values()) for state in self.states()))

    @cache
    def must_state(self) -> set[str]:
        states = self.states()
        return self.log.state_marks(states[0]) if states else set()

    @cache
    def past_states(self) -> set[str]:
        """Marks of the states in which the user could read the room, at whatever time: for /context and for syncs that go on."""
        out = set()
        for index, event in enumerate(self.log.events):
            inside = self.log.membership(event.after, self.user) == "join" or self.log.membership(event.before, self.user) == "join"
            if inside or self.log.visibility(event.after) == "world_readable" or index in self.may:
                out |= self.log.state_marks(event.after) | self.replaced(event.after.values())
        return out

    def was_in(self) -> bool:
        return any(self.log.membership(event.after, self.user) == "join" for event in self.log.events)

    @cache
    def told_at_the_door(self) -> set[str]:
        """Stripped state of invitations and knocks: the room's name, topic and the like at that moment, and the event itself."""
        shown = ("m.room.name", "m.room.topic", "m.room.avatar", "m.room.canonical_alias", "m.room.join_rules", "m.room.create",
                 "m.room.encryption")
        out = set()
        for event in self.log.events:
            if event.type == "m.room.member" and event.state_key == self.user:
                out |= event.marks
                if event.content.get("membership") in ("invite", "knock"):
                    inviter = event.before.get(("m.room.member", event.sender))
                    out |= self.log.events[inviter].marks if inviter is not None else set()
                    for (kind, _), index in event.before.items():
                        out |= self.log.events[index].marks if kind in shown else set()
        return out

    @cache
    def preview(self) -> set[str]:
        """Name, topic and alias, for who may know of the room: in it, invited, or anybody when the world may read it."""
        if not (self.open or self.log.membership(self.log.now(), self.user) in ("join", "invite")):
            return set()
        now = self.log.now()
        return set().union(*(self.log.events[now[place]].marks for place in (("m.room.name", ""), ("m.room.topic", ""), ("m.room.canonical_alias", ""))
                             if place in now))
