"""The one engine of all studies: many calls of one function, in processes of this machine or on a cluster (Dask).

Whoever has many things to compute opens the engine and asks it for each of them::

    with engine.opened(workers=2) as processes:
        for item, found in processes.each(function, shared, items):
            ...

``function(shared, item)`` is called in some process; ``shared`` travels once to each. Answers come as they are ready,
so whoever needs an order sorts them. Nothing is lost when a process dies: what it was at is tried again.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cohesion_sim import kinds
from cohesion_sim.folder import version
from cohesion_sim.parameters import InputError, StoppedError, whole
from cohesion_sim.studies.processes import ctrl_c_waits, deaf, main_stays_here

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

    from cohesion_sim.scenario import Scenario

DEATHS = 3
"""An item during which the process died so often is given up."""
PATIENCE = 10.0  # seconds without an answer after which it is looked whether processes are missing
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")  # a process, a core
AHEAD = 3  # items that wait for each worker, so that none is ever idle and few are in memory


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no answer for an item.

    ``lost`` says that processes died (memory, a crash, a machine switched off), not that the function raised.
    """

    message: str
    lost: bool = False


@dataclass(slots=True)
class Engine:
    """Processes that wait for work; made by `opened`."""

    client: Client | None
    dashboard: str = ""
    cluster: LocalCluster | None = None
    """The processes, if they are ours: some may be started again."""
    _shared: tuple[object, str] | None = field(default=None, repr=False)

    @property
    def workers(self) -> int:
        """How many items are computed at the same time."""
        return 1 if self.client is None else max(1, sum(self.client.nthreads().values()))

    def each(
        self,
        function: Callable[[Any, Any], Any],
        shared: Any,
        items: Iterable[Any],
        *,
        split: Callable[[Any], Sequence[Any]] | None = None,
    ) -> Iterator[tuple[Any, Any]]:
        """Yield every item with ``function(shared, item)``, or with `Failed`, as they are ready.

        Parameters
        ----------
        function
            A function of a module (it travels by name).
        shared
            What all calls need; sent once.
        items
            Taken up one by one, a few ahead of the answers, so memory stays flat however many there are.
        split
            Parts of an item, which are tried instead of it when processes die at the whole.

        A process that dies takes with it what it was at and what waited for it. So items that were lost so are tried
        again at the end, one at a time: only what kills a process when it is alone with it is given up, at its third
        death (on a cluster that is not ours, by that cluster's own ``allowed-failures``, twice).
        """
        if self.client is None:
            yield from ((item, _called(function, shared, item)) for item in items)
            return
        yield from self._on_cluster(self.client, function, shared, iter(items), split)

    def _on_cluster(
        self,
        client: Client,
        function: Callable[[Any, Any], Any],
        shared: Any,
        items: Iterator[Any],
        split: Callable[[Any], Sequence[Any]] | None,
    ) -> Iterator[tuple[Any, Any]]:
        from distributed import as_completed, wait

        sent = self._sent(client, shared)
        asked: dict[Any, Any] = {}
        suspects: list[Any] = []
        answers: Any = as_completed(loop=client.loop)

        def ask(several: Iterator[Any], ahead: int) -> None:
            for item in itertools.islice(several, max(0, ahead - len(asked))):
                future = client.submit(_called_there, function, sent, item, pure=False)
                asked[future] = item
                answers.add(future)

        def take() -> tuple[Any, Any]:
            while not answers.has_ready():
                try:
                    with client.as_current():
                        wait(list(asked), timeout=PATIENCE, return_when="FIRST_COMPLETED")
                    break
                except TimeoutError:  # long work, or nobody is left to do it
                    if self.cluster is not None:
                        self.cluster.scale(len(self.cluster.worker_spec))
            future = next(answers)
            item, found = asked.pop(future), _answer(future)
            future.release()
            return item, found

        try:
            ask(items, AHEAD * self.workers)
            while asked:
                item, found = take()
                ask(items, AHEAD * self.workers)
                if isinstance(found, Failed) and found.lost:
                    suspects += split(item) if split else [item]
                else:
                    yield item, found
            with self._alone():
                for suspect in suspects:
                    ask(iter([suspect]), 1)
                    yield take()
        except (CancelledError, OSError):
            raise StoppedError("the cluster has gone away. Start it again, and go on") from None
        finally:
            with suppress(Exception):  # a cluster that has gone has nothing to cancel
                client.cancel(list(asked))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one death be enough for the moment, where the processes are ours: two have been already."""
        if self.cluster is None:
            yield
            return
        self.cluster.scheduler.allowed_failures = 0
        try:
            yield
        finally:
            self.cluster.scheduler.allowed_failures = DEATHS - 2

    def _sent(self, client: Client, shared: Any) -> str:
        """Return the name under which every process holds ``shared``, also those that start later."""
        if self._shared is None or self._shared[0] is not shared:
            blob = pickle.dumps(shared, protocol=pickle.HIGHEST_PROTOCOL)
            name = f"shared-{hashlib.sha256(blob).hexdigest()}"
            self.forget()
            try:
                client.register_plugin(_holding(name, kinds.carried(), blob, version()), name=name)
            except Exception as error:
                words = f"the processes cannot take the work ({in_one_line(error)})"
                raise InputError(f"{words}. Install the same packages there as here") from None
            self._shared = (shared, name)
        return self._shared[1]

    def forget(self) -> None:
        """Let the processes let go of what they were sent: a cluster may live on for long."""
        if self.client is not None and self._shared is not None:
            with suppress(Exception):
                self.client.unregister_worker_plugin(self._shared[1])
        self._shared = None


_HELD: dict[str, Any] = {}  # what this process was sent, by name


def hold(name: str, own: dict[str, tuple[str, str]], blob: bytes, sent_by: str) -> None:
    """Keep what was sent in this process; kinds of the user's own are known by then, wherever their files lie.

    Raises
    ------
    InputError
        If another version of the package is installed here than ``sent_by``.
    """
    if version() != sent_by:
        words = f"they run version {version()}, not {sent_by}"
        _HELD[name] = Failed(f"{words}. Install the same packages there as here")  # for processes that start later
        raise InputError(words)
    kinds.settle(own)
    _HELD[name] = pickle.loads(blob)


def _holding(name: str, own: dict[str, tuple[str, str]], blob: bytes, sent_by: str) -> Any:
    """Return a plugin that lets every process hold something; it belongs to no task, so no death can spoil it."""
    from distributed import WorkerPlugin

    class Holding(WorkerPlugin):  # type: ignore[misc]
        def setup(self, worker: Any) -> None:
            del worker
            hold(name, own, blob, sent_by)

        def teardown(self, worker: Any) -> None:
            del worker
            _HELD.pop(name, None)

    return Holding()


def _called_there(function: Callable[[Any, Any], Any], name: str, item: Any) -> Any:
    shared = _HELD.get(name, Failed("the process was not sent what it needs"))
    return shared if isinstance(shared, Failed) else _called(function, shared, item)


def computed_with(*scenarios: Scenario) -> str:
    """Return what computes scenarios beside their text, as a SHA-256: this version, and the users' kinds in them."""
    own = kinds.carried()
    actors = [actor for scenario in scenarios for actor in scenario.shocks.values()]
    for scenario in scenarios:
        for programme in scenario.programmes.values():
            actors += programme.interventions.values()
        if scenario.portfolio is not None:
            actors += [actor for offer in scenario.portfolio.catalogue.values() for _, actor in offer.doses]
    used = {type(actor).__module__ for actor in actors} & own.keys()
    return hashlib.sha256("\0".join([version(), *sorted(own[name][1] for name in used)]).encode()).hexdigest()


