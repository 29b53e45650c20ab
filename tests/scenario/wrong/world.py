"""The people and things that requests are about: a server with a room, media, keys, a bridge and all whom it speaks to."""
import base64
import hashlib
import hmac
import itertools
import json
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ed25519 import SigningKey
from fake_gateway import Gateway
from fake_identity import IdentityServer
from fake_mail import Mailbox
from fake_service import FakeService
from fake_site import Site
from httpc import Answer, Client
from peyk_config import TEST_DEFAULTS
from pictures import png
from server import SLOWNESS, Server

CLIENT = "/_matrix/client/v3"
V1 = "/_matrix/client/v1"
PASSWORD = "a long password"
PICTURE = png(64, 48)
NO_BODY = object()  # null is a body


def enc(text: str) -> str:
    return quote(text, safe="")


@dataclass
class Person:
    id: str
    token: str | None
    device: str = ""

    def headers(self) -> dict:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


NOBODY = Person("", None)


@dataclass
class Ask:
    """One request that is right. Captures and query parameters that are not given have the world's usual values."""
    who: Person
    captures: dict = field(default_factory=dict)
    query: dict = field(default_factory=dict)
    body: object = NO_BODY
    raw: bytes | None = None
    content_type: str = "application/json"
    schema: dict | None = None  # what the prose says of this body besides


class Unready(Exception):
    """Something that the requests need could not be set up."""


