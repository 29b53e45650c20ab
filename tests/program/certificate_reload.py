#!/usr/bin/env python3
"""New certificate files and SIGHUP: who connects from then on sees them, and connections that are open go on."""
import argparse
import hashlib
import http.client
import json
import os
import signal
import ssl
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support")]

import peyk_config  # noqa: E402
from killing import must  # noqa: E402
from launching import make_certificate  # noqa: E402
from server import SLOWNESS, Server, free_port  # noqa: E402


class Wrong(Exception):
    pass


def check(condition, about: str) -> None:
    if not condition:
        raise Wrong(about)


class SecureServer(Server):
    """Also listens with TLS, with files that the tests replace."""

    def write_config(self) -> None:
        self.tls_port = free_port()
        self.certificate, self.key = self.folder / "served.crt", self.folder / "served.key"
        peyk_config.write(self.config, self.sections, [
            {"address": "127.0.0.1", "port": self.port},
            {"address": "127.0.0.1", "port": self.tls_port, "tls_certificate": str(self.certificate), "tls_key": str(self.key)}])

    def place(self, name: str) -> str:
        """Makes a certificate, puts it where the listener reads, and returns its SHA-256."""
        made, key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        make_certificate(made, key, [name], None)
        for source, target in ((key, self.key), (made, self.certificate)):
            os.replace(source, target)  # whole, as certbot and acme.sh do
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.certificate.read_text())).hexdigest()

    def connection(self) -> http.client.HTTPSConnection:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # the sums are compared
        return http.client.HTTPSConnection("127.0.0.1", self.tls_port, timeout=30 * SLOWNESS, context=trusting)

    def shown(self) -> str:
        connection = self.connection()
        connection.connect()
        try:
            return hashlib.sha256(connection.sock.getpeercert(binary_form=True)).hexdigest()
        finally:
            connection.close()

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def shows(self, wanted: str) -> bool:
        end = time.monotonic() + 10 * SLOWNESS
        while time.monotonic() < end:
            if self.shown() == wanted:
                return True
            time.sleep(0.05)
        return False


def asked(connection: http.client.HTTPSConnection, method: str, path: str, token: str, body: dict | None = None) -> dict:
    connection.request(method, path, None if body is None else json.dumps(body), {"Authorization": f"Bearer {token}"})
    return answered(connection)


def answered(connection: http.client.HTTPSConnection) -> dict:
    answer = connection.getresponse()
    text = answer.read()
    check(answer.status == 200, f"{answer.status} {text[:200]!r}")
    return json.loads(text)


def run(binary: Path) -> int:
    server = SecureServer(binary)
    try:
        first = server.place("first")
        server.start()
        check(server.shows(first), "the listener does not show its first certificate")
        client = server.client()
        token = must(client, "POST", "/register", {"auth": {"type": "m.login.dummy"}, "username": "ada",
                                                   "password": "a long password"})["access_token"]
        room = must(client, "POST", "/createRoom", {}, token)["room_id"]
        waiting, talking = server.connection(), server.connection()
        since = asked(waiting, "GET", "/_matrix/client/v3/sync", token)["next_batch"]
        asked(talking, "GET", "/_matrix/client/v3/account/whoami", token)
        waiting.request("GET", f"/_matrix/client/v3/sync?timeout=60000&since={since}", None, {"Authorization": f"Bearer {token}"})

        second = server.place("second")
        check(server.shown() == first, "files are read without a signal")
        server.hang_up()
        check(server.shows(second), "a signal does not bring the new certificate")
        sent = asked(talking, "PUT", f"/_matrix/client/v3/rooms/{room}/send/m.room.message/1", token,
                     {"msgtype": "m.text", "body": "over the old connection"})["event_id"]
        timeline = answered(waiting)["rooms"]["join"][room]["timeline"]["events"]
        check([event["event_id"] for event in timeline] == [sent], f"the waiting sync is answered {timeline}")

        # Halves of a pair that do not fit, and a file that is none: what was served is served on, and the log names the file.
        for spoilt in (server.key, server.certificate):
            foreign = spoilt.read_text() if spoilt == server.key else "no certificate"
            server.place("third")
            spoilt.write_text(foreign)
            before = len(server.log.read_text())
            server.hang_up()
            end = time.monotonic() + 10 * SLOWNESS
            while str(spoilt) not in server.log.read_text()[before:] and time.monotonic() < end:
                time.sleep(0.05)
            check(str(spoilt) in server.log.read_text()[before:], f"the log does not name {spoilt.name}: {server.log_tail(5)}")
            check(server.shown() == second, f"a bad {spoilt.name} is taken")
            check(server.alive(), f"a bad {spoilt.name} ends the server")
        last = server.place("last")
        server.hang_up()
        check(server.shows(last), "after a failure no certificate is taken any more")
        server.stop()
        return 1
    finally:
        server.dispose()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, type=Path, help="the program to test")
    parser.add_argument("--result", type=Path, help="write the tally here")
    arguments = parser.parse_args()
    passed, notes = 0, []
    try:
        passed = run(arguments.server)
    except Exception as error:
        notes.append(f"certificate reload: {type(error).__name__}: {error}")
    print(f"  certificate reload: {'; '.join(notes) if notes else 'ok'}", flush=True)
    if arguments.result:
        arguments.result.write_text(json.dumps({"passed": passed, "failed": len(notes), "notes": notes}))
    return 1 if notes else 0


if __name__ == "__main__":
    sys.exit(main())
