"""Requests of proposals and of other parts of Matrix (tests/support/proposals.json)."""
from wrong.of_accounts import TABLE, ask
from wrong.world import NOBODY, Ask, World, enc

DEHYDRATED = "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"
RENDEZVOUS = "/_matrix/client/unstable/io.element.msc4388/rendezvous"
OLDER_RENDEZVOUS = "/_matrix/client/unstable/org.matrix.msc4108/rendezvous"
AN_HOUR = 3_600_000


def later(w: World) -> str:
    """The id of a message that is not sent yet."""
    path = f"/rooms/{enc(w.room)}/delayed_event/m.room.message/{w.unique()}"
    return w.do(w.ada, "PUT", path, {"delay_ms": AN_HOUR, "content": {"body": "later"}})["delay_id"]


def scheduled(name: str):
    return lambda w: Ask(w.ada, {"eventType": "org.example.x"}, body={name: AN_HOUR, "state_key": f"_{w.ada.id}", "content": {"a": 1}})


TABLE["scheduleDelayedEvent"] = [scheduled("delay_ms")]
TABLE["scheduleDelayedEventOfDraft"] = [scheduled("delay")]
TABLE["actOnDelayedEvent"] = [lambda w: Ask(NOBODY, {"delayId": later(w), "action": "restart"}, body={})]
TABLE["actOnDelayedEventByBody"] = [lambda w: Ask(NOBODY, {"delayId": later(w)}, body={"action": "restart"})]
TABLE["getDelayedEvent"] = [lambda w: Ask(w.ada, {"delayId": later(w)})]


# ---- dehydrated devices -------------------------------------------------------------------------------------------------

def dehydrated(person) -> dict:
    return {"device_id": "DRY", "initial_device_display_name": "Dried", "device_data": {"algorithm": "m.dehydration.v2", "nonce": "x"},
            "device_keys": {"user_id": person.id, "device_id": "DRY", "dehydrated": True, "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
                            "keys": {"curve25519:DRY": "YWJj", "ed25519:DRY": "ZGVm"},
                            "signatures": {person.id: {"ed25519:DRY": "c2ln"}}},
            "one_time_keys": {"signed_curve25519:A": {"key": "b25l", "signatures": {}}},
            "fallback_keys": {"signed_curve25519:F": {"key": "ZmFsbA", "fallback": True, "signatures": {}}}}


def with_dehydrated(w: World):
    person = w.fresh()
    w.do(person, "PUT", DEHYDRATED, dehydrated(person))
    return person


@ask("putDehydratedDevice")
def put_dehydrated(w: World) -> Ask:
    person = w.fresh()
    return Ask(person, body=dehydrated(person))


@ask("getDehydratedDeviceEvents")
def dehydrated_events(w: World) -> Ask:
    person = with_dehydrated(w)
    first = w.do(person, "POST", f"{DEHYDRATED}/DRY/events", {})["next_batch"]
    return Ask(person, {"deviceId": "DRY"}, body={"next_batch": first})


# ---- meeting of two devices ---------------------------------------------------------------------------------------------

def meeting(w: World) -> dict:
    return w.do(NOBODY, "POST", RENDEZVOUS, {"data": "hello"})


def older_meeting(w: World) -> Ask:
    made = w.send(NOBODY, "POST", OLDER_RENDEZVOUS, b"hello", "text/plain")
    return Ask(NOBODY, {"id": made.json()["url"].rsplit("/", 1)[1]})


def replacing(w: World) -> Ask:
    met = meeting(w)
    return Ask(NOBODY, {"id": met["id"]}, body={"data": "answer", "sequence_token": met["sequence_token"]})


TABLE["createRendezvous"] = [lambda w: Ask(NOBODY, body={"data": "hello"})]
TABLE["getRendezvous"] = TABLE["deleteRendezvous"] = [lambda w: Ask(NOBODY, {"id": meeting(w)["id"]})]
TABLE["getRendezvous2024"] = TABLE["deleteRendezvous2024"] = [older_meeting]
TABLE["putRendezvous"] = TABLE["putRendezvousOnce"] = [replacing]


TABLE["deleteAccountData"] = TABLE["deleteAccountDataPerRoom"] = [lambda w: Ask(w.ada, {"type": "org.example.gone"})]


# ---- what others ask ----------------------------------------------------------------------------------------------------

@ask("deleteAppserviceRoomDirectoryVisibility")
def off_the_network(w: World) -> Ask:
    return Ask(w.bridge, {"roomId": w.new_room()})


@ask("getOpenIdUserInfo")
def whose_token(w: World) -> Ask:
    given = w.do(w.ada, "POST", f"/user/{enc(w.ada.id)}/openid/request_token", {})
    return Ask(NOBODY, query={"access_token": given["access_token"]})


def bound(w: World) -> Ask:
    """Somebody who was invited by address has shown who that is."""
    person, room = w.fresh(), w.new_room(preset="private_chat")
    by_address = {"id_server": w.identity.fields()["name"], "id_access_token": "t", "medium": "email", "address": "x@example.org"}
    w.do(w.ada, "POST", f"/rooms/{enc(room)}/invite", by_address)
    state = w.do(w.ada, "GET", f"/rooms/{enc(room)}/state")
    token = next(event["state_key"] for event in state if event["type"] == "m.room.third_party_invite")
    return Ask(NOBODY, body={"invites": [{"mxid": person.id, "room_id": room, "sender": w.ada.id,
                                          "signed": w.identity.proof(token, w.ada.id, person.id)}]})


TABLE["onBindThirdPartyIdentifier"] = TABLE["onBindThirdPartyIdentifierPost"] = [bound]
