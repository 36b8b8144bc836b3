"""Shared luck: with and without a programme it is the same village in the same weeks, bit for bit.

Every test compares all weekly totals and the whole state of residents, not means.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cohesion_sim
from cohesion_sim import files
from cohesion_sim.activities import Activities
from cohesion_sim.fields import hints
from cohesion_sim.model import CohesionModel
from cohesion_sim.municipality import Municipality
from cohesion_sim.parameters import Declared
from cohesion_sim.scenario import Programme, Scenario

WEEKS = 26
KINDS = sorted(files.kinds()["interventions"])
SHOCKS = sorted(files.kinds()["shocks"])
Run = Callable[..., CohesionModel]
Same = Callable[[CohesionModel, CohesionModel], list[str]]


WORKS = {
    "start": 1,
    "weeks": 8,
    "every": 2,
    "organisers": 5,
    "workers": 60,
    "shared": True,
    "coverage": 1.0,
    "balance": 0.5,
    "good": 1.0,
    "failure": 0.1,
    "favouritism": 0.05,
    "price": 1000.0,
    "local_share": 0.2,
    "mixing": 1.0,
    "partners": 6,
    "turnout": 0.7,
    "quality": 0.6,
    "bad_session": 0.08,
    "hurt": 0.03,
}
"""No built-in programme has public works."""


def kind_of(actor: Any) -> str:
    return type(actor).__module__.rpartition(".")[2]


def examples() -> dict[str, Any]:
    """Return one intervention of each kind, as some built-in scenario has it."""
    found: dict[str, Any] = {"public_works": files.kinds()["interventions"]["public_works"](**WORKS)}
    for name in ("aleksandrovka", "yuryevka", "zhazy", "gulistan"):
        for programme in files.load_scenario(name).programmes.values():
            for actor in programme.interventions.values():
                found.setdefault(kind_of(actor), actor)
    return found


EXAMPLES = examples()


def numbers(actor: Any) -> Iterator[tuple[str, Declared]]:
    for field in dataclasses.fields(actor):
        for declared in getattr(hints(type(actor))[field.name], "__metadata__", ()):
            if isinstance(declared, Declared):
                yield field.name, declared


def idle(actor: Any) -> Any:
    """Return the intervention with every number that may be 0 at 0 and every switch off."""
    zero: dict[str, Any] = {name: type(getattr(actor, name))(0) for name, d in numbers(actor) if d.low <= 0}
    zero |= {f.name: False for f in dataclasses.fields(actor) if isinstance(getattr(actor, f.name), bool)}
    return dataclasses.replace(actor, **zero)


def late(actor: Any) -> Any:
    """Return the intervention, starting after the last week of the run."""
    after: dict[str, Any] = {"start": WEEKS + 1}
    if hasattr(actor, "until"):
        after["until"] = WEEKS + 20
    return dataclasses.replace(actor, **after)


def with_one_more(programme: Programme, label: str, actor: Any) -> Programme:
    return dataclasses.replace(programme, interventions={**programme.interventions, label: actor})


# ------------------------------------------------------------------------------- idle is absent
def test_every_kind_has_an_example() -> None:
    assert sorted(EXAMPLES) == KINDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("base", ["nothing", "project"])
@pytest.mark.parametrize("how", [late, idle])
def test_an_idle_intervention_is_as_good_as_absent(
    how: Callable[[Any], Any], base: str, kind: str, small: Scenario, finished: Run, same_bytes: Same
) -> None:
    programme = Programme(name="nothing") if base == "nothing" else small.programmes["project"]
    more = with_one_more(programme, "idle_one", how(EXAMPLES[kind]))
    assert same_bytes(finished(programme), finished(more)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_intervention_at_work_is_seen(kind: str, small: Scenario, finished: Run, same_bytes: Same) -> None:
    """Without this the test above could not fail."""
    early = {"start": 1, "until": WEEKS}
    actor = EXAMPLES[kind]
    actor = dataclasses.replace(actor, **{k: v for k, v in early.items() if hasattr(actor, k)})
    more = with_one_more(Programme(name="nothing"), "busy_one", actor)
    assert same_bytes(finished("nothing"), finished(more)) != []


@pytest.mark.parametrize("kind", SHOCKS)
def test_a_shock_that_cannot_happen_is_as_good_as_absent(kind: str, small: Scenario, same_bytes: Same) -> None:
    shock = files.kinds()["shocks"][kind]
    values: dict[str, Any] = {}
    for field in dataclasses.fields(shock):
        (declared, *_) = (*getattr(hints(shock)[field.name], "__metadata__", ()), None)
        if isinstance(declared, Declared):
            values[field.name] = declared.low
    one = shock(**values)  # week -1, chance 0
    without = CohesionModel(small, rng=3, weeks=12)
    scenario = dataclasses.replace(small, shocks={**small.shocks, "one_more": one})
    with_it = CohesionModel(scenario, rng=3, weeks=12)
    for model in (without, with_it):
        model.run_model()
    assert same_bytes(without, with_it) == []


@pytest.mark.parametrize("name", ["dialogue_only", "mediation_only", "project", "initiatives_only", "competition"])
def test_nothing_differs_before_the_first_activity(
    name: str, small: Scenario, small_town: Municipality, same_bytes: Same
) -> None:
    programme = small.programmes[name]
    first = min(actor.start for actor in programme.interventions.values())
    assert 1 <= first < WEEKS
    arms = [CohesionModel(small, p, rng=1, weeks=WEEKS, start=small_town) for p in ("nothing", programme)]
    for week in range(WEEKS):
        if week <= first:
            assert same_bytes(*arms) == []
        for arm in arms:
            arm.step()
    assert same_bytes(*arms) != []


def turned(model: CohesionModel, label: str, week: int) -> Any:
    view = model._views[label]
    view.turn_to(week, model.state.enrolled.get(label))
    return view


# ------------------------------------------------------------------------------- order and labels
def test_the_order_of_interventions_does_not_matter(small: Scenario, finished: Run, same_bytes: Same) -> None:
    programme = small.programmes["project"]
    backwards = dataclasses.replace(programme, interventions=dict(reversed(programme.interventions.items())))
    assert list(programme.interventions) != list(backwards.interventions)
    assert same_bytes(finished(programme), finished(backwards)) == []


def first_week(model: CohesionModel, label: str, week: int) -> Activities:
    actor = dict(model._actors)[label]
    found: Activities = actor.act(week, turned(model, label, week), model._luck[label])
    return found


def test_a_label_draws_the_same_whoever_else_acts(small: Scenario, small_town: Municipality) -> None:
    platform = dataclasses.replace(EXAMPLES["dialogue_platform"], start=3, until=20)
    club = dataclasses.replace(EXAMPLES["public_meeting"], start=3, until=20)
    alone = Programme(name="alone", interventions={"platform": platform})
    both = Programme(name="both", interventions={"a_meeting": club, "platform": platform, "z_meeting": club})
    models = [CohesionModel(small, p, rng=1, weeks=8, start=small_town) for p in (alone, both)]
    for model in models:
        for _ in range(3):
            model.step()
    one, two = (first_week(model, "platform", 3) for model in models)
    assert one.attended.size > 0
    assert np.array_equal(one.attended, two.attended)
    assert all(np.array_equal(a.people, b.people) for a, b in zip(one.meetings, two.meetings, strict=True))
    for channel in dataclasses.fields(one):
        mine, yours = getattr(one, channel.name), getattr(two, channel.name)
        assert repr(mine) == repr(yours)


def test_two_labels_of_one_kind_invite_different_people(small: Scenario, small_town: Municipality) -> None:
    circle = dataclasses.replace(EXAMPLES["dialogue_platform"], start=3, until=20)
    programme = Programme(name="two", interventions={"north": circle, "south": circle})
    model = CohesionModel(small, programme, rng=1, weeks=8, start=small_town)
    for _ in range(3):
        model.step()
    north, south = (first_week(model, label, 3).attended for label in ("north", "south"))
    assert set(north.tolist()) != set(south.tolist())


def test_a_label_named_like_a_part_of_the_model_draws_its_own_numbers(small: Scenario) -> None:
    """What a user calls an intervention must not tie its luck to the model's own decisions."""
    own = {"week", "population", "ties", "places", "backlash", "followers"}
    programme = Programme(name="odd", interventions=dict.fromkeys(sorted(own), EXAMPLES["public_meeting"]))
    model = CohesionModel(small, programme, rng=1, weeks=1)
    assert {luck.scope for luck in model._luck.values()}.isdisjoint(own)


