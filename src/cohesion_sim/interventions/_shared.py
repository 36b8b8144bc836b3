"""Pieces shared by several kinds of intervention: a session, and a local project."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

import numpy as np

from cohesion_sim.activities import (
    NOTHING,
    Activities,
    Draws,
    Harm,
    LanguageLesson,
    Meeting,
    PeopleView,
    Rows,
    Service,
    Signal,
    Watch,
    no_rows,
)
from cohesion_sim.kernels.arithmetic import power
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import (
    ADULT,
    ANSWERS_FROM,
    GIRLS,
    YOUTH,
    aged_of,
    chance,
    come,
    drawn,
    favoured,
    in_village,
    joined,
    seated,
    speak_for_several,
    speaks,
    where,
    without,
)

COURSE = 26
"""Sessions in an ordinary language course: two a week for three months (assumption)."""
HALF = 0.5
"""Share of the quarters that get a local project which is not shared (assumption)."""


def meeting(
    people: PeopleView, rows: Rows, partners: int, mixing: float, setting: float
) -> tuple[Meeting, ...]:
    """Return the meeting of ``rows``, seated; none when nobody is there to talk with or nobody is to talk."""
    if len(rows) < 2 or partners < 2:
        return ()
    # Round a table of n, more than (n - 1) // 2 seats to each side would reach somebody twice.
    most = max(2, 2 * ((len(rows) - 1) // 2))
    return (
        Meeting(
            people=seated(people, rows, mixing),
            partners=min(partners, most),
            setting=setting,
            leaders=setting > 0 and speak_for_several(people, rows),
        ),
    )


def language_lesson(
    people: PeopleView, rows: Rows, language: str, gain: float, lessons: float
) -> tuple[LanguageLesson, ...]:
    """Return the lesson of those of ``rows`` who do not speak the language well yet.

    ``gain`` is the share who learn it in a course of 26 sessions; each session has the same chance.
    """
    learners = rows[~speaks(people, language, rows)]
    if len(learners) == 0:
        return ()
    name = language or people.language_names[0]
    share = 1 - power(1 - gain, lessons / COURSE)
    return (LanguageLesson(people=learners, language=name, share=share),)


def service(rows: Rows, good: float) -> tuple[Service, ...]:
    """Return the service to ``rows``; none when it is nothing or for nobody."""
    return (Service(people=rows, good=good),) if len(rows) and good else ()


def grievance(rows: Rows, amount: float) -> tuple[Harm, ...]:
    """Return the grievance of ``rows``; none when it is nothing or nobody's."""
    return (Harm(people=rows, grievance=amount),) if len(rows) and amount else ()


def signal(rows: Rows, topic: str, strength: float) -> tuple[Signal, ...]:
    """Return the norm shown to ``rows``; none when it is nothing or shown to nobody."""
    return (Signal(people=rows, topic=topic, strength=strength),) if len(rows) and strength else ()


def combined(*parts: Activities) -> Activities:
    """Return the activities of all parts together; `NOTHING` when no part does anything."""
    parts = tuple(part for part in parts if part is not NOTHING)
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    channels: dict[str, Any] = {}
    for field in fields(Activities):
        values = [getattr(part, field.name) for part in parts]
        is_tuple = isinstance(values[0], tuple)
        channels[field.name] = tuple(itertools.chain(*values)) if is_tuple else joined(*values)
    return Activities(**channels)


