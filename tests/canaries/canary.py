"""Canaries, and the forms in which they may turn up.

A canary is a word that exists once in the world: a mark of twelve letters that all canaries of a run share, and 28 letters of its own
(131 bits). Whoever keeps what was planted keeps the mark. So data are searched for the mark, and what stands behind it says
which canary it is. Addresses, tokens and keys cannot carry a mark: of each the whole is searched for.
"""
import base64
import ctypes
import ctypes.util
import json
import re
import secrets
import socket
import string
import zlib
from dataclasses import dataclass

LETTERS = string.ascii_lowercase
MARK, OWN = 12, 28
DEPTH = 2          # compressed within compressed
INFLATED = 64 << 20


def word(length: int) -> str:
    """Letters that sound a little, so that people see what they look at."""
    vowels, others = "aeiou", "".join(sorted(set(LETTERS) - set("aeiou")))
    return "".join(secrets.choice(vowels if i % 4 == 1 else others if i % 4 == 3 else LETTERS) for i in range(length))


@dataclass(frozen=True)
class Canary:
    category: str  # one of the sixteen, or what else must not be found
    way: str       # how it was planted
    text: str      # mark and own letters, or the whole of what is searched for


@dataclass(frozen=True)
class Find:
    canary: Canary
    form: str    # "text", "base64 +1", …; "zstd > text" within compressed data
    offset: int  # in what was searched, or in what came out of decompressing


