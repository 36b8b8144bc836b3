"""Work for many askers: the same question is worked out once, and only as long as somebody waits for the answer.

A thread pool takes the work in the order in which it was asked for. Everything here happens on the event loop, so
nothing is locked; answers are kept, the least used go first.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from cohesion_sim.workshop.memory import weight

T = TypeVar("T")
Stopped = Callable[[], bool]
_LISTENS = 0.1  # seconds after which who stands back hears that nobody waits for him


class BusyError(Exception):
    """More is waiting than can be worked out in reasonable time."""


class Quiet:
    """Whether nobody waits for what goes first. What stands back asks it, from a thread or on the event loop."""

    def __init__(self) -> None:
        self._waiting = 0
        self._for_threads, self._for_loop = threading.Event(), asyncio.Event()
        self._for_threads.set()

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Yield while somebody waits."""
        self._waiting += 1
        self._for_threads.clear()
        self._for_loop.clear()
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._for_threads.set()
                self._for_loop.set()

    async def come(self) -> None:
        """Return when nobody waits."""
        if self._waiting:
            await self._for_loop.wait()

    def patient(self, stopped: Stopped) -> Stopped:
        """Return a question for threads that is answered only while nobody waits, or with yes."""

        def asks() -> bool:
            while not stopped():
                if self._for_threads.wait(_LISTENS):
                    return False
            return True

        return asks


@dataclass(slots=True)
class _Job:
    future: Future[Any]
    stop: threading.Event
    waiting: int = 0
    weight: int = 0  # of the answer in bytes, when there is one


class Jobs:
    """Answers by question; ``kept`` says how many bytes are remembered, ``most`` how many questions may wait."""

    def __init__(self, pool: ThreadPoolExecutor, kept: int, most: int) -> None:
        self._pool, self._kept, self._most, self._weight = pool, kept, most, 0
        self._jobs: OrderedDict[Hashable, _Job] = OrderedDict()

    async def get(self, question: Hashable, work: Callable[[Stopped], T]) -> T:
        """Return the answer to a question; ``work`` is called in a thread when it is not known.

        ``work`` is given a function that says whether everybody who asked has gone.

        Raises
        ------
        BusyError
            If too much is waiting already.
        """
        job = self._jobs.get(question)
        if job is None:
            job = self._begin(question, work)
        self._jobs.move_to_end(question)
        job.waiting += 1
        inner = asyncio.wrap_future(job.future)
        inner.add_done_callback(lambda done: done.cancelled() or done.exception())  # somebody may have gone before
        try:
            answer: T = await asyncio.shield(inner)
        except BaseException:
            if job.future.done() and self._jobs.get(question) is job and self.known(question) is None:
                del self._jobs[question]  # what went wrong is not remembered
            raise
        finally:
            job.waiting -= 1
            self._leave(question, job)
        return answer

    def _begin(self, question: Hashable, work: Callable[[Stopped], T]) -> _Job:
        if self.open >= self._most:
            raise BusyError
        stop = threading.Event()
        job = _Job(self._pool.submit(work, stop.is_set), stop)
        self._jobs[question] = job
        return job

    def _leave(self, question: Hashable, job: _Job) -> None:
        """Stop work for which nobody waits any more, weigh what is done, and forget what is too much."""
        if not job.waiting and not job.future.done():
            job.stop.set()
            job.future.cancel()
            if self._jobs.get(question) is job:
                del self._jobs[question]
        elif not job.weight and self.known(question) is not None:
            job.weight = weight(job.future.result())
            self._weight += job.weight
            self._forget()

    def _forget(self) -> None:
        """Forget the least used answers for which nobody waits, until the rest weighs as little as it may."""
        if self._weight <= self._kept:
            return
        for question, job in list(self._jobs.items()):
            if job.weight and not job.waiting:
                self._weight -= job.weight
                del self._jobs[question]
                if self._weight <= self._kept:
                    return

    @property
    def open(self) -> int:
        """How many questions are not answered yet."""
        return sum(not job.future.done() for job in self._jobs.values())

    def known(self, question: Hashable) -> Any:
        """Return the answer to a question if it is remembered, else None."""
        job = self._jobs.get(question)
        done = job is not None and job.future.done() and not job.future.cancelled() and job.future.exception() is None
        if job is None or not done:
            return None
        self._jobs.move_to_end(question)
        return job.future.result()

    def end(self) -> None:
        """Stop everything."""
        for job in list(self._jobs.values()):
            job.stop.set()
            job.future.cancel()
