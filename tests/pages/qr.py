"""Two devices that meet to sign one of them in by QR code, as MSC4108 of 2024 has it: what Element X and Element Web send."""
import json
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from browser import Browser, check

PATH = "/_matrix/client/unstable/org.matrix.msc4108/rendezvous"
PLAIN = {"Content-Type": "text/plain"}


def meeting(world) -> None:
    """A session is made, read and changed in turn with ETag and If-Match; it ends when it is told to."""
    old, new = Browser(world.base), Browser(world.base)

    def put(who: Browser, text: str, tag: str, **more):
        return who.request("PUT", path, text.encode(), PLAIN | {"If-Match": tag} | more)

    made = new.request("POST", PATH, b"hello", PLAIN)
    url = json.loads(made.body)["url"]
    path = urlsplit(url).path
    check(made.status == 201 and url.startswith(world.base + PATH + "/") and len(path.rsplit("/", 1)[1]) == 43, url)
    left = parsedate_to_datetime(made.header("expires")).timestamp() - time.time()
    check(200 < left < 400 and made.header("last-modified") and made.header("cache-control") == "no-store", f"{made.headers}")
    first = made.header("etag")
    read = old.request("GET", path)
    check((read.status, read.body, read.header("content-type"), read.header("etag")) == (200, b"hello", "text/plain", first), "read")
    check(old.request("GET", path, headers={"If-None-Match": first}).status == 304, "nothing new")
    answered = put(old, "answer", first)
    check(answered.status == 202 and answered.header("etag") != first, f"{answered.status}")
    seen = new.request("GET", path, headers={"If-None-Match": first})
    check((seen.status, seen.body, seen.header("etag")) == (200, b"answer", answered.header("etag")), "the answer")
    late = put(new, "late", first)
    check(late.status == 412 and b"M_CONCURRENT_WRITE" in late.body, "who is slower does not overwrite")
    blind = new.request("PUT", path, b"blind", PLAIN)
    check(blind.status == 400 and b"M_MISSING_PARAM" in blind.body, "without If-Match")
    check(put(new, "x" * 4096, seen.header("etag")).status == 202, "four kilobytes")
    large = put(new, "x" * 4097, "whatever")
    check(large.status == 413 and b"M_TOO_LARGE" in large.body, "and no more")
    check(new.request("POST", PATH, b"{}", {"Content-Type": "application/json"}).status == 400, "text only")
    check(new.request("POST", PATH, b"\xff\xfe", PLAIN).status == 400, "UTF-8 only")
    page = new.request("GET", path, headers={"Sec-Fetch-Mode": "navigate"})
    check(page.status == 403 and b"xxxx" not in page.body, "no page of this server")
    check(new.request("GET", path).header("content-security-policy").startswith("sandbox"), "and nothing that runs")
    preflight = new.request("OPTIONS", path)
    allowed = preflight.header("access-control-allow-headers")
    check("If-Match" in allowed and "If-None-Match" in allowed and "PUT" in preflight.header("access-control-allow-methods")
          and "ETag" in preflight.header("access-control-expose-headers"), f"{preflight.headers}")
    check(new.request("DELETE", path).status == 204 and new.request("GET", path).status == 404, "it is over")
    check(new.request("DELETE", path).status == 404 and put(old, "x", first).status == 404, "for good")
    log = world.server.log.read_text()
    check(path.rsplit("/", 1)[1] not in log and "answer" not in log, "nothing of it is in the log")


def limits(world) -> None:
    """Sessions are made by anybody, so their number is limited by address."""
    from server import Server
    server = Server(world.server.binary, {"limits.rate_limits": True, "limits.rates.login.burst": 3})
    try:
        server.start()
        browser = Browser(f"http://localhost:{server.port}")
        seen = [browser.request("POST", PATH, b"x", PLAIN).status for _ in range(5)]
        check(seen == [201] * 3 + [429] * 2, f"{seen}")
    finally:
        server.dispose()


FLOWS = [meeting, limits]
