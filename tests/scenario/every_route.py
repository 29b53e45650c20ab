"""Every route of the specification is known to a server that nothing was configured for, in both profiles, and to browsers of
other sites. What a route does is shown elsewhere (docs/spec-coverage.md); here, that none is there under conditions only."""
import re
import time
from pathlib import Path

from contract import Contract
from server import Server

# Routes that are not there, with the reason.
MISSING = {"GET /.well-known/matrix/policy_server": "this server is no policy server"}
ORIGIN = {"Origin": "https://client.example"}


def check(server: Server, contract: Contract) -> list[str]:
    client = server.client()
    made = client.request("POST", "/_matrix/client/v3/register",
                          b'{"auth":{"type":"m.login.dummy"},"username":"ada","password":"a long password"}')
    token = {"Authorization": f"Bearer {made.json()['access_token']}"}
    problems, seen = [], set()
    for operation in contract.specified:
        method, route = operation["method"], operation["path"]
        path = re.sub(r"\{[^}]*\}", "x", route)
        asked = client.request("OPTIONS", path, None, ORIGIN | {"Access-Control-Request-Method": method})
        if asked.status not in (200, 204) or asked.headers.get("access-control-allow-origin") != "*":
            problems.append(f"OPTIONS {route}: {asked.status}, and browsers of other sites may not ask it")
        if "/logout" in path:
            continue
        answer = client.request(method, path, b"{}" if method in ("POST", "PUT") else None, token)
        if answer.status >= 500:
            problems.append(f"{method} {route}: {answer.status} {answer.body[:200]!r}")
        if answer.status in (404, 405) and b"M_UNRECOGNIZED" in answer.body:
            seen.add(f"{method} {route}")
        wrong = client.request("TRACE", path, None, token)
        if wrong.status not in (404, 405, 501):
            problems.append(f"TRACE {route}: {wrong.status}")
    problems += [f"{route}: the server does not know it" for route in sorted(seen - MISSING.keys())]
    problems += [f"{route}: it is said to be missing, and is not" for route in sorted(MISSING.keys() - seen)]
    return problems


def run(binary: Path, contract: Contract) -> tuple[int, list[str]]:
    """(passed, what is wrong)"""
    passed, notes = 0, []
    for profile in ("quiet", "open"):
        began = time.monotonic()
        server = Server(binary, {"privacy.profile": profile})
        try:
            server.start()
            problems = check(server, contract)
        finally:
            server.dispose()
        took = time.monotonic() - began
        print(f"  {'FAIL' if problems else 'ok  '}  every route, {profile} ({len(contract.specified)} routes, {took:.1f} s)", flush=True)
        for problem in problems:
            print(f"        {problem}", flush=True)
        passed += not problems
        notes += [f"every_route: {profile}: {problem}" for problem in problems]
    return passed, notes
