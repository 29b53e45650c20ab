"""Requests about accounts, devices, profiles, pushers and what belongs to one person."""
from wrong.world import NO_BODY, NOBODY, PASSWORD, Ask, World, enc

TABLE = {}


def ask(identifier: str):
    """Registers a maker of a right request; an operation may have several, so that all its fields are met."""
    def keep(make):
        TABLE.setdefault(identifier, []).append(make)
        return make
    return keep


def by_admin(identifier: str, **body) -> None:
    TABLE[identifier] = [lambda w: Ask(w.admin, {"userId": w.target.id}, body=body or NO_BODY)]


by_admin("getWhoIs")
by_admin("getAdminSuspendUser")
by_admin("setAdminSuspendUser", suspended=True)
by_admin("getAdminLockUser")
by_admin("setAdminLockUser", locked=True)
TABLE["peykUsers"] = [lambda w: Ask(w.admin)]
TABLE["peykRemoveRoom"] = [lambda w: Ask(w.admin, {"roomId": w.new_room()})]


# ---- accounts -----------------------------------------------------------------------------------------------------------

@ask("register")
def register(w: World) -> Ask:
    session = w.do(NOBODY, "POST", "/register", {}, 401)["session"]
    return Ask(NOBODY, query={"kind": "user"}, body={
        "auth": {"type": "m.login.dummy", "session": session}, "password": PASSWORD, "username": f"new-{w.unique()}",
        "device_id": "DEV", "initial_device_display_name": "a device", "inhibit_login": False, "refresh_token": True})


@ask("register")
def register_guest(w: World) -> Ask:
    return Ask(NOBODY, query={"kind": "guest"}, body={"initial_device_display_name": "a guest's"})


@ask("register")
def register_of_service(w: World) -> Ask:
    return Ask(w.bridge, body={"type": "m.login.application_service", "username": f"_bridge_{w.unique()}", "inhibit_login": True})


@ask("login")
def login(w: World) -> Ask:
    return Ask(NOBODY, body=w.by_password(w.ada) | {"device_id": f"D{w.unique()}", "refresh_token": True,
                                                    "initial_device_display_name": "x"})


@ask("login")
def login_as_older_clients(w: World) -> Ask:
    return Ask(NOBODY, body={"type": "m.login.password", "user": w.ada.id, "password": PASSWORD})


@ask("login")
def login_by_address(w: World) -> Ask:
    _, address = w.with_address()
    return Ask(NOBODY, body={"type": "m.login.password", "medium": "email", "address": address, "password": PASSWORD})


@ask("login")
def login_by_token(w: World) -> Ask:
    auth = w.stage(w.carol, "POST", "/_matrix/client/v1/login/get_token", {})
    token = w.do(w.carol, "POST", "/_matrix/client/v1/login/get_token", {"auth": auth})["login_token"]
    return Ask(NOBODY, body={"type": "m.login.token", "token": token})


@ask("generateLoginToken")
def generate_login_token(w: World) -> Ask:
    return Ask(w.carol, body={"auth": w.stage(w.carol, "POST", "/_matrix/client/v1/login/get_token", {})})


@ask("refresh")
def refresh(w: World) -> Ask:
    return Ask(NOBODY, body={"refresh_token": w.login(w.ada, refresh_token=True)["refresh_token"]})


@ask("changePassword")
def change_password(w: World) -> Ask:
    person, body = w.fresh(), {"new_password": "another long password", "logout_devices": False}
    return Ask(person, body=body | {"auth": w.stage(person, "POST", "/account/password", body)})


@ask("deactivateAccount")
def deactivate(w: World) -> Ask:
    person, body = w.fresh(), {"erase": False, "id_server": w.identity.fields()["name"]}
    return Ask(person, body=body | {"auth": w.stage(person, "POST", "/account/deactivate", body)})


# ---- addresses ----------------------------------------------------------------------------------------------------------

@ask("post3PIDs")
def add_address_as_older_clients(w: World) -> Ask:
    person = w.fresh()
    proof, _ = w.proven(person)
    return Ask(person, body={"three_pid_creds": proof | {"id_server": "i.example.org", "id_access_token": "t"},
                             "auth": w.by_password(person)})


