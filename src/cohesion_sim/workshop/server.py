"""The workshop's server: pages of this computer ask, films come back. It keeps nothing of a viewer, writes nothing.

Whoever asks sends all that was chosen: several browsers never see each other's choices, and a closed page is forgotten.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from cohesion_sim.model import find_programme
from cohesion_sim.parameters import InputError, whole
from cohesion_sim.workshop.choices import Asked, controls, read, shocks_of
from cohesion_sim.workshop.jobs import BusyError
from cohesion_sim.workshop.replay import with_still
from cohesion_sim.workshop.shelf import MOST_PEOPLE
from cohesion_sim.workshop.workroom import Workroom

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from cohesion_sim.scenario import Scenario

MOST_BYTES = 16 * 1024
"""Of the body of a request."""
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
_BUSY = "This computer has too much to work out just now. Please try again in a moment."

T = TypeVar("T")
MakePage = Callable[..., str]


class GoneError(Exception):
    """Whoever asked has closed the page or asks something else."""


class RefusedError(Exception):
    """A request that is not answered: status and words."""

    def __init__(self, status: int, *mistakes: str) -> None:
        super().__init__(*mistakes)
        self.status, self.mistakes = status, mistakes


def application(
    room: Workroom, page: MakePage, policy: str, *, langs: Iterable[str] = ("en",), hosts: tuple[str, ...] = ()
) -> ASGIApp:
    """Return the application.

    ``page`` makes the page (``page(lang)``, and ``page(lang, film=, header=)`` for a file), ``policy`` is its content
    security policy, ``langs`` are its languages, the usual one first, ``hosts`` further names of this computer under
    which it may be asked.
    """
    routes = _Routes(room, page, policy, tuple(langs))
    return Guard(routes.application(), hosts)


class Guard:
    """Lets only requests through that come from a page of this server, and puts the safety headers on all answers."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app, self._hosts = app, {"localhost", *hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in given]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        refused = self._refuses(scope)
        if refused is not None:
            await refused(scope, receive, safely)
        else:
            await self._app(scope, receive, safely)

    def _refuses(self, scope: Scope) -> Response | None:
        """Return the refusal of a request from elsewhere, None for others."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        host = [value for name, value in headers if name == "host"]
        if len(host) != 1 or not self._ours(host[0]):
            # A name that only points here may belong to a foreign page (DNS rebinding).
            return _mistakes(421, "this server is asked by the address it was started with")
        origin = [value for name, value in headers if name == "origin"]
        if any(value != f"http://{host[0]}" for value in origin):
            return _mistakes(403, "another page may not ask this server")
        fetch_site = dict(headers).get("sec-fetch-site", "none")
        if fetch_site not in {"none", "same-origin"} and scope["method"] != "GET":
            return _mistakes(403, "another page may not ask this server")
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


def _mistakes(status: int, *words: str) -> JSONResponse:
    return JSONResponse({"mistakes": list(words)}, status)


class _Routes:
    """What can be asked."""

    def __init__(self, room: Workroom, page: MakePage, policy: str, langs: tuple[str, ...]) -> None:
        self._room, self._page, self._policy, self._langs = room, page, policy, langs

    def application(self) -> Starlette:
        """Return the application with all routes; what goes wrong is told in words, never with a traceback."""
        told: dict[Any, Any] = {
            InputError: lambda _, error: _mistakes(400, *error.messages),
            RefusedError: lambda _, error: _mistakes(error.status, *error.mistakes),
            BusyError: lambda *_: _mistakes(503, _BUSY),
            GoneError: lambda *_: Response(status_code=499),
            404: lambda *_: _mistakes(404, "there is nothing at this address"),
            405: lambda *_: _mistakes(405, "this address is not asked in this way"),
            Exception: lambda _, error: _mistakes(500, f"unexpected error ({type(error).__name__})"),
        }
        app = Starlette(
            routes=[
                Route("/", self.first),
                Route("/scenarios.json", self.scenarios),
                Route("/twin", self.twin, methods=["POST"]),
                Route("/villages", self.villages, methods=["POST"]),
                Route("/person", self.person, methods=["POST"]),
                Route("/save", self.save, methods=["POST"]),
            ],
            exception_handlers=told,
        )
        app.router.redirect_slashes = False
        return app

    async def first(self, request: Request) -> Response:
        """Return the page."""
        text = await run_in_threadpool(self._page, self._language(request.query_params.get("lang")))
        return HTMLResponse(text, headers={"content-security-policy": self._policy})

    def _language(self, asked: object) -> str:
        return asked if isinstance(asked, str) and asked in self._langs else self._langs[0]

    async def scenarios(self, _: Request) -> Response:
        """Return what can be chosen."""
        shelf = self._room.shelf
        told = await run_in_threadpool(lambda: [_told(each) for each in shelf])
        first = next(each for each in told if each["name"] == shelf.first)
        names = [each["name"] for each in first["programmes"]]
        programme = "project" if "project" in names else next(iter(names), "nothing")
        proposed = {"name": shelf.first, "programme": programme, "seed": 1}
        return JSONResponse({"scenarios": told, "first": proposed, "lang": self._langs[0]})

    async def twin(self, request: Request) -> Response:
        """Return a film."""
        asked, _ = await self._asked(request)
        data = await _unless_gone(request, self._room.film(asked))
        # A browser unpacks it on the way.
        return Response(data, headers={"content-encoding": "gzip"}, media_type="application/octet-stream")

    async def villages(self, request: Request) -> Response:
        """Return villages as they are lived, a line each, then the fans."""
        asked, _ = await self._asked(request)
        lines = self._room.villages(asked)
        first = await _unless_gone(request, anext(lines))  # a mistake is told before anything is sent

        async def told() -> AsyncIterator[bytes]:
            try:
                yield _line(first)
                async for line in lines:
                    yield _line(line)
            finally:
                await lines.aclose()  # type: ignore[attr-defined]

        return StreamingResponse(told(), media_type="application/x-ndjson")

    async def person(self, request: Request) -> Response:
        """Return one person of one side in one week."""
        asked, more = await self._asked(request, "person", "week", "arm")
        scenario = self._room.shelf.scenario(asked.scenario)
        row = whole("person", more.get("person"), 0, scenario.people.size - 1)
        week = whole("week", more.get("week", 0), 0, scenario.weeks)
        if (arm := more.get("arm", "with")) not in {"without", "with"}:
            raise InputError('arm: write "without" or "with"')
        return JSONResponse(await _unless_gone(request, self._room.person(asked, row, week, arm)))

    async def save(self, request: Request) -> Response:
        """Return the film as one file."""
        asked, more = await self._asked(request, "lang")
        header, film = await _unless_gone(request, self._room.saved(asked))
        lang = self._language(more.get("lang"))
        text = await run_in_threadpool(lambda: self._page(lang, film=film, header=with_still(header, film)))
        name = f"{asked.scenario}-{asked.programme}-seed{asked.seed}.html"
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
        return HTMLResponse(text, headers={"content-disposition": f'attachment; filename="{safe}"'})

    async def _asked(self, request: Request, *more: str) -> tuple[Asked, Mapping[str, Any]]:
        """Return what a request asks for, and the further entries it may have."""
        body = await _body(request)
        if not isinstance(body, dict):
            raise InputError("a request is an object with names and values")
        extra = {name: body.pop(name) for name in more if name in body}
        return await run_in_threadpool(read, body, self._room.shelf), extra


async def _body(request: Request) -> Any:
    """Return the body of a request as JSON; refuse what is no JSON, or larger than any page sends."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(415, "a request is written in JSON")
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            raise RefusedError(413, f"a request has at most {MOST_BYTES} bytes")
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise RefusedError(400, "the request is no JSON that can be read") from None


def _no_number(name: str) -> Any:
    raise RefusedError(400, f"{name} is no number")


async def _unless_gone(request: Request, work: Awaitable[T]) -> T:
    """Return what work gives, or stop it when whoever asked has gone."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    job, leaving = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait({job, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if job.done():
            return job.result()
        raise GoneError
    finally:
        leaving.cancel()
        job.cancel()


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _told(scenario: Scenario) -> dict[str, Any]:
    """Return what the page must know of a scenario to offer it."""
    programmes = [find_programme(scenario, name) for name in scenario.programmes if name != "nothing"]
    return {
        "name": scenario.name,
        "title": dict(scenario.title),
        "description": dict(scenario.description),
        "people": scenario.people.size,
        "most_people": MOST_PEOPLE,
        "weeks": scenario.weeks,
        "shocks": shocks_of(scenario),
        "programmes": [
            {
                "name": each.name,
                "title": dict(each.title),
                "description": dict(each.description),
                "choices": [control.told() for control in controls(scenario, each)],
            }
            for each in programmes
        ],
    }
