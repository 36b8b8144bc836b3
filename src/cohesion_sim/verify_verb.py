"""The verb `verify`: the score card of the limiting cases."""

from __future__ import annotations

import click

MISSED = 1
EXIT_CODES = "Exit codes: 0 all targets pass; 1 a target is missed; 2 a mistake in a file, a name or an option."


@click.command(epilog=EXIT_CODES)
@click.argument("names", nargs=-1, metavar="[CASE…]")
@click.option("--quick", is_flag=True, help="Leave out what takes minutes.")
@click.option("--trials", is_flag=True, help="Live through the published trials of experiments/validation as well.")
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
def verify(names: tuple[str, ...], quick: bool, trials: bool, form: str, out: str | None, targets: str | None) -> None:
    """Hold the engine against exact and published results: all limiting cases, or those named, e.g. V1 E1_CONTACT."""
    import cohesion_sim
    from cohesion_sim import card
    from cohesion_sim.verification.published import published
    from cohesion_sim.verification.scorecard import score
    from cohesion_sim.verification.targets import Case, cases

    path = None if out is None else card.check_file(out)
    made = card.made_from(cohesion_sim.__version__)

    def announce(case: Case) -> None:
        click.echo(f"{case.name.upper()} {case.title} …", err=True)

    found = score(names, quick=quick, trials=trials, folder=targets, progress=announce)
    click.echo(card.as_text(found, form, made))
    if path is not None:
        switches = [*(["--quick"] if quick else []), *(["--trials"] if trials else [])]
        call = " ".join(["cohesion-sim verify", *names, *switches])
        told = [*cases(targets).values(), *published().values()]
        csv = path.suffix.lower() == ".csv"
        text = card.as_text(found, "csv", made) + "\n" if csv else card.page(found, told, made, call)
        card.write(text, path)
        click.echo(f"Score card: {path}", err=True)
    if (found["verdict"] == "miss").any():
        click.get_current_context().exit(MISSED)
