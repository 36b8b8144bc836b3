"""What is worked out for the pages: films, villages, persons, files; each thing once, while somebody waits for it.

A change of the programme needs only the arm with it: the municipality and the arm without are remembered. The hundred
villages and other slow things stand back while anybody waits for a film.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from cohesion_sim.measures import MEASURES
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.studies.execute import replication_seed, warm_up
from cohesion_sim.workshop.choices import Asked, made
from cohesion_sim.workshop.encode import QUICK, SMALLEST, encode
from cohesion_sim.workshop.film import Arm, Twin, live, place, planes
from cohesion_sim.workshop.heading import heading
from cohesion_sim.workshop.jobs import Jobs, Stopped
from cohesion_sim.workshop.layout import layout
from cohesion_sim.workshop.person import person
from cohesion_sim.workshop.shelf import Shelf
from cohesion_sim.workshop.villages import VILLAGES, Pair, Series, both_levels, counted, fan, pair

MOST_WAITING = 400
_NOTHING = Programme(name="nothing")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked, made ready to be run; ``place`` and ``shocks`` name what the arm without a programme rests on."""

    asked: Asked
    scenario: Scenario
    programme: Programme
    place: tuple[str, int]
    shocks: tuple[tuple[str, int], ...]


class Workroom:
    """Works out what pages ask for, on all processors."""

    def __init__(self, shelf: Shelf, workers: int | None = None, number: int = VILLAGES) -> None:
        self.shelf, self.number = shelf, number
        workers = workers or os.cpu_count() or 1
        self._films = ThreadPoolExecutor(workers, "film")
        self._others = ThreadPoolExecutor(workers, "other")
        self._ahead = 2 * workers
        self._places = Jobs(self._films, 12, MOST_WAITING)
        self._arms = Jobs(self._films, 48, MOST_WAITING)
        self._bytes = Jobs(self._films, 48, MOST_WAITING)
        self._pairs = Jobs(self._others, 4000, MOST_WAITING)
        self._files = Jobs(self._others, 12, MOST_WAITING)

    def prepare(self, announce: Callable[[str], None]) -> None:
        """Compile the rules or load them, before the first page asks; ``announce`` is told when it takes long."""
        scenario = self.shelf.scenario(self.shelf.first)
        self._films.submit(warm_up, scenario, replication_seed(1, 0), announce)

    def end(self) -> None:
        """Stop all work."""
        for jobs in (self._places, self._arms, self._bytes, self._pairs, self._files):
            jobs.end()
        for pool in (self._films, self._others):
            pool.shutdown(wait=True, cancel_futures=True)

    async def _plan(self, asked: Asked) -> _Plan:
        scenario, programme = await asyncio.to_thread(made, asked, self.shelf)
        return _Plan(asked, scenario, programme, (asked.scenario, asked.seed), asked.shocks)

    async def film(self, asked: Asked) -> bytes:
        """Return the bytes of a film. Raises `InputError` if what is asked does not fit together."""
        twin = await self._twin(await self._plan(asked))
        return await self._bytes.get(asked, lambda _: encode(heading(twin, asked), planes(twin), QUICK))

    async def _twin(self, plan: _Plan) -> Twin:
        scenario, seed = plan.scenario, plan.asked.seed
        start = await self._places.get(plan.place, lambda _: place(scenario, seed))

        def arm(programme: Programme) -> Callable[[Stopped], Arm]:
            return lambda stopped: live(scenario, programme, start, stopped)

        both = [self._arms.get((plan.place, plan.shocks), arm(_NOTHING))]
        if plan.programme.interventions:
            both.append(self._arms.get(plan.asked, arm(plan.programme)))
        arms = await asyncio.gather(*both)
        return Twin(start, scenario, plan.programme, seed, arms[0], arms[-1], layout(scenario, start.people))

    def _patient(self, stopped: Stopped) -> Stopped:
        """Return a question that is answered only while nobody waits for a film."""

        def asks() -> bool:
            for jobs in (self._places, self._arms, self._bytes):
                jobs.quiet.wait()
            return stopped()

        return asks

    async def _pair(self, plan: _Plan, number: int) -> Pair:
        """Return village ``number`` without and with the programme; without it is remembered for other programmes."""
        key = (plan.place, plan.shocks, number)
        off = _Plan(plan.asked, plan.scenario, _NOTHING, plan.place, plan.shocks)

        def lived(each: _Plan, without: Series | None) -> Callable[[Stopped], Pair]:
            return lambda stopped: pair(
                each.scenario, each.programme, each.asked.seed, number, without, self._patient(stopped)
            )

        without = await self._pairs.get(key, lived(off, None))
        if not plan.programme.interventions:
            return without
        return await self._pairs.get((plan.asked, number), lived(plan, without[0]))

    async def villages(self, asked: Asked) -> AsyncIterator[dict[str, Any]]:
        """Yield what each village shows as soon as it is lived, and at last the fans over all of them."""
        plan, most = await self._plan(asked), self.number
        found: dict[int, Pair] = {}
        waiting: dict[asyncio.Task[Pair], int] = {}
        numbers = iter(range(most))
        try:
            while len(found) < most:
                while len(waiting) < self._ahead and (number := next(numbers, None)) is not None:
                    waiting[asyncio.ensure_future(self._pair(plan, number))] = number
                ready, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in ready:
                    number = waiting.pop(task)
                    found[number] = task.result()
                    yield {"k": number + 1, "of": most, "values": both_levels(found[number])}
        finally:
            for task in waiting:
                task.cancel()
        pairs = [found[number] for number in range(most)]
        yield {"fans": {name: _told(fan([both[k] for both in pairs])) for k, name in enumerate(SIDES)}}

    async def person(self, asked: Asked, row: int, week: int, side: str) -> dict[str, Any]:
        """Return a person of one side in a week."""
        plan = await self._plan(asked)
        start = await self._places.get(plan.place, lambda _: place(plan.scenario, asked.seed))
        programme = plan.programme if side == "with" else _NOTHING
        return await self._files.get(
            (asked, side, row, week),
            lambda stopped: person(plan.scenario, programme, start, row, week, stopped),
        )

    async def saved(self, asked: Asked) -> tuple[dict[str, Any], bytes]:
        """Return header and bytes of a film for a file, with those villages that are known already."""
        plan = await self._plan(asked)
        twin = await self._twin(plan)
        known = [self._pairs.known((plan.asked, number)) for number in range(self.number)]
        if not plan.programme.interventions:
            known = [self._pairs.known((plan.place, plan.shocks, number)) for number in range(self.number)]
        pairs = [both for both in known if both is not None]
        return await self._files.get((asked, len(pairs)), lambda _: whole(twin, asked, pairs))


SIDES = ("without", "with")


def whole(twin: Twin, asked: Asked, pairs: list[Pair]) -> tuple[dict[str, Any], bytes]:
    """Return header and bytes of a film that is to be kept, villages included."""
    header, frames = heading(twin, asked), planes(twin)
    if pairs:
        header["villages_of_100"] = counted(pairs)
        frames += [(f"fan.{name}", fan([both[k] for both in pairs])) for k, name in enumerate(SIDES)]
    return header, encode(header, frames, SMALLEST)


def _told(fan: Any) -> dict[str, list[list[float | None]]]:
    """Return a fan as lists by measure; what is not known is None."""
    return {
        name: [[float(f"{one:.5g}") if np.isfinite(one) else None for one in line] for line in lines.tolist()]
        for name, lines in zip(MEASURES, fan, strict=True)
    }
