"""How processes of this machine are started: deaf to Ctrl-C, and without reading the user's script again."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Let Ctrl-C wait until all processes are there, so that they can be ended in order.

    Where signals can be blocked (not on Windows), threads and processes started meanwhile never hear it.
    """
    if threading.current_thread() is not threading.main_thread():  # only there can this be said
        yield
        return
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    mask = getattr(signal, "pthread_sigmask", None)
    if mask is not None:
        from multiprocessing import resource_tracker

        resource_tracker.ensure_running()  # started later, it would let the first process hear the signal again
        mask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if mask is not None:
            mask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
    if heard and before is not signal.SIG_IGN:
        raise KeyboardInterrupt


@contextmanager
def main_stays_here() -> Iterator[None]:
    """Let no new process read the user's script again, so that scripts need no main guard, on any system."""
    main = sys.modules["__main__"]
    kept: dict[str, Any] = {name: main.__dict__.pop(name) for name in ("__file__", "__spec__") if name in main.__dict__}
    main.__dict__["__spec__"] = None
    try:
        yield
    finally:
        main.__dict__.update(kept)


def deaf() -> Any:
    """Return a plugin that stops processes from listening to Ctrl-C: only what was started by hand answers it."""
    from distributed import WorkerPlugin

    class Deaf(WorkerPlugin):  # type: ignore[misc]
        def setup(self, worker: Any) -> None:
            del worker
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return Deaf()
