"""What must fit together in a trial: places and people enough, waves inside the run, arms that differ, known names."""

from __future__ import annotations

import itertools
import math
import pathlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from cohesion_sim.consistency import full_path
from cohesion_sim.designs import PERSON_MEASURES, PERSONAL, Power, Sample, Trial, TrialOutcome, Variation
from cohesion_sim.fields import RefusedError, UnknownError, admit, field_at, maybe, one_of, show
from cohesion_sim.measures import MEASURES
from cohesion_sim.place_table import read_table, table_problems
from cohesion_sim.population import ROLES
from cohesion_sim.scenario import Scenario

Path = tuple[str, ...]
Problem = tuple[Path, str]

COUNTS = tuple(name for name, measure in MEASURES.items() if measure.flow and measure.unit == "count")
"""Measures that are events of a place."""
FAR = 1e9
"""What low and high are when they are not given."""
ASKED_BANDS = 3  # age bands of five years that are too young to be asked, nearly


def trial_problems(scenario: Scenario) -> Iterator[Problem]:
    """Yield place and words of what does not fit together in the section [trial]."""
    trial = scenario.trial
    if trial is None:
        return
    yield from _variations(scenario, trial)
    yield from _table(scenario, trial)
    yield from _arms(scenario, trial)
    yield from _assignment(trial)
    yield from _villages(scenario, trial)
    yield from _participants(scenario, trial)
    yield from _waves(scenario, trial)
    yield from _samples(scenario, trial)
    yield from _outcomes(trial)
    yield from _expected(trial)
    yield from _power(scenario, trial)


def _known(place: Path, name: str, known: Iterable[str], what: str) -> Iterator[Problem]:
    names = list(known)
    if name not in names:
        mend = f"Write {one_of(names)}" if names else f"Add a section for the {what}"
        yield place, f"no {what} is called '{name}'{maybe(name, names)}. {mend}"


def _variations(scenario: Scenario, trial: Trial) -> Iterator[Problem]:
    for name, variation in (trial.vary or {}).items():
        place = ("trial", "vary", name)
        if variation is None or variation.number is None:
            continue
        low, high = variation.low, variation.high
        yield from varied(scenario, (*place, "number"), variation.number, _ends(variation))
        if variation.spread == "list" and not variation.values:
            yield (*place, "values"), "a list without values. Write values = [ … ], one a place"
        if variation.spread == "uniform" and None not in (low, high) and max(-low, high) >= FAR:
            yield (*place, "spread"), "uniform needs low and high. Write both"
        numbers = [other.number for other in trial.vary.values() if other is not None]
        if numbers.count(variation.number) > 1:
            yield (*place, "number"), f"'{variation.number}' varies twice. Remove one of the two"
        if None not in (low, high) and low > high:
            words = f"low ({show(low)}) is above high ({show(high)}). Exchange the two"
            yield (*place, "low"), words


def _table(scenario: Scenario, trial: Trial) -> Iterator[Problem]:
    if not trial.table:
        return
    path = pathlib.Path(trial.table)
    wrong = list(table_problems(scenario, path, lambda name: list(full_path(scenario, name))))
    yield from ((("trial", "table"), words) for words in wrong)
    columns = () if wrong else read_table(path).columns
    for name, variation in (trial.vary or {}).items():
        if variation is not None and variation.number in columns:
            words = f"'{variation.number}' stands in the table too. Remove one of the two"
            yield ("trial", "vary", name, "number"), words


def _ends(variation: Variation) -> tuple[float, ...]:
    """Return the values that are sure to be possible: those of a list, the limits given, the mean."""
    if variation.spread == "list":
        return variation.values or ()
    given = [end for end in (variation.low, variation.high) if end is not None and abs(end) < FAR]
    return (*given, variation.mean) if variation.spread in ("normal", "log_normal") else tuple(given)


def varied(scenario: Scenario, place: Path, path: str, values: Iterable[float]) -> Iterator[Problem]:
    """Yield what is wrong with a number of the scenario that is to take these values."""
    try:
        _, hint = field_at(scenario, Scenario, full_path(scenario, path))
    except UnknownError as error:
        words = f"unknown name '{error.name}' in '{path}'{maybe(error.name, error.known)}"
        yield place, f"{words}. `cohesion-sim parameters` lists all numbers"
        return
    for value in values:
        try:
            admit(hint, round(value) if isinstance(value, float) and value.is_integer() else value, path)
        except RefusedError as refused:
            yield place, f"{path}: {refused}"
            return


