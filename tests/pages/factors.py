"""Second factors over plain HTTP: authenticator apps, recovery codes, and what the legacy API does with such accounts."""
import base64
import hashlib
import hmac
import re
import struct
import subprocess
import time

from browser import Browser, Page, check

PASSWORD = "correct horse battery"


def totp(secret: str, step: int) -> str:
    """RFC 6238, written a second time."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def step_now() -> int:
    return int(time.time()) // 30


def set_up_app(browser: Browser) -> tuple[str, list[str]]:
    """Answers the secret and the recovery codes."""
    page = browser.get("/_peyk/account/security/app").says("Scan this with the authenticator app")
    check("<svg" in page.body.decode(), "there is a QR code")
    secret = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", page.text)[1].replace(" ", "")
    browser.submit(page, {"code": "000000", "password": PASSWORD}, having="code").says("The code is not right")
    browser.submit(page, {"code": totp(secret, step_now()), "password": "wrong"}, having="code").says("not the password")
    page = browser.submit(page, {"code": totp(secret, step_now()), "password": PASSWORD}, having="code")
    codes = re.findall(r"[A-Z]{4}-[A-Z]{4}-[A-Z]{3}", page.says("Write these down").text)
    check(len(codes) == 10 and len(set(codes)) == 10, f"ten recovery codes: {codes}")
    return secret, codes


def legacy(browser: Browser, name: str) -> tuple[int, dict]:
    return browser.api("POST", "/_matrix/client/v3/login", {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": name}, "password": PASSWORD})


def authenticator_app(world) -> None:
    """With an authenticator app a password is half the way; a code is good once, and so is a recovery code."""
    name = world.person()
    first = world.signed_in(name)
    secret, codes = set_up_app(first)

    def half() -> tuple[Browser, Page]:
        browser = world.browser()
        page = browser.sign_in(browser.get("/_peyk/account/devices"), name, PASSWORD).says("Second factor")
        return browser, page

    browser, page = half()
    for path in ("/_peyk/account", "/_peyk/account/security", "/_peyk/link", "/_peyk/account/password"):
        browser.get(path).says("Sign in")
    later = totp(secret, step_now() + 1)
    browser.submit(page, {"code": later}, having="code").says("Your devices")
    browser, page = half()
    page = browser.submit(page, {"code": later}, having="code").says("or was used before")
    check(page.status == 403, f"{page.status}")
    browser.submit(page, {"code": totp(secret, step_now() + 3)}, having="code").says("The code is not right")
    browser.submit(page, {"code": codes[0].lower()}, having="code").says("Your devices")
    browser, page = half()
    page = browser.submit(page, {"code": codes[0]}, having="code").says("The code is not right")
    browser.submit(page, {"code": codes[1]}, having="code").says("Your devices")
    first.get("/_peyk/account/security").says("Codes that are left: 8")

    # Apps that only know passwords: not by default, by the user's wish, and not after it was taken back.
    status, answer = legacy(browser, name)
    check(status == 403 and "second factor" in answer["error"], f"{status} {answer}")
    toggle = {"password": PASSWORD}
    form = next(f for f in first.get("/_peyk/account/security").parsed.forms if f.action.endswith("password-apps"))
    first.post(form.action, form.fields | toggle).says("without the second factor")
    check(legacy(browser, name)[0] == 200, "allowed")
    first.post(form.action, form.fields | toggle).says("That is safest")
    check(legacy(browser, name)[0] == 403, "taken back")

    # A new set of recovery codes ends the old one; without the app all is as before.
    form = next(f for f in first.get("/_peyk/account/security").parsed.forms if f.action.endswith("/codes"))
    first.post(form.action, form.fields | toggle).says("Write these down")
    browser, page = half()
    browser.submit(page, {"code": codes[2]}, having="code").says("The code is not right")
    form = next(f for f in first.get("/_peyk/account/security").parsed.forms if f.action.endswith("/app/remove"))
    first.post(form.action, form.fields | {"password": "wrong"}).says("That is not the password")
    first.post(form.action, form.fields | toggle).says("the password alone signs in")
    check(legacy(browser, name)[0] == 200, "the password is enough again")
    second = world.signed_in(name)

    # Who has lost everything asks the operator.
    set_up_app(second)
    half()
    server = world.server
    done = subprocess.run([server.binary, "user", "drop-second-factor", name, "--config", server.config],
                          capture_output=True, text=True, cwd=server.folder, timeout=60)
    check(done.returncode == 0 and name in done.stdout, f"{done.returncode} {done.stdout} {done.stderr}")
    world.signed_in(name).get("/_peyk/account/security").says("the password alone signs in")


def guessed_codes(world) -> None:
    """Codes cannot be tried one after the other."""
    from server import Server
    server = Server(world.server.binary, {"limits.rate_limits": True, "limits.rates.login.burst": 1000,
                                          "limits.rates.registration.burst": 1000})
    try:
        server.start()
        inner = type(world)(server)
        name = inner.person()
        secret, codes = set_up_app(inner.signed_in(name))
        browser = inner.browser()
        page = browser.sign_in(browser.get("/_peyk/account"), name, PASSWORD).says("Second factor")
        said = [browser.submit(page, {"code": f"{i:06}"}, having="code").text for i in range(14)]
        check("not right" in said[0] and "Too many attempts" in said[-1], f"{said[-1]}")
        browser.submit(page, {"code": codes[0]}, having="code").says("Too many attempts")
    finally:
        server.dispose()


FLOWS = [authenticator_app, guessed_codes]
