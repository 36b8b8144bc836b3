"""The answer of a study in a few rows: what each programme changed at each point, and what failed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cohesion_sim.fields import show
from cohesion_sim.measures import MEASURES
from cohesion_sim.studies import conclude

if TYPE_CHECKING:
    import pandas as pd

    from cohesion_sim.studies.runs import Plan
    from cohesion_sim.studies.store import Store

MANY = 4  # things that vary; of more, a point is called by its number
ROWS = 100  # effects that are told; all are in effects.csv


@dataclass(frozen=True, slots=True)
class Answer:
    """What is printed: rows of texts, what they are, sentences about failures, and the numbers."""

    question: str
    rows: list[dict[str, str]]
    note: str
    failures: list[str]
    failed: int
    effects: pd.DataFrame = field(repr=False)
    folder: str

    def as_json(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {
            "question": self.question,
            "effects": json.loads(self.effects.to_json(orient="records")),
            "failures": self.failures,
            "failed": self.failed,
            "table": f"{self.folder}/table.parquet",
        }


def answer(store: Store, plan: Plan) -> Answer:
    """Return what a finished study found about the headline measures."""
    import pandas as pd

    effects = pd.read_csv(store.folder / "effects.csv", keep_default_na=True)
    wanted = conclude.headline(plan)
    effects = effects[effects["measure"].isin(wanted)].reset_index(drop=True)
    failures = store.failures()
    sentences = failure_sentences(failures, plan)
    sampled = plan.experiment.design != "grid"
    rows = over_points(effects) if sampled else effect_rows(effects, plan)
    note = "Effects are differences to doing nothing with the same luck, in all residents"
    if sampled:
        note += (
            f": lowest, middle and highest of {len(plan.points):,} points. What matters among what varies: "
            f"cohesion-sim study sensitivity {store.folder}"
        )
    else:
        note += ", with 95 % intervals over the replications."
    failed = failures["run"].nunique()
    return Answer(plan.experiment.question, rows, note, sentences, failed, effects, store.folder.as_posix())


def over_points(effects: pd.DataFrame) -> list[dict[str, str]]:
    """Return how far effects go over the points of a sample as texts, a row a programme and measure."""
    rows = []
    for (programme, measure), found in effects.groupby(["programme", "measure"], sort=False):
        low, middle, high = found["effect"].quantile([0, 0.5, 1])
        told = {"programme": str(programme), "measure": MEASURES[str(measure)].title}
        told["nothing, middle"] = number(found["nothing"].median())
        told |= {"lowest effect": number(low, sign=True), "middle": number(middle, sign=True)}
        rows.append(told | {"highest": number(high, sign=True)})
    return rows


def effect_rows(effects: pd.DataFrame, plan: Plan) -> list[dict[str, str]]:
    """Return the effects as texts, a row a point, programme and measure."""
    rows = []
    for row in effects.head(ROWS).to_dict("records"):
        told: dict[str, str] = {}
        if len(plan.points) > 1:
            told["point"] = point_in_words(plan, int(row["point"]))
        told["programme"] = str(row["programme"])
        told["measure"] = MEASURES[row["measure"]].title
        told["nothing"] = number(row["nothing"])
        told["effect"] = number(row["effect"], sign=True)
        told["95 % interval"] = f"{number(row['low'], sign=True)} to {number(row['high'], sign=True)}"
        told["pairs"] = str(row["pairs"])
        rows.append(told)
    return rows


def point_in_words(plan: Plan, point: int) -> str:
    """Return what is varied at a point; the scenario when there are several; its number when much varies."""
    varied = [path for path in plan.paths if plan.points[path].astype(str).nunique() > 1]
    if len(varied) > MANY:
        return f"point {point}"
    told = plan.values(point)
    values = [f"{path.rpartition('.')[2]} {brief(told[path])}" for path in varied]
    several = len(plan.scenarios) > 1 or not values
    return ", ".join([*([str(plan.points["scenario"].iloc[point])] if several else []), *values])


def brief(value: Any) -> str:
    """Return a value of a point in few digits."""
    return f"{value:.4g}" if isinstance(value, float) else show(value)


def failure_sentences(failures: pd.DataFrame, plan: Plan) -> list[str]:
    """Return what failed, alike failures together."""
    stages = {
        "scenario": "before it began",
        "population": "while its people were made",
        "run": "while it ran",
        "process": "because its process died",
    }
    out = []
    for (stage, message), rows in failures.groupby(["stage", "message"], sort=False):
        runs = rows["run"].nunique()
        first = rows.iloc[0]
        where = point_in_words(plan, int(first["point"]))
        several = f"{runs} runs" if runs > 1 else "1 run"
        out.append(
            f"{several} failed {stages.get(str(stage), str(stage))}: {message} (first: run {first['run']}, {where}, "
            f"seed {first['seed']})"
        )
    return out


def number(value: float, *, sign: bool = False) -> str:
    """Return a number with three digits that count, and the sign when it is a change."""
    if not np.isfinite(value):
        return "not known"
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"+{text}" if sign and value > 0 else text.replace("-", "−")
