"""Work for many askers: the same question is worked out once, and only as long as somebody waits for the answer.

A thread pool takes the work in the order in which it was asked for. Everything here happens on the event loop, so
nothing is locked; answers are kept, the least used go first.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
Stopped = Callable[[], bool]


class BusyError(Exception):
    """More is waiting than can be worked out in reasonable time."""


@dataclass(slots=True)
class _Job:
    future: Future[Any]
    stop: threading.Event
    waiting: int = 0


class Jobs:
    """Answers by question; ``kept`` says how many are remembered, ``most`` how many questions may wait."""

    def __init__(self, pool: ThreadPoolExecutor, kept: int, most: int) -> None:
        self._pool, self._kept, self._most = pool, kept, most
        self._jobs: OrderedDict[Hashable, _Job] = OrderedDict()
        self.quiet = threading.Event()  # set while nobody waits here
        self.quiet.set()

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
        self.quiet.clear()
        inner = asyncio.wrap_future(job.future)
        inner.add_done_callback(lambda done: done.cancelled() or done.exception())  # somebody may have gone before
        try:
            answer: T = await asyncio.shield(inner)
        except BaseException:
            if job.future.done() and self._jobs.get(question) is job:
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
        done = [key for key, each in self._jobs.items() if each.future.done() and not each.waiting]
        for key in done[: max(0, len(self._jobs) - self._kept)]:
            del self._jobs[key]
        return job

    def _leave(self, question: Hashable, job: _Job) -> None:
        """Stop work for which nobody waits any more."""
        if not job.waiting and not job.future.done():
            job.stop.set()
            job.future.cancel()
            if self._jobs.get(question) is job:
                del self._jobs[question]
        if not any(each.waiting for each in self._jobs.values()):
            self.quiet.set()

    @property
    def open(self) -> int:
        """How many questions are not answered yet."""
        return sum(not job.future.done() for job in self._jobs.values())

    def known(self, question: Hashable) -> Any:
        """Return the answer to a question if it is remembered, else None."""
        job = self._jobs.get(question)
        done = job is not None and job.future.done() and not job.future.cancelled() and job.future.exception() is None
        return job.future.result() if job is not None and done else None

    def end(self) -> None:
        """Stop everything."""
        self.quiet.set()
        for job in self._jobs.values():
            job.stop.set()
            job.future.cancel()
