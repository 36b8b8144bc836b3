"""The verbs `study …`: plan, run, status, resume, verify, export; what they ask for and print."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cohesion_sim.parameters import MOST_SEED, InputError
from cohesion_sim.terminal import (
    EXIT_CODES,
    FORCE,
    FORM,
    INTERRUPTED,
    SCHEDULER,
    SOME_FAILED,
    WORKERS,
    Whole,
    folded,
    refuse_no_folder,
    watched,
)

if TYPE_CHECKING:
    from cohesion_sim.studies.store import Store

SHOWN = 24  # rows of effects that are printed; all are in effects.csv
DASHBOARD = click.option("--dashboard", is_flag=True, help="Show a page of what goes on, to this machine only.")


@click.group(epilog=EXIT_CODES)
def study() -> None:
    """Plan and run the many runs of an experiment file; nothing is lost when a process or the power dies."""


@study.command(epilog=EXIT_CODES)
@click.argument("file")
@WORKERS
@FORM
def plan(file: str, workers: int | None, form: str) -> None:
    """Tell how many runs FILE makes, how long they take here, and the room they need; nothing is written."""
    from cohesion_sim.studies.forecast import forecast
    from cohesion_sim.studies.plan import plan as planned

    made = planned(file)
    with watched("a probe of this machine") as (_, announce):
        told = forecast(made, workers, announce)
    if form == "json":
        click.echo(json.dumps(dataclasses.asdict(told), indent=2))
        return
    experiment = made.experiment
    several = f"{told.runs:,}" if told.runs == told.most_runs else f"{told.runs:,} to {told.most_runs:,}"
    click.echo(folded(experiment.question))
    click.echo(f"scenarios    {', '.join(made.scenarios)}")
    click.echo(f"programmes   {', '.join(made.arms)}")
    click.echo(f"points       {told.points:,}" + (f" ({experiment.design.replace('_', ' ')})" if made.paths else ""))
    click.echo(f"runs         {several}, each with {len(made.arms)} programmes")
    time = in_words(told.seconds)
    if told.most_runs > told.runs:
        time += f" to {in_words(told.most_seconds)}"
    click.echo(f"time         about {time} with {told.workers} processes of this machine")
    click.echo(f"disk         at most {told.disk_mb:,.1f} MB")
    click.echo(f"memory       about {told.memory_mb:,.0f} MB")
    click.echo(f"\nNothing is written yet. Start: cohesion-sim study run {file} --out DIR")


@study.command(epilog=EXIT_CODES)
@click.argument("file")
@click.option("--out", metavar="DIR", help="Folder for the study.  [default: out/FILE-study-seedSEED]")
@WORKERS
@SCHEDULER
@DASHBOARD
@click.option("--force", is_flag=True, help="Replace the study or result that is already in the folder.")
@FORM
def run(file: str, out: str | None, force: bool, form: str, **options: Any) -> None:
    """Run the experiment FILE into the folder DIR; the plan is there before the first run."""
    from cohesion_sim.studies import conduct
    from cohesion_sim.studies.plan import load_experiment

    refuse_no_folder(out)
    if out is None:
        experiment = load_experiment(file)
        out = str(Path("out") / f"{experiment.name}-study-seed{experiment.seed}")
    folder = Path(out)
    _done(lambda **watch: conduct.conduct(file, folder, force=force, **options, **watch), folder, form)


@study.command(epilog=EXIT_CODES)
@click.argument("folder", metavar="DIR")
@WORKERS
@SCHEDULER
@DASHBOARD
@FORM
def resume(folder: str, form: str, **options: Any) -> None:
    """Go on with the study in DIR: what is done is not done again."""
    from cohesion_sim.studies import conduct

    _done(lambda **watch: conduct.resume(folder, **options, **watch), Path(folder), form)


def _done(work: Callable[..., Store], folder: Path, form: str) -> None:
    """Do a study with progress on stderr, print what it found, and end with the exit code."""
    try:
        with watched("runs") as (progress, announce):
            store = work(progress=progress, announce=announce)
    except KeyboardInterrupt:
        if (folder / "plan.json").is_file():
            click.echo(f"Stopped. What is done is kept. Go on: cohesion-sim study resume {folder}", err=True)
        else:
            click.echo("Stopped before anything was run.", err=True)
        click.get_current_context().exit(INTERRUPTED)
    failed = _tell(store, form)
    if failed:
        click.get_current_context().exit(SOME_FAILED)


def _tell(store: Store, form: str) -> int:
    """Print what a finished study found and where it lies; return how many runs failed."""
    from cohesion_sim import catalogue, study_answer, study_report

    plan = store.plan()
    answer = study_answer.answer(store, plan)
    report = study_report.write_page(store, plan, answer)
    if form == "json":
        click.echo(json.dumps(answer.as_json(), indent=2, ensure_ascii=False))
        return answer.failed
    click.echo(folded(answer.question))
    if answer.rows:
        click.echo("\n" + catalogue.as_text(answer.rows[:SHOWN], list(answer.rows[0]), "table"))
        click.echo(folded(answer.note))
    if len(answer.rows) > SHOWN:
        click.echo(f"{len(answer.rows) - SHOWN} rows more are in {store.folder / 'effects.csv'}")
    for sentence in answer.failures:
        click.echo(folded(sentence, "- "))
    click.echo(f"Table: {store.folder / 'table.parquet'}")
    click.echo(f"Report: {report}")
    return answer.failed


@study.command(epilog=EXIT_CODES)
@click.argument("folder", metavar="DIR")
@FORM
def status(folder: str, form: str) -> None:
    """Tell how far the study in DIR is, also while it runs elsewhere."""
    from cohesion_sim.studies import conduct

    told = conduct.status(folder)
    if form == "json":
        click.echo(json.dumps(dataclasses.asdict(told), indent=2, ensure_ascii=False))
        return
    click.echo(folded(told.question))
    click.echo(f"{told.done:,} of {told.runs:,} runs are done, {told.failed:,} of them failed.")
    if told.complete:
        click.echo("Finished.")
    elif told.at_work:
        click.echo("Running" + (f"; about {in_words(told.seconds_left)} left." if told.seconds_left else "."))
    else:
        click.echo(f"Not running. Go on: cohesion-sim study resume {folder}")


@study.command(epilog=EXIT_CODES)
@click.argument("folder", metavar="DIR")
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), default=0.05, show_default=True,
              help="Which share of the runs is done again.")
@click.option("--seed", type=Whole(0, MOST_SEED), default=1, show_default=True, help="Which ones.")
@WORKERS
@SCHEDULER
def verify(folder: str, **options: Any) -> None:
    """Do a share of the runs in DIR again, and compare them bit for bit."""
    from cohesion_sim.studies import conduct

    with watched("runs") as (progress, _):
        found = conduct.verify(folder, progress=progress, **options)
    if found.differing:
        first = ", ".join(str(run) for run in found.differing[:10])
        click.echo(f"{len(found.differing)} of {found.runs} runs differ from those on disk: {first}", err=True)
        click.get_current_context().exit(SOME_FAILED)
    click.echo(f"{found.runs} runs were done again: every bit is the same.")


@study.command(epilog=EXIT_CODES)
@click.argument("folder", metavar="DIR")
@click.option("--out", required=True, metavar="FILE", help="Where to, a .parquet or .csv file.")
@click.option("--partial", is_flag=True, help="Also when the study is not finished.")
@FORCE
def export(folder: str, out: str, partial: bool, force: bool) -> None:
    """Write the table of the study in DIR, with a dictionary of its columns and an RO-Crate description beside it."""
    from cohesion_sim.studies import conduct

    if not out.strip():
        raise InputError("--out: names no file. Write e.g. --out study.parquet")
    path = conduct.export(folder, out, partial=partial, force=force)
    click.echo(f"Table: {path}")
    click.echo(f"Columns: {path.with_name(f'{path.stem}.dictionary.csv')}")
    click.echo(f"Description: {path.with_name('ro-crate-metadata.json')}")


def in_words(seconds: float) -> str:
    """Return a time as a person would say it."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 86400:.1f} days"
