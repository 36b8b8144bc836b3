"""The command line: verbs over files, and the only place that prints.

Every verb imports what it needs when it runs, so that ``cohesion-sim --help`` stays fast.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from cohesion_sim.parameters import InputError

EXIT_CODES = """Exit codes: 0 done; 1 some runs failed or nothing could be done; 2 a mistake in a file, a name or an
option; 130 stopped with Ctrl-C."""


class Verbs(click.Group):
    """A group whose verbs report mistakes of the user on stderr, one a line, and end with 2."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click declares it
        """Return what the verb returns; an `InputError` becomes lines on stderr."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            for message in error.messages:
                click.echo(message, err=True)
            ctx.exit(2)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which they are written."""
        del ctx
        return list(self.commands)


@click.group(cls=Verbs, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cohesion-sim", prog_name="cohesion-sim")
def cli() -> None:
    """Simulate a municipality with and without a programme. Modelled on real places, not data of them."""


def main() -> None:
    """Run the command line; texts are written as UTF-8 wherever they go."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    cli(prog_name="cohesion-sim")


# ------------------------------------------------------------------------------------------------- verbs over files


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
def check(files: tuple[str, ...]) -> None:
    """Check scenario files: every mistake at once, with file, line, place and mend."""
    from cohesion_sim.files import load_scenario

    mistakes: dict[str, None] = {}
    for name in files:
        try:
            scenario = load_scenario(name)
            programmes = ", ".join(scenario.programmes) or "none"
            click.echo(f"{name}: fine ({scenario.people.size} people, programmes: {programmes})")
        except InputError as error:
            mistakes |= dict.fromkeys(error.messages)
    if mistakes:
        raise InputError(*mistakes)


@cli.command()
def scenarios() -> None:
    """List the built-in scenarios."""
    from cohesion_sim.files import builtin_scenarios, load_scenario

    for name in builtin_scenarios():
        scenario = load_scenario(name)
        click.echo(f"{name:28} {scenario.people.size:>7} people  {scenario.title['en']}")


FORMAT = click.option(
    "--format", "form", type=click.Choice(["table", "csv", "markdown"]), default="table", help="How the table is written."
)


@cli.command()
@click.option("--beside", metavar="FILE", help="Also the kinds in interventions/ and shocks/ beside this scenario file.")
@FORMAT
def kinds(beside: str | None, form: str) -> None:
    """List the kinds of intervention and shock, with unit, limits and meaning of every field."""
    from cohesion_sim import catalogue

    rows = catalogue.held(*([Path(beside).parent] if beside else []))
    click.echo(catalogue.as_text(rows, catalogue.HELD, form))


@cli.command()
@click.argument("scenario", required=False)
@FORMAT
def parameters(scenario: str | None, form: str) -> None:
    """List every number of SCENARIO with unit, range, mark and source; without SCENARIO, what a scenario may hold."""
    from cohesion_sim import catalogue

    if scenario is None:
        click.echo(catalogue.as_text(catalogue.declared(), catalogue.DECLARED, form))
        return
    from cohesion_sim.files import load_scenario

    click.echo(catalogue.as_text(catalogue.given(load_scenario(scenario)), catalogue.GIVEN, form))


@cli.command()
@click.argument("name")
def new(name: str) -> None:
    """Write NAME.toml, a commented scenario to start from."""
    from cohesion_sim import catalogue
    from cohesion_sim.files import builtin_scenarios

    path = catalogue.write_starter(name, builtin_scenarios())
    click.echo(f"{path} is written. Edit it, then: cohesion-sim check {path}")
