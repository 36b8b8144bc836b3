"""Connections that are not kept open in silence: without this, a few hundred silent ones would shut everybody out.

uvicorn's own timer runs only between two requests. Here it also runs before the first, while the head of a request
comes drop by drop, and while an answer is not taken.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from cohesion_sim.workshop.guard import HEADERS, full

MOST, MOST_OF_ONE = 256, 64
"""Connections in all, and of one address; further ones are told so, or closed."""
HEAD_WITHIN = 10.0
"""Seconds in which a connection has to name its first request, or to end one that it has begun."""
TAKEN_WITHIN = 30.0
"""Seconds in which some part of an answer has to be taken."""


class Connection(H11Protocol):
    """A connection of uvicorn that is closed when it only holds a place."""

    _silence: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        own = [other for other in self.connections if _address(other) == _address(self)]
        if len(own) > MOST_OF_ONE or len(self.connections) > MOST + MOST_OF_ONE:
            transport.abort()
        elif len(self.connections) > MOST:
            self.app = full
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what comes; what has begun has to end in time."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        for timer in (self._silence, self._stuck):
            if timer is not None:
                timer.cancel()

    def _watch(self) -> None:
        """Set the timer while no request is being answered; drops of one do not set it anew."""
        if self.cycle is not None and not self.cycle.response_complete:
            if self._silence is not None:
                self._silence.cancel()
                self._silence = None
        elif self._silence is None:
            self._silence = self.loop.call_later(HEAD_WITHIN, self.transport.abort)

    def pause_writing(self) -> None:
        """Begin to look whether the answer is taken."""
        super().pause_writing()
        self._look(self.transport.get_write_buffer_size())

    def _look(self, before: int) -> None:
        def later() -> None:
            left = self.transport.get_write_buffer_size()
            if left >= before:
                self.transport.abort()
            else:
                self._look(left)

        self._stuck = self.loop.call_later(TAKEN_WITHIN, later)

    def resume_writing(self) -> None:
        """Look no more: the answer is taken."""
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the safety headers of all other answers."""
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.abort()  # in the middle of an answer there is nothing more to be said
            return
        body = b'{"code":"unreadable","mistakes":["this is no request that can be read"]}'
        headers = [*HEADERS.items(), ("content-type", "application/json"), ("content-length", str(len(body))),
                   ("connection", "close")]  # fmt: skip
        answer = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        for event in (answer, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def _address(connection: object) -> str:
    client = getattr(connection, "client", None)
    return str(client[0]) if client else ""
