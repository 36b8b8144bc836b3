"""The verb `verify`: the score card of the limiting cases."""

from __future__ import annotations

import click

MISSED = 1
EXIT_CODES = "Exit codes: 0 all targets pass; 1 a target is missed; 2 a mistake in a file, a name or an option."


@click.command(epilog=EXIT_CODES)
@click.argument("names", nargs=-1, metavar="[CASE…]")
@click.option("--quick", is_flag=True, help="Leave out what takes minutes.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "markdown", "json"]),
    default="text",
    show_default=True,
    help="How the card is printed.",
)
@click.option("--out", metavar="FILE", help="Also write the card, as Markdown (.md) or CSV (.csv).")
@click.option("--targets", metavar="DIR", help="Folder with targets of your own.  [default: the built-in ones]")
def verify(names: tuple[str, ...], quick: bool, form: str, out: str | None, targets: str | None) -> None:
    """Hold the engine against exact and published results: all cases, or those named, e.g. V1 V3."""
    import cohesion_sim
    from cohesion_sim import card
    from cohesion_sim.verification.scorecard import score
    from cohesion_sim.verification.targets import Case, cases

    path = None if out is None else card.check_file(out)
    made = card.made_from(cohesion_sim.__version__)

    def announce(case: Case) -> None:
        click.echo(f"{case.name.upper()} {case.title} …", err=True)

    found = score(names, quick=quick, folder=targets, progress=announce)
    click.echo(card.as_text(found, form, made))
    if path is not None:
        call = " ".join(["cohesion-sim verify", *names, *(["--quick"] if quick else [])])
        csv = path.suffix.lower() == ".csv"
        text = card.as_text(found, "csv", made) + "\n" if csv else card.page(found, cases(targets).values(), made, call)
        card.write(text, path)
        click.echo(f"Score card: {path}", err=True)
    if (found["verdict"] == "miss").any():
        click.get_current_context().exit(MISSED)
