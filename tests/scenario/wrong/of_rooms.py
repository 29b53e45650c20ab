"""Requests about rooms, events, directories, media and the bridge."""
from wrong.of_accounts import ROOM_RULES, TABLE, ask
from wrong.world import NOBODY, PICTURE, Ask, World, enc

# ---- membership ---------------------------------------------------------------------------------------------------------


@ask("createRoom")
def create_room(w: World) -> Ask:
    return Ask(w.ada, body={
        "creation_content": {"m.federate": False}, "invite": [w.bob.id], "is_direct": True, "name": "A room", "topic": "of all",
        "initial_state": [{"type": "org.example.x", "state_key": "k", "content": {"a": 1}}], "preset": "private_chat",
        "power_level_content_override": {"users_default": 0}, "room_alias_name": f"made-{w.unique()}", "room_version": "11",
        "visibility": "private"})


@ask("createRoom")
def create_room_with_address(w: World) -> Ask:
    return Ask(w.ada, body={"invite_3pid": [by_address(w)]})


def by_address(w: World) -> dict:
    return {"address": f"m{w.unique()}@example.org", "medium": "email", "id_server": w.identity.fields()["name"], "id_access_token": "t"}


@ask("inviteBy3PID")
def invite_address(w: World) -> Ask:
    return Ask(w.ada, {"roomId": w.new_room()}, body=by_address(w))


@ask("inviteUser")
def invite(w: World) -> Ask:
    return Ask(w.ada, {"roomId": w.new_room()}, body={"user_id": w.target.id, "reason": "come"})


def with_proof(w: World, name: str, **query) -> Ask:
    """Bob was invited by his address, and shows that it is his."""
    room = w.new_room(preset="private_chat")
    w.do(w.ada, "POST", f"/rooms/{enc(room)}/invite", by_address(w))
    # Others invite by address meanwhile: the token of this invitation is in the room.
    state = w.do(w.ada, "GET", f"/rooms/{enc(room)}/state")
    token = next(event["state_key"] for event in state if event["type"] == "m.room.third_party_invite")
    proof = w.identity.proof(token, w.ada.id, w.bob.id)
    return Ask(w.bob, {name: room}, query, {"reason": "to talk", "third_party_signed": proof})