def _arms(scenario: Scenario, trial: Trial) -> Iterator[Problem]:
    arms = trial.arms or {}
    if len(arms) < 2:
        yield ("trial", "arms"), "a trial compares at least two arms. Write [trial.arms.control] and one more section"
    for number, (name, arm) in enumerate(arms.items()):
        place = ("trial", "arms", name)
        if arm is None or arm.programmes is None:
            continue
        if number and not arm.programmes:
            words = f"the arm '{name}' has no programme, so it is the control once more"
            known = ", ".join(show(key) for key in scenario.programmes or {})
            mend = f'Write programmes = [ … ] with some of {known}, or ["nothing"] if that is meant'
            yield place, f"{words}. {mend}"
        for programme in arm.programmes:
            yield from _known((*place, "programmes"), programme, [*(scenario.programmes or {}), "nothing"], "programme")


def _assignment(trial: Trial) -> Iterator[Problem]:
    assignment, arms = trial.assignment, trial.arms or {}
    if assignment is None or trial.places is None or None in arms.values() or len(arms) < 2:
        return
    place = ("trial", "assignment")
    if assignment.unit == "municipality":
        fewest = fewest_units(trial)
        risky = [n for n, o in (trial.outcomes or {}).items() if o is not None and o.inference != "robust"]
        if fewest < 2 and risky:
            words = (
                f"{trial.places} places give some arm only {fewest}: with one place an arm, the difference between "
                "the arms cannot be told from the difference between any two places, whatever the number of people"
            )
            yield ("trial", "places"), f"{words}. Write places = {2 * len(arms)} or more"
        if assignment.matched_by != "nothing" and trial.places % len(arms):
            words = f"{trial.places} places cannot be put into blocks of {len(arms)}, one for each arm"
            yield ("trial", "places"), f"{words}. Write a multiple of {len(arms)}"
    elif assignment.matched_by != "nothing":
        words = "only municipalities can be matched; smaller units are blocked by place anyway"
        yield (*place, "matched_by"), f"{words}. Remove it"
    if assignment.steps and assignment.unit != "municipality":
        yield (*place, "steps"), 'a stepped wedge is for municipalities. Write unit = "municipality" or steps = 0'


def _villages(scenario: Scenario, trial: Trial) -> Iterator[Problem]:
    """Yield that a place has too few villages to share out between the arms."""
    unit = trial.assignment.unit if trial.assignment is not None else ""
    if unit == "village" and scenario.villages and len(scenario.villages) < len(trial.arms or {}):
        number = len(scenario.villages)
        words = f"a place of this scenario has {number} village{'' if number == 1 else 's'}, too few for the arms"
        mend = 'Write unit = "municipality" (each place is then one village), or add sections [villages.NAME]'
        yield ("trial", "assignment", "unit"), f"{words}. {mend}"


def fewest_units(trial: Trial) -> int:
    """Return how many municipalities the smallest arm of a trial has."""
    weights = [arm.share for arm in trial.arms.values()]
    return min(arm_sizes(weights, trial.places))


def arm_sizes(weights: list[float], units: int) -> list[int]:
    """Return how many of so many units each arm gets: in proportion to its weight, largest remainder first."""
    exact = [weight * units / math.fsum(weights) for weight in weights]
    sizes = [math.floor(share + 1e-9) for share in exact]
    left = sorted(range(len(exact)), key=lambda k: (sizes[k] - exact[k], k))
    for k in left[: units - sum(sizes)]:
        sizes[k] += 1
    return sizes


def _participants(scenario: Scenario, trial: Trial) -> Iterator[Problem]:
    who = trial.participants
    if who is None:
        return
    place = ("trial", "participants")
    for role in who.roles or ():
        yield from _known((*place, "roles"), role, ROLES, "role")
    for community in who.communities or ():
        yield from _known((*place, "communities"), community, scenario.communities or (), "community")
    if who.youngest is not None and who.oldest is not None and who.youngest > who.oldest:
        yield (*place, "oldest"), f"is below youngest ({who.youngest}). Write oldest = {who.youngest} or more"


