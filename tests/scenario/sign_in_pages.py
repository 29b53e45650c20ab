"""Signing in by the browser, for the list of routes that are shown: the OAuth 2.0 endpoints and the pages around them.

The flows are those of the group `pages`, which looks at every corner of them; here a server of its own answers a few of
them once, and what it answered is noted.
"""
import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "pages"))

import browser  # noqa: E402
import cas  # noqa: E402
import flows  # noqa: E402
import qr  # noqa: E402
from server import Server  # noqa: E402


def stage(world: flows.World) -> None:
    """A stage of User-Interactive Authentication on its fallback page: the password, to delete a device."""
    name, other = world.person(), world.browser()
    status, made = other.api("POST", "/_matrix/client/v3/login", {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": name}, "password": flows.PASSWORD})
    device = f"/_matrix/client/v3/devices/{made['device_id']}"
    status, flow = other.api("DELETE", device, {}, made["access_token"])
    browser.check(status == 401 and flow["session"], f"{status} {flow}")
    opened = f"/_matrix/client/v3/auth/m.login.password/fallback/web?session={flow['session']}"
    foreign = other.request("POST", opened, b"password=x", {"Content-Type": "application/x-www-form-urlencoded"})
    browser.check(foreign.status == 403, "a form that is not from the page")
    page = world.browser()
    form = page.get(opened)
    browser.check(page.submit(form, {"password": "wrong"}, having="password").status == 403, "a wrong password")
    page.submit(form, {"password": flows.PASSWORD}, having="password").says("Done")
    status, _ = other.api("DELETE", device, {"auth": {"session": flow["session"]}}, made["access_token"])
    browser.check(status == 200, "the stage was passed in the browser")


def to_cas(world: flows.World) -> None:
    """The way to a CAS server by its older names, where one takes the place of another homeserver."""
    campus = cas.Campus(world)
    try:
        for version in ("v3", "r0"):
            cas.leave(campus.world.browser(), f"/_matrix/client/{version}/login/cas/redirect{cas.TO}", campus.old)
    finally:
        campus.close()


FLOWS = [flows.code_flow, flows.device_flow, flows.account, stage, qr.meeting, to_cas]


def noting(shown):
    """Browser.request, which also tells `shown` what was answered."""
    plain = browser.Browser.request

    def request(self, method, url, body=None, headers=None):
        page = plain(self, method, url, body, headers)
        answer = SimpleNamespace(status=page.status, body=page.body,
                                 headers={name.lower(): value for name, value in page.headers})
        target = page.url.removeprefix(self.base)
        if not shown.contract.check(method, target, page.status, page.header("content-type"), page.body):
            shown.add("sign_in_pages.py", method, target, answer)
        return page

    return plain, request


def run(binary: Path, shown) -> list[str]:
    plain, browser.Browser.request = noting(shown)
    server = Server(binary, {})
    try:
        server.start()
        world = flows.World(server)
        for flow in FLOWS:
            flow(world)
        server.stop()
        return []
    except Exception as error:
        return [f"sign-in pages: {type(error).__name__}: {error}"]
    finally:
        browser.Browser.request = plain
        server.dispose()