@ask("add3PID")
def add_address(w: World) -> Ask:
    person = w.fresh()
    proof, _ = w.proven(person)
    return Ask(person, body=proof | {"auth": w.stage(person, "POST", "/account/3pid/add", proof)})


@ask("bind3PID")
def bind_address(w: World) -> Ask:
    return Ask(w.ada, body={"id_server": w.identity.fields()["name"], "id_access_token": "t", "sid": "s1", "client_secret": "c1"})


@ask("unbind3pidFromAccount")
def unbind_address(w: World) -> Ask:
    return Ask(w.ada, body={"id_server": w.identity.fields()["name"], "medium": "email", "address": "ada@example.org"})


@ask("delete3pidFromAccount")
def delete_address(w: World) -> Ask:
    person, address = w.with_address()
    return Ask(person, body={"id_server": w.identity.fields()["name"], "medium": "email", "address": address})


def asks_for_mail(identifier: str, signed_in: bool, known: bool) -> None:
    def make(w: World) -> Ask:
        address = w.with_address()[1] if known else f"m{w.unique()}@example.org"
        return Ask(w.ada if signed_in else NOBODY, body={
            "client_secret": f"c{w.unique()}", "email": address, "send_attempt": 1, "next_link": "https://app.example.org/",
            "id_server": "i.example.org", "id_access_token": "t"})
    TABLE[identifier] = [make]


asks_for_mail("requestTokenTo3PIDEmail", True, False)
asks_for_mail("requestTokenToResetPasswordEmail", False, True)
asks_for_mail("requestTokenToRegisterEmail", False, False)


def telephone(identifier: str) -> None:
    TABLE[identifier] = [lambda w: Ask(w.ada, body={
        "client_secret": "c1", "country": "GB", "phone_number": "07700900001", "send_attempt": 1, "next_link": "https://app.example.org/",
        "id_server": "i.example.org", "id_access_token": "t"})]


for _name in ("requestTokenTo3PIDMSISDN", "requestTokenToResetPasswordMSISDN", "requestTokenToRegisterMSISDN"):
    telephone(_name)


# ---- devices ------------------------------------------------------------------------------------------------------------

@ask("updateDevice")
def update_device(w: World) -> Ask:
    return Ask(w.ada, body={"display_name": "of ada"})


@ask("deleteDevice")
def delete_device(w: World) -> Ask:
    device = w.login(w.carol)["device_id"]
    return Ask(w.carol, {"deviceId": device}, body={"auth": w.stage(w.carol, "DELETE", f"/devices/{device}", {})})


@ask("deleteDevices")
def delete_devices(w: World) -> Ask:
    body = {"devices": [w.login(w.carol)["device_id"]]}
    return Ask(w.carol, body=body | {"auth": w.stage(w.carol, "POST", "/delete_devices", body)})


# ---- profile, presence, data --------------------------------------------------------------------------------------------

def texts(*names: str) -> dict:
    return {"type": "object", "required": [*names], "properties": {name: {"type": "string"} for name in names}}


@ask("setProfileField")
def set_display_name(w: World) -> Ask:
    return Ask(w.carol, {"keyName": "displayname"}, body={"displayname": "Carol"}, schema=texts("displayname"))


@ask("setProfileField")
def set_avatar(w: World) -> Ask:
    return Ask(w.carol, {"keyName": "avatar_url"}, body={"avatar_url": f"mxc://localhost/{w.media}"},
               schema=texts("avatar_url"))


@ask("setProfileField")
def set_name_of_guest(w: World) -> Ask:
    return Ask(w.guest, {"keyName": "displayname"}, body={"displayname": "A guest"}, schema=texts("displayname"))


@ask("setProfileField")
def set_time_zone(w: World) -> Ask:
    return Ask(w.carol, {"keyName": "m.tz"}, body={"m.tz": "Europe/Berlin"}, schema=texts("m.tz"))


@ask("deleteProfileField")
def delete_profile_field(w: World) -> Ask:
    w.do(w.carol, "PUT", f"/profile/{enc(w.carol.id)}/org.example.x", {"org.example.x": 1})
    return Ask(w.carol, {"keyName": "org.example.x"})