def of_guest(w: World, name: str) -> Ask:
    open_to_all = [{"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "can_join"}}]
    return Ask(w.guest, {name: w.new_room(initial_state=open_to_all)}, body={"reason": "to look"})


TABLE["joinRoomById"] = [lambda w: with_proof(w, "roomId"), lambda w: of_guest(w, "roomId")]
TABLE["joinRoom"] = [lambda w: with_proof(w, "roomIdOrAlias", via="localhost"), lambda w: of_guest(w, "roomIdOrAlias")]


@ask("knockRoom")
def knock(w: World) -> Ask:
    rules = [{"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}]
    room = w.new_room(preset="private_chat", initial_state=rules)
    return Ask(w.bob, {"roomIdOrAlias": room}, {"via": "localhost"}, {"reason": "please"})


@ask("leaveRoom")
def leave(w: World) -> Ask:
    return Ask(w.bob, {"roomId": w.joined_room(w.bob)}, body={"reason": "enough"})


@ask("forgetRoom")
def forget(w: World) -> Ask:
    room = w.joined_room(w.bob)
    w.do(w.bob, "POST", f"/rooms/{enc(room)}/leave", {})
    return Ask(w.bob, {"roomId": room})


@ask("kick")
def kick(w: World) -> Ask:
    return Ask(w.ada, {"roomId": w.joined_room(w.bob)}, body={"user_id": w.bob.id, "reason": "enough"})


@ask("ban")
def ban(w: World) -> Ask:
    return Ask(w.ada, {"roomId": w.new_room()}, body={"user_id": w.bob.id, "reason": "enough"})


@ask("unban")
def unban(w: World) -> Ask:
    room = w.new_room()
    w.do(w.ada, "POST", f"/rooms/{enc(room)}/ban", {"user_id": w.bob.id})
    return Ask(w.ada, {"roomId": room}, body={"user_id": w.bob.id, "reason": "again"})


@ask("upgradeRoom")
def upgrade(w: World) -> Ask:
    return Ask(w.ada, {"roomId": w.new_room()}, body={"new_version": "12", "additional_creators": [w.bob.id]})


# ---- events -------------------------------------------------------------------------------------------------------------

@ask("sendMessage")
def send(w: World) -> Ask:
    return Ask(w.ada, {"eventType": "m.room.message"}, body={"msgtype": "m.text", "body": "x"})


@ask("setRoomStateWithKey")
def set_state(w: World) -> Ask:
    return Ask(w.ada, {"eventType": "org.example.state"}, body={"a": 1})


@ask("getRoomStateWithKey")
def get_state(w: World) -> Ask:
    return Ask(w.ada, {"eventType": "m.room.name", "stateKey": ""})


@ask("redactEvent")
def redact(w: World) -> Ask:
    return Ask(w.ada, {"eventId": w.say(w.room, "to be redacted")}, body={"reason": "enough"})


@ask("setReadMarker")
def set_marker(w: World) -> Ask:
    return Ask(w.ada, body={"m.fully_read": w.event, "m.read": w.event, "m.read.private": w.event})


@ask("postReceipt")
def post_receipt(w: World) -> Ask:
    return Ask(w.ada, body={"thread_id": "main"})


@ask("setTyping")
def set_typing(w: World) -> Ask:
    return Ask(w.ada, body={"typing": True, "timeout": 1000})


@ask("search")
def search(w: World) -> Ask:
    return Ask(w.ada, body={"search_categories": {"room_events": {
        "event_context": {"after_limit": 1, "before_limit": 1, "include_profile": True}, "filter": ROOM_RULES,
        "groupings": {"group_by": [{"key": "room_id"}]}, "include_state": False, "keys": ["content.body"], "order_by": "recent",
        "search_term": "kept"}}})


for _name in ("reportRoom", "reportEvent", "reportUser"):
    TABLE[_name] = [lambda w: Ask(w.bob, {"userId": w.target.id}, body={"reason": "rude"})]

TABLE["getRoomEvents"] = [lambda w: Ask(w.ada, query={"dir": "b"}), lambda w: Ask(w.guest, {"roomId": w.open_room}, {"dir": "f"})]
TABLE["getEventByTimestamp"] = [lambda w: Ask(w.ada, query={"dir": "f", "ts": "1"})]
TABLE["getEvents"] = [lambda w: Ask(w.ada, query={"timeout": "0", "from": w.since})]
TABLE["sync"] = [lambda w: Ask(w.ada, query={"timeout": "0", "since": w.since}), lambda w: Ask(w.guest, query={"timeout": "0"})]


SOME = {"enabled": True, "lists": ["all"], "rooms": ["!a:localhost"]}
EXTENSIONS = {"to_device": {"enabled": True, "limit": 5}, "e2ee": {"enabled": True}, "account_data": SOME, "receipts": SOME,
              "typing": SOME}
KINDS = {"is_dm": False, "is_encrypted": False, "spaces": ["!a:localhost"], "tags": ["u.x"], "not_tags": ["u.y"],
         "room_types": ["m.space", None], "not_room_types": ["m.x", None]}


@ask("slidingSync")
def slide(w: World) -> Ask:
    window = {"timeline_limit": 1, "required_state": {"include": [{"type": "m.room.name", "state_key": ""}], "exclude": [
        {"type": "m.room.topic", "state_key": ""}], "lazy_members": True}}
    return Ask(w.ada, body={
        "conn_id": w.unique(), "timeout": 0, "set_presence": "online", "room_subscriptions": {w.room: window},
        "lists": {"all": window | {"range": [0, 5], "filters": KINDS | {"is_invited": False}}}, "extensions": EXTENSIONS})


@ask("deployedSlidingSync")
def slide_as_deployed(w: World) -> Ask:
    window = {"timeline_limit": 1, "required_state": [["m.room.name", ""], ["m.room.member", "$LAZY"]], "include_heroes": True}
    return Ask(w.ada, body={
        "conn_id": w.unique(), "txn_id": "t", "room_subscriptions": {w.room: window},
        "lists": {"all": window | {"ranges": [[0, 5]], "filters": KINDS | {"is_invite": False, "room_name_like": "x"}}},
        "extensions": EXTENSIONS})


# ---- directories --------------------------------------------------------------------------------------------------------


@ask("setRoomAlias")
def set_alias(w: World) -> Ask:
    return Ask(w.ada, {"roomAlias": f"#a{w.unique()}:localhost"}, body={"room_id": w.room})


@ask("deleteRoomAlias")
def delete_alias(w: World) -> Ask:
    alias = f"#a{w.unique()}:localhost"
    w.do(w.ada, "PUT", f"/directory/room/{enc(alias)}", {"room_id": w.room})
    return Ask(w.ada, {"roomAlias": alias})


@ask("setRoomVisibilityOnDirectory")
def set_visibility(w: World) -> Ask:
    return Ask(w.ada, body={"visibility": "public"})


@ask("queryPublicRooms")
def query_rooms(w: World) -> Ask:
    return Ask(w.ada, body={"filter": {"generic_search_term": "Main", "room_types": ["m.space", None]}, "limit": 1,
                            "include_all_networks": True})


@ask("queryPublicRooms")
def query_rooms_of_network(w: World) -> Ask:
    return Ask(w.ada, body={"third_party_instance_id": "bridge|net", "include_all_networks": False})


@ask("searchUserDirectory")
def search_users(w: World) -> Ask:
    return Ask(w.ada, body={"search_term": "bob", "limit": 3})


TABLE["getMutualRooms"] = [lambda w: Ask(w.ada, query={"user_id": w.bob.id})]

# ---- media --------------------------------------------------------------------------------------------------------------


@ask("uploadContent")
def upload(w: World) -> Ask:
    return Ask(w.ada, query={"filename": "x.png"}, raw=PICTURE, content_type="image/png")


@ask("uploadContentToMXC")
def upload_later(w: World) -> Ask:
    made = w.do(w.ada, "POST", "/_matrix/media/v1/create", {})["content_uri"]
    return Ask(w.ada, {"mediaId": made.rsplit("/", 1)[1]}, {"filename": "x.png"}, raw=PICTURE, content_type="image/png")


for _name in ("getUrlPreviewAuthed", "getUrlPreview"):
    TABLE[_name] = [lambda w: Ask(w.ada, query={"url": w.site.fields()["url"] + "/page"})]

# ---- the bridge, and others ---------------------------------------------------------------------------------------------


@ask("pingAppservice")
def ping(w: World) -> Ask:
    return Ask(w.bridge, body={"transaction_id": "t"})


@ask("updateAppserviceRoomDirectoryVisibility")
def list_on_network(w: World) -> Ask:
    return Ask(w.bridge, {"networkId": "net"}, body={"visibility": "public"})


TABLE["redirectToSSO"] = [lambda w: Ask(NOBODY, query={"redirectUrl": "https://app.example.org/"})]
TABLE["redirectToIdP"] = [lambda w: Ask(NOBODY, {"idpId": "school"}, {"redirectUrl": "https://app.example.org/"})]
TABLE["peykMakeInvitation"] = [lambda w: Ask(w.ada, body={"uses": 2, "lifetime_ms": 3_600_000})]
TABLE["peykAcceptInvitation"] = [lambda w: Ask(w.fresh(), {"token": link(w)}, body={})]
TABLE["peykRevokeInvitation"] = [lambda w: Ask(w.ada, {"token": link(w)})]


def link(w: World) -> str:
    return w.do(w.ada, "POST", f"/_peyk/client/v1/rooms/{enc(w.room)}/invitations", {})["token"]
