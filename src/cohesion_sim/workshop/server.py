"""The workshop's server: the page at once, all other answers as soon as the model is loaded.

Importing the model takes longer than making the page, so it goes on in a thread while the page is shown already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from cohesion_sim.workshop.guard import Guard, refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from cohesion_sim.workshop.workroom import Workroom

MOST_BYTES = 16 * 1024
"""Of the body of a request."""

MakePage = Callable[..., str]


def application(
    room: Workroom | Future[Workroom],
    page: MakePage,
    policy: str,
    *,
    langs: Iterable[str] = ("en",),
    hosts: tuple[str, ...] = (),
) -> ASGIApp:
    """Return the application.

    ``room`` may be one that is still being opened. ``page`` makes the page (``page(lang)``, and ``page(lang, film=,
    header=)`` for a file), ``policy`` is its content security policy, ``langs`` are its languages, the usual one first,
    ``hosts`` further names of this computer under which it may be asked.
    """
    known = tuple(langs)
    made = {known[0]: page(known[0])}

    async def first(request: Request) -> Response:
        """Return the page, which is the same for everybody who reads its language."""
        asked = request.query_params.get("lang")
        lang = asked if asked in known else known[0]
        if lang not in made:
            made[lang] = await run_in_threadpool(page, lang)
        return HTMLResponse(made[lang], headers={"content-security-policy": policy})

    app = Starlette(routes=[Route("/", first)], exception_handlers=refusals())
    app.router.redirect_slashes = False
    app.router.default = _Answers(room, page, known)
    return Guard(app, hosts)


def refusals() -> dict[Any, Any]:
    """Return what is said when an address is wrong or something goes wrong: words, never a traceback."""
    return {
        404: lambda *_: refusal(404, "not_found", "there is nothing at this address"),
        405: lambda *_: refusal(405, "wrong_method", "this address is not asked in this way"),
        Exception: lambda _, error: refusal(500, "unexpected", f"unexpected error ({type(error).__name__})"),
    }


class _Answers:
    """All answers but the page, from the moment when the room is open; whoever asks before waits."""

    def __init__(self, room: Workroom | Future[Workroom], page: MakePage, langs: tuple[str, ...]) -> None:
        self._room, self._page, self._langs = room, page, langs
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._app is None:
            room = self._room
            if isinstance(room, Future):
                room = await asyncio.shield(asyncio.wrap_future(room))
            from cohesion_sim.workshop.answers import answers  # which imports the model

            self._app = answers(room, self._page, self._langs)
        await self._app(scope, receive, send)
