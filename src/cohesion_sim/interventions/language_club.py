"""Language club: learners and speakers of different communities meet every week [A1]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from cohesion_sim.activities import (
    NOTHING,
    Activities,
    Cost,
    Draws,
    LanguageLesson,
    Meeting,
    PeopleView,
    Rows,
    no_rows,
)
from cohesion_sim.interventions._shared import language_lesson, meeting
from cohesion_sim.parameters import Choice, Fact
from cohesion_sim.selection import ANSWERS_FROM, aged, come, invited, speaks, stay


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageClub:
    """Language clubs that run one course side by side; who has learnt the language stays as a speaker.

    The price of the course is spread evenly over its weeks.
    """

    start: Annotated[int, Choice("week", 0, 520, "first week of the course")]
    weeks: Annotated[int, Choice("weeks", 1, 104, "length of the course")]
    sessions: Annotated[int, Choice("per week", 1, 7, "lessons")]
    clubs: Annotated[int, Choice("clubs", 0, 200, "at the same time")]
    learners: Annotated[int, Choice("people per club", 0, 60, "who do not speak the language well")]
    speakers: Annotated[int, Choice("people per club", 0, 60, "who speak it well and come to talk")]
    mixing: Annotated[
        float, Choice("0-1", 0, 1, "1: communities alternate round the table; 0: each sits by itself")
    ]
    partners: Annotated[int, Choice("people", 0, 40, "neighbours each one talks with (0: listens only)")]
    turnout: Annotated[float, Fact("share", 0, 1, "of the invited who come")]
    drop_out: Annotated[float, Fact("share a year", 0, 0.95, "of learners and speakers who stop coming")]
    quality: Annotated[float, Fact("-1 to 1", -1, 1, "how co-operative the setting is")]
    gain: Annotated[
        float, Fact("share", 0, 0.99, "learners who come to speak the language well in 26 sessions")
    ]
    price: Annotated[float, Choice("USD per club", 0, 100_000, "a whole course: teacher, books")]
    language: Annotated[str, "taught (empty: the first language of the scenario)"] = ""

    def act(self, week: int, people: PeopleView, draws: Draws) -> Activities:
        """Return a week of the course: lessons for learners, and a meeting in each club."""
        size = self.learners + self.speakers
        if self.clubs * size == 0 or not self.start <= week < self.start + self.weeks:
            return NOTHING
        first = week == self.start
        enrolled = self._enrol(people, draws) if first else people.enrolled
        meetings: list[Meeting] = []
        languages: list[LanguageLesson] = []
        present = [no_rows()]
        for club in np.array_split(draws.shuffled("club", self.start, enrolled), self.clubs):
            here = stay(club, self.drop_out, draws, self.start, week)
            came = come(here[~people.away[here]], self.turnout, draws, "turnout", week)
            meetings += meeting(people, came, self.partners, self.mixing, self.quality)
            languages += language_lesson(people, came, self.language, self.gain, self.sessions)
            present.append(came)
        return Activities(
            meetings=tuple(meetings),
            languages=tuple(languages),
            attended=np.concatenate(present),
            enrol=enrolled if first else no_rows(),
            costs=(Cost(line="language", usd=self.clubs * self.price / self.weeks),),
        )

    def _enrol(self, people: PeopleView, draws: Draws) -> Rows:
        """Return learners and speakers of all clubs."""
        known, present = speaks(people, self.language), aged(people, ANSWERS_FROM)
        learners = invited(people, draws, self.start, present & ~known, self.clubs * self.learners)
        speakers = invited(people, draws, self.start, present & known, self.clubs * self.speakers)
        return np.concatenate((learners, speakers))

    def planned_cost(self, weeks: int) -> float:
        """Return the USD spent at most in a run of ``weeks`` weeks."""
        if self.clubs * (self.learners + self.speakers) == 0:
            return 0.0
        held = min(max(weeks - self.start, 0), self.weeks)
        return held * (self.clubs * self.price / self.weeks)
