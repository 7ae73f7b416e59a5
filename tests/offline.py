"""Run a program where no network is, and see whatever it would have sent.

``python tests/offline.py LOG COMMAND...`` makes a network namespace of its own, whose
every address leads back into it, runs the command there and appends a line to LOG for
each packet: a name that is looked up, a connection that is tried, by whatever library.
It needs Linux, and leave to make namespaces (root, or users' namespaces).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

NEWUSER, NEWNET = 0x10000000, 0x40000000
SIOCADDRT, SIOCSIFFLAGS, IFF_UP, RTF_UP = 0x890B, 0x8914, 0x1, 0x1
ETH_P_ALL, OUTGOING = 0x0003, 4
PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6"}


class Ipv4Route(ctypes.Structure):
    """``struct rtentry`` of Linux."""

    _fields_ = [
        ("pad1", ctypes.c_ulong),
        ("destination", ctypes.c_ubyte * 16),
        ("gateway", ctypes.c_ubyte * 16),
        ("mask", ctypes.c_ubyte * 16),
        ("flags", ctypes.c_ushort),
        ("pad2", ctypes.c_short),
        ("pad3", ctypes.c_ulong),
        ("pad4", ctypes.c_void_p),
        ("metric", ctypes.c_short),
        ("device", ctypes.c_char_p),
        ("mtu", ctypes.c_ulong),
        ("window", ctypes.c_ulong),
        ("irtt", ctypes.c_ushort),
    ]


def enter() -> None:
    """Go into a network namespace in which all addresses lead to its loopback."""
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEWNET) != 0:
        if libc.unshare(NEWUSER | NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "no network namespace can be made")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.pack("16sH14x", b"lo", IFF_UP)
        fcntl.ioctl(control, SIOCSIFFLAGS, flags)
        any_address = (ctypes.c_ubyte * 16)(*struct.pack("=H14x", socket.AF_INET))
        route = Ipv4Route(flags=RTF_UP, device=b"lo")
        route.destination = route.gateway = route.mask = any_address
        if libc.ioctl(control.fileno(), SIOCADDRT, ctypes.byref(route)) != 0:
            raise OSError(ctypes.get_errno(), "no route can be set")
    if socket.has_ipv6:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
            # struct in6_rtmsg: three addresses, type, two lengths, metric, info, flags,
            # number of the device
            everywhere = struct.pack("@48xIHHILIi", 0, 0, 0, 1, 0, RTF_UP, 1)
            fcntl.ioctl(control, SIOCADDRT, everywhere)


def packet(frame: bytes) -> str:
    """Describe a packet: protocol, whereto, and the text in it, such as a name."""
    data = frame[14:]  # behind the header of the device
    if data[0] >> 4 == 4:
        protocol, to, rest = data[9], data[16:20], data[(data[0] & 15) * 4 :]
        family = socket.AF_INET
    else:
        protocol, to, rest = data[6], data[24:40], data[40:]
        family = socket.AF_INET6
    port = struct.unpack(">H", rest[2:4])[0] if protocol in (6, 17) else 0
    text = "".join(chr(c) if 32 < c < 127 else "." for c in rest[8:80])
    name = PROTOCOLS.get(protocol, str(protocol))
    return f"{name} to {socket.inet_ntop(family, to)} port {port} {text}"


def main() -> int:
    """Run the command line; the exit code is that of the command."""
    log, command = sys.argv[1], sys.argv[2:]
    enter()
    with socket.socket(
        socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)
    ) as seen:
        code = subprocess.run(command, check=False).returncode
        seen.setblocking(False)
        with open(log, "a", encoding="utf-8") as lines:
            while True:
                try:
                    frame, where = seen.recvfrom(2048)
                except BlockingIOError:
                    break
                if where[2] == OUTGOING:  # each is seen as it goes and as it comes
                    lines.write(f"{packet(frame)}\n")
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
