"""The command line: verbs over files, and the only place that prints.

Every verb imports what it needs when it runs, so that ``cohesion-sim --help`` stays fast.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cohesion_sim.calibrate_verb import calibrate
from cohesion_sim.check_verb import check
from cohesion_sim.country_verb import country
from cohesion_sim.looking_verbs import discover, sensitivity
from cohesion_sim.parameters import MOST_WEEKS, InputError, StoppedError
from cohesion_sim.portfolio_verb import portfolio
from cohesion_sim.study_verbs import study
from cohesion_sim.terminal import (
    EXIT_CODES,
    FORCE,
    FORM,
    INTERRUPTED,
    SEED,
    SOME_FAILED,
    UNEXPECTED,
    WORKERS,
    WRONG_INPUT,
    Whole,
    folded,
    out,
    refuse_no_folder,
    refuse_twice,
    sets,
    together,
    watched,
)
from cohesion_sim.trial_verbs import power, trial
from cohesion_sim.verify_verb import verify
from cohesion_sim.workshop_verbs import replay, workshop

if TYPE_CHECKING:
    from cohesion_sim.scenario import Scenario
    from cohesion_sim.studies.results import Result

class Verbs(click.Group):
    """A group whose verbs end with a line on stderr and an exit code, and no traceback but for --debug."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return what is left of the words; ``--debug`` is taken wherever it stands."""
        ctx.meta["debug"] = "--debug" in args
        return super().parse_args(ctx, [word for word in args if word != "--debug"])

    def invoke(self, ctx: click.Context) -> Any:
        """Return what the verb returns; what stops it becomes a line on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            for message in error.messages:
                click.echo(message, err=True)
            ctx.exit(SOME_FAILED if isinstance(error, StoppedError) else WRONG_INPUT)
        except KeyboardInterrupt:
            click.echo("Stopped. No half-written result is left behind.", err=True)
            ctx.exit(INTERRUPTED)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.meta["debug"]:
                raise
            text = f"Unexpected error ({type(error).__name__}: {error}). Add --debug to see the details."
            click.echo(text, err=True)
            ctx.exit(UNEXPECTED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which they are written."""
        del ctx
        return list(self.commands)


def _version(ctx: click.Context, option: click.Parameter, value: bool) -> None:
    """Print the version of the installed package."""
    del option
    if value:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"cohesion-sim {version('cohesion-sim')}")
        except PackageNotFoundError:
            click.echo("cohesion-sim (not installed)")
        ctx.exit()


