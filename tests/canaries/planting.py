"""People who use the server through matrix-nio and matrix-js-sdk and leave a canary in everything they do.

`plant` says for each what it is (one of the sixteen categories of the app stores' privacy labels) and which way it went. What a
client program has no call for goes over plain HTTP.
"""
import base64
import json
import secrets
import struct
import zlib
from pathlib import Path
from urllib.parse import quote

import agents
from canary import Nest
from fake_gateway import Gateway
from installation import Installation
from network import Relay
from pictures import png

CATEGORIES = ["Contact Info", "Health & Fitness", "Financial Info", "Location", "Sensitive Info", "Contacts", "User Content",
              "Browsing History", "Search History", "Identifiers", "Purchases", "Usage Data", "Diagnostics", "Surroundings", "Body",
              "Other Data"]
SECRET = "Secrets"  # passwords and tokens: none of the sixteen, and nowhere

V1, V3 = "/_matrix/client/v1", "/_matrix/client/v3"
JPEG = base64.b64decode("/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP///////////////////////////////////////////////////////////////////////////"
                        "///////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=")


def jpeg_with_exif(text: str) -> bytes:
    """ImageDescription (tag 0x010e) of a picture of one point."""
    words = text.encode() + b"\0"
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x010E, 2, len(words), 26) + b"\0\0\0\0" + words
    body = b"Exif\0\0" + tiff
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + JPEG[2:]


