"""Requests about keys: devices', cross-signing, backups, and messages to devices."""
from ed25519 import SigningKey
from wrong.of_accounts import TABLE, ask
from wrong.world import NO_BODY, Ask, World, base64_of

BACKED_UP = {"first_message_index": 1, "forwarded_count": 0, "is_verified": False, "session_data": {"ciphertext": "x"}}
ALGORITHM = {"algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": {"public_key": "abcdefg", "signatures": {}}}


@ask("uploadKeys")
def upload_keys(w: World) -> Ask:
    person = w.fresh()
    signed = {"key": "k", "signatures": {person.id: {"ed25519:X": "x"}}}
    return Ask(person, body={"device_keys": w.device_keys(person),
                             "one_time_keys": {"curve25519:A": "text", "signed_curve25519:B": signed},
                             "fallback_keys": {"curve25519:C": "text", "signed_curve25519:D": signed | {"fallback": True}}})


@ask("queryKeys")
def query_keys(w: World) -> Ask:
    return Ask(w.ada, body={"device_keys": {w.bob.id: [w.bob.device]}, "timeout": 1000})


@ask("claimKeys")
def claim_keys(w: World) -> Ask:
    return Ask(w.ada, body={"one_time_keys": {w.bob.id: {w.bob.device: "signed_curve25519"}}, "timeout": 1000})


@ask("uploadCrossSigningKeys")
def upload_cross_signing(w: World) -> Ask:
    person, master = w.fresh(), SigningKey()
    name = base64_of(master.public)

    def key(usage: str, secret: SigningKey) -> dict:
        public = base64_of(secret.public)
        return w.signed(person, master, name, {"user_id": person.id, "usage": [usage], "keys": {f"ed25519:{public}": public}})
    body = {"master_key": key("master", master), "self_signing_key": key("self_signing", SigningKey()),
            "user_signing_key": key("user_signing", SigningKey())}
    return Ask(person, body=body | {"auth": w.by_password(person)})


@ask("uploadCrossSigningSignatures")
def upload_signatures(w: World) -> Ask:
    return Ask(w.bob, body={w.bob.id: {w.bob.device: w.device_keys(w.bob)}})


@ask("sendToDevice")
def send_to_device(w: World) -> Ask:
    return Ask(w.ada, {"eventType": "org.example.x"}, body={"messages": {w.bob.id: {w.bob.device: {"a": 1}}}})


# ---- backups ------------------------------------------------------------------------------------------------------------

@ask("postRoomKeysVersion")
def make_backup(w: World) -> Ask:
    return Ask(w.fresh(), body=ALGORITHM)


@ask("putRoomKeysVersion")
def change_backup(w: World) -> Ask:
    person = w.fresh()
    version = w.backup(person)
    return Ask(person, {"version": version}, body=ALGORITHM | {"version": version})


def with_backup(identifier: str, body=NO_BODY) -> None:
    def make(w: World) -> Ask:
        person = w.fresh()
        version = w.backup(person)
        w.put_key(person, version)
        given = {"rooms": {w.room: {"sessions": {"s2": BACKED_UP}}}} if identifier == "putRoomKeys" else body
        in_path = identifier == "deleteRoomKeysVersion"
        return Ask(person, {"version": version} if in_path else {}, {} if in_path else {"version": version}, given)
    TABLE[identifier] = [make]


with_backup("deleteRoomKeysVersion")
for _name in ("deleteRoomKeys", "deleteRoomKeysByRoomId", "deleteRoomKeyBySessionId"):
    with_backup(_name)
with_backup("putRoomKeyBySessionId", BACKED_UP)
with_backup("putRoomKeysByRoomId", {"sessions": {"s2": BACKED_UP}})
with_backup("putRoomKeys")
