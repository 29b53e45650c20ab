#!/usr/bin/env python3
"""What is held about a person is what is said to be held, and an administrator's token opens none of it.

One person leaves something everywhere. Then: every route is asked with an administrator's token, who shares no room with the
person, and no answer holds what the person planted; `peyk disclose --fields` is compared with a decrypted dump of the whole
store, and every key in it belongs to a table of the catalog."""
import argparse
import base64
import json
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support")]

from ed25519 import SigningKey  # noqa: E402
from fake_gateway import Gateway  # noqa: E402
from pictures import picture  # noqa: E402
from server import SLOWNESS, Server  # noqa: E402

C, V1 = "/_matrix/client/v3", "/_matrix/client/v1"
PASSWORD = "canary-of-the-password-" + secrets.token_hex(8)

# Tables in which a person can stand, and which this story does not fill, each with its reason.
NOT_PLANTED = {
    "room_outbox": "lives for milliseconds", "ended_accounts": "lives for milliseconds",
    "device_list_unannounced": "lives for milliseconds", "forgotten_devices": "lives for milliseconds",
    "user_punctures": "lives for a minute at most",
    "erased_users": "of accounts that have ended", "erasure_receipts": "as erased_users", "erasures_under_way": "as erased_users",
    "dehydrated_devices": "the scenarios of keys", "notification_facts": "is written for 256 events in a row", "third_party_ids": "needs a mail server: accounts/email in the scenarios",
    "third_party_owners": "as third_party_ids", "third_party_bindings": "as third_party_ids",
    "provider_links": "needs a provider: the group pages", "provider_link_owners": "as provider_links",
    "authenticator_apps": "the group pages", "recovery_codes": "the group pages", "passkeys": "the group pages",
    "appservice_queues": "needs an application service: the scenarios of appservices",
    "dehydrated_devices": "no app of this story leaves one: keys/dehydrated in the scenarios",
    "erasure_receipts": "nobody is erased here, and a receipt does not say who was", "erasures_under_way": "nobody is erased here",
    "notification_facts": "numbers of events alone", "room_info": "the room's id and version alone",
    "issued_keys": "digests alone", "to_device_transactions": "digests alone", "delivered": "digests alone",
}


class Wrong(Exception):
    pass


def check(condition, about: str) -> None:
    if not condition:
        raise Wrong(about)


def enc(text: str) -> str:
    return quote(text, safe="")


def unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


class Person:
    def __init__(self, world, name: str, token: str = "", user: str = "", device: str = ""):
        self.world, self.name, self.token, self.id, self.device = world, name, token, user, device

    def ask(self, method: str, path: str, body=None, raw: bytes | None = None, kind: str = "application/json"):
        path = path if path.startswith("/_") else C + path
        data = raw if raw is not None else json.dumps(body if body is not None else {}).encode() if method in ("POST", "PUT") else None
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": self.world.agent, "Content-Type": kind}
        return self.world.client.request(method, path, data, headers)

    def do(self, method: str, path: str, body=None, **more) -> dict:
        answer = self.ask(method, path, body, **more)
        check(answer.status == 200, f"{self.name}: {method} {path} is answered {answer.status} {answer.body[:300]!r}")
        return answer.json()

    def signed(self, thing: dict, key: SigningKey, key_id: str) -> dict:
        bare = {k: v for k, v in thing.items() if k != "signatures"}
        text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        out = json.loads(json.dumps(thing))
        out.setdefault("signatures", {}).setdefault(self.id, {})[key_id] = unpadded(key.sign(text))
        return out


