"""The folder that `portfolio` leaves behind: a readable report, tables, pictures, the best mix as a text to paste."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

from cohesion_sim import figures as draw
from cohesion_sim import phrases as say
from cohesion_sim import portfolio_figures, tables
from cohesion_sim.answer import answer
from cohesion_sim.fields import hints, shape, show
from cohesion_sim.folder import appearing, circumstances, text_of, versions, write_json
from cohesion_sim.layers import CATALOGUE
from cohesion_sim.mixes import portfolio_of
from cohesion_sim.pages import Picture, pictures
from cohesion_sim.parameters import MARKS, Fact
from cohesion_sim.portfolio_answer import called, front_rows, mixes_rows, portfolio_answer
from cohesion_sim.studies.portfolio.kept import forget
from cohesion_sim.studies.portfolio.run import BEST
from cohesion_sim.typeset import typeset

if TYPE_CHECKING:
    from cohesion_sim.studies.portfolio.run import PortfolioResult


def write_portfolio(result: PortfolioResult, folder: str | Path, *, force: bool = False) -> Path:
    """Write a portfolio's result into ``folder`` and return its path; it appears complete or not at all.

    The rounds of the race that were kept to go on from go then.

    Raises
    ------
    InputError
        If the folder must not be replaced.
    """
    effects = result.closely.effects()
    found = {"portfolios": result.mixes, "front": result.front, "rounds": result.rounds, "effects": effects}
    if len(result.failures):
        found["failures"] = result.failures
    closely = pictures(result.closely, effects)
    drawn = _pictures(result) | {name: closely[name] for name in ("fans", "effects", "money") if name in closely}
    with appearing(folder, force=force) as part:
        for name, table in found.items():
            table.to_csv(part / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
        (part / "programme.toml").write_text(as_programme(result), encoding="utf-8")
        texts = draw.save({name: figure for name, (figure, _) in drawn.items()}, part / "figures")
        shown = {
            name: {"svg": draw.inline(texts[name], name, caption), "caption": caption}
            for name, (_, caption) in drawn.items()
        }
        page = _page(result, shown, sorted(f"{name}.csv" for name in found))
        (part / "report.html").write_text(page, encoding="utf-8")
        write_json(part / "manifest.json", _manifest(result))
    if result.kept is not None:
        forget(result.kept)
    return Path(folder).expanduser().absolute()


def _by(result: PortfolioResult) -> str:
    """Return by which outcome the mix that is looked at closely is the best, where there are several."""
    return f" by {called(result.scored[0])}" if len(result.scored) > 1 else ""


def _pictures(result: PortfolioResult) -> dict[str, Picture]:
    out: dict[str, Picture] = {}
    columns = len(result.outcomes)
    figure, panels = draw.sheet(9.5, 4.2, 1, columns, left=0.08, top=0.86, bottom=0.13, wspace=0.22)
    for number, (axes, name) in enumerate(zip(panels, result.outcomes, strict=True)):
        scored = name if name in result.scored else result.scored[0]
        label = f"gain: {called(name)}"
        portfolio_figures.front(result.mixes, result.front, axes, outcome=name, scored=scored, label=label)
        if number == 0:
            figure.legend(*axes.get_legend_handles_labels(), loc="upper right", ncols=4, fontsize=8, frameon=False)
    out["front"] = (
        figure,
        "Every mix that was tried by what it costs and what it gains, higher is better, with 95 % intervals. Star: the "
        "best; diamond: cannot be told apart from it; triangle: surely worse; ring: promised less and was not pursued. "
        "The line joins the mixes that no other beats in cost and all outcomes; it is dashed where it stands on one "
        "that left early, seen in few replications.",
    )
    figure, panels = draw.sheet(9.5, 3.2, 1, 2, left=0.34, top=0.9, bottom=0.17, wspace=0.25)
    portfolio_figures.chances(result.mixes, panels[0], scored=result.scored[0])
    portfolio_figures.spent(result.mixes, panels[1])
    out["race"] = (
        figure,
        f"Left, by {called(result.scored[0])}: in how many resamples of the replications no mix gains more than each "
        "of the leaders. Right: how often each mix was looked at; the runs go to where the choice is open.",
    )
    return out


def _page(result: PortfolioResult, shown: dict[str, dict[str, str]], files: list[str]) -> str:
    scenario = result.scenario
    told = portfolio_answer(result)
    uncertain, known, decided = tables.numbers_used(scenario, {BEST})
    marks = [number.mark for _, number in (*uncertain, *known)]
    return typeset(
        "portfolio.html.jinja",
        title=f"What to do with USD {say.money(portfolio_of(scenario).budget)}",
        place=say.title_of(scenario.title, scenario.name),
        short=told[0],
        sentences=told[1:],
        closely=answer(result.closely)[1:],
        by=_by(result),
        mixes=mixes_rows(result),
        tried=len(result.mixes),
        front=front_rows(result),
        longest=int(result.front["replications"].max()),
        brief=int((~result.front["finalist"]).sum()),
        programme=as_programme(result),
        figures=shown,
        assumed={"of": len(marks), "A": marks.count("A"), "F": marks.count("F")},
        failures=say.rows_of(result.failures),
        uncertain=tables.merged(uncertain),
        found=tables.merged(known),
        decided=tables.merged(decided),
        marks=MARKS,
        sources=tables.sources(scenario, {BEST}),
        files=files,
        result=result,
        versions=versions(),
        python=platform.python_version(),
    )


def as_programme(result: PortfolioResult) -> str:
    """Return the best mix as a programme to paste into a scenario file of this place."""
    scenario = result.scenario
    row = result.mixes.loc[result.mixes["mix"] == result.best[result.scored[0]]].iloc[0]
    lines = [
        f"# The best mix{_by(result)} for USD {say.money(portfolio_of(scenario).budget)}, "
        f"modelled, seed {result.seed}.",
        f"[programmes.{BEST}]",
        f"title = {{ en = {show('Best mix: ' + row['words'])} }}",
        f"description = {{ en = {show('Found by cohesion-sim portfolio ' + scenario.name)} }}",
    ]
    for label, made in scenario.programmes[BEST].interventions.items():
        kind = type(made).__module__.rpartition(".")[2]
        lines += ["", f"[programmes.{BEST}.interventions.{label}]", f'kind = "{kind}"']
        cls: type = type(made)
        for name, hint in hints(cls).items():
            value = getattr(made, name)
            if not isinstance(shape(hint).declared, Fact):
                lines.append(f"{name} = {show(value)}")
                continue
            origin = scenario.provenance.get(".".join((*CATALOGUE, label, name)))
            if origin is not None and origin.file.endswith(f"{scenario.name}.toml"):  # said in this file, not in common
                reach = f", range = {show(list(origin.range))}" if origin.range else ""
                lines.append(
                    f"{name} = {{ value = {show(value)}{reach}, mark = {show(origin.mark or 'A')}, "
                    f"source = {show(origin.source or 'own')}, note = {show(origin.note)} }}"
                )
    return "\n".join(lines) + "\n"


def _manifest(result: PortfolioResult) -> dict[str, object]:
    return {
        **circumstances(result.scenario),
        "verb": "portfolio",
        "seed": result.seed,
        "runs": result.runs,
        "possible_mixes": result.possible,
        "tried_mixes": len(result.mixes),
        "best": result.best,
        "seconds": round(result.seconds, 3),
        "failures": len(result.failures),
        **text_of(result.scenario),
    }
