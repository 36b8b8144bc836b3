"""What the [trial] section of a file holds: places, arms, assignment, participants, samples, outcomes.

A trial file is a scenario file with a section [trial]: the scenario says how one place is made and which programmes
there are, the trial how many places, how they differ, who gets what, and who is asked what. It is read by
`cohesion_sim.files.load_scenario` and lived through by `cohesion_sim.studies.trial`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from cohesion_sim.parameters import Choice

PERSON_MEASURES = {
    "attitude": "attitude to the other communities",
    "acceptance": "accepts the other communities as neighbours (attitude from the scenario's cut on)",
    "norm": "perceived norm of dealing with them",
    "willingness": "chance to act across the line: join, help, invite, step in",
    "trust_met": "trust in people of other communities met in activities; who met nobody: the attitude to their groups",
    "contact": "share of the last four weeks with an encounter across communities",
    "trust": "trust in local self-government",
    "security": "felt security",
    "participation": "how active in public life",
    "grievance": "grievance",
    "approval": "perceived approval of early marriage in the household",
    "language": "speaks the state language well",
    "placebo": "a fixed opinion that nothing in the model moves",
}
"""What a person can be asked in a trial, on a scale of 0-1."""

PERSONAL = ("person", "household", "class", "quarter")
"""Units inside a village: counts of events are not known for them."""

Number = Choice("as the number itself", -1e9, 1e9, "")
Week = Choice("weeks", 0, 520, "after so many weeks; 0: before the first")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """[trial.vary.NAME]: one number of the scenario that differs between places."""

    number: Annotated[str, "name of the number, as in `cohesion-sim parameters`"]
    spread: Annotated[Literal["normal", "log_normal", "uniform", "list"], "how it is drawn for each place"]
    mean: Annotated[float, Choice("as the number itself", -1e9, 1e9, "mean; of log_normal: the median")] = 0.0
    sd: Annotated[float, Choice("as the number itself", 0, 1e9, "SD; of log_normal: SD of the logarithm")] = 0.0
    low: Annotated[float, Choice("as the number itself", -1e9, 1e9, "smallest value")] = -1e9
    high: Annotated[float, Choice("as the number itself", -1e9, 1e9, "largest value")] = 1e9
    values: Annotated[tuple[float, ...], Number] = ()  # of a list: one a place, from the first again when too few


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """[trial.arms.NAME]: what one arm gets; the first arm is the control."""

    programmes: tuple[str, ...] = ()  # all of them together; none: nothing
    share: Annotated[float, Choice("weight", 0.001, 1000, "units of this arm against those of the others")] = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """[trial.assignment]: what is assigned to arms, and how."""

    unit: Annotated[
        Literal["person", "household", "class", "quarter", "village", "municipality"], "what is assigned to an arm"
    ] = "municipality"
    matched_by: Annotated[
        Literal["nothing", "size", "attitude"],
        "municipalities are put into blocks of alike ones, one of each arm; smaller units are always blocked by place",
    ] = "nothing"
    steps: Annotated[int, Choice("steps", 0, 50, "of a stepped wedge (0: none): arms begin one step after another")] = 0
    step_weeks: Annotated[int, Choice("weeks", 1, 104, "length of a step")] = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Participants:
    """[trial.participants]: who would take part in each place, in whatever arm; drawn before assignment."""

    share: Annotated[float, Choice("share", 0.0001, 1, "of the eligible who would take part")] = 1.0
    rule: Annotated[
        Literal["random", "attitude", "norm", "willingness", "ties"],
        "who comes forward: anybody, or rather those with warmer attitude, higher norm, readiness to act, more ties",
    ] = "random"
    strength: Annotated[float, Choice("SD", -10, 10, "weight of the rule against chance")] = 1.0
    youngest: Annotated[int, Choice("years", 0, 100, "first age")] = 18
    oldest: Annotated[int, Choice("years", 0, 120, "last age")] = 120
    roles: tuple[str, ...] = ()  # only people of these roles; none: of all
    communities: tuple[str, ...] = ()  # only people of these communities; none: of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """[trial.samples.NAME]: who is surveyed; what is left out is as in [measurement]."""

    who: Annotated[
        Literal["residents", "participants", "non_participants", "met", "strangers"],
        "met: residents who came to know somebody of another community in an activity without taking part themselves; "
        "strangers: residents who neither took part nor met anybody in one",
    ] = "residents"
    n: Annotated[int, Choice("respondents", 1, 100_000, "in each place (or community of it)")] = 50
    each: Annotated[Literal["place", "community"], "whether n is for a place or for each of its communities"] = "place"
    panel: Annotated[bool, "the same people at every wave"] = False
    communities: tuple[str, ...] = ()  # only people of these communities; none: of all
    cluster: Annotated[int, Choice("respondents", 0, 1000, "in one quarter (0: drawn from the whole place)")] = 0
    response: Annotated[float | None, Choice("share", 0.05, 1, "of those approached who answer")] = None
    reliability: Annotated[float | None, Choice("0-1", 0.05, 1, "of one answer")] = None
    desirability: Annotated[float | None, Choice("0-1", 0, 1, "how far answers move to the perceived norm")] = None
    shock: Annotated[float | None, Choice("SD", 0, 0.5, "shift common to a community's answers at one wave")] = None
    items: Annotated[int | None, Choice("items", 1, 50, "averaged into one answer")] = None
    scale: Annotated[Literal["unit", "thermometer", "trust4", "bogardus", "index"], "how answers are given"] = "unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOutcome:
    """[trial.outcomes.NAME]: what is compared between arms, and by which estimator."""

    measure: str  # of a person (`studies.trial.outcomes`), or a count of the place (a flow of `measures`)
    sample: str = ""  # empty: the first
    cut: Annotated[float | None, Choice("0-1", 0, 1, "share of answers from here on, instead of the mean")] = None
    estimator: Annotated[
        Literal["difference", "adjusted", "did"],
        "difference in means, adjusted for the baseline, or difference in differences; counts: rate ratio",
    ] = "difference"
    inference: Annotated[
        Literal["cluster", "cluster means", "robust", "randomisation"],
        "how sure: by clusters, by persons, by re-assignment",
    ] = "cluster"
    unit: Annotated[Literal["d", "points"], "told in SD of the controls or, always with a cut, in points of 100"] = "d"
    wave: Annotated[int | None, Choice("weeks", 0, 520, "the wave compared; left out: the last")] = None
    over: Annotated[int, Choice("weeks", 1, 520, "of a count: the weeks before the wave in which it is counted")] = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """[trial.expected.NAME]: a published number that the mean trial is held against."""

    outcome: str = ""
    arm: str = ""  # empty: the only one beside the control
    of: Annotated[
        Literal[
            "effect", "true_effect", "participants", "non_participants", "significant", "icc", "person_r", "community_r"
        ],
        "the mean estimate (d, points or ratio), the true effect (of all, of those who took part, of the others), the "
        "share significant; or, without a programme: likeness within places, correlation over time of persons, places",
    ] = "effect"
    size: Annotated[bool, "whatever its sign"] = False
    reduction: Annotated[bool, "of a rate ratio: one minus it"] = False
    divided_by: str = ""  # another [trial.expected.NAME]; what is held against the band is the quotient
    minus: str = ""  # likewise the difference
    low: Annotated[float, Number] = -1e9
    high: Annotated[float, Number] = 1e9
    text: str = ""
    source: str = ""
    hidden: Annotated[bool, "only a part of other rows"] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """[trial.power]: designs to look through; each is a part of the same simulated world."""

    outcome: str
    places: Annotated[tuple[int, ...], Choice("places", 2, 5000, "")]
    people: Annotated[tuple[int, ...], Choice("respondents per place", 2, 100_000, "")]
    baseline: tuple[str, ...] = ("without", "with")
    place_cost: Annotated[float, Choice("USD", 0, 1e7, "of one place in the trial, programme not counted")] = 0.0
    treated_cost: Annotated[float, Choice("USD", 0, 1e7, "of the programme in one treated place")] = 0.0
    interview_cost: Annotated[float, Choice("USD", 0, 1e5, "of one interview")] = 0.0
    target: Annotated[float, Choice("share", 0.05, 0.999, "power that is wanted")] = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """[trial]: a virtual trial in places made like this scenario."""

    places: Annotated[int, Choice("places", 1, 10_000, "in one trial")]
    repetitions: Annotated[int, Choice("trials", 1, 100_000, "how many virtual trials")] = 100
    twins: Annotated[int, Choice("trials", 0, 100_000, "in how many the true effect is measured too")] = 20
    waves: Annotated[tuple[int, ...], Week] = (0, 52)
    vary: Mapping[str, Variation] = field(default_factory=dict)
    table: Annotated[str, "CSV file beside this one: a row a place, a column a number of the scenario"] = ""
    arms: Mapping[str, Arm]
    assignment: Assignment = field(default_factory=Assignment)
    participants: Participants | None = None
    samples: Mapping[str, Sample] = field(default_factory=dict)
    outcomes: Mapping[str, TrialOutcome]
    expected: Mapping[str, Expected] = field(default_factory=dict)
    power: Power | None = None
