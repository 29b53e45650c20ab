"""A mail server on loopback for tests: takes mails by SMTP without TLS or a password, and keeps them."""
import email
import email.policy
import re
import socketserver
import threading
import time


class Mailbox:
    """`manner`: "ok" takes every mail, "busy" answers 451 to each, "refuse" 550; "hang" says nothing, "endless" never ends
    what it says, "garbage" says what is no SMTP."""

    def __init__(self):
        self.lock = threading.Condition()
        self.mails: list[dict] = []  # {to, from, subject, text, links}
        self.taken: dict[str, int] = {}  # by address, how many a script has seen
        self.manner = "ok"
        self.closing = False
        mailbox = self

        class Session(socketserver.StreamRequestHandler):
            timeout = 30

            def say(self, line: str) -> None:
                self.wfile.write(line.encode() + b"\r\n")

            def handle(self) -> None:
                if mailbox.manner in ("hang", "endless", "garbage"):
                    self.misbehave(mailbox.manner)
                    return
                self.say("220 test")
                sender = to = ""
                while line := self.rfile.readline(4096).decode("utf-8", "replace").strip():
                    verb = line.split(" ")[0].upper()
                    if verb == "QUIT":
                        self.say("221 bye")
                        return
                    if verb in ("MAIL", "RCPT"):
                        address = re.search(r"<(.*?)>", line)[1]
                        sender, to = (address, to) if verb == "MAIL" else (sender, address)
                        refusal = {"busy": "451 later", "refuse": "550 no"}.get(mailbox.manner)
                        self.say(refusal if refusal and verb == "RCPT" else "250 good")
                    elif verb == "DATA":
                        self.say("354 go on")
                        mailbox.take(sender, to, self.read_message())
                        self.say("250 taken")
                    else:
                        self.say("250 good")

            def misbehave(self, manner: str) -> None:
                try:
                    if manner == "garbage":
                        self.say("HTTP/1.1 200 OK")
                    while mailbox.manner == manner and not mailbox.closing:
                        if manner == "endless":
                            self.wfile.write(b"220-" + b"x" * 65536)
                        time.sleep(0.01)
                except OSError:
                    pass

            def read_message(self) -> bytes:
                out = b""
                while (line := self.rfile.readline(4096)) not in (b".\r\n", b""):
                    out += line[1:] if line.startswith(b"..") else line
                return out

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session, bind_and_activate=True)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def fields(self) -> dict:
        return {"host": "127.0.0.1", "port": self.port}

    def take(self, sender: str, to: str, data: bytes) -> None:
        message = email.message_from_bytes(data, policy=email.policy.default)
        text = message.get_content()
        mail = {"to": to, "from": sender, "subject": str(message["Subject"]), "text": text,
                "links": re.findall(r"https?://\S+", text)}
        with self.lock:
            self.mails.append(mail)
            self.lock.notify_all()

    def wait_for(self, to: str, seconds: float) -> dict | None:
        """The next mail to the address that was not asked for yet."""
        end = time.monotonic() + seconds
        with self.lock:
            while True:
                found = [mail for mail in self.mails if mail["to"] == to]
                if len(found) > self.taken.get(to, 0):
                    self.taken[to] = self.taken.get(to, 0) + 1
                    return found[self.taken[to] - 1]
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self.lock.wait(left)

    def close(self) -> None:
        self.closing = True
        self.server.shutdown()
        self.server.server_close()
