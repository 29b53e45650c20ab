"""Requests about what is served beyond the specification."""
from wrong.of_accounts import ask
from wrong.world import NOBODY, Ask, World, enc

UNSTABLE = "/_matrix/client/unstable"
LATER = 600_000  # ms


# ---- delayed events: MSC4140 --------------------------------------------------------------------------------------------

def scheduled(w: World) -> str:
    made = w.do(w.ada, "PUT", f"/rooms/{enc(w.room)}/delayed_event/m.room.message/{w.unique()}", {"delay_ms": LATER, "content": {"a": 1}})
    return made["delay_id"]


@ask("scheduleDelayedEvent")
def schedule(w: World) -> Ask:
    return Ask(w.ada, {"eventType": "m.room.message"}, body={"delay_ms": LATER, "content": {"a": 1}})


@ask("scheduleDelayedEvent")
def schedule_state(w: World) -> Ask:
    return Ask(w.ada, {"eventType": "org.example.x"}, body={"delay_ms": LATER, "state_key": "x", "content": {"a": 1}})


@ask("scheduleDelayedEventOfDraft")
def schedule_by_the_draft(w: World) -> Ask:
    return Ask(w.ada, {"eventType": "org.example.x"}, body={"delay": LATER, "state_key": "x", "content": {"a": 1}})


@ask("actOnDelayedEvent")
def restart(w: World) -> Ask:
    return Ask(NOBODY, {"delayId": scheduled(w), "action": "restart"}, body={})


@ask("actOnDelayedEventByBody")
def restart_by_the_draft(w: World) -> Ask:
    return Ask(NOBODY, {"delayId": scheduled(w)}, body={"action": "restart"})


@ask("getDelayedEvent")
def look(w: World) -> Ask:
    return Ask(w.ada, {"delayId": scheduled(w)})


# ---- dehydrated devices: MSC3814 ----------------------------------------------------------------------------------------

def dehydrated(w: World, person, device: str) -> dict:
    keys = {"user_id": person.id, "device_id": device, "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
            "keys": {f"curve25519:{device}": "a" * 43, f"ed25519:{device}": "b" * 43}}
    return {"device_id": device, "device_data": {"algorithm": "org.example"}, "initial_device_display_name": "asleep",
            "device_keys": keys | {"signatures": {person.id: {f"ed25519:{device}": "c"}}}, "one_time_keys": {}, "fallback_keys": {}}


@ask("putDehydratedDevice")
def put_dehydrated(w: World) -> Ask:
    person = w.fresh()
    return Ask(person, body=dehydrated(w, person, "ASLEEP"))


@ask("getDehydratedDeviceEvents")
def read_dehydrated(w: World) -> Ask:
    person = w.fresh()
    w.do(person, "PUT", f"{UNSTABLE}/org.matrix.msc3814.v1/dehydrated_device", dehydrated(w, person, "ASLEEP"))
    page = w.do(person, "POST", f"{UNSTABLE}/org.matrix.msc3814.v1/dehydrated_device/ASLEEP/events", {})
    return Ask(person, {"deviceId": "ASLEEP"}, body={"next_batch": page["next_batch"]})


# ---- meetings of two devices: MSC4388, MSC4108 ---------------------------------------------------------------------------

def meeting(w: World) -> dict:
    return w.do(w.ada, "POST", f"{UNSTABLE}/io.element.msc4388/rendezvous", {"data": "hello"})


@ask("createRendezvous")
def meet(w: World) -> Ask:
    return Ask(w.ada, body={"data": "hello"})


@ask("getRendezvous")
def read_meeting(w: World) -> Ask:
    return Ask(NOBODY, {"id": meeting(w)["id"]})


@ask("putRendezvous")
def answer_meeting(w: World) -> Ask:
    made = meeting(w)
    return Ask(NOBODY, {"id": made["id"]}, body={"data": "answer", "sequence_token": made["sequence_token"]})


@ask("putRendezvousOnce")
def answer_meeting_once(w: World) -> Ask:
    made = meeting(w)
    return Ask(NOBODY, {"id": made["id"], "txnId": w.unique()}, body={"data": "answer", "sequence_token": made["sequence_token"]})


@ask("deleteRendezvous")
def end_meeting(w: World) -> Ask:
    return Ask(NOBODY, {"id": meeting(w)["id"]})


def older_meeting(w: World) -> str:
    answer = w.send(NOBODY, "POST", f"{UNSTABLE}/org.matrix.msc4108/rendezvous", b"hello", "text/plain")
    return answer.json()["url"].rsplit("/", 1)[1]


@ask("getRendezvous2024")
def read_older_meeting(w: World) -> Ask:
    return Ask(NOBODY, {"id": older_meeting(w)})


@ask("deleteRendezvous2024")
def end_older_meeting(w: World) -> Ask:
    return Ask(NOBODY, {"id": older_meeting(w)})


# ---- others -------------------------------------------------------------------------------------------------------------

@ask("deleteAppserviceRoomDirectoryVisibility")
def unpublish(w: World) -> Ask:
    return Ask(w.bridge, {"networkId": "bridge", "roomId": w.room})


@ask("getOpenIdUserInfo")
def user_info(w: World) -> Ask:
    made = w.do(w.ada, "POST", f"/user/{enc(w.ada.id)}/openid/request_token", {})
    return Ask(NOBODY, query={"access_token": made["access_token"]})


# ---- account data that is taken back: MSC3391 ----------------------------------------------------------------------------

def noted(w: World, within: str = "") -> dict:
    w.do(w.ada, "PUT", f"/user/{enc(w.ada.id)}{within}/account_data/org.example.gone", {"a": 1})
    return {"type": "org.example.gone"}


@ask("deleteAccountData")
def forget_setting(w: World) -> Ask:
    return Ask(w.ada, noted(w))


@ask("deleteAccountDataPerRoom")
def forget_setting_of_room(w: World) -> Ask:
    return Ask(w.ada, noted(w, f"/rooms/{enc(w.room)}"))
