"""The verbs that look at a finished study: `study sensitivity` and `study discover`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from cohesion_sim.parameters import InputError
from cohesion_sim.terminal import EXIT_CODES, FORM, folded

FORCE = click.option("--force", is_flag=True, help="Replace an earlier look.")
PROGRAMME = click.option("--programme", metavar="NAME", help="Whose effect.  [default: each]")


@click.command(epilog=EXIT_CODES)
@click.argument("folder", metavar="DIR")
@click.option("--measure", "measures", multiple=True, metavar="NAME",
              help="What is looked at; may be given several times.  [default: the headline of the scenario]")
@PROGRAMME
@click.option("--level", is_flag=True, help="Look at the measure itself, not at what a programme changes.")
@FORCE
@FORM
def sensitivity(
    folder: str, measures: Sequence[str], programme: str | None, level: bool, force: bool, form: str
) -> None:
    """Tell which of the numbers that vary in the study DIR matter, and how much is luck.

    By the design of the experiment: morris (elementary effects), saltelli (Sobol indices), latin_hypercube or sobol
    (first-order indices), grid (analysis of variance). Page, tables and pictures are written to DIR/sensitivity.
    """
    from cohesion_sim import looking_answer, looking_report
    from cohesion_sim.folder import check_folder
    from cohesion_sim.studies import looking

    store, plan = looking.finished(folder)
    check_folder(store.folder / "sensitivity", force=force)
    wanted = looking.outcomes(plan, measures, programme, level=level)
    found = looking.weighed(store, plan, wanted)
    seen = {(one.scenario, one.outcome) for one in found}
    alike = [
        f"Left out, as it is the same at every point: {looking.in_words(outcome)}."
        for outcome in wanted
        if any((name, outcome) not in seen for name in plan.scenarios)
    ]
    path = looking_report.write_weighed(store, plan, found, alike, force=force)
    if form == "json":
        table = looking_report.sensitivity_table(plan, found).to_json(orient="records")
        luck = looking_report.luck_table(found).to_json(orient="records")
        told = {"sensitivity": json.loads(table), "luck": json.loads(luck), "folder": path.as_posix()}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for one in found:
        for sentence in looking_answer.weighed_sentences(one, plan):
            click.echo(folded(sentence, "- "))
        click.echo("")
    for sentence in alike:
        click.echo(folded(sentence, "- "))
    _where(path)


@click.command(epilog=EXIT_CODES)
@click.argument("folder", metavar="DIR")
@click.option("--measure", metavar="NAME",
              help="What should get better.  [default: the first headline of the scenario]")
@PROGRAMME
@click.option("--below", type=float, default=0.0, show_default=True, metavar="SIZE",
              help="A gain of no more than this, in units of the measure, is a failure to help.")
@FORCE
@FORM
def discover(
    folder: str, measure: str | None, programme: str | None, below: float, force: bool, form: str
) -> None:
    """Tell where, among all that varies in the study DIR, a programme fails to help.

    Regions are searched in one half of the points and told only if the other half agrees. Page, tables and pictures are
    written to DIR/discovery.
    """
    from cohesion_sim import looking_answer, looking_report
    from cohesion_sim.folder import check_folder
    from cohesion_sim.studies import looking

    store, plan = looking.finished(folder)
    check_folder(store.folder / "discovery", force=force)
    wanted = looking.outcomes(plan, [measure] if measure else [], programme)
    if len(plan.arms) > 2 and programme is None:
        names = ", ".join(plan.arms[1:])
        raise InputError(f"--programme: the study tried several programmes. Name one of {names}")
    one = looking.searched(store, plan, wanted[0], below=below)
    path = looking_report.write_searched(store, plan, one, force=force)
    if form == "json":
        boxes = json.loads(looking_report.boxes_table(one).to_json(orient="records"))
        told = {
            "points": one.found.points, "failing": one.found.failing, "unclear": one.found.unclear,
            "answer": looking_answer.searched_sentences(one, plan), "boxes": boxes, "folder": path.as_posix(),
        }  # fmt: skip
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for sentence in looking_answer.searched_sentences(one, plan):
        click.echo(folded(sentence, "- "))
    click.echo("")
    _where(path)


def _where(path: Path) -> None:
    """Say where the page and the tables are."""
    click.echo(f"Page: {path / 'report.html'}")
    click.echo(f"Tables: {', '.join(str(table) for table in sorted(path.glob('*.csv')))}")
