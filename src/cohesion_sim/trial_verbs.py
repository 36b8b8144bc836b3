"""The verbs `trial` and `power`: what they ask for, print and leave behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cohesion_sim.parameters import InputError
from cohesion_sim.terminal import (
    EXIT_CODES,
    FORCE,
    FORM,
    SEED,
    SOME_FAILED,
    WORKERS,
    Whole,
    folded,
    out,
    refuse_no_folder,
    refuse_twice,
    sets,
    together,
    watched,
)

if TYPE_CHECKING:
    from cohesion_sim.scenario import Scenario
    from cohesion_sim.studies.trial.power import PowerResult
    from cohesion_sim.studies.trial.run import TrialResult


OPTIONS = together(
    click.option("--repetitions", type=Whole(1, 100_000), help="How many virtual trials.  [default: the file's]"),
    click.option(
        "--twins",
        type=Whole(0, 100_000),
        help="In how many of them the true effect is measured; `power` measures it in all.  [default: the file's]",
    ),
    SEED,
    sets("trial.places=30"),
    out("out/FILE-trial-seedSEED, out/FILE-power-seedSEED"),
    WORKERS,
    FORCE,
    FORM,
)


@click.command(epilog=EXIT_CODES)
@click.argument("file")
@OPTIONS
def trial(file: str, **options: Any) -> None:
    """Hold the trial of FILE many times in simulated places, and compare with what was published."""
    scenario, folder = _asked(file, "trial", options)
    from cohesion_sim import trial_report
    from cohesion_sim.studies.trial.run import run_trial
    from cohesion_sim.trial_answer import expected_table, trial_answer

    with watched("trials") as (progress, _):
        result: TrialResult = run_trial(
            scenario,
            repetitions=options["repetitions"],
            twins=options["twins"],
            seed=options["seed"],
            workers=options["workers"],
            progress=progress,
        )
    path = trial_report.write_trial(result, folder, force=options["force"])
    sentences, held = trial_answer(result), expected_table(result.expected)
    if options["form"] == "json":
        _print_json(path, sentences, result, {"summary": result.summary, "expected": result.expected})
    else:
        _print_sentences(sentences)
        if held:
            click.echo("\nPublished against came out:")
        for row in held:
            source = f" [{row['source']}]" if row["source"] else ""
            words = f"{row['published']}; band {row['band']}; came out {row['got']}{source}"
            click.echo(folded(words, f"{row['verdict']}  "))
        click.echo(f"Report: {path / 'report.html'}")
    _leave(result)


@click.command(epilog=EXIT_CODES)
@click.argument("file")
@OPTIONS
def power(file: str, **options: Any) -> None:
    """Tell how often the designs in FILE, section [trial.power], would see the effect, and what they cost."""
    scenario, folder = _asked(file, "power", options)
    from cohesion_sim import catalogue, trial_report
    from cohesion_sim.studies.trial import power as designs
    from cohesion_sim.trial_answer import power_answer, power_table

    with watched("trials") as (progress, _):
        result: PowerResult = designs.power(
            scenario,
            repetitions=options["repetitions"],
            seed=options["seed"],
            workers=options["workers"],
            progress=progress,
        )
    path = trial_report.write_power(result, folder, force=options["force"])
    sentences = power_answer(result)
    if options["form"] == "json":
        _print_json(path, sentences, result, {"designs": result.table, "cheapest": result.cheapest})
    else:
        _print_sentences(sentences)
        rows = power_table(result.table)
        click.echo("\n" + catalogue.as_text(rows, list(rows[0]), "table"))
        click.echo(f"Report: {path / 'report.html'}")
    _leave(result)


def _asked(file: str, what: str, options: dict[str, Any]) -> tuple[Scenario, Path]:
    """Return the scenario of a trial file and the folder for its result; both are looked at before the first trial."""
    from cohesion_sim.folder import check_folder
    from cohesion_sim.sets import parse_sets
    from cohesion_sim.studies.trial.run import loaded_trial

    refuse_twice(options["sets"])
    refuse_no_folder(options["out"])
    scenario = loaded_trial(file, parse_sets(options["sets"]))
    if what == "power" and scenario.trial is not None and scenario.trial.power is None:
        raise InputError(f"{scenario.name}: has no section [trial.power]. docs/trials.md shows one")
    folder = Path(options["out"] or Path("out") / f"{scenario.name}-{what}-seed{options['seed']}")
    check_folder(folder, force=options["force"])
    return scenario, folder


def _print_sentences(sentences: list[str]) -> None:
    click.echo(folded(sentences[0]))
    for sentence in sentences[1:]:
        click.echo(folded(sentence, "- "))


def _print_json(path: Path, sentences: list[str], result: TrialResult | PowerResult, frames: dict[str, Any]) -> None:
    """Print what was found as JSON."""
    import json

    told = {
        "answer": sentences,
        "report": str(path / "report.html"),
        "failures": len(result.failures),
        **{name: json.loads(frame.to_json(orient="records")) for name, frame in frames.items()},
    }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def _leave(result: TrialResult | PowerResult) -> None:
    """End with the exit code for failures when there are any."""
    if len(result.failures):
        click.get_current_context().exit(SOME_FAILED)