class World:
    def __init__(self, binary: Path):
        self.folder = Path(tempfile.mkdtemp(prefix="peyk-test-wrong-"))
        self.counter = itertools.count()
        self.run = secrets.token_hex(3)
        self.service, self.mailbox, self.site = FakeService("bridge", {}), Mailbox(), Site()
        self.identity, self.gateway = IdentityServer(), Gateway()
        self.server = Server(binary, {
            "privacy.third_party_ids": True, "privacy.search": True, "network.verify_certificates": False,
            "mail.host": "127.0.0.1", "mail.port": self.mailbox.port, "mail.security": "none",
            "appservices.files": [str(self.service.write(self.folder / "bridge.yaml"))],
            "auth.provider": [{"id": "school", "name": "The school", "issuer": "http://127.0.0.1:9", "client_id": "peyk"}]})
        self.client: Client = self.server.client()

    def close(self) -> None:
        self.server.dispose()
        for outsider in (self.service, self.mailbox, self.site, self.identity, self.gateway):
            outsider.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- requests ---------------------------------------------------------------------------------------------------

    def send(self, who: Person, method: str, target: str, body: bytes | None = None, content_type: str = "application/json") -> Answer:
        return self.client.request(method, target, body, who.headers() | ({"Content-Type": content_type} if body else {}))

    def do(self, who: Person, method: str, path: str, body=None, expected: int = 200) -> dict:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = "application/json" if data is not body else "image/png"
        answer = self.send(who, method, path if path.startswith("/_") else CLIENT + path, data, kind)
        if answer.status != expected:
            raise Unready(f"{method} {path}: {answer.status} {answer.body[:200]!r}")
        return answer.json()

    # ---- what there is ----------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        self.server.start()
        self.service.homeserver = ("127.0.0.1", self.server.port)
        self.site.manners["/page"] = ["page", "<title>A page</title>"]
        self.admin = self.administrator()
        self.ada, self.bob, self.carol = self.fresh("ada"), self.fresh("bob"), self.fresh("carol")
        self.target = self.fresh("target")
        made = self.do(NOBODY, "POST", "/register?kind=guest", {})
        self.guest = Person(made["user_id"], made["access_token"], made["device_id"])
        self.bridge = Person("@_bridge_bot:localhost", self.service.registration["as_token"])
        protocol = {"user_fields": ["nick"], "location_fields": ["channel"], "icon": "mxc://a/b", "field_types": {}, "instances": []}
        for path, answer in (("ping", {}), ("thirdparty/protocol/bridge", protocol), ("thirdparty/location/bridge", []),
                             ("thirdparty/user/bridge", []), ("thirdparty/location", []), ("thirdparty/user", [])):
            self.service.answers[f"/_matrix/app/v1/{path}"] = (200, answer, None)
        self.the_room()
        self.things_of_ada()

    def the_room(self) -> None:
        self.alias = f"#main-{self.run}:localhost"
        self.room = self.new_room(room_alias_name=f"main-{self.run}", name="Main", visibility="public")
        self.do(self.bob, "POST", f"/rooms/{enc(self.room)}/join", {})
        self.open_room = self.new_room(initial_state=[{"type": "m.room.history_visibility", "state_key": "", "content": {
            "history_visibility": "world_readable"}}])
        self.event = self.say(self.room)
        self.kept = [self.say(self.room, f"kept {number}") for number in range(3)]
        relation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": self.event, "key": "+"}}
        self.do(self.bob, "PUT", f"/rooms/{enc(self.room)}/send/m.reaction/{self.unique()}", relation)
        self.since = self.do(self.ada, "GET", "/sync?timeout=0")["next_batch"]

    def things_of_ada(self) -> None:
        ada = self.ada
        self.media = self.do(ada, "POST", "/_matrix/media/v3/upload", PICTURE)["content_uri"].rsplit("/", 1)[1]
        self.filter = self.do(ada, "POST", f"/user/{enc(ada.id)}/filter", {})["filter_id"]
        self.do(ada, "PUT", f"/user/{enc(ada.id)}/account_data/org.example.kept", {"a": 1})
        self.do(ada, "PUT", f"/user/{enc(ada.id)}/rooms/{enc(self.room)}/account_data/org.example.kept", {"a": 1})
        self.do(ada, "PUT", f"/user/{enc(ada.id)}/rooms/{enc(self.room)}/tags/u.kept", {"order": 0.5})
        self.do(ada, "PUT", f"/profile/{enc(ada.id)}/displayname", {"displayname": "Ada"})
        self.do(ada, "PUT", f"/presence/{enc(ada.id)}/status", {"presence": "online"})
        self.do(ada, "PUT", "/pushrules/global/override/kept", {"actions": ["notify"], "conditions": []})
        self.keys = SigningKey()
        self.do(self.bob, "POST", "/keys/upload", {"device_keys": self.device_keys(self.bob), "one_time_keys": {
            f"signed_curve25519:{number}": {"key": "k", "signatures": {}} for number in range(8)}})
        self.version = self.backup(ada)
        self.put_key(ada, self.version)
        self.link = self.do(ada, "POST", f"/_peyk/client/v1/rooms/{enc(self.room)}/invitations", {})["token"]

    # ---- making more ------------------------------------------------------------------------------------------------

    def unique(self) -> str:
        return f"{self.run}{next(self.counter)}"

    def fresh(self, name: str = "someone") -> Person:
        made = self.do(NOBODY, "POST", "/register", {"auth": {"type": "m.login.dummy"}, "password": PASSWORD,
                                                     "username": f"{name}-{self.unique()}"})
        return Person(made["user_id"], made["access_token"], made["device_id"])

    def administrator(self) -> Person:
        path, secret = "/_synapse/admin/v1/register", TEST_DEFAULTS["registration"]["shared_secret"].encode()
        nonce, name = self.do(NOBODY, "GET", path)["nonce"], f"admin-{self.run}"
        mac = hmac.new(secret, b"\0".join(part.encode() for part in (nonce, name, PASSWORD, "admin")), hashlib.sha1).hexdigest()
        made = self.do(NOBODY, "POST", path, {"nonce": nonce, "username": name, "password": PASSWORD, "admin": True, "mac": mac})
        return Person(made["user_id"], made["access_token"], made["device_id"])

    def login(self, person: Person, **more) -> dict:
        return self.do(NOBODY, "POST", "/login", self.by_password(person) | more)

    def by_password(self, person: Person) -> dict:
        return {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": person.id}, "password": PASSWORD}

    def stage(self, person: Person, method: str, path: str, body: dict) -> dict:
        """`auth` for a request that wants a password: its session, opened by the request itself."""
        session = self.do(person, method, path, body, 401)["session"]
        return self.by_password(person) | {"session": session}

    def new_room(self, who: Person | None = None, **more) -> str:
        return self.do(who or self.ada, "POST", "/createRoom", {"preset": "public_chat"} | more)["room_id"]

    def joined_room(self, who: Person) -> str:
        room = self.new_room()
        self.do(who, "POST", f"/rooms/{enc(room)}/join", {})
        return room

    def say(self, room: str, text: str = "a message") -> str:
        return self.do(self.ada, "PUT", f"/rooms/{enc(room)}/send/m.room.message/{self.unique()}",
                       {"msgtype": "m.text", "body": text})["event_id"]

    def backup(self, who: Person) -> str:
        return self.do(who, "POST", "/room_keys/version", {"algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": {
            "public_key": "abcdefg", "signatures": {}}})["version"]

    def put_key(self, who: Person, version: str) -> None:
        self.do(who, "PUT", f"/room_keys/keys/{enc(self.room)}/s1?version={version}", {
            "first_message_index": 1, "forwarded_count": 0, "is_verified": False, "session_data": {"ciphertext": "x"}})

    def signed(self, person: Person, key: SigningKey, name: str, content: dict) -> dict:
        plain = {k: v for k, v in content.items() if k not in ("signatures", "unsigned")}
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        return content | {"signatures": {person.id: {f"ed25519:{name}": base64_of(key.sign(text))}}}

    def device_keys(self, person: Person) -> dict:
        return self.signed(person, self.keys, person.device, {
            "user_id": person.id, "device_id": person.device, "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
            "keys": {f"curve25519:{person.device}": "a" * 43, f"ed25519:{person.device}": base64_of(self.keys.public)}})

    def proven(self, who: Person, path: str = "/account/3pid/email/requestToken", address: str = "") -> tuple[dict, str]:
        """({sid, client_secret} of an address whose link was opened, the address)"""
        address, secret = address or f"m{self.unique()}@example.org", f"secret{self.unique()}"
        sid = self.do(who, "POST", path, {"client_secret": secret, "email": address, "send_attempt": 1})["sid"]
        mail = self.mailbox.wait_for(address, 15 * SLOWNESS)
        if mail is None:
            raise Unready("no mail came")
        target = "/" + mail["links"][0].split("://", 1)[1].partition("/")[2]
        if self.client.request("GET", target).status != 200:
            raise Unready("the link of the mail does not open")
        return {"sid": sid, "client_secret": secret}, address

    def with_address(self) -> tuple[Person, str]:
        """Somebody new, and an address that is theirs."""
        person = self.fresh()
        proof, address = self.proven(person)
        self.do(person, "POST", "/account/3pid", {"three_pid_creds": proof, "auth": self.by_password(person)})
        return person, address

    def answers(self) -> bool:
        """The server is there, and knows its people and their room."""
        return self.server.alive() and self.send(self.ada, "GET", f"{CLIENT}/rooms/{enc(self.room)}/state/m.room.name/").status == 200

    # ---- what must stay ---------------------------------------------------------------------------------------------

    def remembered(self) -> dict:
        """Of everything that was set up what somebody would miss."""
        ada, room = self.ada, enc(self.room)
        page = self.do(ada, "GET", f"/rooms/{room}/messages?dir=f&limit=200")["chunk"]
        data = f"/user/{enc(ada.id)}/account_data/org.example.kept"
        return {
            "messages": [event["event_id"] for event in page if event["event_id"] in {self.event, *self.kept}],
            "members": sorted(self.do(ada, "GET", f"/rooms/{room}/joined_members")["joined"]),
            "power": self.do(ada, "GET", f"/rooms/{room}/state/m.room.power_levels/"),
            "account data": self.do(ada, "GET", data),
            "tags": self.do(ada, "GET", f"/user/{enc(ada.id)}/rooms/{room}/tags")["tags"].get("u.kept"),
            "rule": self.do(ada, "GET", "/pushrules/global/override/kept"),
            "backup": self.do(ada, "GET", f"/room_keys/keys/{room}/s1?version={self.version}"),
            "device keys": self.do(ada, "POST", "/keys/query", {"device_keys": {self.bob.id: []}})["device_keys"],
            "alias": self.do(ada, "GET", f"/directory/room/{enc(self.alias)}")["room_id"],
            "filter": self.do(ada, "GET", f"/user/{enc(ada.id)}/filter/{self.filter}"),
            "media": self.client.request("GET", f"{V1}/media/download/localhost/{self.media}", None, ada.headers()).body == PICTURE,
        }


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
