"""The runs of a study being done: parts that are missing, written as they come, round by round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cohesion_sim.parameters import StoppedError
from cohesion_sim.studies import conclude, engine, lived
from cohesion_sim.studies.runs import Part, Plan, Round, next_round
from cohesion_sim.studies.store import Store, told_of

Progress = Callable[[int, int, int], None]
"""Called with runs done, runs in all, and failures so far."""


@dataclass(slots=True)
class Doing:
    """What is done so far."""

    store: Store
    plan: Plan
    progress: Progress | None
    runs: int = 0  # planned so far
    done: int = 0
    failed: int = 0
    effects: conclude.Moments | None = None

    def begin(self, now: Round) -> list[int]:
        """Return the numbers of the parts of a round that are still to be done."""
        there = self.store.done().intersection(now.numbers)
        self.runs += now.runs
        for number in there:
            self.done += now.size(number)
            self.failed += failed_runs(told_of(self.store.path_of(number))[1])
        self.tell()
        return [number for number in now.numbers if number not in there]

    def do(self, processes: engine.Engine, now: Round, missing: list[int]) -> None:
        """Do parts and write each as soon as it is complete."""
        apart: dict[int, dict[int, lived.Lived]] = {}  # parts that were taken apart, by number and run
        for part, answer in processes.each(lived.live, self.plan, map(now.part, missing), split=Part.singly):
            found = self.lost(part, answer) if isinstance(answer, engine.Failed) else answer
            size = now.size(part.number)
            if len(part.runs) < size:
                of_part = apart.setdefault(part.number, {})
                of_part[part.runs[0].number] = found
                if len(of_part) < size:
                    continue
                found = joined([one for _, one in sorted(apart.pop(part.number).items())])
            self.store.write(part.number, found.table)
            self.done += size
            self.failed += failed_runs(found.failures)
            self.tell()

    def lost(self, part: Part, failed: engine.Failed) -> lived.Lived:
        """Return the failures of runs whose process died. Raises `StoppedError` when no process can do any."""
        if not failed.lost:
            raise StoppedError(f"{self.store.folder}: the runs cannot be done there: {failed.message}")
        rows = [lived.failure(self.plan, run, "", "process", failed.message) for run in part.runs]
        return lived.Lived(lived.encoded(lived.table(self.plan, []), rows, len(rows)), tuple(rows))

    def end(self, now: Round) -> Round | None:
        """Return the next round, which depends on the effects of all rounds so far and on nothing else."""
        until = self.plan.experiment.until
        if until is None:
            return None
        if self.effects is None:
            self.effects = conclude.Moments.empty(self.plan, [until.effect])
        self.effects.counts[now.points] += now.counts
        for number in now.numbers:
            self.effects.add(self.store.part(self.store.path_of(number)))
        half = self.effects.half_widths(until.programme or self.plan.arms[1], until.effect)
        return next_round(self.plan, now, self.effects.counts, half)

    def tell(self) -> None:
        """Tell how far it is."""
        if self.progress is not None:
            self.progress(self.done, self.runs, self.failed)


def failed_runs(rows: Iterable[Mapping[str, Any]]) -> int:
    """Return how many runs have failures."""
    return len({row["run"] for row in rows})


def joined(several: list[lived.Lived]) -> lived.Lived:
    """Return runs that were done singly as the one part that they are, byte for byte."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(pa.BufferReader(one.table)) for one in several]
    failures = tuple(row for one in several for row in one.failures)
    whole = pa.concat_tables([table.replace_schema_metadata(None) for table in tables]).combine_chunks()
    return lived.Lived(lived.encoded(whole, failures, len(several)), failures)
