"""Statements about the people who run the server: commands of the program. A part of the Runner in script.py; README.md
describes them."""
import subprocess

from server import SLOWNESS
from values import arrow


class CommandAnswer:
    """What a command printed; `token` of a link that it made."""

    def __init__(self, done: subprocess.CompletedProcess):
        self.status, self.text, self.errors = done.returncode, done.stdout.strip(), done.stderr.strip()

    def fields(self) -> dict:
        return {"status": self.status, "text": self.text, "errors": self.errors, "token": self.text.rpartition("?token=")[2]}


class OperatorStatements:
    def do_operator(self, words, scope) -> None:
        """operator user reset-link {ada.localpart} [--keep-devices] [-> name]: `peyk …` beside the running server."""
        words, (_, _, name) = arrow(words)
        server = self.world.servers[self.world.server(None)]
        command = [server.binary, *[scope.text(word) for word in words], "--config", server.config]
        answer = CommandAnswer(subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                                              timeout=60 * SLOWNESS, cwd=server.folder))
        if answer.status != 0:
            raise self.failure(f"peyk {' '.join(words)} ended with {answer.status}: {answer.errors[:500]}")
        if name:
            scope.set(name, answer)
