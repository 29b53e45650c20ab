"""What an HTTP server does that is broken or hostile, for the fakes of tests."""
import socket
import struct
import time


def misbehave(request, manner: str, until) -> None:
    """drip: an answer of which a byte comes now and then · endless: one that has no end · reset: the connection is cut hard.
    The first two go on until `until()`, or until the other side has enough."""
    request.close_connection = True
    if manner == "reset":
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.connection.close()
        return
    try:
        if manner == "drip":
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not until():
                request.wfile.write(b"a")
                time.sleep(0.02)
        else:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not until():
                request.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    except OSError:
        pass