def in_one_line(error: Exception) -> str:
    """Return why something failed, in one line; a mistake of the user's speaks for itself."""
    words = " ".join(str(error).split())
    return words if isinstance(error, InputError) else f"{type(error).__name__}: {words}"


def _called(function: Callable[[Any, Any], Any], shared: Any, item: Any) -> Any:
    """Return the answer, or why there is none."""
    try:
        return function(shared, item)
    except InputError as error:
        return Failed(str(error))
    except Exception as error:
        return Failed(in_one_line(error))


def _answer(future: Any) -> Any:
    """Return what a call gave; processes that died too often are a failure."""
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return Failed(f"the process died {DEATHS} times at it (out of memory, or stopped from outside)", lost=True)
    except CancelledError:
        raise
    except Exception as error:  # the process could not even begin, as when the package is not installed there
        return Failed(in_one_line(error))


@contextmanager
def opened(
    workers: int | None = None, scheduler: str | None = None, *, dashboard: bool = False
) -> Iterator[Engine]:
    """Yield an `Engine` of so many processes on this machine, or of the cluster at an address.

    Parameters
    ----------
    workers
        Processes; one for each core when not given; 0: no other process, everything is computed here.
    scheduler
        Address of a Dask scheduler that runs already, such as tcp://10.0.0.5:8786.
    dashboard
        Whether to serve Dask's own page of what goes on, to this machine only.

    Raises
    ------
    InputError
        If nothing answers at the address.
    """
    if workers == 0 and scheduler is None:
        yield Engine(None)
        return
    import logging

    import dask
    from distributed import Client, LocalCluster

    count = whole("workers", os.cpu_count() or 1 if workers is None else workers, 1, 1024)
    # Logs of the scheduler are kept short, so that its memory does not grow with the number of runs.
    settings = {
        "distributed.scheduler.allowed-failures": DEATHS - 2,  # and once more alone
        # Runs make and free arrays all the time: not given back at once, as Dask would, and from one heap (`compiled`).
        "distributed.nanny.pre-spawn-environ": {**dict.fromkeys(_ONE_THREAD, 1), "MALLOC_ARENA_MAX": 1},
        "distributed.worker.profile.enabled": False,
        # Dask's looks at itself wait for Python's lock, and a run for them: they need not be many a second.
        "distributed.admin.tick.interval": "500ms",
        "distributed.admin.system-monitor.interval": "5s",
        "distributed.worker.memory.monitor-interval": "1s",
        "distributed.admin.log-length": 100,
        "distributed.admin.low-level-log-length": 100,
        "distributed.comm.timeouts.connect": "60s",
        # A process on a busy machine takes its time to start again; with less, Dask gives it up for good.
        "distributed.deploy.lost-worker-timeout": "120s",
    }
    with dask.config.set(settings):
        if scheduler is not None:
            with _connected(scheduler) as client:
                engine = Engine(client, client.dashboard_link if dashboard else "")
                yield engine
                engine.forget()
            return
        with main_stays_here(), ExitStack() as stack:
            with ctrl_c_waits():
                cluster = stack.enter_context(
                    LocalCluster(
                        n_workers=count,
                        threads_per_worker=1,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",
                        scheduler_kwargs={"dashboard": dashboard},
                        silence_logs=logging.CRITICAL,
                    )
                )
                client = stack.enter_context(Client(cluster, set_as_default=False))
                client.register_plugin(deaf(), name="deaf")
            yield Engine(client, cluster.dashboard_link if dashboard else "", cluster)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    import logging

    from distributed import Client

    try:
        client = Client(address, set_as_default=False, timeout="5s")
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"--scheduler {address}: nothing answers there ({type(error).__name__}). Write the address that "
            "`dask scheduler` prints, such as tcp://127.0.0.1:8786"
        ) from None
    levels = {log: log.level for log in map(logging.getLogger, ("distributed", "distributed.client"))}
    for log in levels:
        log.setLevel(logging.CRITICAL)  # what a user must know is told in a sentence
    try:
        yield client
    finally:
        with suppress(Exception):  # it may have gone
            client.close()
    for log, level in levels.items():  # not when it has gone: its last words come later
        log.setLevel(level)
