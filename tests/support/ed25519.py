"""Ed25519 signatures (RFC 8032) for tests: slow, not constant in time, and without anything to install."""
import hashlib
import secrets

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def root_of(y: int, odd: int) -> int:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return x if x & 1 == odd else P - x


BASE_Y = 4 * pow(5, P - 2, P) % P
# Points as (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z, so that only the end needs a division.
BASE = (root_of(BASE_Y, 0), BASE_Y, 1, root_of(BASE_Y, 0) * BASE_Y % P)


def add(a: tuple, b: tuple) -> tuple:
    low, high = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    mixed, depth = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = high - low, depth - mixed, depth + mixed, high + low
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar: int, point: tuple) -> tuple:
    out = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            out = add(out, point)
        point, scalar = add(point, point), scalar >> 1
    return out


def encoded(point: tuple) -> bytes:
    inverse = pow(point[2], P - 2, P)
    return (point[1] * inverse % P | (point[0] * inverse % P & 1) << 255).to_bytes(32, "little")


def number(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


class SigningKey:
    def __init__(self, seed: bytes | None = None):
        digest = hashlib.sha512(seed or secrets.token_bytes(32)).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
        self.prefix = digest[32:]
        self.public = encoded(times(self.scalar, BASE))

    def sign(self, message: bytes) -> bytes:
        nonce = number(self.prefix, message) % ORDER
        point = encoded(times(nonce, BASE))
        challenge = number(point, self.public, message)
        return point + ((nonce + challenge * self.scalar) % ORDER).to_bytes(32, "little")
