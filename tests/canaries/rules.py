"""What may be found where. Everything else is a leak, and what has to be found and is not makes the search worthless."""
from planting import CATEGORIES, Community
from story import WITHOUT_KEY, Story

INSIDE = {"rows", "media, decrypted"}
FILES = "engine's files, decrypted"

# What a server of the default configuration can read while it has its key, and the tables that have it. The rest of what is
# planted has to be unreadable for it too.
READABLE = {
    "display name": {"profiles", "events"},
    "field of the profile": {"profiles"},
    "name of a private room": {"events"},
    "topic of a private room": {"events"},
    "name of a public room": {"events"},
    "alias of a public room": {"events", "aliases", "room_aliases"},
    "the id of somebody in the same room": {"accounts", "profiles", "events", "state_names", "room_stream", "device_keys", "one_time_keys",
                                            "fallback_keys", "device_list_changes"},
    "m.direct": {"account_data"},
    "ignored user": {"account_data"},
    "message in a public room": {"events"},
    "message that is deleted": {"events"},
    "file in a public room": {"media"},
    "text in the picture of a person": {"media", "thumbnail"},
    "report to the administrators": {"reports"},
    "device name": {"devices"},
    "device name (nio)": {"devices"},
    "device name (jssdk)": {"devices"},
    "push key": {"pushers"},
    "name of the app (pusher)": {"pushers"},
    "name of the phone (pusher)": {"pushers"},
    "transaction id": {"events"},
    "rooms that were looked at (account data)": {"account_data"},
    "draft (account data)": {"account_data"},
    "tag of a room": {"account_data"},
    "word that notifies (push rule)": {"account_data"},
    "filter": {"filters"},
}
# Taken back, and still in the history of the room, which is the room's.
IN_HISTORY = {"alias of a public room", "transaction id"}
GONE_WHEN_WITHDRAWN = Community.WITHDRAWN - IN_HISTORY
# What belongs to a person alone. What they said in rooms belongs to the rooms too, and a report to those who got it.
GONE_WHEN_ERASED = GONE_WHEN_WITHDRAWN | {"device name (nio)", "device name (jssdk)", "filter", "text in the picture of a person",
                                          "file in a public room"}
# Not so yet: what the documents say is missing, (moment, surface, way) -> why. A line here is no excuse for a second one.
NOT_YET: dict[tuple[str, str, str], str] = {}
AFTER = {"withdrawn": GONE_WHEN_WITHDRAWN, "deadline": GONE_WHEN_WITHDRAWN, "erased": GONE_WHEN_ERASED}


def leaks(story: Story, inventory: dict) -> list[str]:
    """Finds that should not be there."""
    listed = {table["name"]: table["category"] for table in inventory["tables"]}
    listed |= {"media": "user content", "thumbnail": "user content"}  # the files, which the inventory has apart
    problems, known = [], []
    for row in story.findings.rows:
        moment, surface, way, place = row["moment"], row["surface"], row["way"], row["place"]
        text = f"{moment}: {surface}: {place}: {row['category']}: {way} ({row['form']})"
        if moment == "control":
            continue
        if reason := NOT_YET.get((moment, surface, way)):
            known.append(f"{text}: {reason}")
        elif surface in WITHOUT_KEY | {FILES}:
            if not (surface == "log" and way == story.LOG_CONTROL):
                problems.append(text)
        elif surface == "push":
            if way != "push key":
                problems.append(text)
        elif surface in INSIDE:
            if way not in READABLE or place not in READABLE[way]:
                problems.append(text)
            elif way in AFTER.get(moment, ()):
                problems.append(f"{text}: it was taken back")
            elif listed.get(place, "none") == "none":
                problems.append(f"{text}: the inventory does not say so")
        elif surface == "memory":
            # A running server has its keys, the people of open connections, and what it works on. Never these.
            if "encrypted" in way or "password" in way or (moment in AFTER and way == "message that is deleted"):
                problems.append(text)
        else:
            problems.append(f"{text}: no rule for this surface")
    story.known = sorted(set(known))
    return sorted(set(problems))


def blindness(story: Story) -> list[str]:
    """Controls: what has to be found in a sealed server."""
    findings, problems = story.findings, []

    def must(moment: str, surface: str, ways: set[str]) -> None:
        if missing := ways - findings.ways(moment, surface):
            problems.append(f"control: {moment}: {surface}: not found: {', '.join(sorted(missing))}")

    must("sent", "log", {story.LOG_CONTROL})
    must("sent", "memory", {story.MEMORY_CONTROL, "message in a public room"})
    must("sent", "push", {"push key"})
    stored = findings.ways("killed", "rows") | findings.ways("killed", "media, decrypted")
    if missing := READABLE.keys() - stored:
        problems.append(f"control: killed: the dump does not show {', '.join(sorted(missing))}")
    if "crash" in {surface for moment, surface in findings.looked if moment == "control"}:
        must("control", "crash", {story.MEMORY_CONTROL})
    for surface in ("data folder", "backup", "temporary files"):
        must("control", surface, story.by_hand)
    for category in CATEGORIES:
        if not any(canary.category == category for canary in story.nest.all):
            problems.append(f"control: nothing was planted for {category}")
    return problems


def unsealed_blindness(story: Story, sealed: Story) -> list[str]:
    """The same life without sealing: whatever a table has must be seen without the key."""
    problems = []
    expected = sealed.findings.ways("killed", "rows") | sealed.findings.ways("killed", "media, decrypted")
    for surface in ("data folder", "backup"):
        moment = "killed" if surface == "data folder" else "sent"
        if missing := expected - story.findings.ways(moment, surface):
            problems.append(f"control without sealing: {surface}: not found: {', '.join(sorted(missing))}")
    return problems


def readable(rows: list[dict]) -> set[str]:
    return {row["category"] for row in rows} & set(CATEGORIES)


def figures(story: Story, unsealed: Story) -> dict:
    findings = story.findings
    disk = [row for row in findings.rows if row["surface"] in WITHOUT_KEY and row["moment"] != "control"]
    inside = [row for row in findings.rows if row["surface"] in INSIDE and row["moment"] != "control"]
    bare = [row for row in unsealed.findings.rows if row["surface"] in ("data folder", "backup") and row["moment"] != "control"]
    # Addresses, user agents, tokens, device names.
    traces = [row for row in disk if row["category"] in ("Secrets", "Usage Data") or row["way"].startswith(("address", "device name"))]
    return {
        "canaries": len(story.nest.all),
        "categories planted": len({canary.category for canary in story.nest.all} & set(CATEGORIES)),
        "categories readable without the key": len(readable(disk)),
        "categories readable with the key": len(readable(inside)),
        "which": sorted(readable(inside)),
        "categories readable without sealing (control)": len(readable(bare)),
        "addresses, user agents, tokens, device names readable on disk or in logs": len(traces),
        "bytes searched": sum(findings.looked.values()),
    }
