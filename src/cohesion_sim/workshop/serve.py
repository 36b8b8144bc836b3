"""The server at work: a free port, the names of this computer, and an end that leaves nothing running."""

from __future__ import annotations

import io
import ipaddress
import socket
from typing import TYPE_CHECKING

from cohesion_sim.parameters import InputError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

_TRIES = 40
_MOST_CONNECTIONS = 256
_QUIET_END = 2  # seconds that answers on their way are given


def listening(host: str, port: int) -> socket.socket:
    """Return a socket on the port, or on the next free one; port 0 takes any.

    Raises
    ------
    InputError
        If the address is not one of this computer, or no port near is free.
    """
    for number in range(port, min(port + _TRIES, 65536)) if port else (0,):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        found = socket.socket(family, socket.SOCK_STREAM)
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows would let two programs share a port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, number))
            found.listen(128)
        except (OSError, OverflowError) as error:
            found.close()
            if isinstance(error, socket.gaierror) or getattr(error, "errno", 0) in _NOT_OURS:
                words = "is no address of this computer. Leave it out, or write 0.0.0.0"
                raise InputError(f"--host {host}: {words}") from None
            continue
        return found
    raise InputError(f"--port {port}: this and the next {_TRIES} are taken. Write another number")


_NOT_OURS = (99, 49, 10049)  # address not available: Linux, macOS, Windows


def is_loopback(host: str) -> bool:
    """Return whether an address is seen from this computer only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address(host: str, port: int) -> str:
    """Return the address to open; for "every address of this computer" that one which its network sees."""
    if host in {"0.0.0.0", "::"}:
        host = _seen_from_outside()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _seen_from_outside() -> str:
    """Return this computer's address in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that belongs to nobody
            name: str = probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
    return name


def code(text: str) -> str:
    """Return a QR code of a text, to be printed."""
    import segno

    out = io.StringIO()
    segno.make(text, micro=False).terminal(out, compact=True)
    return out.getvalue()


def server(app: ASGIApp) -> uvicorn.Server:
    """Return a server whose ``run(sockets=[…])`` lasts until Ctrl-C, which it raises again as `KeyboardInterrupt`."""
    import uvicorn

    config = uvicorn.Config(
        app, log_level="critical", access_log=False, lifespan="off", ws="none", http="h11", server_header=False,
        proxy_headers=False, limit_concurrency=_MOST_CONNECTIONS, timeout_keep_alive=15,
        timeout_graceful_shutdown=_QUIET_END, h11_max_incomplete_event_size=16 * 1024,
    )  # fmt: skip
    return uvicorn.Server(config)