class Nest:
    """All canaries of one run."""

    def __init__(self):
        self.mark = word(MARK)
        self.by_own: dict[str, Canary] = {}
        self.whole: list[Canary] = []
        self.raw: dict[bytes, tuple[Canary, str]] = {}

    def lay(self, category: str, way: str) -> str:
        """A new canary; the text to plant."""
        canary = Canary(category, way, self.mark + word(OWN))
        self.by_own[canary.text[MARK:]] = canary
        return canary.text

    def lay_whole(self, category: str, way: str, text: str) -> None:
        """Something that others chose: a token, an address."""
        self.whole.append(Canary(category, way, text))

    def lay_bytes(self, category: str, way: str, data: bytes) -> None:
        """Key material: as bytes, and as the texts of bytes."""
        canary = Canary(category, way, data.hex())
        self.raw[data] = (canary, "bytes")
        self.raw[data.hex().encode()] = (canary, "hex")
        self.raw[base64.b64encode(data).rstrip(b"=")] = (canary, "base64")

    def lay_address(self, way: str, address: str) -> None:
        """Version 6: as bytes and as text, version 4: as text only; four bytes are found in noise."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        data = socket.inet_pton(family, address)
        canary = Canary("Location", way, address)
        if family == socket.AF_INET6:
            self.raw[data] = (canary, "bytes")
            self.lay_whole("Location", way, ":".join(data[i:i + 2].hex() for i in range(0, 16, 2)))  # without leaving zeros out
        self.lay_whole("Location", way, address)

    @property
    def all(self) -> list[Canary]:
        return [*self.by_own.values(), *self.whole, *{canary: 0 for canary, _ in self.raw.values()}]

    def scanner(self) -> "Scanner":
        return Scanner(self)


# ---- forms ----------------------------------------------------------------------------------------------------------

def base64_core(data: bytes, offset: int, altchars: bytes | None = None) -> bytes:
    """What stands in the base64 text of anything with `data` at an offset of this remainder by three: the groups that are made
    of `data` alone."""
    text = base64.b64encode(b"\0" * offset + data, altchars=altchars)
    first = 4 if offset else 0
    groups = (offset + len(data)) // 3
    return text[first:groups * 4]


def forms_of(text: str) -> dict[str, bytes]:
    data = text.encode()
    forms = {
        "text": data,
        "upper case": data.upper(),
        "utf-16 le": text.encode("utf-16-le"),
        "utf-16 be": text.encode("utf-16-be"),
        "hex": data.hex().encode(),
        "hex, upper case": data.hex().upper().encode(),
        "json-escaped": "".join(f"\\u{ord(c):04x}" for c in text).encode(),
        "json-escaped, upper case": "".join(f"\\u{ord(c):04X}" for c in text).encode(),
        "percent-encoded": "".join(f"%{b:02x}" for b in data).encode(),
        "percent-encoded, upper case": "".join(f"%{b:02X}" for b in data).encode(),
    }
    for offset in range(3):
        forms[f"base64 +{offset}"] = base64_core(data, offset)
        url = base64_core(data, offset, b"-_")
        if url != forms[f"base64 +{offset}"]:
            forms[f"base64url +{offset}"] = url
    # The same text in forms that people and programs write differently.
    json_text = json.dumps(text)[1:-1].encode()
    if json_text != data:
        forms["json text"] = json_text
    percent = re.sub(rb"[^A-Za-z0-9._~-]", lambda found: b"%%%02X" % found[0][0], data)
    if percent != data:
        forms["percent text"] = percent
    return forms


def decoders() -> dict:
    """For each form of the mark: how the letters from the mark on are read. What is no such form any more ends them."""
    def units(width: int, pattern: bytes, letter) -> object:
        every = re.compile(pattern, re.S | re.I)

        def read(data: bytes) -> str:
            text = ""
            for at in range(0, (MARK + OWN) * width, width):
                if not every.fullmatch(unit := data[at:at + width]):
                    break
                text += letter(unit)
            return text.lower()
        return read

    def base64_text(offset: int):
        skipped = (3 - offset) % 3  # letters of the mark in front of the first whole group

        def read(data: bytes) -> str:
            text = re.match(rb"[A-Za-z0-9+/_-]*", data[:(MARK + OWN - skipped + 2) // 3 * 4])[0]
            text = text[:len(text) - 1] if len(text) % 4 == 1 else text
            return "?" * skipped + base64.b64decode(text + b"=" * (-len(text) % 4)).decode("latin-1")
        return read

    hexadecimal = lambda skip: lambda unit: chr(int(unit[skip:], 16))
    out = {"text": units(1, rb"[a-z]", bytes.decode), "utf-16 le": units(2, rb"[a-z]\0", lambda unit: chr(unit[0])),
           "utf-16 be": units(2, rb"\0[a-z]", lambda unit: chr(unit[1])), "hex": units(2, rb"[0-9a-f]{2}", hexadecimal(0)),
           "json-escaped": units(6, rb"\\u[0-9a-f]{4}", hexadecimal(2)), "percent-encoded": units(3, rb"%[0-9a-f]{2}", hexadecimal(1))}
    out["upper case"] = out["text"]
    for name in ("hex", "json-escaped", "percent-encoded"):
        out[f"{name}, upper case"] = out[name]
    return out | {f"base64 +{offset}": base64_text(offset) for offset in range(3)}


DECODERS = decoders()


# ---- what is compressed ----------------------------------------------------------------------------------------------

class Zstd:
    """The library that peyk uses, without a module for Python."""

    MAGIC = b"\x28\xb5\x2f\xfd"

    def __init__(self):
        name = ctypes.util.find_library("zstd")
        if name is None:
            raise RuntimeError("libzstd is not installed")
        self.library = ctypes.CDLL(name)
        for function in ("ZSTD_decompress", "ZSTD_compress", "ZSTD_compressBound", "ZSTD_findFrameCompressedSize"):
            getattr(self.library, function).restype = ctypes.c_size_t
        self.library.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong

    def failed(self, size: int) -> bool:
        return size > (1 << 63)

    def open(self, data: bytes) -> bytes | None:
        frame = self.library.ZSTD_findFrameCompressedSize(data, ctypes.c_size_t(len(data)))
        if self.failed(frame):
            return None
        size = self.library.ZSTD_getFrameContentSize(data, ctypes.c_size_t(len(data)))
        room = size if size < (1 << 62) else frame * 100
        if room > INFLATED:
            return None
        out = ctypes.create_string_buffer(max(1, room))
        made = self.library.ZSTD_decompress(out, ctypes.c_size_t(room), data, ctypes.c_size_t(frame))
        return None if self.failed(made) else out.raw[:made]

    def make(self, data: bytes) -> bytes:
        out = ctypes.create_string_buffer(self.library.ZSTD_compressBound(ctypes.c_size_t(len(data))))
        made = self.library.ZSTD_compress(out, ctypes.c_size_t(len(out)), data, ctypes.c_size_t(len(data)), 3)
        return out.raw[:made]


def inflate(data: bytes, window: int) -> bytes | None:
    """As much as comes out, although the end may be missing."""
    machine = zlib.decompressobj(window)
    try:
        return machine.decompress(data, INFLATED) or None
    except zlib.error:
        return None


ZSTD = Zstd()
GZIP = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]", re.S)
ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]", re.S)


def compressed_parts(data: bytes):
    """(name, bytes that came out) of everything in `data` that begins like a compressed stream and is one."""
    at = -1
    while (at := data.find(Zstd.MAGIC, at + 1)) >= 0:
        if (out := ZSTD.open(data[at:at + INFLATED])) is not None:
            yield "zstd", out
    for name, pattern, window in (("gzip", GZIP, 31), ("zlib", ZLIB, 15)):
        for found in pattern.finditer(data):
            # A stream shows within its first bytes whether it is one; noise costs little.
            piece = data[found.start():found.start() + 256]
            if inflate(piece, window) is None and len(piece) == 256:
                continue
            if (out := inflate(data[found.start():found.start() + INFLATED], window)) is not None:
                yield name, out


# ---- searching -------------------------------------------------------------------------------------------------------

class Scanner:
    def __init__(self, nest: Nest):
        self.nest = nest
        self.marks = {name: form for name, form in forms_of(nest.mark).items() if name in DECODERS}
        self.wholes = [(form, canary, name) for canary in nest.whole for name, form in forms_of(canary.text).items()
                       if len(form) >= 9]
        self.wholes += [(data, canary, name) for data, (canary, name) in nest.raw.items()]
        self.bytes_read = 0

    def scan(self, data: bytes, depth: int = DEPTH) -> list[Find]:
        """Every canary in `data`, once per form, with the first place."""
        self.bytes_read += len(data)
        found: dict[tuple, Find] = {}

        def note(canary: Canary, form: str, offset: int) -> None:
            found.setdefault((canary, form), Find(canary, form, offset))

        for name, pattern in self.marks.items():
            at = -1
            while (at := data.find(pattern, at + 1)) >= 0:
                note(self.read(data, at, name), name, at)
        for pattern, canary, name in self.wholes:
            if (at := data.find(pattern)) >= 0:
                note(canary, name, at)
        if depth > 0:
            for name, inner in compressed_parts(data):
                for find in self.scan(inner, depth - 1):
                    note(find.canary, f"{name} > {find.form}", find.offset)
        return list(found.values())

    def read(self, data: bytes, at: int, form: str) -> Canary:
        own = DECODERS[form](data[at:at + (MARK + OWN) * 6])[MARK:MARK + OWN]
        if own in self.nest.by_own:
            return self.nest.by_own[own]
        begun = [canary for text, canary in self.nest.by_own.items() if len(own) >= 8 and text.startswith(own)]
        return begun[0] if len(begun) == 1 else Canary("unknown", "cut off behind the mark", own)
