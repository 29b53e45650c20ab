"""A desktop client of Debian's, nheko, in a virtual display: hands and eyes of a person who signs in, reads and answers.

What it shows is judged by what it does to the server: it tells that a message was read only once the message is on the
screen of an active window. The last screen is kept as build/clients/nheko.png.
"""
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from person import Person
from server import SLOWNESS, Server

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENSHOT = ROOT / "build/clients/nheko.png"
# nheko's window without a window manager: at the corner of the display, in the size that it takes by itself.
WIDTH, HEIGHT = 1066, 600
LOGIN_OF_WELCOME, MATRIX_ID, LOGIN, CANCEL = (612, 441), (530, 270), (532, 486), (999, 561)
FIRST_ROOM, MESSAGE_FIELD, NOWHERE = (150, 118), (640, 578), (20, 590)


def install() -> None:
    subprocess.run([ROOT / "tools/install.sh", "desktop"], check=True)


def pause(seconds: float) -> None:
    time.sleep(seconds * SLOWNESS)


class Display:
    """A display of its own with one program in it, and the hands at its mouse and keyboard."""

    name = "nheko"

    def __init__(self, folder: Path):
        self.log = folder / "nheko.log"
        reader, writer = os.pipe()
        self.screen = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten",
                                        "tcp"], pass_fds=[writer], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as said:  # X says the number once it answers
            number = said.readline().strip()
        home = folder / "home"
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        # Nobody keeps keys for it here, so it has to keep them itself.
        (home / ".config/nheko").mkdir(parents=True)
        (home / ".config/nheko/nheko.conf").write_text("[General]\nrun_without_secure_secrets_service=true\n")
        inherited = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.environment = inherited | {"DISPLAY": f":{number}", "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime),
                                        "QT_QUICK_BACKEND": "software", "LIBGL_ALWAYS_SOFTWARE": "1"}
        with open(self.log, "wb") as log:
            self.program = subprocess.Popen(["dbus-run-session", "nheko"], env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def do(self, *words) -> None:
        subprocess.run(["xdotool", *map(str, words)], env=self.environment, check=True, timeout=30)

    def click(self, place: tuple[int, int]) -> None:
        self.do("mousemove", *place)
        pause(0.3)  # a button that has not seen the mouse come takes no click
        self.do("click", 1)
        pause(0.5)

    def type(self, text: str) -> None:
        self.do("type", "--delay", 30, text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.do("key", key)

    def said(self, words: str) -> bool:
        return words in self.log.read_text(errors="replace")

    def until_said(self, words: str, seconds: float = 30, meanwhile=lambda: None) -> None:
        end = time.monotonic() + seconds * SLOWNESS
        while not self.said(words):
            if self.program.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"nheko did not say {words!r}")
            meanwhile()
            time.sleep(0.2)

    def keep_screenshot(self) -> None:
        SCREENSHOT.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["import", "-window", "root", SCREENSHOT], env=self.environment, check=True, timeout=30)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-600:]

    def close(self) -> None:
        if self.program.poll() is None:
            os.killpg(self.program.pid, signal.SIGKILL)
            self.program.wait()
        self.screen.terminate()
        self.screen.wait()


class DesktopStory:
    name = "nheko"

    def __init__(self, binary: Path):
        self.folder = Path(tempfile.mkdtemp(prefix="peyk-desktop-"))
        self.server = Server(binary)
        self.server.start()
        self.agents: list[Display] = []
        self.ada, self.bob = Person(self.server, "ada"), Person(self.server, "bob")
        # nheko 0.11 of Debian 12 reads rooms up to version 10: it wants the `creator` that version 11 dropped.
        self.ada.make_room(name="Tea", invite=[self.bob.user_id], room_version="10")
        self.bob.join(self.ada.room)

    def steps(self) -> list:
        return [self.starts, self.signs_in_by_hand, self.shows_a_message_that_arrives, self.answers_it]

    def starts(self) -> None:
        self.window = Display(self.folder)
        self.agents.append(self.window)
        self.window.until_said("starting nheko", 60)
        pause(3)

    def signs_in_by_hand(self) -> None:
        window = self.window
        window.click(LOGIN_OF_WELCOME)
        pause(1)
        window.click(MATRIX_ID)
        window.type(self.bob.user_id)
        window.press("Tab")
        window.until_said("Autodiscovery failed")  # the name is localhost: it has to be told the address
        window.do("mousemove", *NOWHERE)
        window.type("a long password")
        window.press("Tab", "Tab", "ctrl+a")
        window.type(self.server.url)
        window.press("Tab")
        pause(2)  # it asks the server how one signs in
        window.click(LOGIN)
        window.until_said("initial sync completed")
        pause(3)
        window.click(CANCEL)  # the offer to set up encryption
        pause(1)

    def shows_a_message_that_arrives(self) -> None:
        window, ada = self.window, self.ada
        window.click(FIRST_ROOM)
        pause(1)
        told = ada.say("Hello Bob, the courier is here")
        try:
            ada.wait_until(lambda: self.bob.user_id in ada.receipts.get(told, ()), "the receipt of nheko")
        finally:
            window.keep_screenshot()

    def answers_it(self) -> None:
        self.window.click(MESSAGE_FIELD)
        self.window.type("Hello Ada")
        self.window.press("Return")
        answer = self.ada.wait_for(lambda event: event["content"].get("body") == "Hello Ada", "the answer")
        assert answer["sender"] == self.bob.user_id, answer
        pause(1)
        self.window.keep_screenshot()

    def close(self) -> None:
        for agent in self.agents:
            agent.close()
        self.server.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)
