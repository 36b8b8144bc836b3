"""The verb `calibrate`: what it asks for, prints and leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cohesion_sim.terminal import (
    EXIT_CODES,
    FORM,
    SCHEDULER,
    SOME_FAILED,
    WORKERS,
    folded,
    refuse_no_folder,
    watched,
)

if TYPE_CHECKING:
    from cohesion_sim.studies.calibration.result import CalibrationResult


@click.command(epilog=EXIT_CODES)
@click.argument("file")
@click.option("--out", metavar="DIR", help="Folder for runs and result.  [default: out/FILE-calibrate]")
@WORKERS
@SCHEDULER
@click.option("--resume", is_flag=True, help="Go on with what is in the folder; nothing done is done again.")
@click.option("--force", is_flag=True, help="Replace what is in the folder.")
@FORM
def calibrate(
    file: str, out: str | None, workers: int | None, scheduler: str | None, resume: bool, force: bool, form: str
) -> None:
    """Fit facts of a scenario to the local figures in FILE, and say which of them the figures tell."""
    refuse_no_folder(out)
    from cohesion_sim.calibrate_answer import calibrate_answer
    from cohesion_sim.calibrate_report import write_calibration
    from cohesion_sim.studies.calibration.conduct import calibrate as conducted
    from cohesion_sim.studies.calibration.load import load_calibration

    problem = load_calibration(file)
    folder = Path(out or Path("out") / f"{problem.file.name}-calibrate")
    with watched("runs") as (progress, _):
        result: CalibrationResult = conducted(
            problem, folder, workers=workers, scheduler=scheduler, resume=resume, force=force, progress=progress
        )
    path = write_calibration(result, folder)
    sentences = calibrate_answer(result)
    if form == "json":
        import json

        told = {
            "answer": sentences,
            "report": str(path / "report.html"),
            "failures": len(result.failures),
            "facts": json.loads(result.summary.to_json(orient="records")),
            "figures": json.loads(result.predictive.to_json(orient="records")),
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _tell(sentences, path)
    if len(result.failures):
        click.get_current_context().exit(SOME_FAILED)


def _tell(sentences: list[str], path: Path) -> None:
    click.echo(folded(sentences[0]))
    for sentence in sentences[1:]:
        click.echo(folded(sentence, "- "))
    click.echo(f"Scenario with the fitted facts: {path / 'fitted.toml'}")
    click.echo(f"Report: {path / 'report.html'}")
