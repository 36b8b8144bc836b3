"""What a scenario holds: frozen sections of numbers, each declared with unit, limits and meaning.

A scenario is read by `cohesion_sim.files.load_scenario`; here only its shape is said. Where a number
comes from (range, mark, source, line) is in ``Scenario.provenance`` under its path, e.g. ``contact.gain``.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from cohesion_sim.designs import Trial
from cohesion_sim.parameters import Choice, Fact, Provenance
from cohesion_sim.portfolio_design import Portfolio

AGE_BANDS = (*(f"{low}-{low + 4}" for low in range(0, 65, 5)), "65+")
"""The fourteen five-year bands of the age pyramid."""

Share = Annotated[float, Fact("share", 0, 1, "")]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """[people]: how many live here, in what households and quarters."""

    size: Annotated[int, Fact("people", 200, 2_000_000, "residents of the municipality")]
    household_size: Annotated[float, Fact("people", 1.5, 9, "mean household size")]
    female: Annotated[float, Fact("share", 0.3, 0.7, "women and girls among residents")]
    ages: Annotated[
        tuple[float, ...], Fact("share", 0, 1, "residents in each five-year age band, 0-4 to 65+")
    ]
    dissimilarity: Annotated[
        float,
        Fact("index 0-1", 0.05, 0.98, "segregation of communities over quarters (multi-group dissimilarity)"),
    ]
    quarter: Annotated[int, Fact("households", 5, 500, "households in a quarter")]
    away: Annotated[float, Fact("share of 20-35", 0, 0.6, "who work abroad from spring to autumn")]
    away_from: Annotated[int, Fact("week of year", 1, 53, "seasonal migrants leave")]
    away_until: Annotated[int, Fact("week of year", 1, 53, "seasonal migrants are back")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """[communities.KEY]: an ethnic × confession group; ``line`` tells kin or canal groups of one kind apart."""

    title: Mapping[str, str]
    ethnicity: str
    confession: str
    share: Annotated[float, Fact("share", 0, 1, "of residents")]
    line: str = ""
    speaks: Mapping[str, Annotated[float, Fact("share", 0, 1, "who speak the language well")]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Village:
    """[villages.KEY]: a settlement; ``communities`` gives its own shares where they differ from the whole."""

    title: Mapping[str, str]
    share: Annotated[float, Fact("share", 0, 1, "of the municipality's residents")]
    communities: Mapping[str, Annotated[float, Fact("share", 0, 1, "of the village's residents")]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confession:
    """[confessions.KEY]: where people pray and who leads them."""

    title: Mapping[str, str]
    houses: Annotated[int, Fact("houses of prayer", 0, 200, "mosques, churches or prayer houses")]
    muslim_background: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """[roles]: officials, activists and pupils' classes; one village head a village, one leader a house of prayer."""

    staff: Annotated[int, Fact("people", 1, 400, "paid staff of the municipality (ayil okmotu)")]
    council: Annotated[int, Fact("seats", 1, 200, "local council")]
    womens_council: Annotated[int, Fact("people", 0, 200, "women's council")]
    youth_committee: Annotated[int, Fact("people", 0, 200, "youth committee")]
    elders_court: Annotated[int, Fact("people", 0, 200, "elders' (aksakal) court")]
    active_teachers: Annotated[int, Fact("people per school", 0, 50, "teachers active in public life")]
    schools: Annotated[int, Fact("schools", 1, 500, "general schools")]
    class_size: Annotated[int, Fact("pupils", 5, 60, "pupils in one class")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterKind:
    """[ties.KIND] of encounters without a number of their own: household, acquaintance, stranger."""

    chance: Annotated[float, Fact("per week", 0, 1, "chance that the two meet in a week")]
    closeness: Annotated[float, Fact("weight", 0, 10, "weight in influence (friend = 1)")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TieKind(EncounterKind):
    """[ties.KIND]: how many such ties a person has, how often they meet, how much they weigh."""

    number: Annotated[float, Fact("ties a person", 0, 30, "mean number of ties of this kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance(EncounterKind):
    """[ties.acquaintance]: people who came to know each other in activities."""

    number: Annotated[
        float, Fact("people", 1, 1000, "acquaintances a person has time for: with more, each is met less often")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """[ties]: who knows whom. All members of a household know each other; acquaintances are made in activities."""

    household: EncounterKind
    kin: TieKind
    neighbour: TieKind
    friend: TieKind
    school: TieKind
    work: TieKind
    congregation: TieKind
    acquaintance: Acquaintance
    stranger: EncounterKind
    homophily: Annotated[float, Fact("share", 0, 1, "friendships sought inside one's own community")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attitudes:
    """[attitudes]: mean attitudes at the start, 0 (none) to 1 (full)."""

    own: Annotated[float, Fact("0-1", 0, 1, "to one's own community")]
    other_line: Annotated[float, Fact("0-1", 0, 1, "to another kin or canal group of one's own people")]
    other_ethnicity: Annotated[float, Fact("0-1", 0, 1, "to another ethnicity of the same confession")]
    other_confession: Annotated[float, Fact("0-1", 0, 1, "to another confession")]
    converts: Annotated[float, Fact("0-1", 0, 1, "to converts from a Muslim background")]
    spread: Annotated[float, Fact("SD", 0, 0.3, "spread between residents")]
    acceptance_cut: Annotated[float, Fact("0-1", 0, 1, "attitude from which one accepts the other as neighbour")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """[contact]: what an encounter between communities does."""

    good: Annotated[float, Fact("share", 0.05, 0.95, "ordinary encounters between communities that go well")]
    trust_slope: Annotated[float, Fact("logit", 0, 10, "tie trust makes an encounter go well")]
    language_slope: Annotated[float, Fact("logit", 0, 10, "a shared language makes an encounter go well")]
    setting_slope: Annotated[float, Fact("logit", 0, 10, "a co-operative setting makes an encounter go well")]
    gain: Annotated[float, Fact("share of the gap", 0, 1, "what a good encounter adds to tie trust")]
    bad_to_good: Annotated[float, Fact("ratio", 1, 5, "weight of a bad encounter against a good one")]
    generalisation: Annotated[float, Fact("share", 0, 1, "of a tie's change that passes to the group")]
    third_groups: Annotated[float, Fact("share", 0, 1, "of a group's change that passes to third groups")]
    allport: Annotated[float, Fact("multiplier", 0.5, 3, "extra weight of facilitated contact (1 = none)")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """[influence]: how people who meet grow alike, and how old views come back."""

    pull: Annotated[float, Fact("per meeting", 0, 1, "share of a difference in attitude that one meeting closes")]
    confidence: Annotated[float, Fact("0-1", 0, 1.01, "difference beyond which one does not listen")]
    across: Annotated[float, Fact("weight", 0, 1, "weight of people of other communities")]
    leader: Annotated[float, Fact("weight", 0, 20, "weight of a religious leader on those who attend")]
    attendance: Annotated[float, Fact("per week", 0, 1, "chance to hear one's religious leader")]
    half_life: Annotated[float, Fact("months", 1, 1200, "half-life of a gain in attitude")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Norms:
    """[norms]: what people believe that people like them approve."""

    learning: Annotated[float, Fact("per week", 0, 1, "weight of what one saw this week")]
    act_attitude: Annotated[float, Fact("logit", 0, 20, "attitude makes people act across the line")]
    act_norm: Annotated[float, Fact("logit", 0, 20, "perceived norm makes people act across the line")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """One number for each kind of dispute: [disputes.mix] its share, [disputes.violent] the chance of a violent end.

    The chance is that with nobody skilled at hand and no trust in institutions; what is seen is lower.
    """

    family: Share
    land_water: Share
    neighbour: Share
    youth: Share
    inter_community: Share
    religious: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputes:
    """[disputes]: how many arise, who takes them up, how they end, how quarrels grow."""

    registered: Annotated[float, Fact("per 1,000 people a year", 0, 100, "disputes brought to an institution")]
    true_ratio: Annotated[float, Fact("ratio", 1, 50, "all disputes to registered ones")]
    mix: Mix
    irrigation: Annotated[float, Fact("ratio", 0.2, 10, "land and water disputes April to August against the rest")]
    holidays: Annotated[float, Fact("ratio", 0, 2, "youth quarrels in school holidays against term")]
    elasticity: Annotated[float, Fact("log rate per unit grievance", 0, 10, "grievance makes disputes more frequent")]
    quarrels: Annotated[float, Fact("per 1,000 aged 12-22 a year", 0, 1000, "youth quarrels, with or without blows")]
    violent: Mix
    skill_effect: Annotated[float, Fact("log", 0, 10, "skill at hand makes violence less likely")]
    trust_effect: Annotated[float, Fact("share", 0, 1, "trust in institutions makes violence less likely")]
    handler_skill: Annotated[float, Fact("0-1", 0, 1, "skill of untrained elders, officials, leaders")]
    mediator_take_up: Annotated[float, Fact("share", 0, 1, "disputes a trained acquaintance takes up")]
    capacity: Annotated[int, Fact("cases", 1, 50, "cases one handler can hold at a time")]
    centre: Annotated[float, Fact("0-1", 0, 1, "how far the crime-prevention centre works")]
    settled_working: Annotated[float, Fact("share", 0, 1, "registered disputes settled, centre working")]
    settled_dormant: Annotated[float, Fact("share", 0, 1, "registered disputes settled, centre dormant")]
    settled_alone: Annotated[float, Fact("share", 0, 1, "disputes settled with nobody's help")]
    weeks_handled: Annotated[float, Fact("weeks", 1, 104, "mean time to the end, with a handler")]
    weeks_alone: Annotated[float, Fact("weeks", 1, 104, "mean time to the end, without")]
    group_fight: Annotated[float, Fact("per quarrel with blows", 0, 1, "grows into a group fight (ten or more)")]
    gathering: Annotated[float, Fact("per group fight", 0, 1, "adults gather on both sides")]
    adult_stops: Annotated[float, Fact("share", 0, 1, "group fights a trusted adult stops on the spot")]
    channel: Annotated[float, Fact("share of the gap", 0, 1, "what one sitting of leaders adds to their channel")]
    channel_half_life: Annotated[float, Fact("months", 0.5, 240, "half-life of the channel between leaders")]
    excitation: Annotated[float, Fact("disputes", 0, 0.95, "further disputes that one violent incident brings")]
    excitation_weeks: Annotated[float, Fact("weeks", 0.5, 52, "mean delay of those further disputes")]
    seen_by: Annotated[float, Fact("share of ties", 0, 1, "of a party's ties who see violence or hear of it at once")]
    attitude_loss: Annotated[float, Fact("share", 0, 1, "of the attitude to the other side lost by a witness")]
    security_loss: Annotated[float, Fact("share", 0, 1, "of felt security lost by a witness")]
    grievance_gain: Annotated[float, Fact("0-1", 0, 1, "added to a witness's grievance")]
    tie_loss: Annotated[float, Fact("share", 0, 1, "of the trust between two people lost when they come to blows")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Institutions:
    """[institutions]: trust in local self-government, felt security, grievance."""

    trust: Annotated[float, Fact("0-1", 0.01, 0.99, "trust in local self-government at the start")]
    experience: Annotated[float, Fact("events", 0.5, 200, "how many past events a trust rests on")]
    memory: Annotated[float, Fact("months", 1, 600, "half-life of an experience with the institution")]
    witness: Annotated[float, Fact("weight", 0, 1, "weight of a witness against a party")]
    security: Annotated[float, Fact("0-1", 0, 1, "felt security at the start")]
    grievance: Annotated[float, Fact("0-1", 0, 1, "grievance at the start")]
    recovery: Annotated[float, Fact("months", 0.5, 120, "half-life of fear and grievance")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marriage:
    """[marriage]: girls married before 18."""

    hazard: Annotated[float, Fact("per girl-year, 14-17", 0, 0.5, "marriages before 18")]
    late: Annotated[float, Fact("share", 0, 1, "of these marriages that happen at 16-17")]
    rite: Annotated[float, Fact("share", 0, 1, "by religious rite without registration")]
    refusal: Annotated[float, Fact("probability", 0, 0.99, "a religious leader refuses the rite, untrained")]
    evasion: Annotated[float, Fact("share", 0, 1, "of refused rites that another performs")]
    approval: Annotated[float, Fact("0-1", 0, 1, "perceived approval of early marriage at the start")]
    belief_weight: Annotated[float, Fact("log hazard", 0, 5, "household belief drives the hazard")]
    norm_weight: Annotated[float, Fact("log hazard", 0, 5, "perceived norm drives the hazard")]
    incentive: Annotated[float, Fact("share", 0, 1, "fall of the hazard while an incentive to stay at school is paid")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skills:
    """[skills]: what training leaves."""

    half_life: Annotated[float, Fact("months", 1, 1200, "half-life of mediation skill")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """[harm]: what a programme can do wrong."""

    backlash: Annotated[float, Fact("per participant", 0, 1, "who feel less at home afterwards")]
    girls: Annotated[float, Fact("ratio", 0.2, 5, "backlash among girls and young women")]
    majority: Annotated[float, Fact("ratio", 0.2, 5, "backlash in the largest community")]
    loss: Annotated[float, Fact("share", 0, 1, "of felt security and participation lost by such a person")]
    leader_loss: Annotated[float, Fact("share", 0, 1, "followers who stop listening to a leader who sits with others")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """[measurement]: how an ordinary survey would see it."""

    survey: Annotated[int, Fact("respondents", 20, 100_000, "size of the survey")]
    cluster: Annotated[int, Fact("respondents", 1, 1000, "respondents in one cluster")]
    icc: Annotated[float, Fact("0-1", 0, 0.9, "likeness of answers within a cluster")]
    reliability: Annotated[float, Fact("0-1", 0.1, 1, "reliability of the answer scale")]
    response: Annotated[float, Fact("share", 0.05, 1, "of those approached who answer")]
    desirability: Annotated[float, Fact("0-1", 0, 1, "how far answers move from the own view to the perceived norm")]
    shock: Annotated[float, Fact("SD", 0, 0.5, "shift common to a community's answers at one wave of a trial")]
    items: Annotated[int, Fact("items", 1, 50, "averaged into one answer")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Economy:
    """[economy]: money."""

    som_per_usd: Annotated[float, Fact("som", 1, 1000, "exchange rate of the project year")]
    own_budget: Annotated[float, Fact("million som a year", 0, 10_000, "the municipality's own budget")]
    budget: Annotated[float, Fact("USD", 0, 100_000_000, "direct budget of a programme")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """[programmes.NAME]: interventions under labels; ``nothing`` is the empty one and always exists."""

    name: str
    title: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)
    interventions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A municipality, its numbers, its shocks and the programmes that may be tried in it."""

    name: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    start: datetime.date
    weeks: Annotated[int, Choice("weeks", 1, 520, "length of a run")]
    people: People
    communities: Mapping[str, Community]
    villages: Mapping[str, Village]
    confessions: Mapping[str, Confession]
    roles: Roles
    ties: Ties
    attitudes: Attitudes
    contact: Contact
    influence: Influence
    norms: Norms
    disputes: Disputes
    institutions: Institutions
    marriage: Marriage
    skills: Skills
    harm: Harm
    measurement: Measurement
    economy: Economy
    headline: tuple[str, ...] = ("violent", "cohesion")  # measures that answer and ranking put first
    shocks: Mapping[str, Any] = field(default_factory=dict)
    programmes: Mapping[str, Programme] = field(default_factory=dict)
    trial: Trial | None = None
    portfolio: Portfolio | None = None
    provenance: Mapping[str, Provenance] = field(default_factory=dict, repr=False)
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)