@click.group(cls=Verbs, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
def cli() -> None:
    """Simulate a municipality with and without a programme. Modelled on real places, not data of them."""


def main() -> None:
    """Run the command line; texts are written as UTF-8 wherever they go."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
    cli(prog_name="cohesion-sim")


# ------------------------------------------------------------------------------------------ verbs over runs


STUDY = together(
    click.option(
        "--programme",
        "-p",
        "--programmes",
        "names",
        multiple=True,
        metavar="NAME",
        help="Programme to try; may be repeated, or several with commas between; 'all' for all.  "
        "[default: run: project; compare: all]",
    ),
    click.option("--weeks", type=Whole(1, MOST_WEEKS), help="Length of a run.  [default: the scenario's]"),
    click.option(
        "--replications",
        type=Whole(1, 100_000),
        default=20,
        show_default=True,
        help="Runs of every programme, each paired with a run without it.",
    ),
    SEED,
    sets("people.size=8000"),
    out("out/SCENARIO-PROGRAMME-seedSEED"),
    WORKERS,
    FORCE,
    FORM,
)


@cli.command(epilog=EXIT_CODES)
@click.argument("scenario")
@STUDY
def run(scenario: str, names: tuple[str, ...], **options: Any) -> None:
    """Run SCENARIO (a built-in name or a file) with and without a programme, and write a report."""
    _study(scenario, names, "", options)


@cli.command(epilog=EXIT_CODES)
@click.argument("scenario")
@STUDY
def compare(scenario: str, names: tuple[str, ...], **options: Any) -> None:
    """Rank the programmes of SCENARIO by gain for the money, and say which cannot be told apart."""
    _study(scenario, names or ("all",), "compare", options)


def _study(name: str, names: tuple[str, ...], label: str, options: dict[str, Any]) -> None:
    """Run, write and tell one study; the folder is looked at before the first run."""
    from cohesion_sim.files import load_scenario
    from cohesion_sim.folder import check_folder
    from cohesion_sim.sets import parse_sets

    refuse_twice(options["sets"])
    refuse_no_folder(options["out"])
    scenario = load_scenario(name, parse_sets(options["sets"]))
    programmes = _chosen(scenario, names)
    if label == "compare" and len(programmes) == 1:
        click.echo(
            f"Only one programme ({programmes[0]}): there is nothing to rank it against. Name two or more, e.g. "
            f"--programmes {programmes[0]},OTHER. It is run beside doing nothing.",
            err=True,
        )
    everything = len(programmes) > 1 and len(programmes) == len(_known(scenario))
    label = label or ("all" if everything else "+".join(programmes))
    folder = Path(options["out"] or Path("out") / f"{scenario.name}-{label}-seed{options['seed']}")
    check_folder(folder, force=options["force"])
    result = _watched(scenario, programmes, options)
    _tell(result, folder, options)
    if len(result.failures):
        click.get_current_context().exit(SOME_FAILED)


cli.add_command(trial)
cli.add_command(power)
cli.add_command(portfolio)
cli.add_command(study)
study.add_command(sensitivity)
study.add_command(discover)
cli.add_command(calibrate)


def _known(scenario: Scenario) -> list[str]:
    """Return the programmes of a scenario without the empty one."""
    return [name for name in scenario.programmes if name != "nothing"]


def _chosen(scenario: Scenario, names: Sequence[str]) -> tuple[str, ...]:
    """Return the programmes to run: those named, or ``project``, or all."""
    from cohesion_sim.parameters import nearest

    known = _known(scenario)
    if not known:
        raise InputError(f"{scenario.name}: has no programme. Add a section [programmes.NAME] to the file")
    if not names:
        return ("project",) if "project" in known else tuple(known)
    names = [part.strip() for name in names for part in name.split(",") if part.strip()]
    if not names:
        raise InputError(f"--programme: names no programme. Choose from {', '.join(known)}, or all")
    if "nothing" in names:
        raise InputError("--programme nothing: is always run beside the others; leave it out and name a programme")
    if "all" in names:
        return tuple(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(*(f"{scenario.name}: no programme '{name}'{nearest(name, known)}" for name in unknown))
    return tuple(dict.fromkeys(names))


def _watched(scenario: Scenario, programmes: Sequence[str], options: dict[str, Any]) -> Result:
    """Return the result of all runs, with progress and time left on stderr."""
    from cohesion_sim.studies import execute

    with watched("runs") as (progress, announce):
        result: Result = execute.run(
            scenario,
            programmes=programmes,
            weeks=options["weeks"],
            replications=options["replications"],
            seed=options["seed"],
            workers=options["workers"],
            progress=progress,
            announce=announce,
        )
    return result


def _tell(result: Result, folder: Path, options: dict[str, Any]) -> None:
    """Write the result, and print the answer and where the report lies."""
    from cohesion_sim import report
    from cohesion_sim.answer import answer

    effects = result.effects()
    path = report.write(result, folder, force=options["force"], effects=effects)
    sentences = answer(result, effects)
    if options["form"] == "json":
        import json

        whole = effects[effects["by"] == "all"].drop(columns=["by", "group"])
        told = {
            "answer": sentences,
            "report": str(path / "report.html"),
            "failures": len(result.failures),
            "effects": json.loads(whole.to_json(orient="records")),
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    click.echo(folded(sentences[0]))
    for sentence in sentences[1:]:
        click.echo(folded(sentence, "- "))
    click.echo(f"Report: {path / 'report.html'}")


cli.add_command(country)
cli.add_command(verify)
cli.add_command(workshop)
cli.add_command(replay)

# ----------------------------------------------------------------------------------------- verbs over files


cli.add_command(check)


@cli.command()
def scenarios() -> None:
    """List the built-in scenarios."""
    from cohesion_sim.files import builtin_scenarios, load_scenario

    for name in builtin_scenarios():
        scenario = load_scenario(name)
        click.echo(f"{name:28} {scenario.people.size:>7} people  {scenario.title['en']}")


FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "markdown"]),
    default="table",
    help="How the table is written.",
)


@cli.command()
@click.option(
    "--beside", metavar="FILE", help="Also the kinds in interventions/ and shocks/ beside this scenario file."
)
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
    """List every number of SCENARIO, with unit, range, mark, source; without SCENARIO, what it may hold."""
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
