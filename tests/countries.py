"""A country of eight small municipalities, for the tests."""

from __future__ import annotations

from pathlib import Path

A = 'mark = "A", source = "own"'


def fact(value: float, low: float, high: float) -> str:
    return f"{{ value = {value}, range = [{low}, {high}], {A} }}"


TEXT = f'''question = "Where does it pay?"

[country]
title = {{ en = "A small country" }}
programme = "dialogue_only"
weeks = 26
seed = 3
headline = ["violent", "cohesion"]
size_spread = {fact(0.4, 0, 1)}
smallest = {fact(500, 500, 500)}
largest = {fact(2000, 1000, 3000)}
mixing = {fact(0.6, 0, 1)}

[types.many]
scenario = "yuryevka"
tense = "yuryevka_high_tension"

[types.kin]
scenario = "zhazy"

[regions.hills]
title = {{ en = "Hills" }}
people = {fact(4200, 3000, 5000)}
tense = {fact(0.4, 0, 1)}

[regions.hills.types]
many = {fact(0.6, 0, 1)}
kin = {fact(0.4, 0, 1)}

[regions.hills.ethnicities]
kyrgyz = {fact(0.7, 0.5, 0.9)}

[regions.hills.districts]
Upper = {fact(3, 1, 5)}
Lower = {fact(2, 1, 5)}

[regions.plain]
title = {{ en = "Plain" }}
people = {fact(2400, 2000, 3000)}
tense = {fact(0, 0, 1)}

[regions.plain.types]
kin = {fact(1, 0, 1)}

[regions.plain.districts]
Broad = {fact(3, 1, 5)}

[between.trust]
number = "institutions.trust"
sd = {fact(0.05, 0, 0.1)}

[rollout]
first = 4
every = 4
together = 1
order = ["Lower", "Upper"]
rest = false

[shocks.drought]
scenario = "zhazy"
week = {fact(10, 0, 25)}
regions = ["plain"]
'''


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    """Return the file of the small country, with some words changed."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "small.toml"
    path.write_text(text, "utf-8")
    return path
