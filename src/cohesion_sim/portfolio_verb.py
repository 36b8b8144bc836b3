"""The verb `portfolio`: what it asks for, prints and leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cohesion_sim.terminal import (
    EXIT_CODES,
    FORCE,
    FORM,
    INTERRUPTED,
    SCHEDULER,
    SEED,
    SOME_FAILED,
    WORKERS,
    Whole,
    folded,
    out,
    refuse_no_folder,
    refuse_twice,
    sets,
    watched,
)

if TYPE_CHECKING:
    from cohesion_sim.studies.portfolio.run import PortfolioResult


@click.command(epilog=EXIT_CODES)
@click.argument("file")
@click.option("--runs", type=Whole(20, 10_000_000), help="Runs to spend at most.  [default: the file's]")
@SEED
@sets("portfolio.budget=12000")
@out("out/FILE-seedSEED")
@WORKERS
@SCHEDULER
@FORCE
@FORM
def portfolio(file: str, **options: Any) -> None:
    """Find the mix of interventions that does most for the money in FILE, section [portfolio].

    Stopped half-way, the same command goes on where it was.
    """
    from cohesion_sim import portfolio_report
    from cohesion_sim.catalogue import as_text
    from cohesion_sim.files import load_scenario, with_values
    from cohesion_sim.folder import check_folder
    from cohesion_sim.mixes import portfolio_of
    from cohesion_sim.portfolio_answer import front_rows, portfolio_answer
    from cohesion_sim.sets import parse_sets
    from cohesion_sim.studies.portfolio.kept import beside
    from cohesion_sim.studies.portfolio.run import portfolio as found

    refuse_twice(options["sets"])
    refuse_no_folder(options["out"])
    values = parse_sets(options["sets"])
    scenario = load_scenario(file)
    portfolio_of(scenario)  # said first, whatever else is set in it
    scenario = with_values(scenario, values) if values else scenario
    folder = Path(options["out"] or Path("out") / f"{scenario.name}-seed{options['seed']}")
    check_folder(folder, force=options["force"])
    keep = beside(folder)
    try:
        with watched("runs") as (progress, _):
            result: PortfolioResult = found(
                scenario,
                runs=options["runs"],
                seed=options["seed"],
                workers=options["workers"],
                scheduler=options["scheduler"],
                keep=keep,
                progress=progress,
            )
        path = portfolio_report.write_portfolio(result, folder, force=options["force"])
    except KeyboardInterrupt:
        click.echo(f"Stopped. What is done lies in {keep}; the same command goes on from there.", err=True)
        click.get_current_context().exit(INTERRUPTED)
    sentences = portfolio_answer(result)
    if options["form"] == "json":
        _as_json(result, sentences, path)
    else:
        click.echo(folded(sentences[0]))
        for sentence in sentences[1:]:
            click.echo(folded(sentence, "- "))
        rows = front_rows(result)
        click.echo("\nMixes that no other beats, the cheapest first:\n" + as_text(rows, list(rows[0]), "table"))
        click.echo(f"Report: {path / 'report.html'}\nTo paste: {path / 'programme.toml'}")
    if len(result.failures) or len(result.closely.failures):
        click.get_current_context().exit(SOME_FAILED)


def _as_json(result: PortfolioResult, sentences: list[str], path: Path) -> None:
    import json

    told = {
        "answer": sentences,
        "report": str(path / "report.html"),
        "failures": len(result.failures) + len(result.closely.failures),
        "best": result.best,
        "mixes": json.loads(result.mixes.to_json(orient="records")),
        "front": json.loads(result.front.to_json(orient="records")),
    }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))
