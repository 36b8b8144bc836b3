"""The folders that `trial` and `power` leave behind: a readable report, tables, pictures, and how they were made."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cohesion_sim import figures as draw
from cohesion_sim import phrases as say
from cohesion_sim import tables, trial_figures
from cohesion_sim.designs import PERSON_MEASURES, Trial
from cohesion_sim.folder import appearing, circumstances, text_of, versions, write_json
from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import MARKS
from cohesion_sim.scenario import Scenario
from cohesion_sim.trial_answer import (
    expected_table,
    in_unit,
    power_answer,
    power_table,
    published,
    share,
    trial_answer,
)
from cohesion_sim.typeset import typeset

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

    from cohesion_sim.studies.trial.power import PowerResult
    from cohesion_sim.studies.trial.run import TrialResult

Picture: TypeAlias = "tuple[Figure, str]"
LIKENESS = {
    "icc_first": "likeness within a place at the first wave (ICC)",
    "icc": "likeness within a place at the wave compared (ICC)",
    "person_r": "the same person at both waves (r)",
    "community_r": "the means of places or communities at both waves (r)",
}


def write_trial(result: TrialResult, folder: str | Path, *, force: bool = False) -> Path:
    """Write a repeated virtual trial into ``folder`` and return its path; it appears complete or not at all.

    Raises
    ------
    InputError
        If the folder must not be replaced.
    """
    found = {
        "estimates": result.estimates,
        "summary": result.summary,
        "likeness": result.likeness,
        "expected": result.expected,
    }
    drawn = {} if result.estimates.empty else {"estimates": _estimates(result)}
    values = {
        "short": trial_answer(result)[0],
        "sentences": trial_answer(result)[1:],
        "held": expected_table(result.expected),
        "rows": summary_table(result),
        "alike": likeness_table(result.likeness),
    }
    with appearing(folder, force=force) as part:
        _fill(part, "trial", result, found, drawn, values)
    return Path(folder).expanduser().absolute()


def write_power(result: PowerResult, folder: str | Path, *, force: bool = False) -> Path:
    """Write the power of designs into ``folder`` and return its path; it appears complete or not at all.

    Raises
    ------
    InputError
        If the folder must not be replaced.
    """
    told = power_answer(result)
    values = {"short": told[0], "sentences": told[1:], "designs": power_table(result.table)}
    with appearing(folder, force=force) as part:
        _fill(part, "power", result, {"power": result.table}, {"power": _power(result)}, values)
    return Path(folder).expanduser().absolute()


def _fill(
    folder: Path,
    what: str,
    result: TrialResult | PowerResult,
    found: dict[str, DataFrame],
    drawn: Mapping[str, Picture],
    values: Mapping[str, Any],
) -> None:
    """Write every file of a result into an empty folder."""
    scenario = result.scenario
    trial = trial_of(scenario)
    if len(result.failures):
        found = {**found, "failures": result.failures}
    for name, table in found.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
    texts = draw.save({name: figure for name, (figure, _) in drawn.items()}, folder / "figures")
    shown = {
        name: {"svg": draw.inline(texts[name], name, caption), "caption": caption}
        for name, (_, caption) in drawn.items()
    }
    used = {name for arm in trial.arms.values() for name in arm.programmes}
    uncertain, known, decided = tables.numbers_used(scenario, used)
    marks = [number.mark for _, number in (*uncertain, *known)]
    page = typeset(
        f"{what}.html.jinja",
        **values,
        title=scenario.title["en"],
        description=say.title_of(scenario.description, ""),
        figures=shown,
        design=design_table(scenario),
        assumed={"of": len(marks), "A": marks.count("A"), "F": marks.count("F")},
        failures=say.rows_of(result.failures),
        uncertain=tables.merged(uncertain),
        found=tables.merged(known),
        decided=tables.merged(decided),
        marks=MARKS,
        sources=tables.sources(scenario, used),
        files=sorted(f"{name}.csv" for name in found),
        result=result,
        versions=versions(),
        python=platform.python_version(),
    )
    (folder / "report.html").write_text(page, encoding="utf-8")
    write_json(folder / "manifest.json", manifest(what, result))


def manifest(what: str, result: TrialResult | PowerResult) -> dict[str, Any]:
    """Return how a result was made: versions, machine, file and table with their hashes, seed, seconds, failures."""
    scenario = result.scenario
    trial = trial_of(scenario)
    table = {}
    if trial.table:
        text = Path(trial.table).read_bytes().decode("utf-8-sig")
        table = {
            "table": Path(trial.table).name,
            "table_sha256": hashlib.sha256(text.encode()).hexdigest(),
            "table_text": text,
        }
    return {
        **circumstances(scenario),
        "verb": what,
        "places": trial.places,
        "repetitions": result.repetitions,
        "twins": trial.twins,
        "seed": result.seed,
        "seconds": round(result.seconds, 3),
        "failures": len(result.failures),
        **text_of(scenario),
        **table,
    }


def trial_of(scenario: Scenario) -> Trial:
    """Return the trial of a scenario that has one."""
    assert scenario.trial is not None
    return scenario.trial


# --------------------------------------------------------------------------------------------- pictures


def _estimates(result: TrialResult) -> Picture:
    """Return the estimates of every outcome and arm, a panel each."""
    rows = say.rows_of(result.summary)
    columns = min(len(rows), 2)
    lines = -(-len(rows) // columns)
    height = 0.75 + 2.15 * lines
    figure, panels = draw.sheet(
        9.5, height, lines, columns, left=0.05, top=1 - 0.45 / height, bottom=0.55 / height, hspace=0.62, wspace=0.14
    )
    for axes, row in zip(panels, rows, strict=False):
        name = f"{row['outcome']}: {row['arm']}".replace("_", " ")
        trial_figures.estimates(
            result.estimates, axes, outcome=row["outcome"], arm=row["arm"], true=row.get("true", np.nan),
            band=published(result.trial, row["outcome"], row["arm"]), title=name,
        )  # fmt: skip
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    caption = (
        "Each dot is one virtual trial: filled where it would have been called significant (p < .05), hollow where "
        "not. Dotted line: no effect."
    )
    if "true" in result.summary and result.summary["true"].notna().any():
        caption += " Red line with triangle: the true effect, the difference to twins of the same places."
    if any(published(result.trial, row["outcome"], row["arm"]) for row in rows):
        caption += " Hatched: what was published for the mean."
    return figure, caption


def _power(result: PowerResult) -> Picture:
    """Return power over places, a panel with and one without a baseline."""
    trial = trial_of(result.scenario)
    assert trial.power is not None
    kinds = list(dict.fromkeys(result.table["baseline"]))
    figure, panels = draw.sheet(9.5, 4.2, 1, len(kinds), left=0.07, top=0.86, bottom=0.13, wspace=0.12)
    for number, (axes, kind) in enumerate(zip(panels, kinds, strict=True)):
        trial_figures.power(result.table, axes, baseline=kind, target=trial.power.target, names=number == 0)
    lines = panels[0].get_legend_handles_labels()
    figure.legend(*lines, loc="upper right", ncols=3, fontsize=8, frameon=False)
    return figure, (
        "Share of virtual trials that would have seen the effect (p < .05), with 95 % intervals; dashed in the same "
        "colour: the closed formula with the ICC, the correlation and the true effect of these places. Dotted: the "
        "power that is wanted."
    )


# ----------------------------------------------------------------------------------------------- tables


def design_table(scenario: Scenario) -> list[tuple[str, str]]:
    """Return what the trial is, in rows of two texts."""
    trial = trial_of(scenario)
    assignment, who = trial.assignment, trial.participants
    rows = [
        ("places", f"{trial.places}" + (f", numbers of each from {Path(trial.table).name}" if trial.table else "")),
        ("assigned by lot", f"each {assignment.unit}" + _how(trial)),
    ]
    for name, arm in trial.arms.items():
        titles = [say.programme_title(scenario, one) for one in arm.programmes if one != "nothing"]
        rows.append((f"arm {name}", " + ".join(titles) or "nothing"))
    rows += [(f"varies: {v.number}", v.spread.replace("_", "-")) for v in trial.vary.values()]
    if who is not None:
        rows.append(("participants", f"{100 * who.share:g} % of those {who.youngest} to {who.oldest} years old"))
    rows.append(("asked after", ", ".join(f"{wave}" for wave in trial.waves) + " weeks"))
    for name, sample in trial.samples.items():
        panel = ", the same people each time" if sample.panel else ""
        rows.append((f"sample {name}", f"{sample.n} {sample.who.replace('_', '-')} in each {sample.each}{panel}"))
    for name, outcome in trial.outcomes.items():
        meaning = PERSON_MEASURES.get(outcome.measure) or MEASURES[outcome.measure].meaning
        how = outcome.estimator if outcome.measure in PERSON_MEASURES else "rate ratio"
        rows.append((f"outcome {name}", f"{meaning}; {how}, inference: {outcome.inference}"))
    return rows


def _how(trial: Trial) -> str:
    """Return what else there is to an assignment."""
    assignment = trial.assignment
    words = ""
    if assignment.matched_by != "nothing":
        words += f", among places alike in {assignment.matched_by}"
    if assignment.steps:
        words += f"; arms begin in {assignment.steps} steps of {assignment.step_weeks} weeks"
    return words


def summary_table(result: TrialResult) -> list[dict[str, str]]:
    """Return the rows of the summary as text."""
    rows = []
    for row in say.rows_of(result.summary):
        unit = row["unit"]
        rows.append(
            {
                "outcome": f"{row['outcome']}: {row['arm']}".replace("_", " "),
                "middle": in_unit(row["mean"], unit),
                "range": f"{_plain(row.get('q05'))} to {_plain(row.get('q95'))}",
                "true": in_unit(row.get("true", np.nan), unit),
                "took_part": _plain(row.get("true_participants")),
                "others": _plain(row.get("true_non_participants")),
                "controls": _plain(row.get("true_controls")),
                "significant": share(row.get("significant", np.nan)),
                "wrong_sign": _percent(row.get("wrong_sign")),
                "exaggeration": _plain(row.get("exaggeration"), 1),
                "coverage": _percent(row.get("coverage")),
                "trials": str(row.get("trials", 0)),
            }
        )
    return rows


def likeness_table(likeness: DataFrame) -> list[dict[str, str]]:
    """Return, per outcome, what people and places are like without a programme."""
    return [
        {"outcome": str(row["outcome"]).replace("_", " "), "what": words, "value": _plain(row.get(name))}
        for row in say.rows_of(likeness)
        for name, words in LIKENESS.items()
        if name in row and np.isfinite(row[name])
    ]


def _plain(value: float | None, digits: int = 3) -> str:
    return "" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "" if value is None or not np.isfinite(value) else f"{100 * value:.0f} %"
