"""What is worked out for the pages: films, villages, persons, files; each thing once, while somebody waits for it.

A change of the programme needs only the arm with it: the municipality and the arm without are remembered. The hundred
villages stand back while anybody waits for a film, a person or a file. However many ask, only so many questions are
at work at once, and what is remembered is bounded by its weight: the rest waits its turn and holds nothing yet.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from cohesion_sim.measures import MEASURES
from cohesion_sim.municipality import Municipality
from cohesion_sim.scenario import Programme, Scenario
from cohesion_sim.studies.execute import replication_seed, warm_up
from cohesion_sim.workshop.checkpoint import Checkpoint
from cohesion_sim.workshop.choices import Asked, made
from cohesion_sim.workshop.encode import QUICK, SMALLEST, encode
from cohesion_sim.workshop.film import Arm, Twin, live, place, planes
from cohesion_sim.workshop.heading import heading
from cohesion_sim.workshop.jobs import BusyError, Jobs, Quiet, Stopped
from cohesion_sim.workshop.layout import Layout, layout
from cohesion_sim.workshop.memory import MB, Memory
from cohesion_sim.workshop.person import person
from cohesion_sim.workshop.shelf import Shelf
from cohesion_sim.workshop.villages import VILLAGES, Pair, Series, both_levels, counted, fan, pair

MOST_WAITING = 400
MOST_FILMS, MOST_DETAILS, MOST_STREAMS = 16, 8, 64
"""Films, persons and files, streams of villages that are at work at once; further ones wait and hold nothing."""
_A_MOMENT = 0.2  # seconds until a village is tried again for which there was no room
_PATIENCE = 0.5  # seconds that work is given to hear that it is to end
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
        self._others = ThreadPoolExecutor(workers, "village")
        self._at_hand = ThreadPoolExecutor(2, "detail")  # of its own: a village may hold its thread for a while
        self._ahead = workers
        self._places = Jobs(self._films, 96 * MB, MOST_WAITING)
        self._arms = Jobs(self._films, 160 * MB, MOST_WAITING)
        self._bytes = Jobs(self._films, 32 * MB, MOST_WAITING)
        self._pairs = Jobs(self._others, 64 * MB, MOST_WAITING)
        self._details = Jobs(self._at_hand, 16 * MB, MOST_WAITING)
        self._checkpoints = Memory(64 * MB)
        self._quiet = Quiet()
        self._film_seats = asyncio.Semaphore(MOST_FILMS)
        self._detail_seats = asyncio.Semaphore(MOST_DETAILS)
        self._streams = asyncio.Semaphore(MOST_STREAMS)

    def prepare(self, announce: Callable[[str], None]) -> None:
        """Read all places and compile the rules or load them, before the first page asks.

        ``announce`` is told when it takes long.
        """
        scenario = self.shelf.scenario(self.shelf.first)

        def ready() -> None:
            list(self.shelf)  # first, as a page first asks what can be chosen
            warm_up(scenario, replication_seed(1, 0), announce)

        self._films.submit(ready)

    def end(self) -> bool:
        """Stop all work; return whether all threads have heard it in time.

        They hear it within a week of the model, but not in the middle of compiling, of a municipality or of packing.
        """
        for jobs in (self._places, self._arms, self._bytes, self._pairs, self._details):
            jobs.end()

        def wait() -> None:
            for pool in (self._films, self._others, self._at_hand):
                pool.shutdown(wait=True, cancel_futures=True)

        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        waiting.join(_PATIENCE)
        return not waiting.is_alive()

    async def _plan(self, asked: Asked) -> _Plan:
        scenario, programme = await asyncio.to_thread(made, asked, self.shelf)
        return _Plan(asked, scenario, programme, (asked.scenario, asked.seed), asked.shocks)

    async def film(self, asked: Asked) -> bytes:
        """Return the bytes of a film. Raises `InputError` if what is asked does not fit together."""
        known: bytes | None = self._bytes.known(asked)
        if known is not None:
            return known
        with self._quiet.broken():
            async with self._film_seats:
                twin = await self._twin(await self._plan(asked))
                return await self._bytes.get(asked, lambda _: encode(heading(twin, asked), planes(twin), QUICK))

    async def _ground(self, plan: _Plan) -> tuple[Municipality, Layout]:
        """Return the place of a question and its map."""

        def built(_: Stopped) -> tuple[Municipality, Layout]:
            start = place(plan.scenario, plan.asked.seed)
            return start, layout(plan.scenario, start.people)

        return await self._places.get(plan.place, built)

    async def _twin(self, plan: _Plan) -> Twin:
        start, map_ = await self._ground(plan)

        def without(stopped: Stopped) -> Arm:
            return live(plan.scenario, _NOTHING, start, stopped)

        both = [self._arms.get((plan.place, plan.shocks), without)]
        if plan.programme.interventions:
            both.append(self._arms.get(plan.asked, lambda stopped: self._with_programme(plan, start, stopped)))
        arms = await asyncio.gather(*both)
        return Twin(start, plan.scenario, plan.programme, plan.asked.seed, arms[0], arms[-1], map_)

    def _with_programme(self, plan: _Plan, start: Municipality, stopped: Stopped) -> Arm:
        """Return the arm with the programme, from the last week on until which a question before was the same."""
        asked = plan.asked
        keys = {
            week: (plan.place, plan.shocks, asked.programme, tuple(one for one in asked.changes if one[0] < week), week)
            for week, _ in asked.changes
            if week
        }
        since: Checkpoint | None = None
        for week in sorted(keys, reverse=True):
            since = self._checkpoints.get(keys[week])
            if since is not None:
                break
        marks = {week: partial(self._checkpoints.put, key) for week, key in keys.items()}
        return live(plan.scenario, plan.programme, start, stopped, since=since, marks=marks)

    async def _pair(self, plan: _Plan, number: int) -> Pair:
        """Return village ``number`` without and with the programme; without it is remembered for other programmes."""
        key = (plan.place, plan.shocks, number)
        off = _Plan(plan.asked, plan.scenario, _NOTHING, plan.place, plan.shocks)

        def lived(each: _Plan, without: Series | None) -> Callable[[Stopped], Pair]:
            return lambda stopped: pair(
                each.scenario, each.programme, each.asked.seed, number, without, self._quiet.patient(stopped)
            )

        await self._quiet.come()
        without = await self._pairs.get(key, lived(off, None))
        if not plan.programme.interventions:
            return without
        await self._quiet.come()
        return await self._pairs.get((plan.asked, number), lived(plan, without[0]))

    async def villages(self, asked: Asked) -> AsyncIterator[dict[str, Any]]:
        """Yield what each village shows as soon as it is lived, and at last the fans over all of them."""
        async with self._streams:
            plan, most = await self._plan(asked), self.number
            found: dict[int, Pair] = {}
            waiting: dict[asyncio.Task[Pair], int] = {}
            numbers = deque(range(most))
            try:
                while len(found) < most:
                    while len(waiting) < self._ahead and numbers:
                        number = numbers.popleft()
                        waiting[asyncio.ensure_future(self._pair(plan, number))] = number
                    ready, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    for task in ready:
                        number = waiting.pop(task)
                        try:
                            found[number] = task.result()
                        except BusyError:  # others wait for so many villages that this one has no room yet
                            numbers.append(number)
                            await asyncio.sleep(_A_MOMENT)
                            continue
                        yield {"k": number + 1, "of": most, "values": both_levels(found[number])}
            finally:
                for task in waiting:
                    task.cancel()
            pairs = [found[number] for number in range(most)]
            fans = await asyncio.to_thread(lambda: [_told(fan([both[k] for both in pairs])) for k in range(len(SIDES))])
            yield {"fans": dict(zip(SIDES, fans, strict=True))}

    async def person(self, asked: Asked, row: int, week: int, side: str) -> dict[str, Any]:
        """Return a person of one side in a week."""
        with self._quiet.broken():
            async with self._detail_seats:
                plan = await self._plan(asked)
                start, _ = await self._ground(plan)
                programme = plan.programme if side == "with" else _NOTHING
                return await self._details.get(
                    (asked, side, row, week),
                    lambda stopped: person(plan.scenario, programme, start, row, week, stopped),
                )

    async def saved(self, asked: Asked) -> tuple[dict[str, Any], bytes]:
        """Return header and bytes of a film for a file, with those villages that are known already."""
        with self._quiet.broken():
            async with self._detail_seats:
                plan = await self._plan(asked)
                twin = await self._twin(plan)
                known = [self._pairs.known((plan.asked, number)) for number in range(self.number)]
                if not plan.programme.interventions:
                    known = [self._pairs.known((plan.place, plan.shocks, number)) for number in range(self.number)]
                pairs = [both for both in known if both is not None]
                return await self._details.get((asked, len(pairs)), lambda _: whole(twin, asked, pairs))


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
