"""Statements about application services; README.md describes them. A part of the Runner in script.py."""
import json
import time
from pathlib import Path

from fake_service import MODES, FakeService
from server import SLOWNESS
from values import ScriptError, is_there


class BridgeStatements:
    def do_service(self, words, scope) -> None:
        """service irc [{"rate_limited": true}]: before the first server, which then has it registered."""
        name = words[0]
        if self.world.servers:
            raise ScriptError("a service is declared before the server")
        service = FakeService(name, json.loads(words[1]) if len(words) > 1 else {})
        self.world.services[name] = service
        scope.set(name, self.world.user_of_service(service))

    def service(self, name: str) -> FakeService:
        if name not in self.world.services:
            raise ScriptError(f"{name} is not a service")
        return self.world.services[name]

    def do_behave(self, words, scope) -> None:
        """behave irc up|down|error|lost|hang|old|garbage|redirect|forbid"""
        if words[1] not in MODES:
            raise ScriptError(f"no service behaves {words[1]!r}")
        self.service(words[0]).set_mode(words[1])

    def do_answers(self, words, scope) -> None:
        """answers irc /_matrix/app/v1/… 200 {…} [making PUT /_matrix/… {…}]: what it says when it is asked."""
        name, path, status, body, *rest = words
        making = None
        if rest:
            making = (rest[1], scope.path(rest[2]), json.loads(scope.json_text(rest[3])))
        self.service(name).answers[scope.text(path)] = (int(status), json.loads(scope.json_text(body)), making)

    def do_told(self, words, scope) -> None:
        """told irc PATH [-> name]: waits until there is something at the path of what the service was told:
        events, ephemeral, to_device, transactions, requests."""
        words, name = (words[:-2], words[-1]) if "->" in words else (words, None)
        service, path = self.service(words[0]), words[1]
        end = time.monotonic() + 15 * SLOWNESS
        while True:
            scope.set("_told", service.state())
            value = scope.expression(f"_told.{path}")
            if is_there(value):
                break
            left = end - time.monotonic()
            if left <= 0:
                raise self.failure(f"{path} was not told; last events: {service.state()['events'][-3:]}")
            with service.lock:
                service.lock.wait(min(left, 0.2))
        if name:
            scope.set(name, value)

    def do_told_all(self, words, scope) -> None:
        """told_all irc NAMES: waits until every event of the list of ids was told."""
        service, wanted = self.service(words[0]), scope.expression(words[1])
        end = time.monotonic() + 30 * SLOWNESS
        while True:
            told = [event["event_id"] for event in service.state()["events"]]
            missing = [one for one in wanted if one not in told]
            if not missing:
                break
            if time.monotonic() > end:
                raise self.failure(f"{len(missing)} of {len(wanted)} events were not told: {missing[:3]}")
            with service.lock:
                service.lock.wait(0.2)
        order = [one for one in told if one in set(wanted)]
        if words[2:] == ["in", "order"] and order != wanted:
            raise self.failure("the events were told in another order")

    def do_not_told(self, words, scope) -> None:
        """not_told irc PATH: nothing is there."""
        scope.set("_told", self.service(words[0]).state())
        if is_there(scope.expression(f"_told.{words[1]}")):
            raise self.failure(f"{words[1]} was told")

    def do_faithful(self, words, scope) -> None:
        """faithful irc: it was never told one thing twice under two ids, two things under one, or anything unasked."""
        problems = self.service(words[0]).state()["problems"]
        if problems:
            raise self.failure("; ".join(problems[:4]))


def write_registrations(services: dict[str, FakeService], folder: Path) -> list[str]:
    return [str(service.write(folder / f"{name}.yaml")) for name, service in services.items()]
