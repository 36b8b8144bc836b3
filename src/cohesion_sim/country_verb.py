"""The verb `country`: a whole country with and without a programme, and where it pays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cohesion_sim.parameters import InputError
from cohesion_sim.terminal import (
    EXIT_CODES,
    FORCE,
    FORM,
    INTERRUPTED,
    SCHEDULER,
    SOME_FAILED,
    Whole,
    folded,
    out,
    refuse_no_folder,
    watched,
)


@click.command(epilog=EXIT_CODES)
@click.argument("file")
@click.option("--regions", metavar="NAMES", help="Only these regions of the file, with commas between.")
@out("out/FILE")
@click.option("--workers", type=Whole(0, 1024), help="Processes; 0: none beside this one.  [default: all processors]")
@SCHEDULER
@FORCE
@FORM
def country(file: str, regions: str | None, **options: Any) -> None:
    """Live through the country of FILE with and without its programme, and say where it pays.

    Every municipality is written down when it is done: after a stop of any kind, the same command goes on.
    """
    from cohesion_sim import country_report
    from cohesion_sim.country_answer import country_answer
    from cohesion_sim.studies.country.load import load_country
    from cohesion_sim.studies.country.parts import beside
    from cohesion_sim.studies.country.run import country as compute

    refuse_no_folder(options["out"])
    loaded = load_country(file)
    chosen = tuple(name.strip() for name in (regions or "").split(",") if name.strip())
    if regions is not None and not chosen:
        raise InputError("--regions: names no region. Write e.g. --regions talas,batken, or leave it out")
    folder = Path(options["out"] or Path("out") / "-".join((loaded.design.name, *chosen)))
    try:
        with watched("municipalities") as (progress, _):
            result = compute(
                loaded, folder, regions=chosen, workers=options["workers"], scheduler=options["scheduler"],
                force=options["force"], progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        click.echo(f"Stopped. What is done lies in {beside(folder)}; the same command goes on from there.", err=True)
        click.get_current_context().exit(INTERRUPTED)
    path = country_report.write_country(result, folder, force=options["force"])
    told = country_answer(result)
    if options["form"] == "json":
        import json

        found = {"answer": told, "report": str(path / "report.html"), "failures": len(result.failures)}
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        click.echo(folded(told[0]))
        for sentence in told[1:]:
            click.echo(folded(sentence, "- "))
        click.echo(f"Report: {path / 'report.html'}")
    if len(result.failures):
        click.get_current_context().exit(SOME_FAILED)
