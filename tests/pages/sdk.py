"""The OAuth 2.0 of a client that nobody here wrote: matrix-js-sdk, with this folder's browser beside it."""
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from browser import check

CLIENTS = Path(__file__).resolve().parent.parent / "clients"
REDIRECT = "https://app.example.org/callback"


def js_sdk(world) -> None:
    """matrix-js-sdk discovers, registers, signs in by code and by device, refreshes and revokes."""
    sys.path.insert(0, str(CLIENTS))
    from agents import install_jssdk
    node, agent = install_jssdk()
    name = world.person()
    browser = world.signed_in(name)
    process = subprocess.Popen([node, agent.parent / "oauth.mjs", world.base, REDIRECT], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    done = None
    try:
        for line in process.stdout:
            asked = json.loads(line)
            if "open" in asked:
                page = browser.submit(browser.get(asked["open"]), {"answer": "allow"}, having="answer")
                answer = dict(parse_qsl(urlsplit(page.header("location")).fragment))
                check(answer["state"] == "some state", f"{answer}")
            elif "link" in asked:
                page = browser.submit(browser.get(asked["link"]), having="user_code")
                browser.submit(page, {"answer": "allow"}, having="answer").says("Go back to your device")
                answer = {}
            else:
                done = asked["done"]
                break
            process.stdin.write(json.dumps(answer) + "\n")
            process.stdin.flush()
        check(done is not None, f"the client ended with {process.wait(timeout=10)}")
    finally:
        process.kill()
        process.wait()
    user = f"@{name}:localhost"
    check(done["signedIn"].get("user_id") == user and done["signedIn"]["device_id"] == "JSSDKDEVICE", f"{done}")
    check(done["refreshed"].get("user_id") == user and done["kept"], f"{done}")
    check(done["old"].get("errcode") == "M_UNKNOWN_TOKEN" and done["revoked"].get("errcode") == "M_UNKNOWN_TOKEN", f"{done}")
    check(done["linked"].get("device_id") == "TELEVISION", f"{done}")
    check(done["account"] == world.base + "/_peyk/account", f"{done}")


FLOWS = [js_sdk]
