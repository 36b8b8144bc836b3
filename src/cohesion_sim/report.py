"""The folder that a run leaves behind: a readable report, tables, pictures, and how they were made."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohesion_sim import figures as draw
from cohesion_sim import pages
from cohesion_sim.folder import appearing, circumstances, text_of, versions, write_json
from cohesion_sim.sentences import looked_at
from cohesion_sim.studies.effects import by_group
from cohesion_sim.studies.ranking import cost_effectiveness, outcomes_of, pairs, ranking

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.studies.results import Result


def write(result: Result, folder: str | Path, *, force: bool = False, effects: DataFrame | None = None) -> Path:
    """Write the whole result into ``folder`` and return its path; it appears complete or not at all.

    ``effects`` saves computing ``result.effects()`` again.

    Raises
    ------
    InputError
        If the folder must not be replaced (`check_folder`).
    """
    with appearing(folder, force=force) as part:
        _fill(result, result.effects() if effects is None else effects, part)
    return Path(folder).expanduser().absolute()


def _fill(result: Result, effects: DataFrame, folder: Path) -> None:
    """Write every file of the result into an empty folder."""
    start = time.perf_counter()
    result.weekly.to_parquet(folder / "weekly.parquet", engine="pyarrow", index=False)
    outcomes = outcomes_of(result.scenario)
    tables = {
        "summary": result.summary(),
        "effects": effects,
        "people": result.people,
        "disputes": result.disputes,
        "money": result.money,
        "participants": result.participants,
        "survey": result.survey,
        "cost": cost_effectiveness(result.weekly, result.money, outcomes),
    }
    if len(result.programmes) > 1:
        tables["ranking"] = _ranking(result, effects)
        tables["pairs"] = pairs(result.weekly, result.money, outcomes)
    if len(result.failures):
        tables["failures"] = result.failures
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
    drawn = pages.pictures(result, effects)
    texts = draw.save({name: figure for name, (figure, _) in drawn.items()}, folder / "figures")
    shown = {name: (draw.inline(texts[name], name, label), label) for name, (_, label) in drawn.items()}
    (folder / "report.html").write_text(pages.page(result, effects, shown, versions()), encoding="utf-8")
    seconds = {**result.seconds, "report": round(time.perf_counter() - start, 3)}
    write_json(folder / "manifest.json", manifest(result, seconds))


def _ranking(result: Result, effects: DataFrame) -> DataFrame:
    """Return the ranking with what the municipality pays, and how many results by group are clearly worse."""
    table = ranking(result.weekly, result.money, outcomes_of(result.scenario))
    cost = cost_effectiveness(result.weekly, result.money, outcomes_of(result.scenario))
    own = cost.drop_duplicates("programme").set_index("programme")["own"]
    table["own"] = table["programme"].map(own)
    _, harmed = by_group(effects, looked_at(result))
    table["clearly_worse"] = (
        table["programme"].map(harmed["programme"].astype(str).value_counts()).fillna(0).astype(int)
    )
    return table


def manifest(result: Result, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return how the result was made: versions, machine, scenario, programmes, seeds, seconds, failures."""
    return {
        **circumstances(result.scenario),
        "programmes": ["nothing", *result.programmes],
        "weeks": result.weeks,
        "replications": result.replications,
        "seed": result.seed,
        "seconds": {stage: round(float(taken), 3) for stage, taken in seconds.items()},
        "failures": len(result.failures),
        **text_of(result.scenario),
    }
