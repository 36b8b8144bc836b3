"""Writes the session plans and hand-outs: one print-ready page a place and language, from texts.toml.

Usage: python docs/workshop/write.py
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from cohesion_sim.files import load_scenario
from cohesion_sim.workshop.uzbek import cyrillic
from cohesion_sim.workshop.words import AWAITING, LANGUAGES, TAGS, title_in

HERE = Path(__file__).parent
PLACES = ("aleksandrovka", "gulistan", "yuryevka", "zhazy")


def said(text: Mapping[str, str], lang: str) -> str:
    """Return a text in a language."""
    return cyrillic(text["uz"]) if lang == "uz_Cyrl" else text[lang]


def sheet(place: str, lang: str) -> str:
    """Return the page of a place in a language: the session plan, then the hand-out."""
    texts = tomllib.loads((HERE / "texts.toml").read_text("utf-8"))
    scenario = load_scenario(place)
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, keep_trailing_newline=True)
    single = ("awaits", "plan", "need", "care", "here", "handout", "minutes")
    return environment.get_template("sheet.html.jinja").render(
        name=place,
        lang=lang,
        tag=TAGS[lang],
        awaiting=lang in AWAITING,
        title=title_in(scenario.title, lang),
        about=title_in(scenario.description, lang),
        say={name: said(texts[name], lang) for name in single},
        steps=[(step["minutes"], said(step, lang)) for step in texts["steps"]],
        place=said(texts["place"][place], lang),
        home=[said(text, lang) for text in texts["home"]],
        lines=[said(text, lang) for text in texts["lines"]],
    )


if __name__ == "__main__":
    for place in PLACES:
        for lang in LANGUAGES:
            (HERE / f"{place}.{lang}.html").write_text(sheet(place, lang), "utf-8", newline="\n")
