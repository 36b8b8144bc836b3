"""The folder that `calibrate` leaves behind: a readable report, tables, pictures, and the fitted scenario."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cohesion_sim import calibrate_figures, tables
from cohesion_sim import figures as draw
from cohesion_sim import phrases as say
from cohesion_sim.calibrate_answer import calibrate_answer, facts_table, figures_table
from cohesion_sim.consistency import full_path
from cohesion_sim.fields import show
from cohesion_sim.folder import circumstances, text_of, versions, write_json
from cohesion_sim.parameters import MARKS
from cohesion_sim.typeset import typeset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from cohesion_sim.studies.calibration.result import CalibrationResult

Picture: TypeAlias = "tuple[Figure, str]"
SURE = ("F", "D")  # marks from which a derived number follows
MARKED = {"D": "derived from found figures", "A": "some of the figures are assumptions or memories"}


def write_calibration(result: CalibrationResult, folder: str | Path) -> Path:
    """Write the result beside the runs in ``folder`` and return its path; manifest.json comes last."""
    path = Path(folder).expanduser().absolute()
    part = path / ".part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        _fill(part, path, result)
        shutil.rmtree(path / "figures", ignore_errors=True)
        for name in sorted(part.iterdir(), key=lambda one: one.name == "manifest.json"):
            name.replace(path / name.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return path


def _fill(part: Path, path: Path, result: CalibrationResult) -> None:
    found = {
        "summary": result.summary,
        "posterior": result.draws,
        "correlations": result.alike,
        "predictive": result.predictive,
        "runs": result.runs,
        **({"failures": result.failures} if len(result.failures) else {}),
    }
    for name, table in found.items():
        table.to_csv(part / f"{name}.csv", index=False, float_format="%.8g", lineterminator="\n")
    drawn = {"facts": _facts(result), "check": _check(result)}
    texts = draw.save({name: figure for name, (figure, _) in drawn.items()}, part / "figures")
    scenario, file = result.problem.scenario, result.problem.file
    uncertain, known, decided = tables.numbers_used(scenario, {file.programme} - {"nothing"})
    sentences = calibrate_answer(result)
    page = typeset(
        "calibrate.html.jinja",
        title=say.title_of(scenario.title, scenario.name),
        short=sentences[0],
        sentences=sentences[1:],
        facts=facts_table(result),
        held=figures_table(result),
        pairs=[row for row in say.rows_of(result.alike) if abs(row["correlation"]) >= 0.3],
        figures={
            name: {"svg": draw.inline(texts[name], name, caption), "caption": caption}
            for name, (_, caption) in drawn.items()
        },
        file=file,
        weeks=result.problem.weeks,
        uncertain=tables.merged(uncertain),
        found=tables.merged(known),
        decided=tables.merged(decided),
        marks=MARKS,
        sources=tables.sources(scenario, {file.programme} - {"nothing"}),
        files=sorted(f"{name}.csv" for name in found),
        versions=versions(),
        python=platform.python_version(),
    )
    (part / "report.html").write_text(page, encoding="utf-8")
    (part / "fitted.toml").write_text(fitted(result, path), encoding="utf-8")
    write_json(part / "manifest.json", manifest(result))


def manifest(result: CalibrationResult) -> dict[str, Any]:
    """Return how a result was made."""
    file = result.problem.file
    return {
        **circumstances(result.problem.scenario),
        "verb": "calibrate",
        "programme": file.programme,
        "weeks": result.problem.weeks,
        "rounds": file.rounds,
        "runs": file.runs,
        "check": file.check,
        "seed": file.seed,
        "effective_draws": round(result.effective, 1),
        "fingerprint": result.problem.fingerprint(),
        "seconds": round(result.seconds, 3),
        "failures": len(result.failures),
        "calibration_text": file.text,
        **text_of(result.problem.scenario),
    }


# ----------------------------------------------------------------------------------------- the fitted scenario


def fitted(result: CalibrationResult, folder: Path) -> str:
    """Return a scenario file that extends the scenario with the facts that were learned, if only weakly."""
    problem = result.problem
    mark = "D" if all(figure.target.mark in SURE for figure in problem.figures) else "A"
    note = f"fitted to {len(problem.figures)} local figures by {problem.file.name}.toml, seed {problem.file.seed}"
    sources = "; ".join(dict.fromkeys(figure.target.source for figure in problem.figures))
    title = say.title_of(problem.scenario.title, problem.scenario.name)
    lines = [
        "# Made by `cohesion-sim calibrate`: medians of the facts, with their 90 % intervals as ranges.",
        f"# Mark {mark}: {MARKED[mark]}.",
        "# Facts that hang together are better taken together, from posterior.csv. Not data of a place.",
        "",
        f"extends = {show(_extended(problem.file.folder, problem.file.scenario, folder))}",
        f"title = {{ en = {show(title + ', fitted to local figures')} }}",
        "",
        "[sources]",
        f"FITTED = {show('Local figures: ' + sources)}",
    ]
    sections: dict[str, list[str]] = {}
    for row, fact in zip(say.rows_of(result.summary), problem.facts, strict=True):
        if row["verdict"] == "not learned":
            lines[3:3] = [f"# {row['fact']}: not learned; the scenario's own value stays."]
            continue
        value, low, high = (_rounded(row[name], whole=fact.whole) for name in ("median", "q05", "q95"))
        *section, name = full_path(problem.scenario, fact.path)
        origin = f'mark = "{mark}", source = "FITTED", note = {show(note + "; " + row["verdict"])}'
        entry = f"{name} = {{ value = {show(value)}, range = [{show(low)}, {show(high)}], {origin} }}"
        sections.setdefault(".".join(section), []).append(entry)
    for place, entries in sections.items():
        lines += ["", f"[{place}]", *entries]
    return "\n".join(lines) + "\n"


def _extended(beside: Path, name: str, folder: Path) -> str:
    """Return by which name a file in ``folder`` extends the scenario."""
    file = beside / (name if name.endswith(".toml") else f"{name}.toml")
    if not file.is_file():
        return name
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive
        return file.as_posix()


def _rounded(value: float, *, whole: bool) -> float | int:
    return round(value) if whole else float(f"{value:.4g}")


# --------------------------------------------------------------------------------------------------- pictures


def _facts(result: CalibrationResult) -> Picture:
    """Return a panel a fact."""
    rows = say.rows_of(result.summary)
    lines = -(-len(rows) // 2)
    height = 0.5 + 1.75 * lines
    figure, panels = draw.sheet(
        9.5, height, lines, 2, left=0.03, top=1 - 0.3 / height, bottom=0.5 / height, hspace=0.85, wspace=0.1
    )
    grid = (np.arange(4000) + 0.5) / 4000
    for axes, row, fact in zip(panels, rows, result.problem.facts, strict=False):
        calibrate_figures.fact(result.draws[fact.path].to_numpy(float), fact.at(grid), axes, row=row)
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    return figure, (
        "What is believed of each fact: dashed before the local figures are seen, filled after. Dotted: the value in "
        "the scenario."
    )


def _check(result: CalibrationResult) -> Picture:
    height = 1.0 + 0.42 * len(result.predictive)
    figure, (axes,) = draw.sheet(9.5, height, bottom=0.6 / height, top=1 - 0.15 / height)
    calibrate_figures.check(result.predictive, axes)
    draw.make_room(figure, axes)
    return figure, (
        "The local figures (line at zero) against what a survey or log of simulated runs would have shown: dashed 90 % "
        "of runs before the fit, thick 90 % of new runs after it, dot: median. Runs beyond the picture are cut off."
    )