# ------------------------------------------------------------------------------- threads, processes, versions
SCRIPT = """
import hashlib, sys
from cohesion_sim import files
from cohesion_sim.model import CohesionModel
scenario = files.load_scenario("yuryevka", sets={"people.size": 600})
digest = hashlib.sha256()
for programme in ("nothing", "project", "mediation_only"):
    model = CohesionModel(scenario, programme, rng=4, weeks=30)
    model.run_model()
    for array in (model.record.sums, model.record.histogram, model.record.whole, model.record.kinds,
                  model.state.attitude, model.state.norm, model.state.tie_trust, model.state.good, model.state.skill):
        digest.update(array.tobytes())
print(digest.hexdigest())
"""


def digest_of(python: str, **environment: str) -> str:
    source = str(Path(next(iter(cohesion_sim.__path__))).parent)
    done = subprocess.run(
        [python, "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": source, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.fixture(scope="module")
def reference() -> str:
    return digest_of(sys.executable, PYTHONHASHSEED="0", NUMBA_NUM_THREADS="1")


def test_two_processes_with_other_hash_seeds_and_threads_agree(reference: str) -> None:
    assert digest_of(sys.executable, PYTHONHASHSEED="1", NUMBA_NUM_THREADS="2") == reference


def test_another_seed_is_another_run(small: Scenario, same_bytes: Same) -> None:
    models = [CohesionModel(small, rng=seed, weeks=4) for seed in (1, 2)]
    for model in models:
        model.run_model()
    assert {"attitude", "tie_trust"} <= set(same_bytes(*models))


def test_runs_in_two_threads_at_once_are_the_runs_one_after_the_other(finished: Run, same_bytes: Same) -> None:
    names = ["nothing", "project", "mediation_only", "competition"]
    serial = [finished(name) for name in names]
    with ThreadPoolExecutor(2) as pool:
        parallel = list(pool.map(finished, names))
    assert [same_bytes(a, b) for a, b in zip(serial, parallel, strict=True)] == [[]] * len(names)


def test_other_python_versions_agree(reference: str) -> None:
    """Interpreters that can import the package's dependencies, as COHESION_PYTHONS=path:path."""
    pythons = [p for p in os.environ.get("COHESION_PYTHONS", "").split(os.pathsep) if p]
    if not pythons:
        pytest.skip("NOT TESTED: other Python versions. Set COHESION_PYTHONS to a list of interpreters")
    assert {python: digest_of(python) for python in pythons} == dict.fromkeys(pythons, reference)
