"""Small trial files for the tests: two communities of a few hundred people, programmes whose effect is seen at once."""

from __future__ import annotations

from pathlib import Path

from cohesion_sim import files
from cohesion_sim.scenario import Scenario

CLUB = """
[programmes.club]
title = { en = "Club" }
[programmes.club.interventions.club]
kind = "youth_club"
start = 1
until = 12
every = 1
clubs = 2
places = 12
youngest = 14
oldest = 28
peer_mediators = 0
events_every = 0
audience = 0
balance = 1
price = 0
event_price = 0
"""
WORDS = """
[programmes.words]
title = { en = "Words" }
[programmes.words.interventions.words]
kind = "leader_message"
start = 1
messages = 6
every = 2
leaders = 10
topic = "others"
price = 0
"""
HEAD = """extends = ["common", "two_groups"]
title = { en = "a trial" }
description = { en = "for the tests" }
weeks = 12

[people]
size = { value = 240, range = [200, 4000], unit = "people", mark = "A", source = "own" }
"""
TRIAL = """
[trial]
places = 4
repetitions = 2
twins = 1
waves = [0, 12]

[trial.arms.control]
[trial.arms.club]
programmes = ["club"]

[trial.samples.residents]
n = 30

[trial.outcomes.attitude]
measure = "attitude"
"""
MEETINGS = ("household", "kin", "neighbour", "friend", "school", "work", "congregation", "acquaintance", "stranger")
NOBODY_MEETS: dict[str, object] = {f"ties.{kind}.chance": 0.0 for kind in MEETINGS} | {"influence.pull": 0.0}
"""Nothing leads from one resident to another but activities."""


def text(trial: str = TRIAL, *more: str, head: str = HEAD) -> str:
    """Return the text of a trial file."""
    return "\n".join([head, CLUB, WORDS, *more, trial])


def load(folder: Path, content: str, sets: dict[str, object] | None = None, name: str = "small") -> Scenario:
    """Return the scenario of a trial file with this content."""
    path = folder / f"{name}.toml"
    path.write_text(content, "utf-8")
    return files.load_scenario(path, sets)
