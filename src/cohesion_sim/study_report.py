"""The page that `study run` leaves beside its tables: question, effects, failures, plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cohesion_sim.typeset import typeset

if TYPE_CHECKING:
    from cohesion_sim.studies.runs import Plan
    from cohesion_sim.studies.store import Store
    from cohesion_sim.study_answer import Answer


def write_page(store: Store, plan: Plan, answer: Answer) -> Path:
    """Return where the page is; one that is there already is left alone."""
    path = store.folder / "report.html"
    if not path.exists():
        told = store.description
        page = typeset(
            "experiment.html.jinja",
            answer=answer,
            design=design_table(plan),
            text=plan.experiment.text,
            versions=told["versions"],
            python=told["python"],
        )
        store.put(path, page.encode())
    return path


def design_table(plan: Plan) -> list[tuple[str, str]]:
    """Return what was planned, in rows of two texts."""
    experiment, until = plan.experiment, plan.experiment.until
    rows = [
        ("scenarios", ", ".join(plan.scenarios)),
        ("programmes", ", ".join(plan.arms)),
        ("points", f"{len(plan.points):,}"),
        ("weeks", ", ".join(str(weeks) for weeks in sorted({plan.weeks(k) for k in range(len(plan.points))}))),
        ("seed", str(experiment.seed)),
    ]
    if until is None:
        rows.append(("replications", f"{plan.replications:,} of every point"))
    else:
        words = f"{until.at_least} to {until.at_most} of every point, until half the interval of {until.effect}"
        rows.append(("replications", f"{words} is {until.half_width:g}"))
    return rows + [("varies", path) for path in plan.paths]
