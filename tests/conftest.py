"""Small municipalities shared by the tests: built once, read-only, with all rules of the large ones."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cohesion_sim import files, municipality
from cohesion_sim.model import CohesionModel
from cohesion_sim.municipality import Municipality
from cohesion_sim.scenario import Scenario

SMALL = {"people.size": 600}


@functools.cache
def _scenario(name: str, sets: tuple[tuple[str, Any], ...]) -> Scenario:
    return files.load_scenario(name, sets=dict(sets))


@functools.cache
def _municipality(name: str, sets: tuple[tuple[str, Any], ...], seed: int) -> Municipality:
    return municipality.build(_scenario(name, sets), seed)


@pytest.fixture(scope="session")
def scenario_of() -> Callable[..., Scenario]:
    """Return a function from a name and values to a scenario; the same one for the same question."""
    return lambda name="yuryevka", sets=SMALL: _scenario(name, tuple(sets.items()))


@pytest.fixture(scope="session")
def municipality_of() -> Callable[..., Municipality]:
    """Return a function from a name, values and a seed to a municipality; the same one for the same question."""
    return lambda name="yuryevka", sets=SMALL, seed=1: _municipality(name, tuple(sets.items()), seed)


@pytest.fixture(scope="session")
def small() -> Scenario:
    """Return a scenario of 600 people of five communities in one village."""
    return _scenario("yuryevka", tuple(SMALL.items()))


@pytest.fixture(scope="session")
def small_town() -> Municipality:
    """Return the municipality of `small` under seed 1."""
    return _municipality("yuryevka", tuple(SMALL.items()), 1)


@pytest.fixture
def finished(small: Scenario, small_town: Municipality) -> Callable[..., CohesionModel]:
    """Return a function from a programme to a finished run of it in `small` under seed 1."""

    def run(programme: Any = "nothing", weeks: int = 26) -> CohesionModel:
        model = CohesionModel(small, programme, rng=1, weeks=weeks, start=small_town)
        model.run_model()
        return model

    return run


@pytest.fixture(scope="session")
def same_bytes() -> Callable[[CohesionModel, CohesionModel], list[str]]:
    """Return a function that names everything in which two runs differ in any bit."""

    def differences(one: CohesionModel, other: CohesionModel) -> list[str]:
        books = ("sums", "histogram", "whole", "kinds", "events")
        found = [name for name in books if getattr(one.record, name).tobytes() != getattr(other.record, name).tobytes()]
        for name in type(one.state).__slots__:
            mine, yours = getattr(one.state, name), getattr(other.state, name)
            if isinstance(mine, np.ndarray):
                if mine.tobytes() != yours.tobytes():
                    found.append(name)
            elif isinstance(mine, float) and mine != yours:
                found.append(name)
        found += [
            f"docket.{name}"
            for name in one.state.docket._fields
            if getattr(one.state.docket, name).tobytes() != getattr(other.state.docket, name).tobytes()
        ]
        return found

    return differences
