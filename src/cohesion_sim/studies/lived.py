"""The runs of one part, lived through in some process: their rows as a table, and what failed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import files, municipality
from cohesion_sim.folder import PARQUET
from cohesion_sim.kernels import tally
from cohesion_sim.measures import MEASURES
from cohesion_sim.model import CohesionModel
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies.engine import in_one_line
from cohesion_sim.studies.execute import replication_seed
from cohesion_sim.studies.runs import Part, Plan, Run

if TYPE_CHECKING:
    import pyarrow as pa

KEYS = ("run", "point", "scenario", "replication", "seed", "programme", "week", "by", "group", "residents")
TEXTS = ("scenario", "programme", "by", "group")
FAILURE = ("run", "point", "scenario", "replication", "seed", "programme", "stage", "message", "arguments")


@dataclass(frozen=True, slots=True)
class Lived:
    """The rows of some runs, as the bytes of a Parquet file, and what failed in them."""

    table: bytes = field(repr=False)
    failures: tuple[dict[str, Any], ...] = ()


def live(plan: Plan, part: Part) -> Lived:
    """Return the rows of the runs of a part; one that raises is a failure, and the others go on."""
    rows: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    scenario: tuple[int, Scenario] | None = None
    for run in part.runs:
        try:
            if scenario is None or scenario[0] != run.point:
                scenario = run.point, scenario_at(plan, run.point)
        except Exception as error:
            failures.append(failure(plan, run, "", "scenario", in_one_line(error)))
            continue
        found, failed = _run(plan, run, scenario[1])
        rows += found
        failures += failed
    return Lived(encoded(table(plan, rows), failures, len(part.runs)), tuple(failures))


def scenario_at(plan: Plan, point: int) -> Scenario:
    """Return the scenario with the values of a point."""
    scenario = plan.scenarios[plan.points["scenario"].iloc[point]]
    return files.with_values(scenario, plan.values(point)) if plan.paths else scenario


def _run(plan: Plan, run: Run, scenario: Scenario) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the columns of every arm of a run, and the arms that failed; all share the same people."""
    seed = replication_seed(plan.experiment.seed, run.replication)
    try:
        start = municipality.build(scenario, seed)
    except Exception as error:
        return [], [failure(plan, run, "", "population", in_one_line(error))]
    rows, failures = [], []
    weeks = plan.weeks(run.point)
    for arm in plan.arms:
        try:
            model = CohesionModel(scenario, arm, rng=seed, weeks=weeks, start=start)
            while model.running:
                model.step()
            rows.append(_columns(plan, run, arm, model))
            model.__dict__.clear()  # Mesa's wrapped step makes a cycle: let go of the arrays now
        except Exception as error:
            failures.append(failure(plan, run, arm, "run", in_one_line(error)))
    return rows, failures


def _columns(plan: Plan, run: Run, arm: str, model: CohesionModel) -> dict[str, Any]:
    """Return the columns of one arm: flows added up since the row before, states as they are in that week."""
    weekly = model.record.table()
    weeks = np.array(plan.kept_weeks(len(weekly)))
    names = model.start.groups.names
    groups = [k for k, (by, _) in enumerate(names) if by in plan.experiment.keep.by]
    sums = np.add.reduceat(weekly, np.concatenate([[0], weeks[:-1]]), axis=0)
    flow = np.array([measure.flow for measure in MEASURES.values()])
    values = np.where(flow, sums, weekly[weeks - 1])[:, groups].reshape(-1, len(flow))
    columns: dict[str, Any] = {
        "run": run.number,
        "point": run.point,
        "scenario": str(plan.points["scenario"].iloc[run.point]),
        "replication": run.replication,
        "seed": model.seed,
        "programme": arm,
        "week": np.repeat(weeks, len(groups)),
        "by": np.tile(np.array([names[k][0] for k in groups], object), len(weeks)),
        "group": np.tile(np.array([names[k][1] for k in groups], object), len(weeks)),
        "residents": model.record.sums[weeks - 1][:, groups, tally.PEOPLE].reshape(-1),
    }
    index = {name: k for k, name in enumerate(MEASURES)}
    return columns | {name: values[:, index[name]] for name in plan.kept}


def table(plan: Plan, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return the columns of several arms, one below the other, as a table."""
    import pyarrow as pa

    arrays = []
    asked = schema(plan.kept)
    for column in asked:
        parts = [np.broadcast_to(np.asarray(row[column.name]), row["week"].shape) for row in rows]
        whole: NDArray[Any] | list[Any] = np.concatenate(parts) if parts else []
        arrays.append(pa.array(whole, type=column.type))
    return pa.Table.from_arrays(arrays, schema=asked)


def schema(measures: Sequence[str]) -> pa.Schema:
    """Return names and types of the columns of a part."""
    import pyarrow as pa

    keys = [(name, pa.string() if name in TEXTS else pa.int64()) for name in KEYS]
    return pa.schema([*keys, *((name, pa.float64()) for name in measures)])


def encoded(rows: pa.Table, failures: Sequence[dict[str, Any]], runs: int) -> bytes:
    """Return a part of so many runs as a Parquet file; the failures stand in it too, so that all appears at once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    told_too = {b"failures": json.dumps(list(failures)).encode(), b"runs": str(runs).encode()}
    sink = pa.BufferOutputStream()
    pq.write_table(rows.replace_schema_metadata(told_too), sink, **PARQUET)
    return bytes(sink.getvalue())


def failure(plan: Plan, run: Run, programme: str, stage: str, message: str) -> dict[str, Any]:
    """Return a row of the failures; an empty programme: all arms."""
    return dict(
        zip(
            FAILURE,
            (
                run.number,
                run.point,
                str(plan.points["scenario"].iloc[run.point]),
                run.replication,
                replication_seed(plan.experiment.seed, run.replication),
                programme,
                stage,
                message,
                json.dumps(plan.values(run.point), ensure_ascii=False),
            ),
            strict=True,
        )
    )