@dataclass(frozen=True, slots=True)
class Session:
    """One session held: who came, whether it went well, and what it does."""

    came: Rows
    well: bool
    meetings: tuple[Meeting, ...]
    harms: tuple[Harm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Sessions in which people of different communities sit together, and which may go wrong."""

    mixing: Annotated[
        float, Choice("0-1", 0, 1, "1: communities alternate round the table; 0: each sits by itself")
    ]
    partners: Annotated[int, Choice("people", 0, 40, "neighbours each one talks with (0: listens only)")]
    turnout: Annotated[float, Fact("share", 0, 1, "of the invited who come")]
    quality: Annotated[float, Fact("-1 to 1", -1, 1, "how co-operative the setting is")]
    bad_session: Annotated[float, Fact("probability", 0, 1, "a session goes wrong")]
    hurt: Annotated[
        float, Fact("share", 0, 1, "of felt security and participation lost in a session that goes wrong")
    ]

    def hold(self, week: int, people: PeopleView, draws: Draws, rows: Rows, name: str = "session") -> Session:
        """Return the session of those of ``rows`` who come.

        A session that goes wrong is as adversarial as a good one is co-operative (assumption), and hurts
        those present. Within their community people sit in a new order every time.
        """
        came = come(rows[~people.away[rows]], self.turnout, draws, f"{name} turnout", week)
        came = draws.shuffled(f"{name} seats", week, came)
        well = chance(draws, f"{name} goes well", week) >= self.bad_session
        setting = self.quality if well else -abs(self.quality)
        hurt = len(came) > 0 and not well and self.hurt > 0
        return Session(
            came=came,
            well=well,
            meetings=meeting(people, came, self.partners, self.mixing, setting),
            harms=(Harm(people=came, security=self.hurt, participation=self.hurt),) if hurt else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalProjects(Sessions):
    """Local projects of one theme: how long each is, whom it is for, how good it is."""

    theme: Annotated[
        Literal["language", "youth", "early_marriage", "public_works"], "what the projects are about"
    ]
    weeks: Annotated[int, Choice("weeks", 1, 104, "length of one project")]
    every: Annotated[int, Choice("weeks", 1, 52, "time between working sessions")]
    reached: Annotated[int, Choice("people", 0, 20_000, "residents one project is for")]
    signal: Annotated[float, Fact("share of the gap", 0, 1, "of the perceived norm, closed by one session")]
    gain: Annotated[
        float, Fact("share", 0, 0.99, "learners who come to speak the language well in 26 sessions")
    ]
    presence: Annotated[
        float, Fact("chance", 0, 1, "an organiser is there when a quarrel of the reached youths starts")
    ]
    good: Annotated[
        float, Fact("events", 0, 10, "good experiences with the municipality when a project is done")
    ]
    failure: Annotated[
        float, Fact("probability", 0, 1, "a project is not finished: the experience is a bad one")
    ]
    favouritism: Annotated[float, Fact("0-1", 0, 1, "grievance added in quarters left out")]
    language: Annotated[str, "taught (empty: the first language of the scenario)"] = ""
    village: Annotated[str, "where (empty: the whole municipality)"] = ""

    def _busy(self, week: int, award: int) -> bool:
        """Return whether the project awarded in week ``award`` does anything this week."""
        since = week - award
        if not 0 <= since < self.weeks:
            return False
        return since % self.every == 0 or since == self.weeks - 1 or self.theme == "youth"

    def _for(
        self, people: PeopleView, draws: Draws, *, award: int, week: int, name: str, place: Rows
    ) -> Rows:
        """Return those of ``place`` the project is for: every week the same, if they still are.

        Who learns the language, or whose girl leaves the critical age, makes room for the next on the list.
        """
        age = people.age[place]
        if self.theme == "youth":
            since = (week - award) / 52
            whom = (age >= YOUTH[0] + since) & (age < YOUTH[1] + 1 + since)
        elif self.theme == "language":
            whom = (age >= ANSWERS_FROM) & ~speaks(people, self.language, place)
        elif self.theme == "early_marriage":
            household = people.household[place]
            girls = people.female[place] & aged_of(people, place, *GIRLS) & ~people.married[place]
            homes = np.zeros(int(people.household.max()) + 1, np.bool_)
            homes[household[girls]] = True
            whom = homes[household] & (age >= ADULT)
        else:
            whom = age >= ANSWERS_FROM
        return drawn(people, draws, award, place[whom], self.reached, name=f"{name} for")

    def _organisers(
        self, people: PeopleView, draws: Draws, *, award: int, week: int, n: int, name: str, place: Rows
    ) -> Rows:
        """Return ``n`` adults of ``place``, as many from each community, the same every week."""
        grown = place[people.age[place] - (week - award) / 52 >= ADULT]
        return drawn(people, draws, award, grown, n, balance=1.0, name=f"{name} organisers")

    def _places(self, people: PeopleView, draws: Draws, award: int, *, shared: bool) -> tuple[Rows, Rows]:
        """Return who lives where the project is for all, and who lives in quarters left out."""
        place = in_village(people, self.village)
        if shared:
            return where(place), no_rows()
        inside, left_out = favoured(people, draws, award, place, HALF)
        return where(inside), where(left_out)

    def _project(
        self,
        week: int,
        people: PeopleView,
        draws: Draws,
        *,
        award: int,
        name: str,
        place: Rows,
        organisers: Rows | int,
    ) -> Activities:
        """Return what the project awarded in week ``award`` does this week for the people of ``place``.

        ``organisers`` are given, or so many are drawn. They meet in every working session; learners and
        youths come too, households with girls are an audience, and the service counts when the project is
        done.
        """
        if not self._busy(week, award):
            return NOTHING
        last = award + self.weeks - 1
        working = (week - award) % self.every == 0
        for_whom = no_rows()
        if week == last or self.theme != "public_works":  # which is for them only once it is done
            for_whom = self._for(people, draws, award=award, week=week, name=name, place=place)
        watches: tuple[Watch, ...] = ()
        if self.theme == "youth" and len(for_whom) and self.presence:
            watches = (Watch(people=for_whom, presence=self.presence),)
        services: tuple[Service, ...] = ()
        if week == last:
            failed = chance(draws, f"{name} fails", award) < self.failure
            services = service(for_whom, -self.good if failed else self.good)
        served = for_whom if services else no_rows()
        if not working:
            return Activities(watches=watches, services=services, reached=served)

        if isinstance(organisers, int):
            organisers = self._organisers(
                people, draws, award=award, week=week, n=organisers, name=name, place=place
            )
        others = without(for_whom, organisers)
        taking_part = (
            np.concatenate((organisers, others)) if self.theme in {"language", "youth"} else organisers
        )
        session = self.hold(week, people, draws, taking_part, name)
        topic, audience = "others", session.came
        if self.theme == "early_marriage":
            at_home = others[~people.away[others]]
            topic, audience = "marriage", come(at_home, self.turnout, draws, f"{name} audience", week)
        languages: tuple[LanguageLesson, ...] = ()
        if self.theme == "language":
            languages = language_lesson(people, session.came, self.language, self.gain, 1)
        return Activities(
            meetings=session.meetings,
            languages=languages,
            signals=signal(audience, topic, self.signal) if session.well else (),
            watches=watches,
            services=services,
            harms=session.harms,
            attended=session.came,
            reached=joined(audience, served),
        )
