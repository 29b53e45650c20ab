#!/usr/bin/env python3
"""kill -9 in the midst of the removal of a room: after the start it is gone for everybody, or it was never begun."""
import argparse
import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support")]

from killing import must  # noqa: E402
from server import Server  # noqa: E402

MEMBERS, KILLS = 24, 12


class Wrong(Exception):
    pass


def check(condition, about: str) -> None:
    if not condition:
        raise Wrong(about)


def delete(server: Server, token: str, room: str, said: list) -> None:
    client = server.client()
    try:
        answer = client.request("DELETE", f"/_peyk/admin/v1/rooms/{quote(room, safe='')}", None, {"Authorization": f"Bearer {token}"})
        said.append(answer.status)
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__name__ != "Disconnected":
            raise
        said.append(None)


def look(server: Server, people: list[dict], root: dict, room: str, answered: int | None) -> bool:
    """Whether the room had been begun to be removed; then it is gone."""
    client = server.client()
    said: list = []
    delete(server, root["access_token"], room, said)
    check(said[0] in (200, 404), f"a second removal is answered {said[0]}")
    check(answered != 200 or said[0] == 404, "a removal that was answered is undone")
    for person in people:
        inside = must(client, "GET", "/joined_rooms", None, person["access_token"])["joined_rooms"]
        check(room not in inside, f"{person['user_id']} is still in the room")
        news = must(client, "GET", f"/sync?since={quote(person['since'])}", None, person["access_token"])
        left = news.get("rooms", {}).get("leave", {}).get(room)
        check(left and left["timeline"]["events"][0]["state_key"] == person["user_id"], f"{person['user_id']} is not told: {news}")
        read = client.request("GET", f"/_matrix/client/v3/rooms/{quote(room, safe='')}/messages?dir=b", None,
                              {"Authorization": f"Bearer {person['access_token']}"})
        check(read.status in (403, 404), f"a removed room is read: {read.status}")
    return said[0] == 404


def run(binary: Path) -> tuple[int, int]:
    chance = random.Random(3)
    server = Server(binary, {"storage.durability": "sync"})
    gone = untouched = 0
    try:
        server.start()
        client = server.client()
        people = [must(client, "POST", "/register", {"auth": {"type": "m.login.dummy"}, "username": f"r{number}",
                                                     "password": "a long password"}) for number in range(MEMBERS)]
        root = must(client, "POST", "/register", {"auth": {"type": "m.login.dummy"}, "username": "root", "password": "a long password"})
        subprocess.run([server.binary, "user", "admin", "root", "--config", server.config], check=True, capture_output=True)
        for kill in range(KILLS):
            client = server.client()
            room = must(client, "POST", "/createRoom", {"preset": "public_chat"}, people[0]["access_token"])["room_id"]
            for person in people[1:]:
                must(client, "POST", f"/join/{quote(room)}", {}, person["access_token"])
            for person in people:
                person["since"] = must(client, "GET", "/sync", None, person["access_token"])["next_batch"]
            said: list = []
            removal = threading.Thread(target=delete, args=(server, root["access_token"], room, said))
            removal.start()
            time.sleep(chance.uniform(0, 0.03) if kill else 0)
            server.kill()
            removal.join()
            server.start()
            if look(server, people, root, room, said[0]):
                gone += 1
            else:
                untouched += 1
        server.stop(10)
    finally:
        server.dispose()
    return gone, untouched


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    arguments = parser.parse_args()
    notes: list[str] = []
    try:
        gone, untouched = run(arguments.server.resolve())
        print(f"  removal_killed: {KILLS} kills, {gone} removals went on, {untouched} had not begun", flush=True)
        check(gone > 0, "no kill met a removal")
    except Exception as error:
        notes.append(f"removal_killed: {type(error).__name__}: {str(error)[:1500]}")
        print(f"  {notes[0]}", flush=True)
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": 1 - len(notes), "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
