"""What a calibration found, in sentences: what was learned and what not, what hangs together, what is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cohesion_sim import phrases as say
from cohesion_sim.measures import MEASURES
from cohesion_sim.studies.calibration.result import APART, MISSED, POOR

if TYPE_CHECKING:
    from cohesion_sim.studies.calibration.figures import Figure
    from cohesion_sim.studies.calibration.result import CalibrationResult

CAUTION = (
    "A calibrated scenario is still a scenario: it agrees with these figures where the model can. It is not data of "
    "the place, and no prediction."
)
OFF = 0.3  # luck-and-measurement SD by which the emulator may miss before a reader is told


def calibrate_answer(result: CalibrationResult) -> list[str]:
    """Return the answer: first the short one, then a sentence for everything a reader must know."""
    rows = say.rows_of(result.summary)
    named = {one: [row for row in rows if row["verdict"] == one] for one in ("learned", "weak", "not learned")}
    counted = f"{len(named['learned'])} of {len(rows)} facts are learned from {len(result.predictive)} figures"
    rest = [f"{len(named[verdict])} {verdict}" for verdict in ("weak", "not learned") if named[verdict]]
    out = [f"{counted}{'; ' + ', '.join(rest) if rest else ''}."]
    meaning = {fact.path: fact.meaning for fact in result.problem.facts}
    out += [_learned(row, meaning[row["fact"]]) for verdict in ("learned", "weak") for row in named[verdict]]
    if named["not learned"]:
        names = say.joined([str(row["fact"]) for row in named["not learned"]])
        out.append(f"The figures do not tell {names}: keep what the scenario says, or find a figure that hangs on it.")
    out += [_edge(row) for row in rows if row["at_edge"]]
    out += _together(result)
    out += [_missed(row) for row in say.rows_of(result.predictive) if row["p"] < MISSED]
    out += _doubts(result)
    invented = [figure.name for figure in result.problem.figures if figure.target.mark == "A"]
    if invented:
        out.append(f"These figures are assumed, not found: {say.joined(invented)}. What rests on them is assumed too.")
    return [*out, CAUTION]


def _learned(row: dict[str, Any], meaning: str) -> str:
    how = "learned" if row["verdict"] == "learned" else "weakly learned"
    now, before = interval(row), interval(row, "prior_")
    return f"{row['fact']} ({meaning}) is {how}: {now}, {row['unit']}; before the figures {before}."


def _edge(row: dict[str, Any]) -> str:
    return (
        f"The figures pull {row['fact']} to the {row['at_edge']} end of its range: the range may be too narrow, "
        "or the model lacks something that these figures show."
    )


def _together(result: CalibrationResult) -> list[str]:
    return [
        f"{row['one']} and {row['other']} cannot be told apart ({_together_how(row['correlation'])}; correlation "
        f"{row['correlation']:.2f}): use their draws together, in posterior.csv, not one alone."
        for row in say.rows_of(result.alike)
        if abs(row["correlation"]) >= APART
    ]


def _together_how(correlation: float) -> str:
    return "one up and the other up fit as well" if correlation > 0 else "one up and the other down fit as well"


def _missed(row: dict[str, Any]) -> str:
    return (
        f"The model does not bring forth {row['figure']}: {number(row['observed'])} was observed, its runs show "
        f"{interval(row)}. Look at the figure, at the ranges in [fit], and at what the model leaves out."
    )


def _doubts(result: CalibrationResult) -> list[str]:
    """Return what makes the result itself unsure."""
    out = []
    off = [row for row in say.rows_of(result.predictive) if abs(row["emulator_off"]) > OFF]
    if off:
        names = say.joined([str(row["figure"]) for row in off])
        out.append(f"The emulator misses the runs at the result for {names}: give it more runs or rounds.")
    if result.effective < POOR:
        out.append(f"The draws are worth only {result.effective:.0f} independent ones, so intervals are rough.")
    if len(result.failures):
        out.append(f"{len(result.failures)} runs failed and were left out; failures.csv says why.")
    return out


def number(value: float) -> str:
    """Return a number with three digits, a whole one without decimals."""
    return say.number(float(value), 0 if float(value).is_integer() else None)


def interval(row: dict[str, Any], before: str = "") -> str:
    """Return median and 90 % interval of a row."""
    middle, low, high = (number(row[f"{before}{name}"]) for name in ("median", "q05", "q95"))
    return f"{middle} ({low} to {high})"


def facts_table(result: CalibrationResult) -> list[dict[str, str]]:
    """Return the rows of the summary as text."""
    return [
        {
            "fact": row["fact"],
            "meaning": fact.meaning,
            "unit": row["unit"],
            "scenario": number(row["in_scenario"]),
            "before": interval(row, "prior_"),
            "after": interval(row),
            "taken": f"{100 * max(row['contraction'], 0):.0f} %",
            "verdict": row["verdict"],
        }
        for row, fact in zip(say.rows_of(result.summary), result.problem.facts, strict=True)
    ]


def figures_table(result: CalibrationResult) -> list[dict[str, str]]:
    """Return the rows of the check as text."""
    return [
        {
            "figure": row["figure"],
            "what": what(figure),
            "observed": number(row["observed"]),
            "before": interval(row, "before_"),
            "after": interval(row),
            "p": "below 0.01" if row["p"] < 0.01 else f"{row['p']:.2f}",
            "verdict": "missed" if row["p"] < MISSED else "met",
            "source": f"{figure.target.source} ({figure.target.mark})",
            "note": figure.target.note,
        }
        for row, figure in zip(say.rows_of(result.predictive), result.problem.figures, strict=True)
    ]


def what(figure: Figure) -> str:
    """Return what a figure is, in words."""
    target = figure.target
    group = "" if target.by == "all" else f", {target.by} {target.group}"
    if figure.counted:
        share = "" if target.recorded == 1 else f", {100 * target.recorded:.0f} % recorded"
        return f"{MEASURES[target.measure].title}{group}, weeks {figure.first} to {figure.last}{share}"
    effect = "" if target.design_effect == 1 else f", design effect {target.design_effect:g}"
    return f"{MEASURES[target.measure].title}{group}, week {figure.last}, {target.n} asked{effect}"