def _waves(scenario: Scenario, trial: Trial) -> Iterator[Problem]:
    waves = trial.waves
    if waves is None:
        return
    place = ("trial", "waves")
    if not waves or any(later <= earlier for earlier, later in itertools.pairwise(waves)):
        yield place, f"{show(list(waves))} are not waves in order. Write e.g. waves = [0, 52]"
    late = [wave for wave in waves if scenario.weeks is not None and wave > scenario.weeks]
    if late:
        words = f"wave {late[0]} comes after the end of the run ({scenario.weeks} weeks)"
        yield place, f"{words}. Write {scenario.weeks} or less, or raise weeks"


def _samples(scenario: Scenario, trial: Trial) -> Iterator[Problem]:
    for name, sample in (trial.samples or {}).items():
        if sample is None or sample.n is None:
            continue
        place = ("trial", "samples", name)
        if sample.who in ("participants", "non_participants") and trial.participants is None:
            words = f"{sample.who} of the control arm are known only if they are drawn before assignment"
            yield (*place, "who"), f"{words}. Add a section [trial.participants]"
        if sample.who == "non_participants" and trial.assignment is not None and trial.assignment.unit == "person":
            words = "with persons assigned, who does not take part belongs to no arm"
            yield (*place, "who"), f'{words}. Write unit = "household" or more, or ask participants'
        for community in sample.communities or ():
            yield from _known((*place, "communities"), community, scenario.communities or (), "community")
        there = _living(scenario, trial, sample)
        if there is not None and sample.n > there:
            where = "community" if sample.each == "community" else "place"
            words = f"{sample.n} are asked, but only about {there} such people live in the smallest {where}"
            yield (*place, "n"), f"{words}. Write n = {there} or less, or make the places larger"


def _living(scenario: Scenario, trial: Trial, sample: Sample) -> int | None:
    """Return how many people whom this sample may ask live in the smallest place (or community); None: not known."""
    people = scenario.people
    if people is None or people.size is None or people.ages is None or None in (scenario.communities or {}).values():
        return None
    size = float(people.size)
    for variation in (trial.vary or {}).values():
        if variation is not None and variation.number == "people.size":
            size = min((*_ends(variation), size) if variation.spread == "list" else (variation.low, size))
    size = max(size, 0.0) * (1 - math.fsum(people.ages[:ASKED_BANDS]))
    if sample.each == "community":
        size *= min(c.share for c in scenario.communities.values())
    if sample.who == "participants" and trial.participants is not None:
        size *= trial.participants.share
    return int(size)


def _outcomes(trial: Trial) -> Iterator[Problem]:
    if not trial.outcomes:
        yield ("trial", "outcomes"), "nothing is compared. Write a section [trial.outcomes.NAME]"
    for name, outcome in (trial.outcomes or {}).items():
        if outcome is not None and outcome.measure is not None:
            yield from _outcome(trial, ("trial", "outcomes", name), outcome)


def _outcome(trial: Trial, place: Path, outcome: TrialOutcome) -> Iterator[Problem]:
    waves = trial.waves or ()
    unit = trial.assignment.unit if trial.assignment is not None else "municipality"
    yield from _known((*place, "measure"), outcome.measure, [*PERSON_MEASURES, *COUNTS], "measure")
    if outcome.wave is not None and outcome.wave not in waves:
        words = f"nobody is asked in week {outcome.wave}"
        yield (*place, "wave"), f"{words}. Write one of the waves ({', '.join(map(str, waves))}), or add it there"
    if outcome.measure in COUNTS:
        if unit in PERSONAL:
            words = f"events of the place are not known for each {unit}"
            yield (*place, "measure"), f'{words}. Write unit = "village" or "municipality", or ask people'
        return
    if outcome.sample:
        yield from _known((*place, "sample"), outcome.sample, trial.samples or (), "sample")
    elif not trial.samples:
        yield place, "nobody is asked. Write a section [trial.samples.NAME]"
    wave = outcome.wave if outcome.wave is not None else (waves[-1] if waves else 0)
    if outcome.estimator != "difference" and waves and not (len(waves) > 1 and wave > waves[0]):
        words = f"the estimator '{outcome.estimator}' needs a baseline, but the first wave is the one compared"
        yield (*place, "estimator"), f"{words}. Write waves = [0, {max(wave, 1)}]"


