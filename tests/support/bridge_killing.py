"""kill -9 under load with an application service that is told everything: the server is killed, the service goes away, fails and
loses answers, and at the end every acknowledged event was told, each under one transaction id with one content."""
import random
import shutil
import tempfile
import threading
import time
from pathlib import Path

from fake_service import FakeService
from killing import Sender, must
from server import SLOWNESS, Server

ROOMS, SENDERS = 12, 8
SERVICE = {"namespaces": {"users": [], "aliases": [], "rooms": [{"regex": ".*", "exclusive": False}]}}


def told(service: FakeService) -> list[str]:
    return [event["event_id"] for event in service.state()["events"]]


def kill_with_service(binary: Path, kills: int, report=print) -> dict:
    service = FakeService("watcher", SERVICE)
    folder = Path(tempfile.mkdtemp(prefix="peyk-bridge-kill-"))
    server = Server(binary, {"appservices.files": [str(service.write(folder / "watcher.yaml"))]})
    stopped = threading.Event()
    try:
        server.start()
        client = server.client()
        account = must(client, "POST", "/register", {"auth": {"type": "m.login.dummy"}, "username": "ada",
                                                     "password": "a long password"})
        rooms = [must(client, "POST", "/createRoom", {"preset": "public_chat", "name": f"room {n}"},
                      account["access_token"])["room_id"] for n in range(ROOMS)]
        senders = [Sender(server.port, account["access_token"], rooms[n % ROOMS], f"s{n}", stopped) for n in range(SENDERS)]
        for sender in senders:
            sender.start()
        for number in range(kills):
            time.sleep(random.uniform(0.2, 1.0))
            service.set_mode(random.choice(["up", "up", "lost", "error", "down"]))
            server.kill()
            server.start()
            if random.random() < 0.7:
                service.set_mode("up")
            if (number + 1) % 10 == 0:
                report(f"  {number + 1} kills, {len(told(service))} events told")
        stopped.set()
        for sender in senders:
            sender.join(60 * SLOWNESS)
        service.set_mode("up")
        wanted = {event for sender in senders for event in sender.acknowledged}
        end = time.monotonic() + 60 * SLOWNESS
        while not wanted <= set(told(service)) and time.monotonic() < end:
            time.sleep(0.2)
        problems = service.state()["problems"] + [sender.problem for sender in senders if sender.problem]
        server.stop()
        return {"kills": kills, "acknowledged": len(wanted), "lost": len(wanted - set(told(service))),
                "problems": problems[:5]}
    finally:
        stopped.set()
        server.dispose()
        service.close()
        shutil.rmtree(folder, ignore_errors=True)
