"""A network of the test's own: addresses that belong to one client each, and everything that leaves a machine, seen.

The test moves into a network namespace that has a loopback interface and a cable that ends nowhere. Every other route leads to
that cable, so that a packet to anywhere is sent, seen by `Capture`, and answered by nobody. `Relay` gives a client program that nobody
here wrote an address of its own, byte by byte the same to the server.
"""
import ctypes
import os
import secrets
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
ETHERNET = 14
TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
SYN, ACK = 0x02, 0x10


class NoNamespace(Exception):
    """This machine or this user may not have a network namespace."""


def enter() -> None:
    """Moves this thread, and all that it starts from here on, into a namespace of its own. Before any other thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise NoNamespace(f"unshare: {os.strerror(ctypes.get_errno())} (it needs root)")
    gateway = "lladdr 02:00:00:00:00:01 dev out nud permanent"
    for command in ("link set lo up", "link add out type veth peer name void", "link set out up", "link set void up",
                    "address add 10.254.0.1/30 dev out", "-6 address add fd00::1/126 dev out nodad",
                    f"neighbour add 10.254.0.2 {gateway}", f"-6 neighbour add fd00::2 {gateway}",
                    "route add default via 10.254.0.2", "-6 route add default via fd00::2"):
        subprocess.run(["ip", *command.split()], check=True)


def random_ipv6() -> str:
    return socket.inet_ntop(socket.AF_INET6, b"\xfd" + secrets.token_bytes(15))


def random_ipv4() -> str:
    """No octet below 100: twelve to fifteen characters that are not in a text by chance."""
    return "127." + ".".join(str(100 + secrets.randbelow(155)) for _ in range(3))


def own(address: str) -> None:
    bits = "128" if ":" in address else "32"
    if bits == "128":  # all of 127.0.0.0/8 is ours already
        subprocess.run(["ip", "-6", "address", "add", f"{address}/{bits}", "dev", "lo", "nodad"], check=True)


class Relay:
    """Listens on loopback and goes on to `host:port` from `source`. The bytes are not looked at."""

    def __init__(self, source: str, host: str, port: int):
        self.source, self.target = source, (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.target, timeout=10, source_address=(self.source, 0))
            except OSError:  # a server that is down: the client tries again
                near.close()
                continue
            far.settimeout(None)
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(source, target), daemon=True).start()

    @staticmethod
    def carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        self.listener.close()


class Capture:
    """Every packet of the namespace. What begins something is kept: who calls whom, and the names that are asked for."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        self.packets = 0
        self.begun: dict[tuple, int] = {}  # (protocol, source, destination, port) -> packets
        self.unreadable: list[bytes] = []
        self.lock = threading.Lock()
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        self.socket.settimeout(0.2)
        while not self.stopping:
            try:
                frame, _ = self.socket.recvfrom(65600)
            except TimeoutError:
                continue
            with self.lock:
                self.packets += 1
                self.look(frame)

    def look(self, frame: bytes) -> None:
        kind, packet = struct.unpack(">H", frame[12:14])[0], frame[ETHERNET:]
        if kind == 0x0800:
            protocol, inner = packet[9], packet[(packet[0] & 15) * 4:]
            source, destination = socket.inet_ntop(socket.AF_INET, packet[12:16]), socket.inet_ntop(socket.AF_INET, packet[16:20])
        elif kind == 0x86DD:
            protocol, inner = packet[6], packet[40:]
            if protocol == 0:  # options of a hop, before what the kernel says about multicast
                protocol, inner = inner[0], inner[(inner[1] + 1) * 8:]
            source, destination = socket.inet_ntop(socket.AF_INET6, packet[8:24]), socket.inet_ntop(socket.AF_INET6, packet[24:40])
        else:
            self.unreadable.append(frame[:64])
            return
        if protocol == TCP:
            if inner[13] & (SYN | ACK) != SYN:
                return
            key = ("tcp", source, destination, struct.unpack(">H", inner[2:4])[0])
        elif protocol == UDP:
            key = ("udp", source, destination, struct.unpack(">H", inner[2:4])[0])
        elif protocol in (ICMP, ICMP6):
            return  # the kernel's: what could not be delivered, who is on the link
        else:
            key = (f"protocol {protocol}", source, destination, 0)
        self.begun[key] = self.begun.get(key, 0) + 1

    def others(self, listeners: set[int]) -> list[tuple]:
        """What was begun towards anything but these ports of loopback."""
        time.sleep(0.3)
        with self.lock:
            return sorted(key for key in self.begun
                          if not (key[0] == "tcp" and key[3] in listeners and key[2] in ("127.0.0.1", "::1")))

    def lost(self) -> int:
        """Packets that came too fast to be looked at (PACKET_STATISTICS: total, lost; reading sets them to zero)."""
        return struct.unpack("II", self.socket.getsockopt(263, 6, 8))[1]

    def stop(self) -> None:
        self.stopping = True
        self.thread.join()
        self.socket.close()