def _expected(trial: Trial) -> Iterator[Problem]:
    for name, row in (trial.expected or {}).items():
        if row is None:
            continue
        place = ("trial", "expected", name)
        yield from _known((*place, "outcome"), row.outcome, trial.outcomes or (), "outcome")
        treated = list(trial.arms or {})[1:]
        if row.arm:
            yield from _known((*place, "arm"), row.arm, treated, "arm beside the control")
        elif len(treated) > 1:
            yield place, f"there are several arms beside the control. Write arm = {show(treated[0])} or another"
        for key in ("divided_by", "minus"):
            other = getattr(row, key)
            if other:
                yield from _known((*place, key), other, trial.expected, "expected row")
        if row.low is not None and row.high is not None and row.low > row.high:
            yield (*place, "low"), f"low ({show(row.low)}) is above high ({show(row.high)}). Exchange the two"


def _power(scenario: Scenario, trial: Trial) -> Iterator[Problem]:
    power = trial.power
    if power is None:
        return
    place = ("trial", "power")
    yield from _unfit_for_power(trial)
    for name in ("places", "people", "baseline"):
        if getattr(power, name) == ():
            yield (*place, name), f"nothing to look through. Write {name} = [ … ]"
    if power.outcome is not None:
        yield from _known((*place, "outcome"), power.outcome, trial.outcomes or (), "outcome")
        yield from _asked_for_power(scenario, trial, power)
    if "with" in (power.baseline or ()) and trial.waves is not None and len(trial.waves) < 2:
        yield (*place, "baseline"), 'there is one wave only. Write baseline = ["without"], or another wave in [trial]'
    most = max(power.places or (0,))
    if trial.places is not None and most > trial.places:
        words = f"designs of {most} places need a simulated world of at least as many"
        yield (*place, "places"), f"{words}. Write places = {most} in [trial], or fewer here"
    if power.places and min(power.places) < 4:
        yield (*place, "places"), f"{min(power.places)} places are too few to tell arms apart. Write 4 or more"
    for word in power.baseline or ():
        yield from _known((*place, "baseline"), word, ("with", "without"), "kind of design")


def _unfit_for_power(trial: Trial) -> Iterator[Problem]:
    """Yield designs whose parts are no smaller trials of the same kind."""
    assignment, place = trial.assignment, ("trial", "power")
    if len(trial.arms or {}) > 2:
        yield place, "designs are looked through for two arms only. Remove the other arms in a copy of this file"
    if assignment is not None and assignment.unit != "municipality":
        words = f"designs differ by their places, but here each {assignment.unit} is assigned inside every place"
        yield place, f'{words}. Write unit = "municipality" in [trial.assignment], or run `trial` with other numbers'
    if assignment is not None and assignment.steps:
        yield place, "a stepped wedge has no smaller parts. Remove this section, and run `trial` with other numbers"


def _asked_for_power(scenario: Scenario, trial: Trial, power: Power) -> Iterator[Problem]:
    outcome = (trial.outcomes or {}).get(power.outcome)
    if outcome is None:
        return
    waves = trial.waves or ()
    if "with" in (power.baseline or ()) and waves and outcome.wave == waves[0] and len(waves) > 1:
        words = f"'{power.outcome}' is compared at the first wave, so there is no baseline"
        yield ("trial", "power", "baseline"), f'{words}. Write baseline = ["without"]'
    if outcome.measure in COUNTS:
        yield ("trial", "power", "outcome"), f"'{power.outcome}' is a count. Name an outcome asked of people"
        return
    sample = (trial.samples or {}).get(outcome.sample or next(iter(trial.samples or {}), ""))
    there = None if sample is None else _living(scenario, trial, replace(sample, each="place"))
    if there is not None and max(power.people or (0,)) > there:
        words = f"{max(power.people)} are asked, but only about {there} such people live in the smallest place"
        yield ("trial", "power", "people"), f"{words}. Write {there} or less, or make the places larger"
