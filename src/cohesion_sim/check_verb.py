"""The verb `check`: files of every kind are looked through, each by whoever reads it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from cohesion_sim.parameters import InputError

READERS = {
    "country": "cohesion_sim.studies.country.load:load_country",
    "fit": "cohesion_sim.studies.calibration.load:load_calibration",
    "question": "cohesion_sim.studies.plan:plan",
    "scenarios": "cohesion_sim.studies.plan:plan",
}
"""By what is in a file, who reads it; what comes first counts. Any other file is a scenario, maybe with a trial."""


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
def check(files: tuple[str, ...]) -> None:
    """Check files of any kind: every mistake at once, with file, line, place and mend."""
    mistakes: dict[str, None] = {}
    for name in files:
        try:
            click.echo(f"{name}: fine ({_looked_through(name)})")
        except InputError as error:
            mistakes |= dict.fromkeys(error.messages)
    if mistakes:
        raise InputError(*mistakes)


def _looked_through(name: str) -> str:
    """Return what a file holds, in a few words. Raises `InputError` with every mistake."""
    from cohesion_sim.files import entries_of

    entries = entries_of(name)
    for key, reader in READERS.items():
        if key in entries:
            module, _, function = reader.partition(":")
            found: Any = getattr(import_module(module), function)(name)
            return str(getattr(found, "in_short", key))
    return _scenario(name)


def _scenario(name: str) -> str:
    from cohesion_sim.files import load_scenario

    scenario = load_scenario(name)
    design = ""
    if scenario.trial is not None:
        from cohesion_sim.studies.trial.worlds import try_places

        try_places(scenario)
        design = f"; trial: {scenario.trial.places} places, {len(scenario.trial.arms)} arms"
    if scenario.portfolio is not None:
        from cohesion_sim.mixes import mixes

        design += f"; portfolio: {len(mixes(scenario)) - 1:,} mixes can be bought"
    return f"{scenario.people.size} people, programmes: {', '.join(scenario.programmes) or 'none'}{design}"