@ask("setPresence")
def set_presence(w: World) -> Ask:
    return Ask(w.ada, body={"presence": "online", "status_msg": "here"})


@ask("setAccountData")
def set_account_data(w: World) -> Ask:
    return Ask(w.ada, {"type": "org.example.more"}, body={"a": 1})


@ask("setAccountDataPerRoom")
def set_room_account_data(w: World) -> Ask:
    return Ask(w.ada, {"type": "org.example.more"}, body={"a": 1})


@ask("setRoomTag")
def set_tag(w: World) -> Ask:
    return Ask(w.ada, {"tag": "u.more"}, body={"order": 0.5})


@ask("deleteRoomTag")
def delete_tag(w: World) -> Ask:
    w.do(w.ada, "PUT", f"/user/{enc(w.ada.id)}/rooms/{enc(w.room)}/tags/u.less", {})
    return Ask(w.ada, {"tag": "u.less"})


RULES = {"limit": 5, "not_senders": ["@x:localhost"], "not_types": ["a.b"], "senders": ["@y:localhost"], "types": ["m.*"]}
ROOM_RULES = RULES | {"contains_url": False, "include_redundant_members": False, "lazy_load_members": True,
                      "not_rooms": ["!a:localhost"], "rooms": ["!b:localhost"], "unread_thread_notifications": True}
FILTER = {"account_data": RULES, "presence": RULES, "event_fields": ["content.body"], "event_format": "client", "room": {
    "account_data": ROOM_RULES, "ephemeral": ROOM_RULES, "state": ROOM_RULES, "timeline": ROOM_RULES, "include_leave": True,
    "not_rooms": ["!a:localhost"], "rooms": ["!b:localhost"]}}


@ask("defineFilter")
def define_filter(w: World) -> Ask:
    return Ask(w.ada, body=FILTER)


@ask("requestOpenIdToken")
def request_openid_token(w: World) -> Ask:
    return Ask(w.ada, body={})


# ---- push ---------------------------------------------------------------------------------------------------------------

@ask("postPusher")
def set_pusher(w: World) -> Ask:
    return Ask(w.ada, body={
        "kind": "http", "app_id": "app", "app_display_name": "a", "device_display_name": "d", "pushkey": w.unique(), "lang": "en",
        "profile_tag": "t", "append": True, "data": {"url": w.gateway.fields()["url"], "format": "event_id_only"}})


@ask("postPusher")
def remove_pusher(w: World) -> Ask:
    return Ask(w.ada, body={"kind": None, "app_id": "app", "pushkey": w.unique()})


@ask("setPushRule")
def set_rule(w: World) -> Ask:
    return Ask(w.ada, {"kind": "override", "ruleId": w.unique()}, {"before": "kept"}, {
        "actions": ["notify", {"set_tweak": "sound", "value": "default"}],
        "conditions": [{"kind": "event_match", "key": "type", "pattern": "m.*"}, {"kind": "room_member_count", "is": ">2"},
                       {"kind": "event_property_is", "key": "content.x", "value": 1},
                       {"kind": "event_property_is", "key": "content.x", "value": "text"}]})


@ask("setPushRule")
def set_rule_of_content(w: World) -> Ask:
    return Ask(w.ada, {"kind": "content", "ruleId": w.unique()}, body={"actions": ["notify"], "pattern": "cake"})


@ask("deletePushRule")
def delete_rule(w: World) -> Ask:
    name = w.unique()
    w.do(w.ada, "PUT", f"/pushrules/global/override/{name}", {"actions": ["notify"], "conditions": []})
    return Ask(w.ada, {"ruleId": name})


@ask("setPushRuleEnabled")
def enable_rule(w: World) -> Ask:
    return Ask(w.ada, {"kind": "underride", "ruleId": ".m.rule.message"}, body={"enabled": True})


@ask("setPushRuleActions")
def set_actions(w: World) -> Ask:
    return Ask(w.ada, {"kind": "underride", "ruleId": ".m.rule.message"},
               body={"actions": ["notify", {"set_tweak": "highlight", "value": False}]})
