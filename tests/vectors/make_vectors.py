#!/usr/bin/env python3
"""Writes events.json: redactions, hashes, ids and signatures of events in every room version.

The values are made here by a second, deliberately plain implementation, which shares nothing with the server: its
tables are typed off the text of each room version, its JSON, SHA-256 and Ed25519 are Python's or spelt out below.
Run it again after a change of the cases:  python3 tests/vectors/make_vectors.py
"""
import base64
import hashlib
import json
import os

# --- Ed25519 as RFC 8032 section 5.1 describes it, slow and simple ------------------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
I = pow(2, (P - 1) // 4, P)


def recover_x(y):
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * I % P
    return P - x if x % 2 else x


BASE = (recover_x(4 * pow(5, P - 2, P) % P), 4 * pow(5, P - 2, P) % P)


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2
    return ((x1 * y2 + x2 * y1) * pow(1 + k, P - 2, P) % P, (y1 * y2 + x1 * x2) * pow(1 - k, P - 2, P) % P)


def multiply(point, n):
    result = (0, 1)
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def encode_point(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def sha512_int(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def sign(seed, message):
    h = hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & ~7 & ~(128 << 8 * 31) | 64 << 8 * 31
    public = encode_point(multiply(BASE, a))
    r = sha512_int(h[32:], message) % L
    encoded_r = encode_point(multiply(BASE, r))
    s = (r + sha512_int(encoded_r, public, message) * a) % L
    return encoded_r + s.to_bytes(32, "little")


# --- the specification's algorithms -------------------------------------------------------------------------------
def b64(data):
    return base64.b64encode(data).decode().rstrip("=")


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def canonical(value):  # Appendices, Canonical JSON
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


TOP_1_TO_10 = ("event_id type room_id sender state_key content hashes signatures depth prev_events prev_state "
               "auth_events origin origin_server_ts membership").split()
TOP_11 = ("event_id type room_id sender state_key content hashes signatures depth prev_events "
          "auth_events origin_server_ts").split()
LEVELS = "ban events events_default kick redact state_default users users_default".split()

# What each version's page lists under "Redactions", typed out. "*" is all keys, "a.b" is key b of key a.
CONTENT = {
    1: {"m.room.member": ["membership"], "m.room.create": ["creator"], "m.room.join_rules": ["join_rule"],
        "m.room.power_levels": LEVELS, "m.room.aliases": ["aliases"],
        "m.room.history_visibility": ["history_visibility"]},
    6: {"m.room.member": ["membership"], "m.room.create": ["creator"], "m.room.join_rules": ["join_rule"],
        "m.room.power_levels": LEVELS, "m.room.history_visibility": ["history_visibility"]},
    8: {"m.room.member": ["membership"], "m.room.create": ["creator"], "m.room.join_rules": ["join_rule", "allow"],
        "m.room.power_levels": LEVELS, "m.room.history_visibility": ["history_visibility"]},
    9: {"m.room.member": ["membership", "join_authorised_via_users_server"], "m.room.create": ["creator"],
        "m.room.join_rules": ["join_rule", "allow"], "m.room.power_levels": LEVELS,
        "m.room.history_visibility": ["history_visibility"]},
    11: {"m.room.member": ["membership", "join_authorised_via_users_server", "third_party_invite.signed"],
         "m.room.create": ["*"], "m.room.join_rules": ["join_rule", "allow"],
         "m.room.power_levels": LEVELS + ["invite"], "m.room.history_visibility": ["history_visibility"],
         "m.room.redaction": ["redacts"]},
}
PAGE = {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 6, 7: 6, 8: 8, 9: 9, 10: 9, 11: 11, 12: 11}


def redact(pdu, version):
    top = TOP_11 if version >= 11 else TOP_1_TO_10
    kept = {k: v for k, v in pdu.items() if k in top}
    rules = CONTENT[PAGE[version]].get(pdu["type"], [])
    content = {}
    for rule in rules:
        if rule == "*":
            content = dict(pdu["content"])
        elif "." in rule:
            outer, inner = rule.split(".")
            if inner in pdu["content"].get(outer, {}):
                content[outer] = {inner: pdu["content"][outer][inner]}
        elif rule in pdu["content"]:
            content[rule] = pdu["content"][rule]
    kept["content"] = content
    return kept


def without(obj, *keys):
    return {k: v for k, v in obj.items() if k not in keys}


def content_hash(pdu):
    return hashlib.sha256(canonical(without(pdu, "unsigned", "signatures", "hashes"))).digest()


def reference_hash(pdu, version):
    return hashlib.sha256(canonical(without(redact(pdu, version), "signatures", "unsigned"))).digest()


# --- the cases ----------------------------------------------------------------------------------------------------
SEED = base64.b64decode("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1=")  # of the appendices' own vectors
SERVER, KEY_ID = "domain", "ed25519:1"

EVERYTHING = {  # every key that some version's list names, and one that none does
    "m.room.member": {
        "membership": "join", "displayname": "Ada", "avatar_url": "mxc://domain/a", "reason": "because",
        "join_authorised_via_users_server": "@b:domain",
        "third_party_invite": {"display_name": "a...@e...", "signed": {"mxid": "@a:domain", "token": "t"}}},
    "m.room.create": {"creator": "@a:domain", "room_version": "11", "m.federate": True, "predecessor": {"room_id": "!o:d"}},
    "m.room.join_rules": {"join_rule": "restricted", "allow": [{"room_id": "!s:domain", "type": "m.room_membership"}],
                          "note": 1},
    "m.room.power_levels": {
        "ban": 50, "events": {"m.room.name": 100}, "events_default": 0, "invite": 50, "kick": 50, "redact": 50,
        "state_default": 50, "users": {"@a:domain": 100}, "users_default": 0, "notifications": {"room": 50}, "x": 1},
    "m.room.aliases": {"aliases": ["#a:domain"], "other": 1},
    "m.room.history_visibility": {"history_visibility": "shared", "other": 1},
    "m.room.redaction": {"redacts": "$target", "reason": "spam"},
    "m.room.message": {"msgtype": "m.text", "body": "日本 \u0001 \"quoted\" \U0001f600", "list": [1, {"z": 1, "a": None}]},
    "org.example.custom": {"membership": "join", "creator": "x", "aliases": [], "redacts": "$x"},
}

NOTES = {
    "m.room.member": "11 keeps `signed` of a third-party invite, 9 the authorising user",
    "m.room.create": "up to 10 only `creator` stays, from 11 everything",
    "m.room.join_rules": "`allow` stays from 8",
    "m.room.power_levels": "`invite` stays from 11, `notifications` never",
    "m.room.aliases": "`aliases` stays up to 5",
    "m.room.history_visibility": "the same in all versions",
    "m.room.redaction": "`redacts` of the content stays from 11; the top-level one never does",
    "m.room.message": "nothing of the content stays; escapes and code points above U+FFFF are in the content hash",
    "org.example.custom": "keys that are protected in other types are not protected here",
}


def make_case(version, kind):
    pdu = {
        "auth_events": ["$auth1", "$auth2"], "content": EVERYTHING[kind], "depth": 7, "origin": "domain",
        "origin_server_ts": 1000000 + version, "prev_events": ["$prev"], "room_id": "!r:domain", "sender": "@a:domain",
        "type": kind, "unsigned": {"age_ts": 5}, "membership": "join", "prev_state": [], "extra": {"kept": False},
    }
    if kind != "m.room.message" and kind != "m.room.redaction":
        pdu["state_key"] = "@a:domain" if kind == "m.room.member" else ""
    if kind == "m.room.redaction":
        pdu["redacts"] = "$target"
    if version <= 2:
        pdu["event_id"] = "$own%d:domain" % version
        pdu["prev_events"] = [["$prev:domain", {"sha256": "abc"}]]
        pdu["auth_events"] = [["$auth1:domain", {"sha256": "def"}]]
    if version == 12:
        pdu["auth_events"] = ["$auth1"]
        pdu["room_id"] = "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"
        if kind == "m.room.create":
            del pdu["room_id"]
            pdu["prev_events"], pdu["auth_events"] = [], []
    pdu["hashes"] = {"sha256": b64(content_hash(pdu))}
    signature = b64(sign(SEED, canonical(without(redact(pdu, version), "signatures", "unsigned"))))
    pdu["signatures"] = {SERVER: {KEY_ID: signature}}
    digest = reference_hash(pdu, version)
    event_id = pdu.get("event_id") if version <= 2 else "$" + (b64(digest) if version == 3 else b64url(digest))
    case = {
        "version": str(version), "why": NOTES[kind], "pdu": pdu, "redacted": redact(pdu, version),
        "content_hash": pdu["hashes"]["sha256"], "reference_hash": b64(digest), "event_id": event_id,
        "signature": signature,
    }
    if version == 12 and kind == "m.room.create":
        case["room_id"] = "!" + event_id[1:]
    return case


def main():
    # The appendices' first signing vector vouches for the Ed25519 above.
    assert b64(sign(SEED, b"{}")) == "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"
    cases = [make_case(version, kind) for version in range(1, 13) for kind in EVERYTHING]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "events.json")
    with open(path, "w", encoding="utf-8") as out:
        out.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=False, sort_keys=True) for c in cases) + "\n]\n")
    print("%d cases" % len(cases))


main()
