"""What pages ask and the answers: choices, films, villages, persons, files. Nothing of a viewer is kept or written.

Whoever asks sends all that was chosen: several browsers never see each other's choices, and a closed page is forgotten.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from cohesion_sim.model import find_programme
from cohesion_sim.parameters import InputError, whole
from cohesion_sim.workshop.choices import Asked, controls, read, shocks_of
from cohesion_sim.workshop.guard import BUSY, RefusedError, refusal
from cohesion_sim.workshop.jobs import BusyError
from cohesion_sim.workshop.replay import with_still
from cohesion_sim.workshop.server import MOST_BYTES, MakePage, refusals
from cohesion_sim.workshop.shelf import MOST_PEOPLE
from cohesion_sim.workshop.workroom import Workroom

if TYPE_CHECKING:
    from cohesion_sim.scenario import Scenario

BODY_WITHIN = 10.0
"""Seconds in which the body of a request has to come; a page sends it at once."""

T = TypeVar("T")


class GoneError(Exception):
    """Whoever asked has closed the page or asks something else."""


def answers(room: Workroom, page: MakePage, langs: tuple[str, ...]) -> Starlette:
    """Return the application of all that is asked of a room; see `cohesion_sim.workshop.server.application`."""
    return _Routes(room, page, langs).application()


class _Routes:
    """What can be asked."""

    def __init__(self, room: Workroom, page: MakePage, langs: tuple[str, ...]) -> None:
        self._room, self._page, self._langs = room, page, langs

    def application(self) -> Starlette:
        """Return the application with all routes; what goes wrong is told in words, never with a traceback."""
        own: dict[Any, Any] = {
            InputError: lambda _, error: refusal(400, "mistake", *error.messages),
            RefusedError: lambda _, error: refusal(error.status, error.code, *error.mistakes),
            BusyError: lambda *_: refusal(503, "busy", BUSY),
            GoneError: lambda *_: Response(status_code=499),
        }
        app = Starlette(
            routes=[
                Route("/scenarios.json", self.scenarios),
                Route("/twin", self.twin, methods=["POST"]),
                Route("/villages", self.villages, methods=["POST"]),
                Route("/person", self.person, methods=["POST"]),
                Route("/save", self.save, methods=["POST"]),
            ],
            exception_handlers=refusals() | own,
        )
        app.router.redirect_slashes = False
        return app

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
        raise RefusedError(415, "not_json", "a request is written in JSON")
    data = b""
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for part in request.stream():
                data += part
                if len(data) > MOST_BYTES:
                    raise RefusedError(413, "too_large", f"a request has at most {MOST_BYTES} bytes")
    except TimeoutError:
        raise RefusedError(408, "too_slow", "the request did not come in time") from None
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise RefusedError(400, "unreadable", "the request is no JSON that can be read") from None


def _no_number(name: str) -> Any:
    raise RefusedError(400, "unreadable", f"{name} is no number")


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