class World:
    """The people, and every canary by its name: a text that occurs once."""

    def __init__(self, server: Server):
        self.server, self.client = server, server.client()
        self.canaries: dict[str, str] = {}
        self.agent = self.canary("user agent")
        self.gateway = Gateway()
        self.values: dict[str, str] = {}
        self.ada, self.bob, self.eve = (self.register(name) for name in ("ada", "bob", "eve"))
        self.root = self.administrator()

    def canary(self, name: str) -> str:
        return self.canaries.setdefault(name, f"canary-{secrets.token_hex(12)}")

    def register(self, name: str) -> Person:
        body = {"auth": {"type": "m.login.dummy"}, "username": name, "password": PASSWORD,
                "initial_device_display_name": self.canary("device name") if name == "ada" else "x"}
        made = Person(self, name).do("POST", "/register", body)
        return Person(self, name, made["access_token"], made["user_id"], made["device_id"])

    def administrator(self) -> Person:
        made = self.register("root")
        said = subprocess.run([self.server.binary, "user", "admin", "root", "--config", self.server.config], capture_output=True,
                              text=True)
        check(said.returncode == 0, f"root becomes an administrator: {said.stderr}")
        return made


def keys_of(world: World) -> None:
    """Device, one-time, fallback and cross-signing keys, a signature on bob's, a backup, messages between devices."""
    ada, bob = world.ada, world.bob
    for person in (ada, bob):
        device, master, own, other = (SigningKey() for _ in range(4))
        public = {name: unpadded(key.public)
                  for name, key in (("device", device), ("master", master), ("self_signing", own), ("user_signing", other))}
        device_keys = person.signed({
            "user_id": person.id, "device_id": person.device, "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
            "keys": {f"curve25519:{person.device}": public["device"], f"ed25519:{person.device}": public["device"]}},
            device, f"ed25519:{person.device}")
        person.do("POST", "/keys/upload", {
            "device_keys": device_keys,
            "one_time_keys": {f"curve25519:{n}": unpadded(secrets.token_bytes(32)) for n in ("AAA", "BBB")},
            "fallback_keys": {"signed_curve25519:FFF": person.signed(
                {"key": unpadded(secrets.token_bytes(32)), "fallback": True}, device, f"ed25519:{person.device}")}})
        cross = {}
        for name in ("master", "self_signing", "user_signing"):
            thing = {"user_id": person.id, "usage": [name], "keys": {f"ed25519:{public[name]}": public[name]}}
            cross[f"{name}_key"] = thing if name == "master" else person.signed(thing, master, f"ed25519:{public['master']}")
        person.do("POST", "/keys/device_signing/upload", cross | {"auth": password_of(person)})
        person.do("POST", "/keys/signatures/upload", {person.id: {person.device: person.signed(
            device_keys, own, f"ed25519:{public['self_signing']}")}})
        person.keys = {"cross": cross, "user_signing": other, "user_public": public["user_signing"], "master": public["master"]}
    ada.do("POST", "/keys/signatures/upload", {bob.id: {bob.keys["master"]: ada.signed(
        bob.keys["cross"]["master_key"], ada.keys["user_signing"], f"ed25519:{ada.keys['user_public']}")}})
    bob.do("POST", "/keys/claim", {"one_time_keys": {ada.id: {ada.device: "curve25519"}}})
    bob.do("PUT", "/sendToDevice/m.canary/t1", {"messages": {ada.id: {ada.device: {"body": world.canary("message to a device")}}}})
    version = ada.do("POST", "/room_keys/version", {"algorithm": "m.megolm_backup.v1.curve25519-aes-sha2",
                                                     "auth_data": {"public_key": world.canary("backup version")}})["version"]
    world.values["version"] = version
    ada.do("PUT", f"/room_keys/keys/{enc(world.values['roomId'])}/{enc(world.canary('backup session id'))}?version={version}",
           {"first_message_index": 0, "forwarded_count": 0, "is_verified": True, "session_data": {"x": world.canary("backup")}})


