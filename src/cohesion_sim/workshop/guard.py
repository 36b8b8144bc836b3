"""The door of the workshop's server: who may ask, how much at once, and what every answer and refusal carries."""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_OF_ONE = 24
"""Questions of one address that are answered at once: four pages, as many as a browser asks at a time."""
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
"""Of every answer; the page has a content security policy of its own."""
BUSY = "This computer has too much to work out just now. Please try again in a moment."


class RefusedError(Exception):
    """A request that is not answered: status, a code for pages, and words."""

    def __init__(self, status: int, code: str, *mistakes: str) -> None:
        super().__init__(*mistakes)
        self.status, self.code, self.mistakes = status, code, mistakes


def refusal(status: int, code: str, *words: str) -> JSONResponse:
    """Return an answer that refuses: a code, from which a page makes words of its language, and English words."""
    # Of a request that is refused half read, the rest must not be taken for the next one.
    headers = {"connection": "close"} if status in {408, 413} else None
    return JSONResponse({"code": code, "mistakes": list(words)}, status, headers)


class Guard:
    """Lets only requests through that come from a page of this server, and puts the safety headers on all answers."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app, self._hosts = app, {"localhost", *hosts}
        self._asking: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        app = self._refuses(scope) or self._app
        if scope["method"] != "POST":  # the others cost nothing
            await app(scope, receive, _safely(send))
            return
        who = (scope.get("client") or ("",))[0]
        self._asking[who] += 1
        try:
            await app(scope, receive, _safely(send))
        finally:
            self._asking[who] -= 1
            if not self._asking[who]:
                del self._asking[who]

    def _refuses(self, scope: Scope) -> Response | None:
        """Return the refusal of a request from elsewhere or of one too many, None for others."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        host = [value for name, value in headers if name == "host"]
        if len(host) != 1 or not self._ours(host[0]):
            # A name that only points here may belong to a foreign page (DNS rebinding).
            return refusal(421, "wrong_host", "this server is asked by the address it was started with")
        origin = [value for name, value in headers if name == "origin"]
        if any(value != f"http://{host[0]}" for value in origin):
            return refusal(403, "foreign_page", "another page may not ask this server")
        fetch_site = dict(headers).get("sec-fetch-site", "none")
        if fetch_site not in {"none", "same-origin"} and scope["method"] != "GET":
            return refusal(403, "foreign_page", "another page may not ask this server")
        if self._asking[(scope.get("client") or ("",))[0]] >= MOST_OF_ONE and scope["method"] == "POST":
            return refusal(503, "busy", BUSY)
        return None

    def _ours(self, host: str) -> bool:
        """Return whether a host header names this computer: a number is an address, never a foreign name."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True


async def full(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a request, as an application: more connections are open than this server holds."""
    answer = refusal(503, "busy", BUSY)
    answer.headers["connection"] = "close"
    await answer(scope, receive, _safely(send))


def _safely(send: Send) -> Send:
    """Return how to send with the safety headers."""

    async def safely(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name for name, _ in message["headers"]}
            more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in given]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return safely
