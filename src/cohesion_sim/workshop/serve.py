"""The server at work: a free port, the names of this computer, and an end that leaves nothing running."""

from __future__ import annotations

import errno
import io
import ipaddress
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from cohesion_sim.parameters import InputError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

_TRIES = 40
_QUIET_END = 1  # seconds that answers on their way are given


def listening(host: str, port: int) -> socket.socket:
    """Return a socket on the port, or on the next free one; port 0 takes any.

    Raises
    ------
    InputError
        If the address is not one of this computer, the port may not be used, or none near is free.
    """
    for number in range(port, min(port + _TRIES, 65536)) if port else (0,):
        try:
            return _bound(host, number)
        except (OSError, OverflowError, UnicodeError) as error:
            if getattr(error, "errno", None) in _TAKEN:
                continue
            raise InputError(_why(host, number, error)) from None
    raise InputError(f"--port {port}: this and the next {_TRIES} are taken. Write another number")


_TAKEN = (errno.EADDRINUSE, 10048, *((10013,) if sys.platform == "win32" else ()))
"""Numbers of errors; on Windows a port that another program has for itself is also "not allowed"."""
_NOT_OURS = (errno.EADDRNOTAVAIL, errno.EINVAL, errno.EAFNOSUPPORT, 10047, 10049)


def _bound(host: str, number: int) -> socket.socket:
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows would let two programs share a port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, number))
        found.listen(128)
    except BaseException:
        found.close()
        raise
    return found


def _why(host: str, number: int, error: Exception) -> str:
    """Return in words why a socket could not be had, and what to do."""
    code = getattr(error, "errno", None)
    if isinstance(error, socket.gaierror | UnicodeError) or code in _NOT_OURS:
        return f"--host {host}: is no address of this computer. Leave it out, or write 0.0.0.0"
    if code == errno.EACCES:
        return f"--port {number}: this computer does not let you use it. Write a number from 1024 on, or leave it out"
    return f"--host {host} --port {number}: cannot be used ({getattr(error, 'strerror', None) or error})"


def is_loopback(host: str) -> bool:
    """Return whether an address is seen from this computer only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def addresses(host: str, port: int) -> list[str]:
    """Return the addresses to open, the likeliest first; for "every address of this computer" those of its networks.

    When no network is found it is the one that only this computer sees.
    """
    names = (seen_from_outside() or ["127.0.0.1"]) if host in {"0.0.0.0", "::"} else [host]
    return [f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/" for name in names]


_MACHINES_INSIDE = (56, 122)
"""Networks 192.168.* that VirtualBox and libvirt make inside a computer: no phone is in them."""
_NEIGHBOURS = (
    "192.0.2.1",  # belongs to nobody: this is asked of the way into the internet
    *("192.168.43.2", "192.168.137.2", "10.42.0.2", "172.20.10.2"),  # hotspots of Android, Windows, Linux, iOS
    *(f"192.168.{net}.2" for net in range(256) if net not in _MACHINES_INSIDE),
    *("10.0.0.2", "10.0.1.2", "10.1.1.2", "10.10.10.2", "172.16.0.2", "169.254.1.2"),
)
"""Addresses that phones in a hall may have."""


def seen_from_outside() -> list[str]:
    """Return this computer's addresses in its networks, also without internet; nothing is sent to find them."""
    found: dict[str, None] = {}
    for neighbour in _NEIGHBOURS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((neighbour, 9))  # of a datagram: no more than "from which address would it go?"
            except OSError:
                continue
            found[probe.getsockname()[0]] = None
    if not found:  # last, as it takes seconds on some systems that have no network
        with suppress(OSError):  # a computer may not know its own name
            found |= {str(each[4][0]): None for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    return [name for name in found if not ipaddress.ip_address(name).is_loopback and name != "0.0.0.0"]


def code(text: str) -> str:
    """Return a QR code of a text, to be printed."""
    import segno

    out = io.StringIO()
    segno.make(text, micro=False).terminal(out, compact=True)
    return out.getvalue()


def server(app: ASGIApp) -> uvicorn.Server:
    """Return a server whose ``run(sockets=[…])`` lasts until Ctrl-C, which it raises again as `KeyboardInterrupt`."""
    import uvicorn

    from cohesion_sim.workshop.connections import Connection

    config = uvicorn.Config(
        app, log_level="critical", access_log=False, lifespan="off", ws="none", http=Connection, server_header=False,
        proxy_headers=False, timeout_keep_alive=15, timeout_graceful_shutdown=_QUIET_END,
        h11_max_incomplete_event_size=16 * 1024,
    )  # fmt: skip
    return uvicorn.Server(config)
