"""Small pictures, made for tests."""
import struct
import zlib


def png(width: int, height: int) -> bytes:
    """A small picture with a gradient."""
    rows = b"".join(b"\0" + bytes(c for x in range(width) for c in (x % 256, y % 256, 128)) for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def gif(width: int, height: int, frames: int) -> bytes:
    """An animation, each frame of one colour, 1/20 s each, for ever. Not compressed: codes of eight bits, the dictionary
    emptied before it would want longer ones."""
    out = [b"GIF89a", struct.pack("<HHBBB", width, height, 0xF6, 0, 0),
           bytes(c for i in range(128) for c in (i * 97 % 256, i * 2, 255 - i)), b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"]
    for frame in range(frames):
        pixels = bytes([frame % 128]) * (width * height)
        stream = b"".join(b"\x80" + pixels[at:at + 100] for at in range(0, len(pixels), 100)) + b"\x81"
        blocks = (stream[at:at + 255] for at in range(0, len(stream), 255))
        out += [b"\x21\xf9\x04\0\x05\0\0\0", struct.pack("<BHHHHB", 0x2C, 0, 0, width, height, 0), b"\x07",
                *(bytes([len(block)]) + block for block in blocks), b"\0"]
    return b"".join(out) + b";"


def picture(what: str) -> bytes | None:
    """png:64x48 · gif:64x48x3; None for anything else."""
    kind, _, sizes = what.partition(":")
    if kind not in ("png", "gif") or not sizes:
        return None
    return {"png": png, "gif": gif}[kind](*map(int, sizes.split("x")))
