"""What guests may do (Client-Server API › Guest access › Client behaviour), and that each of it is answered 2xx to one.

The lists are held against the column guest_ok of the specification's table of endpoints where that lies beside the checkout; what the
rest of the server answers a guest is asked by doors.py: M_GUEST_ACCESS_FORBIDDEN.
"""
import csv
from pathlib import Path

from access.people import Person, Request, enc

V1, V3 = "/_matrix/client/v1", "/_matrix/client/v3"
# By the names that the server gives the captures.
MAY = [
    f"GET {V3}/rooms/{{roomId}}/state", f"GET {V3}/rooms/{{roomId}}/context/{{eventId}}", f"GET {V3}/rooms/{{roomId}}/event/{{eventId}}",
    f"GET {V3}/rooms/{{roomId}}/state/{{eventType}}/{{stateKey}}", f"GET {V3}/rooms/{{roomId}}/messages",
    f"GET {V3}/rooms/{{roomId}}/members", f"GET {V3}/rooms/{{roomId}}/initialSync", f"GET {V3}/sync", f"GET {V3}/events",
    f"GET {V1}/media/download/{{serverName}}/{{mediaId}}", f"GET {V1}/media/download/{{serverName}}/{{mediaId}}/{{fileName}}",
    f"GET {V1}/media/thumbnail/{{serverName}}/{{mediaId}}", f"POST {V3}/rooms/{{roomIdOrAlias}}/join",
    f"POST {V3}/rooms/{{roomId}}/leave", f"PUT {V3}/rooms/{{roomId}}/send/{{eventType}}/{{txnId}}",
    f"PUT {V3}/rooms/{{roomId}}/state/{{eventType}}/{{stateKey}}", f"PUT {V3}/sendToDevice/{{type}}/{{txn}}",
    f"PUT {V3}/profile/{{user}}/{{key}}", f"DELETE {V3}/profile/{{user}}/{{key}}", f"GET {V3}/devices", f"GET {V3}/devices/{{device}}",
    f"PUT {V3}/devices/{{device}}", f"GET {V3}/account/whoami", f"POST {V3}/keys/upload", f"POST {V3}/keys/query",
    f"POST {V3}/keys/claim",
]
# What this server lets guests do beyond that list, each with the reason. Patterns of "METHOD path".
BEYOND = {
    r"(GET|PUT) /_matrix/client/v3/rooms/\{roomId\}/state/\{eventType\}/?": "the route above, with an empty key",
    r"POST /_matrix/client/v3/rooms/\{roomId\}/send/\{eventType\}": "the older form of PUT",
    r"POST /_matrix/client/v3/join/\{roomIdOrAlias\}": "the same as POST /rooms/{roomId}/join, by which clients join in fact",
    r"GET /_matrix/client/v3/rooms/\{roomId\}/joined_members": "what GET members tells as well; deployed clients ask it",
    r"GET /_matrix/client/v3/joined_rooms": "what GET sync tells as well",
    r"POST /_matrix/client/v3/user/\{user\}/filter": "GET sync takes it; deployed clients make one before their first sync",
    r"GET /_matrix/client/v3/user/\{user\}/filter/\{filter\}": "what the guest made",
    r"GET /_matrix/client/v3/capabilities": "the same for everybody",
    r"POST /_matrix/client/v3/logout(/all)?": "whoever signed in may sign out",
    r"(PUT|DELETE) /_matrix/client/unstable/uk\.tcpip\.msc4133/profile/\{user\}/\{key\}": "the older name of the route above",
}


def listed_problems(table: Path) -> tuple[list[str], str | None]:
    """(where MAY departs from the table, why it was not compared)"""
    if not table.is_file():
        return [], f"the specification's table of endpoints is not beside the checkout ({table.name}): what guests may was not compared"
    with table.open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["api"] == "client-server"]
    wanted = {f"{row['method']} {shape(row['path'])}" for row in rows if row["guest_ok"] == "yes"}
    mine = {shape(one) for one in MAY}
    if len(wanted) != 26:
        return [f"{table.name} says that guests may use {len(wanted)} routes"], None
    return [f"{one}: guests may {'use it, and MAY lacks it' if one in wanted else 'not use it, and MAY has it'}"
            for one in sorted(wanted ^ mine)], None


def shape(route: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in route.split("/"))


def all_allowed(guest: Person, owner: Person, file: str, picture: str) -> list[str]:
    """Each of MAY answers a guest 2xx, in a room where guests may join and whose past the world may read."""
    open_room = owner.do("POST", "/createRoom", {
        "preset": "public_chat", "power_level_content_override": {"events": {"org.example.guests": 0}},
        "initial_state": [{"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "can_join"}},
                          {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": "world_readable"}}]})["room_id"]
    event = owner.do("PUT", f"/rooms/{enc(open_room)}/send/m.room.message/guests", {"msgtype": "m.text", "body": "x"})["event_id"]
    me, place, device = enc(guest.id), f"/rooms/{enc(open_room)}", guest.do("GET", "/account/whoami")["device_id"]
    asks = [
        ("GET", f"{place}/state", None), ("GET", f"{place}/context/{enc(event)}", None), ("GET", f"{place}/event/{enc(event)}", None),
        ("GET", f"{place}/state/m.room.create/", None), ("GET", f"{place}/messages?dir=b", None), ("GET", f"{place}/members", None),
        ("GET", f"{place}/initialSync", None), ("GET", "/sync?timeout=0", None), ("GET", f"/events?timeout=0&room_id={enc(open_room)}", None),
        ("GET", f"{V1}/media/download/{file}", None), ("GET", f"{V1}/media/download/{file}/name.txt", None),
        ("GET", f"{V1}/media/thumbnail/{picture}?width=32&height=32", None), ("POST", f"{place}/join", {}),
        ("PUT", f"{place}/send/org.example.any/g1", {"a": 1}), ("PUT", f"{place}/state/org.example.guests/x", {"a": 1}),
        ("PUT", "/sendToDevice/org.example.any/g2", {"messages": {owner.id: {"*": {"a": 1}}}}),
        ("PUT", f"/profile/{me}/displayname", {"displayname": "Visitor"}), ("DELETE", f"/profile/{me}/displayname", None),
        ("GET", "/devices", None), ("GET", f"/devices/{enc(device)}", None), ("PUT", f"/devices/{enc(device)}", {"display_name": "Visitor"}),
        ("GET", "/account/whoami", None), ("POST", "/keys/upload", {}), ("POST", "/keys/query", {"device_keys": {owner.id: []}}),
        ("POST", "/keys/claim", {"one_time_keys": {}}), ("POST", f"{place}/leave", {}),
    ]
    out = [] if len(asks) == len(MAY) else [f"{len(asks)} requests for {len(MAY)} routes"]
    for method, path, body in asks:  # one after another: some build on others
        answer = guest.ask([Request(method, path, body)])[0]
        if not 200 <= answer.status < 300:
            out.append(f"{method} {path} is answered {answer.status} {answer.body[:160]!r} to a guest")
    refused = guest.ask([Request("PUT", f"/profile/{me}/avatar_url", {"avatar_url": "mxc://localhost/abc"}),
                         Request("DELETE", f"/profile/{me}/avatar_url")])
    return out + [f"a guest's avatar: {answer.status} {answer.body[:120]!r}" for answer in refused
                  if answer.status != 403 or answer.json().get("errcode") != "M_GUEST_ACCESS_FORBIDDEN"]