def png_with_text(text: str) -> bytes:
    chunk = b"tEXt" + b"Comment\0" + text.encode()
    picture = png(32, 32)
    return picture[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + picture[33:]


class Community:
    """Ada (nio) and Bob (js-sdk), who tell each other everything, and Carol, whom they know."""

    def __init__(self, nest: Nest, server: Installation, folder: Path, addresses: list[str]):
        self.nest, self.server, self.folder = nest, server, folder
        folder.mkdir(parents=True)
        self.gateway = Gateway()
        self.relays = [Relay(address, "127.0.0.1" if "." in address else "::1", server.port) for address in addresses]
        for number, address in enumerate(addresses):
            nest.lay_address(f"address of client {number}", address)
        self.refused: dict[str, str] = {}  # way -> what the server said
        self.agents: list[agents.Agent] = []

    # ---- who ------------------------------------------------------------------------------------------------------

    def arrive(self) -> None:
        lay, server = self.nest.lay, self.server
        self.passwords = {name: lay(SECRET, f"password of {name}") for name in ("ada", "bob", "carol")}
        self.carol_name = lay("Contacts", "the id of somebody in the same room")
        for name, password in self.passwords.items():
            server.add_user(self.carol_name if name == "carol" else name, password)
        server.start()
        self.ada, self.bob = agents.Agent("nio", "ada", self.folder), agents.Agent("jssdk", "bob", self.folder)
        self.carol = agents.Agent("nio", "carol", self.folder)
        self.agents = [self.ada, self.bob, self.carol]
        for number, (agent, name) in enumerate(((self.ada, "ada"), (self.bob, "bob"), (self.carol, self.carol_name))):
            agent.start(self.relays[number % len(self.relays)].url, name, self.passwords[agent.name], login=True,
                        device_name=lay("Identifiers", f"device name ({agent.kind})" if agent is not self.carol else "device name"),
                        user_agent=lay("Usage Data", f"user agent ({agent.kind})" if agent is not self.carol else "user agent"))
            self.nest.lay_whole(SECRET, f"access token of {agent.name}", agent.token)

    def file(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    @staticmethod
    def txn() -> str:
        return secrets.token_hex(8)

    # ---- rooms ----------------------------------------------------------------------------------------------------

    def meet(self) -> None:
        """A private room, as every client makes it (encrypted), and a public one, which is clear."""
        ada, bob, carol, lay = self.ada, self.bob, self.carol, self.nest.lay
        everybody = [agent.user_id for agent in self.agents]
        self.private = ada("create_room", invite=everybody[1:])["room"]
        for agent in (bob, carol):
            agent("join", room=self.private)
        for agent in self.agents:
            agent("wait_members", room=self.private, users=everybody)
        for kind, field in (("m.room.name", "name"), ("m.room.topic", "topic")):
            way = f"{field} of a private room"
            ada("call", name="room_put_state", arguments={
                "room_id": self.private, "event_type": kind, "content": {field: lay("Sensitive Info", way)}})
        self.public = bob("call", name="createRoom", args=[{
            "preset": "public_chat", "name": lay("Sensitive Info", "name of a public room"),
            "room_alias_name": lay("Sensitive Info", "alias of a public room")}])["answer"]["room_id"]
        ada("join", room=self.public)

    # ---- what only the people can read ------------------------------------------------------------------------------

    def confide(self) -> None:
        """A message and a file of every category, end to end encrypted."""
        files = {
            "Contact Info": ("card.vcf", "text/vcard", "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:{0}\r\nADR:;;{0};;;;\r\nTEL:+98 {0}\r\nEND:VCARD"),
            "Health & Fitness": ("health.xml", "application/xml", "<HealthData><Record value='{0}'/></HealthData>"),
            "Financial Info": ("account.csv", "text/csv", "iban,amount\r\n{0},12\r\n"),
            "Contacts": ("contacts.vcf", "text/vcard", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{0}\r\nEND:VCARD"),
            "User Content": ("term.ics", "text/calendar", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:{0}\r\nEND:VEVENT\r\nEND:VCALENDAR"),
            "Diagnostics": ("crash.log", "text/plain", "crashed in {0}\n"),
            "Surroundings": ("room.usdz", "model/vnd.usdz+zip", "PK\x03\x04 {0}"),
            "Body": ("hands.bvh", "application/octet-stream", "HIERARCHY\nROOT {0}\n"),
        }
        for number, category in enumerate(CATEGORIES):
            agent = (self.ada, self.bob)[number % 2]
            agent("send", room=self.private, text=self.nest.lay(category, "message in an encrypted room"), txn=self.txn())
            if category in files:
                name, kind, form = files[category]
                text = self.nest.lay(category, f"encrypted file ({name.rpartition('.')[2]})")
                self.send_file(agent, self.private, name, kind, form.format(text), encrypt=True)
        lay = self.nest.lay
        self.send_file(self.ada, self.private, "photo.jpg", "image/jpeg",
                       jpeg_with_exif(lay("User Content", "EXIF of an encrypted picture")), encrypt=True)
        self.bob("put_event", room=self.private, type="m.room.message", txn=self.txn(), content={
            "msgtype": "m.location", "body": "here", "geo_uri": f"geo:35.7,51.4;u=5?q={lay('Location', 'location in an encrypted room')}"})
        self.ada("put_event", room=self.private, type="m.room.message", txn=self.txn(), content={
            "msgtype": "m.text", "body": f"see https://{lay('Browsing History', 'link in an encrypted room')}.example/"})

    def send_file(self, agent, room: str, name: str, kind: str, content: bytes | str, encrypt: bool) -> None:
        sent = agent("upload", file=self.file(name, content), content_type=kind, filename=name, encrypt=encrypt)
        where = {"file": {**sent["keys"], "url": sent["uri"]}} if encrypt else {"url": sent["uri"]}
        agent("put_event", room=room, type="m.room.message", txn=self.txn(),
              content={"msgtype": "m.file", "body": name, "info": {"mimetype": kind}, **where})

    # ---- what the server has to know ----------------------------------------------------------------------------------

    def live(self) -> None:
        ada, bob, lay = self.ada, self.bob, self.nest.lay
        ada("call", name="set_displayname", arguments={"displayname": lay("Contact Info", "display name")})
        self.try_call(bob, "field of the profile", "setExtendedProfileProperty", "org.example.work",
                      lay("Contact Info", "field of the profile"))
        picture = ada("upload", file=self.file("face.png", png_with_text(lay("User Content", "text in the picture of a person"))),
                      content_type="image/png", filename="face.png", encrypt=False)["uri"]
        ada("call", name="set_avatar", arguments={"avatar_url": picture})
        self.clear_message = lay("User Content", "message in a public room")
        bob("send", room=self.public, text=self.clear_message, txn=self.txn())
        self.regretted = bob("send", room=self.public, text=lay("User Content", "message that is deleted"),
                             txn=self.txn())["event_id"]
        self.send_file(bob, self.public, "open.txt", "text/plain", lay("User Content", "file in a public room"), encrypt=False)
        self.try_call(bob, "report to the administrators", "reportEvent", self.public, self.regretted, -100,
                      lay("User Content", "report to the administrators"))

        bob("call", name="setAccountDataRaw", args=["m.direct", {f"@{lay('Contacts', 'm.direct')}:peyk.example": [self.private]}])
        bob("call", name="setIgnoredUsers", args=[[f"@{lay('Contacts', 'ignored user')}:peyk.example"]])
        bob("call", name="setAccountDataRaw", args=["im.vector.setting.breadcrumbs", {
            "recent_rooms": [lay("Usage Data", "rooms that were looked at (account data)")]}])
        bob("call", name="setAccountDataRaw", args=["org.example.draft", {"text": lay("Other Data", "draft (account data)")}])
        bob("call", name="setRoomTag", args=[self.private, "u." + lay("Other Data", "tag of a room"), {"order": 0.5}])
        bob("call", name="addPushRule", args=["global", "content", "word", {
            "pattern": lay("Other Data", "word that notifies (push rule)"), "actions": ["notify"]}])
        ada("call", name="upload_filter", arguments={"presence": {"types": [lay("Other Data", "filter")]}})
        bob("call", name="sendToDevice", args=["org.example.hello", {"$map": {ada.user_id: {"*": {
            "text": lay("Other Data", "to-device message")}}}}])
        self.push_key = lay("Identifiers", "push key")
        pusher = {"kind": "http", "app_id": "org.example.app", "pushkey": self.push_key, "lang": "en",
                  "app_display_name": lay("Identifiers", "name of the app (pusher)"),
                  "device_display_name": lay("Identifiers", "name of the phone (pusher)"),
                  "data": {"url": self.gateway.fields()["url"], "format": "event_id_only"}}
        bob("call", name="setPusher", args=[pusher])
        ada("send", room=self.private, text="this is pushed", txn=lay("Identifiers", "transaction id"))

    def try_call(self, agent, way: str, name: str, *args) -> None:
        """Something that a quiet server may refuse."""
        try:
            agent("call", name=name, args=list(args))
            self.refused[way] = "taken"
        except agents.AgentError as error:
            self.refused[way] = str(error)[:200]

    def ask_for_what_is_refused(self) -> None:
        bob, lay = self.bob, self.nest.lay
        calls = [
            ("Contact Info", "e-mail address", lambda text: ("requestAdd3pidEmailToken", f"{text}@example.org", "secret0secret", 1)),
            ("Contact Info", "phone number", lambda text: ("requestAdd3pidMsisdnToken", "IR", text, "secret0secret", 1)),
            ("Browsing History", "link to preview", lambda text: ("getUrlPreview", f"https://{text}.example/", 1)),
            ("Search History", "search for messages", lambda text: ("searchMessageText", {"query": text})),
            ("Search History", "search for people", lambda text: ("searchUserDirectory", {"term": text})),
            ("Search History", "search for rooms", lambda text: ("publicRooms", {"filter": {"generic_search_term": text}})),
        ]
        for category, way, call in calls:
            self.try_call(bob, way, *call(lay(category, way)))
        token = bob.token
        asked = [
            ("Search History", "unknown parameter of a query", "GET", lambda text: f"{V3}/joined_rooms?q={text}", None),
            ("Search History", "answer to a search by address", "GET", lambda text: f"{V3}/user_directory/search?term={text}", None),
            ("Diagnostics", "path that does not exist", "GET", lambda text: f"{V3}/{text}/nowhere", None),
            ("Diagnostics", "body that is no JSON", "POST", lambda text: f"{V3}/createRoom", '{{"name": "{0}"'),
            ("Diagnostics", "body of wrong types", "POST", lambda text: f"{V3}/createRoom", '{{"preset": ["{0}"]}}'),
            ("Diagnostics", "id that does not parse", "GET", lambda text: f"{V3}/rooms/{text}/state", None),
            ("Identifiers", "name in a refused registration", "POST", lambda text: f"{V3}/register",
             '{{"username": "{0}", "password": "{0}"}}'),
            (SECRET, "wrong password", "POST", lambda text: f"{V3}/login",
             '{{"type": "m.login.password", "identifier": {{"type": "m.id.user", "user": "ada"}}, "password": "{0}"}}'),
            ("Other Data", "presence", "PUT", lambda text: f"{V3}/presence/{quote(bob.user_id)}/status",
             '{{"presence": "online", "status_msg": "{0}"}}'),
        ]
        for category, way, method, path, body in asked:
            text = lay(category, way)
            answer = self.server.http(method, path(text), token, body.format(text).encode() if body else None)
            self.refused[way] = f"{answer.status} {answer.body[:120].decode(errors='replace')}"
        secret = lay(SECRET, "token that is wrong, in the address")
        self.server.http("GET", f"{V3}/account/whoami?access_token={secret}")
        self.server.http("GET", f"{V3}/account/whoami", token, headers={
            "Referer": f"https://{lay('Browsing History', 'Referer')}.example/", "Cookie": lay("Identifiers", "cookie"),
            "X-Forwarded-For": "203.0.113.250"})

    # ---- and back ---------------------------------------------------------------------------------------------------

    # Ways that nothing may be left of once `withdraw` is done and its deadline is past.
    WITHDRAWN = {"message that is deleted", "draft (account data)", "rooms that were looked at (account data)", "m.direct",
                 "ignored user", "tag of a room", "word that notifies (push rule)", "to-device message", "push key",
                 "name of the app (pusher)", "name of the phone (pusher)", "field of the profile", "device name", "transaction id",
                 "alias of a public room"}

    def withdraw(self) -> None:
        """Everything that a person can take back, taken back."""
        bob, token, carol = self.bob, self.bob.token, self.carol
        alias = next(canary.text for canary in self.nest.all if canary.way == "alias of a public room")
        tag = next(canary.text for canary in self.nest.all if canary.way == "tag of a room")
        work = [("PUT", f"{V3}/rooms/{quote(self.public)}/redact/{quote(self.regretted)}/{self.txn()}", {}),
                ("DELETE", f"{V3}/directory/room/{quote(f'#{alias}:peyk.example')}", None),
                ("DELETE", f"{V3}/user/{quote(bob.user_id)}/rooms/{quote(self.private)}/tags/u.{tag}", None),
                ("DELETE", f"{V3}/pushrules/global/content/word", None),
                ("POST", f"{V3}/pushers/set", {"kind": None, "app_id": "org.example.app", "pushkey": self.push_key})]
        for kind in ("org.example.draft", "im.vector.setting.breadcrumbs", "m.direct", "m.ignored_user_list"):
            empty = {"ignored_users": {}} if kind == "m.ignored_user_list" else {}
            work.append(("PUT", f"{V3}/user/{quote(bob.user_id)}/account_data/{kind}", empty))
        if self.refused["field of the profile"] == "taken":
            work.append(("DELETE", f"{V3}/profile/{quote(bob.user_id)}/org.example.work", None))
        for method, path, body in work:
            answer = self.server.http(method, path, token, None if body is None else json.dumps(body).encode())
            if answer.status != 200:
                raise AssertionError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        answer = self.server.http("POST", f"{V3}/logout", carol.token, b"{}")
        if answer.status != 200:
            raise AssertionError(f"logout: {answer.status}")
        carol.close()
        self.agents.remove(carol)

    def erase(self) -> dict[str, str]:
        """Everybody ends their account and asks for erasure."""
        answers = {}
        for agent in (self.ada, self.bob):
            body = {"erase": True, "auth": {"type": "m.login.password", "password": self.passwords[agent.name],
                                            "identifier": {"type": "m.id.user", "user": agent.user_id}}}
            first = self.server.http("POST", f"{V3}/account/deactivate", agent.token, b'{"erase": true}').json()
            body["auth"]["session"] = first.get("session", "")
            answer = self.server.http("POST", f"{V3}/account/deactivate", agent.token, json.dumps(body).encode())
            answers[agent.name] = f"{answer.status} {answer.body[:300].decode(errors='replace')}"
            if answer.status != 200:
                raise AssertionError(f"deactivate: {answers[agent.name]}")
        return answers

    def close(self) -> None:
        for agent in self.agents:
            agent.close()
        for relay in self.relays:
            relay.close()
        self.gateway.close()
