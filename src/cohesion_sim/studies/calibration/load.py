"""A calibration file with its scenario and table, looked through: every mistake at once."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cohesion_sim import files
from cohesion_sim.calibration_design import Calibration, Target
from cohesion_sim.fields import RefusedError
from cohesion_sim.layers import Place
from cohesion_sim.model import find_programme
from cohesion_sim.parameters import InputError
from cohesion_sim.scenario import Scenario
from cohesion_sim.studies.calibration import emulator
from cohesion_sim.studies.calibration.facts import FittedFact, fitted_fact, leaves, try_ends
from cohesion_sim.studies.calibration.figures import (
    Figure,
    figures_of,
    table_problems,
    target_problems,
    targets_of,
)
from cohesion_sim.studies.calibration.search import Figures
from cohesion_sim.studies.engine import computed_with

Floats = NDArray[np.float64]
MOST_FACTS = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """All that a calibration needs: the file, its scenario, facts with priors, figures with their errors."""

    file: Calibration
    scenario: Scenario
    weeks: int
    facts: tuple[FittedFact, ...]
    figures: tuple[Figure, ...]

    @property
    def in_short(self) -> str:
        """What there is to do, in a few words."""
        runs = self.file.runs * self.file.rounds + self.file.check
        return f"calibration: {len(self.facts)} facts, {len(self.figures)} figures, {runs:,} runs"

    def values(self, unit: Floats) -> dict[str, object]:
        """Return the facts at a point, by path."""
        return {fact.path: fact.admitted(float(place)) for fact, place in zip(self.facts, unit, strict=True)}

    def natural(self, unit: Floats) -> Floats:
        """Return the facts at many points, (points, facts), in their own units."""
        return np.stack([fact.at(unit[:, column]) for column, fact in enumerate(self.facts)], axis=1)

    def observed(self) -> Figures:
        """Return the figures on the scale of the emulator."""
        seen = np.array([figure.observed for figure in self.figures])
        return Figures(self.scaled(seen[None])[0], np.array([figure.noise for figure in self.figures]))

    def scaled(self, found: Floats) -> Floats:
        """Return what runs gave, (runs, figures), on the scale of the emulator."""
        return np.stack([figure.scaled(found[:, column]) for column, figure in enumerate(self.figures)], axis=1)

    def fingerprint(self) -> str:
        """Return what the result depends on, as a SHA-256: what computes, file, table, scenario."""
        table = (self.file.folder / self.file.table).read_text("utf-8-sig") if self.file.table else ""
        parts = "\0".join([computed_with(self.scenario), self.file.text, table, self.scenario.text])
        return hashlib.sha256(parts.encode()).hexdigest()


def load_calibration(name_or_path: str | Path) -> Problem:
    """Return what a calibration file asks for. Raises `InputError` with every mistake, one a line."""
    file = files.load_design(name_or_path, Calibration, _problems)
    scenario = files.scenario_beside(file.folder, file.scenario)
    weeks = file.weeks or scenario.weeks
    facts = tuple(fitted_fact(scenario, ".".join(place), entry) for place, entry in leaves(file.fit))
    return Problem(file, scenario, weeks, facts, figures_of(_targets(file), weeks))


def _targets(file: Calibration) -> dict[str, Target]:
    return {**file.targets, **(targets_of(file.folder / file.table) if file.table else {})}


def _problems(file: Calibration) -> Iterator[tuple[Place, str]]:
    """Yield place and words of what does not fit together."""
    try:
        scenario = files.scenario_beside(file.folder, file.scenario)
    except InputError as error:
        for message in error.messages:
            yield ("scenario",), message
        return
    try:
        find_programme(scenario, file.programme)
    except InputError as error:
        yield ("programme",), str(error).removeprefix("programme: ")
    weeks = file.weeks or scenario.weeks
    yield from _facts(file, scenario)
    for name, target in file.targets.items():
        for field, words in target_problems(target, scenario, weeks):
            yield ("targets", name, field), words
    if file.table:
        for words in table_problems(file.folder / file.table, scenario, weeks, file.targets):
            yield ("table",), words
    elif not file.targets:
        yield (), "there is no figure to fit to. Write a section [targets.NAME], or table = \"local.csv\""


def _facts(file: Calibration, scenario: Scenario) -> Iterator[tuple[Place, str]]:
    """Yield the mistakes of [fit]."""
    facts: list[FittedFact] = []
    places: dict[str, Place] = {}
    for place, entry in leaves(file.fit):
        path = ".".join(place)
        if path in places:
            yield ("fit", *place), "stands twice. Remove one of the two"
            continue
        places[path] = ("fit", *place)
        try:
            facts.append(fitted_fact(scenario, path, entry))
        except RefusedError as error:
            yield places[path], str(error)
    if not places:
        yield ("fit",), 'names no fact. Write e.g. disputes.quarrels = "uniform"; `cohesion-sim parameters` lists all'
    if len(places) > MOST_FACTS:
        yield ("fit",), f"{len(places)} facts are more than figures of one place can tell. Keep {MOST_FACTS} or fewer"
    for path, words in try_ends(scenario, tuple(facts)):
        yield places[path], words
    need = emulator.SPARE * emulator.terms_of(len(places), 1 if file.rounds == 1 else 2)
    if facts and file.runs < need:
        yield ("runs",), f"{file.runs} runs a round are too few for {len(places)} facts. Write runs = {need} or more"


def with_seed(problem: Problem, seed: int) -> Problem:
    """Return the same calibration with other luck."""
    return dataclasses.replace(problem, file=dataclasses.replace(problem.file, seed=seed))