def password_of(person: Person) -> dict:
    return {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": person.id}, "password": PASSWORD}


def rooms_of(world: World) -> None:
    """A private room in clear with everything that can be said, and a published one with an alias."""
    ada, bob, canary = world.ada, world.bob, world.canary
    room = ada.do("POST", "/createRoom", {"preset": "private_chat", "name": canary("room name"), "topic": canary("room topic"),
                                          "invite": [bob.id], "is_direct": True})["room_id"]
    world.values["roomId"] = room
    bob.do("POST", f"/rooms/{enc(room)}/join")
    send = f"/rooms/{enc(room)}/send"
    first = ada.do("PUT", f"{send}/m.room.message/m1", {"msgtype": "m.text", "body": canary("message"),
                                                        "m.mentions": {"user_ids": [bob.id]}})["event_id"]
    world.values["eventId"] = first
    ada.do("PUT", f"{send}/m.room.message/m2", {"msgtype": "m.text", "body": canary("message in a thread"),
                                                "m.relates_to": {"rel_type": "m.thread", "event_id": first}})
    bob.do("PUT", f"{send}/m.room.message/m3", {"msgtype": "m.text", "body": canary("message by bob")})
    ada.do("PUT", f"{send}/m.reaction/m4", {"m.relates_to": {"rel_type": "m.annotation", "event_id": first, "key": canary("reaction")}})
    gone = ada.do("PUT", f"{send}/m.room.message/m5", {"msgtype": "m.text", "body": canary("redacted message")})["event_id"]
    ada.do("PUT", f"/rooms/{enc(room)}/redact/{enc(gone)}/r1", {"reason": canary("reason of a redaction")})
    ada.do("PUT", f"/rooms/{enc(room)}/state/org.example.canary/key", {"value": canary("state")})
    ada.do("PUT", f"{send}/m.room.message/m6?org.matrix.msc4140.delay=3600000", {"msgtype": "m.text", "body": canary("delayed message")})
    ada.do("POST", f"/rooms/{enc(room)}/receipt/m.read/{enc(first)}", {"thread_id": "main"})
    bob.do("POST", f"/rooms/{enc(room)}/receipt/m.read/{enc(first)}", {"thread_id": "main"})
    ada.do("PUT", f"/rooms/{enc(room)}/typing/{enc(ada.id)}", {"typing": True, "timeout": 30000})
    ada.do("PUT", f"/user/{enc(ada.id)}/rooms/{enc(room)}/tags/{enc('u.' + canary('tag'))}", {})
    ada.do("PUT", f"/user/{enc(ada.id)}/rooms/{enc(room)}/account_data/org.example.canary", {"value": canary("room account data")})
    bob.do("POST", f"/rooms/{enc(room)}/report/{enc(world.values['eventId'])}", {"reason": "about ada"})
    ada.do("POST", f"/users/{enc(bob.id)}/report", {"reason": canary("reason of a report")})
    world.root.do("POST", f"/rooms/{enc(room)}/report", {"reason": "an administrator reports a room to read its name"})
    public = ada.do("POST", "/createRoom", {"preset": "public_chat", "room_alias_name": "open", "visibility": "public"})["room_id"]
    world.values |= {"roomAlias": "#open:localhost", "publicRoom": public}
    world.eve.do("POST", f"/join/{enc(public)}")


def rest_of(world: World) -> None:
    """Profile, settings, devices, pushers, files, searches, presence, and a sliding sync."""
    ada, canary, me = world.ada, world.canary, enc(world.ada.id)
    answer = ada.ask("POST", f"/_matrix/media/v3/upload?filename=removed.png", raw=picture("png:64x48"), kind="image/png")
    world.values["mediaId"] = answer.json()["content_uri"].rpartition("/")[2]
    answer = ada.ask("POST", "/_matrix/media/v3/upload", raw=canary("file").encode(), kind="text/plain")
    world.values["removedId"] = answer.json()["content_uri"].rpartition("/")[2]
    ada.do("POST", "/_matrix/media/v1/create")
    ada.do("PUT", f"/profile/{me}/displayname", {"displayname": canary("display name")})
    ada.do("PUT", f"/user/{me}/account_data/org.example.canary", {"value": canary("account data")})
    ada.do("PUT", "/pushrules/global/content/canary", {"pattern": canary("push rule"), "actions": ["notify"]})
    world.values["filterId"] = ada.do("POST", f"/user/{me}/filter", {"room": {"timeline": {"types": [canary("filter")]}}})["filter_id"]
    ada.do("POST", "/pushers/set", {"kind": "http", "app_id": canary("app id"), "app_display_name": "a",
                                    "device_display_name": canary("device name of a pusher"), "pushkey": canary("push key"), "lang": "fa",
                                    "data": {"url": world.gateway.fields()["url"]}})
    ada.do("PUT", f"/presence/{me}/status", {"presence": "online", "status_msg": canary("status message")})
    ada.do("POST", "/search", {"search_categories": {"room_events": {"search_term": canary("search")}}})
    ada.do("POST", "/_matrix/client/v4/sync", {"conn_id": "c", "lists": {"all": {"range": [0, 9], "timeline_limit": 1,
                                                                               "required_state": {"include": [{}]}}}})
    subprocess.run([world.server.binary, "user", "reset-link", "ada", "--config", world.server.config], check=True, capture_output=True)
    world.values["deviceId"] = ada.device
    # Not taken before the dump: the message to ada's device has to wait there.
    world.bob.do("GET", "/sync")


# ---- an administrator asks -------------------------------------------------------------------------------------------

SIGN_OUT = {f"{C}/logout", f"{C}/logout/all", "/_matrix/client/r0/logout", "/_matrix/client/r0/logout/all"}
# The one route that hands an event over, and the name of its room as the reporter reads it: docs/admin-routes.tsv.
HANDED_OVER = {"/_synapse/admin/v1/event_reports/{report}": {"message", "room name"},
               "/_synapse/admin/v1/event_reports": {"room name"}}
# Anybody may look these up, where the open profile lets them.
FOR_ANYBODY = {"display name"}
# Administrators' removals are asked at the end, by themselves.
REMOVALS = {("DELETE", "/_peyk/admin/v1/rooms/{roomId}"), ("DELETE", "/_synapse/admin/v1/media/{serverName}/{mediaId}"), ("DELETE", f"{C}/directory/room/{{roomAlias}}"),
            ("DELETE", "/_matrix/client/r0/directory/room/{roomAlias}"), *(("DELETE", f"/_synapse/admin/v1/{kind}_reports/{{report}}") for kind in ("event", "room", "user"))}


def fill(path: str, world: World, which: int) -> str:
    me, values = world.ada.id, world.values
    known = {"userId": me, "user": me, "roomIdOrAlias": values["roomId"], "serverName": "localhost", "txnId": secrets.token_hex(4),
             "eventType": ("m.room.message", "m.room.name", "org.example.canary")[which % 3], "stateKey": ("", "key")[which % 2],
             "type": ("org.example.canary", "m.push_rules", "m.direct")[which % 3], "keyName": "displayname", "field": "displayname",
             "tag": "u.x", "fileName": "x", "relType": "m.thread", "receiptType": "m.read",
             "sessionId": world.canaries["backup session id"], "scope": "global", "kind": "content", "ruleId": "canary",
             "token": "none", "delay_id": "x", "delayId": "x"} | values
    out = []
    for part in path.split("/"):
        if part.startswith("{"):
            out.append(enc(known.get(part.strip("{}.").removesuffix("..."), "x")))
        else:
            out.append(part)
    return "/".join(out)


def body_for(world: World) -> dict:
    ada, values = world.ada, world.values
    return {"user_id": ada.id, "room_id": values["roomId"], "device_keys": {ada.id: []}, "search_term": "canary", "limit": 50,
            "search_categories": {"room_events": {"search_term": "canary", "filter": {"rooms": [values["roomId"]]}}},
            "one_time_keys": {ada.id: {ada.device: "signed_curve25519"}}, "event_id": values["eventId"], "timeout": 0,
            "lists": {"a": {"range": [0, 9], "timeline_limit": 9, "required_state": {"include": [{}]}}},
            "room_subscriptions": {values["roomId"]: {"timeline_limit": 9, "required_state": {"include": [{}]}}}}


def administrators_read_nothing(world: World, routes: list[dict]) -> None:
    """No route gives an administrator's token what another wrote, set or named; nor lets it act as another."""
    before = state_of(world)
    world.values["report"] = str(world.root.do("GET", "/_synapse/admin/v1/event_reports")["event_reports"][0]["id"])
    asked, opened, leaks = 0, 0, []
    secret = {name: text.encode() for name, text in world.canaries.items() if name not in FOR_ANYBODY}
    for route in routes:
        if not route["path"].startswith(("/_matrix", "/_synapse", "/_peyk")) or route["path"] in SIGN_OUT:
            continue
        if (route["method"], route["path"]) in REMOVALS:
            continue
        for which in range(3):
            path = fill(route["path"], world, which)
            query = f"?timeout=0&user_id={enc(world.ada.id)}&room_id={enc(world.values['roomId'])}&dir=b&limit=50&ts=0"
            query += "&from=" if which == 2 and "/_synapse" in path else ""
            for body in ({}, body_for(world)) if route["method"] in ("POST", "PUT") else (None,):
                answer = world.root.ask(route["method"], path + query, body)
                asked, opened = asked + 1, opened + (answer.status == 200)
                check(answer.status < 500 or answer.status in (503, 504), f"{route['method']} {path} is answered {answer.status}")
                allowed = HANDED_OVER.get(route["path"], set())
                leaks += [f"{route['method']} {path} tells {name}" for name, text in secret.items()
                          if text in answer.body and name not in allowed]
    check(not leaks, f"{len(leaks)} leaks: {leaks[:5]}")
    check(asked > 800 and opened > 60, f"only {asked} questions, {opened} answered: the routes were not asked")
    after = state_of(world)
    check(before == after, f"something was done in ada's name: {[k for k in before if before[k] != after[k]]}")
    reports = world.root.do("GET", "/_synapse/admin/v1/event_reports")["event_reports"]
    check(reports, "the control: there is a report")
    reported = world.root.ask("GET", f"/_synapse/admin/v1/event_reports/{reports[0]['id']}")
    check(secret["message"] in reported.body, f"the control: what a member reported is handed over: {reported.status}")
    rooms = world.root.do("GET", "/_synapse/admin/v1/room_reports")["room_reports"]
    check(rooms and rooms[0]["name"] is None, f"a room that an administrator reports keeps its name: {rooms}")
    own = world.ada.do("GET", f"/rooms/{enc(world.values['roomId'])}/messages?dir=b&limit=50")
    check(world.canaries["message"] in json.dumps(own), "the control: ada reads what she wrote")
    print(f"    {asked} questions with an administrator's token, {opened} answered", flush=True)


def state_of(world: World) -> dict:
    """What would change if somebody acted as ada."""
    ada, room = world.ada, enc(world.values["roomId"])
    events = ada.do("GET", f"/rooms/{room}/messages?dir=b&limit=100")["chunk"]
    return {"events": [event["event_id"] for event in events],
            "members": sorted(ada.do("GET", f"/rooms/{room}/joined_members")["joined"]),
            "devices": [(device["device_id"], device["display_name"]) for device in ada.do("GET", "/devices")["devices"]],
            "profile": ada.do("GET", f"/profile/{enc(ada.id)}"), "rooms": sorted(ada.do("GET", "/joined_rooms")["joined_rooms"]),
            "pushers": ada.do("GET", "/pushers"), "rules": ada.do("GET", "/pushrules/"),
            "data": ada.do("GET", f"/user/{enc(ada.id)}/account_data/org.example.canary")}


def administrators_remove(world: World) -> None:
    """By id: a room and a file. Others may not, and of the room nothing is told or left."""
    ada, bob, canary = world.ada, world.bob, world.canary
    room = ada.do("POST", "/createRoom", {"preset": "private_chat", "name": canary("name of a removed room"), "invite": [bob.id]})["room_id"]
    bob.do("POST", f"/rooms/{enc(room)}/join")
    ada.do("PUT", f"/rooms/{enc(room)}/send/m.room.message/gone", {"msgtype": "m.text", "body": canary("message in a removed room")})
    path = f"/_peyk/admin/v1/rooms/{enc(room)}"
    check(world.eve.ask("DELETE", path).status == 403, "others may not remove rooms")
    check(world.eve.ask("DELETE", "/_peyk/admin/v1/rooms/!none:localhost").status == 403, "nor learn which there are")
    check(world.root.do("DELETE", path) == {}, "nothing of the room is told")
    check(world.root.ask("DELETE", path).status == 404, "it is gone")
    for person in (ada, bob, world.root):
        check(person.ask("GET", f"/rooms/{enc(room)}/messages?dir=b").status in (403, 404), "for all")
        check(room not in person.do("GET", "/joined_rooms")["joined_rooms"], "nobody is in it")
    path = f"/_synapse/admin/v1/media/localhost/{world.values['removedId']}"
    check(world.eve.ask("DELETE", path).status == 403, "others may not remove files")
    check(world.eve.ask("DELETE", "/_synapse/admin/v1/media/localhost/none").status == 403, "nor learn which there are")
    removed = world.root.do("DELETE", path)
    check(removed == {"deleted_media": [world.values["removedId"]], "total": 1}, f"{removed}")
    check(world.root.ask("DELETE", path).status == 404, "it is gone")
    check(world.ada.ask("GET", f"/_matrix/client/v1/media/download/localhost/{world.values['removedId']}").status == 404, "for all")
    check(world.root.ask("DELETE", "/_synapse/admin/v1/media/elsewhere.org/abc").status == 404, "others' files are not here")


# ---- what is held ----------------------------------------------------------------------------------------------------

# What must be nowhere in the store: it is used and not kept.
NOWHERE = {"user agent", "status message", "search", "redacted message", "name of a removed room", "message in a removed room"}
# In which tables a canary may stand; `None`: in any that is said to be about people.
WHERE = {"device name": {"devices"}, "push key": {"pushers"}, "app id": {"pushers"}, "device name of a pusher": {"pushers"},
         "account data": {"account_data"}, "room account data": {"account_data"}, "tag": {"account_data"},
         "push rule": {"account_data"}, "filter": {"filters"}, "message to a device": {"inbox"}, "backup": {"backup_sessions"},
         "backup version": {"backup_versions"}, "delayed message": {"delayed_events"}, "message": {"events"},
         "message in a thread": {"events"}, "message by bob": {"events"}, "reaction": {"events"}, "room name": {"events"},
         "room topic": {"events"}, "state": {"events"}, "reason of a redaction": {"events", "redacted_events"},
         "reason of a report": {"reports"}, "display name": {"profiles", "events"}, "file name": {"media"}, "file": set(),
         "backup session id": {"backup_sessions"}}


def about(rows: list[dict], user: str) -> set[str]:
    """Tables with a row of the user's, or with the user's id or number in it."""
    number = next(row["owner"] for row in rows if row.get("name") == "accounts" and user.encode() in bytes.fromhex(row["body"]))
    raw, text = bytes.fromhex(number), user.encode()
    out = set()
    for row in rows:
        inside = b"".join(bytes.fromhex(row.get(part, "")) for part in ("header", "body")) + bytes.fromhex(row["key"])[9:]
        if row.get("owner") == number or raw in inside or raw[::-1] in inside or text in inside:
            out.add(row.get("name", f"table {row['table']}"))
    return out


def compare(rows: list[dict], world: World, fields: list[dict]) -> list[str]:
    disclosed = {field["where"] for field in fields if field["place"] == "table"}
    found = about(rows, world.ada.id)
    wrong = [f"{table} has something about ada, and disclose does not name it" for table in sorted(found - disclosed)]
    wrong += [f"{table} is named by disclose, and nothing about ada is in it" for table in sorted(disclosed - found - set(NOT_PLANTED))]
    return wrong


def is_what_is_said(world: World, rows: list[dict]) -> None:
    """`peyk disclose --fields` and the dump agree: nothing about ada stands where it is not named, and every name is true."""
    said = json.loads(subprocess.run([world.server.binary, "disclose", "--fields", "--json"], check=True, capture_output=True).stdout)
    fields = said["fields"]
    wrong = compare(rows, world, fields)
    check(not wrong, "; ".join(wrong))
    for table in ("profiles", "pushers", "receipts"):
        control = [field for field in fields if field["where"] != table]
        check(compare(rows, world, control), f"the control: without {table} in the list, it is missed")
    text = json.dumps(said)
    check(not any(canary in text for canary in world.canaries.values()) and "ada" not in text, "no values")
    bare = subprocess.run([world.server.binary, "disclose"], capture_output=True)
    check(bare.returncode != 0, "fields must be asked for: there is nothing else")


def canaries_stand_where_said(world: World, rows: list[dict]) -> None:
    """Each planted text is in the table that is said to hold it, and in no other."""
    for name, canary in world.canaries.items():
        found = {row.get("name") for row in rows if canary.encode() in b"".join(
            bytes.fromhex(row.get(part, "")) for part in ("key", "header", "body"))}
        wanted = set() if name in NOWHERE else WHERE[name]
        check(found <= wanted, f"{name} stands in {found - wanted}, which nobody is told")
        check(found or name in NOWHERE or not wanted, f"{name} is nowhere: the search finds nothing")
    for what, text in (("a password", PASSWORD), ("a token", world.ada.token)):
        check(not any(text.encode() in bytes.fromhex(row.get("body", "")) for row in rows), f"{what} stands in the store")


def keys_are_of_the_catalog(world: World, rows: list[dict]) -> None:
    """Every key in the store begins with the number of a table that the catalog has."""
    stray = sorted({row["table"] for row in rows if "name" not in row})
    check(not stray, f"keys of tables that the catalog lacks: {stray}")
    check(len(rows) > 150 and len({row["table"] for row in rows}) > 40, f"{len(rows)} rows: the story left too little")
    print(f"    {len(rows)} rows in {len({row['table'] for row in rows})} tables", flush=True)


def lines(command: list) -> list[dict]:
    said = subprocess.run(command, capture_output=True, text=True)
    check(said.returncode == 0, f"{command[1]}: {said.stderr[-500:]}")
    return [json.loads(line) for line in said.stdout.splitlines()]


def run(binary: Path, notes: list[str]) -> int:
    inside, passed = binary.parent / "tests/unit/app/app_inside", 0
    check(inside.is_file(), f"{inside} is not built")
    with tempfile.TemporaryDirectory() as folder:
        bare = Server(binary, folder=Path(folder), engine="memory")
        routes = lines([inside, "routes", bare.config])
    server = Server(binary)
    try:
        server.start()
        world = World(server)
        for story in (rooms_of, keys_of, rest_of):
            story(world)
        parts = [(administrators_read_nothing, routes), (administrators_remove,)]
        passed += judge(parts, world, notes)
        time.sleep(0.2 * SLOWNESS)
        server.stop(10)
        rows = lines([inside, "dump", server.config])
        passed += judge([(keys_are_of_the_catalog, rows), (is_what_is_said, rows), (canaries_stand_where_said, rows)], world, notes)
        world.gateway.close()
    finally:
        server.dispose()
    return passed


def judge(parts: list[tuple], world: World, notes: list[str]) -> int:
    passed = 0
    for part, *arguments in parts:
        try:
            part(world, *arguments)
            passed += 1
        except Exception as error:
            notes.append(f"accountability: {part.__doc__.splitlines()[0]}: {type(error).__name__}: {str(error)[:1500]}")
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    arguments = parser.parse_args()
    notes, passed = [], 0
    try:
        passed = run(arguments.server.resolve(), notes)
    except Exception as error:
        notes.append(f"accountability: {type(error).__name__}: {str(error)[:1500]}")
    print(f"  accountability: {'; '.join(notes) if notes else 'ok'}", flush=True)
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": passed, "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
