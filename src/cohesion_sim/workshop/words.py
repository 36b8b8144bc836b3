"""The words of the page in its five languages, from gettext catalogues.

English texts are the keys. Kyrgyz and Uzbek await a native reader; Uzbek in Cyrillic is written from Uzbek in Latin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
PAGE = Path(__file__).parent / "page"
LANGUAGES = {"ky": "Кыргызча", "ru": "Русский", "uz": "Oʻzbekcha", "uz_Cyrl": "Ўзбекча", "en": "English"}
TAGS = {"ky": "ky", "ru": "ru", "uz": "uz-Latn", "uz_Cyrl": "uz-Cyrl", "en": "en"}
DAY = datetime(2026, 11, 27, tzinfo=UTC)
"""In the heads of the catalogues: a day that does not change, so that the same words are the same bytes."""
AWAITING = ("ky", "uz", "uz_Cyrl")
"""Languages whose words no native reader has seen yet."""


@cache
def words(lang: str) -> dict[str, str]:
    """Return the dictionary of a language: English text to its words; empty for English."""
    if lang == "en":
        return {}
    from babel.messages.pofile import read_po

    with (LOCALE / f"{lang}.po").open("rb") as file:
        catalogue = read_po(file, locale=lang)
    return {str(one.id): str(one.string) for one in catalogue if one.id and one.string}


def dictionaries() -> dict[str, dict[str, str]]:
    """Return the dictionaries of all languages, for the page to switch without asking."""
    return {lang: words(lang) for lang in LANGUAGES}


def translator(lang: str) -> Callable[[str], str]:
    """Return a function from an English text to its words in a language."""
    known = words(lang)
    return lambda text: known.get(text, text)


def title_in(titles: Mapping[str, str], lang: str) -> str:
    """Return a title of a scenario file in a language; what it lacks is looked up by its English words."""
    english = titles.get("en", "")
    said = titles.get(lang) or words(lang).get(english, english)
    return said.replace("‘", "ʻ")  # the Uzbek letters have U+02BB


def update(folder: Path = LOCALE) -> None:
    """Write the template and the catalogues anew: new texts without words, old ones gone; Cyrillic from Latin Uzbek."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    from cohesion_sim.workshop.uzbek import cyrillic

    places: dict[str, list[str]] = {}
    for text, place in texts():
        places.setdefault(text, []).append(place)
    for lang in (None, *(lang for lang in LANGUAGES if lang != "en")):
        source = "uz" if lang == "uz_Cyrl" else lang
        known = words(source) if source else {}
        note = "\n# Awaits a native reader." if lang in AWAITING else ""
        catalogue = Catalog(
            locale=lang, project="cohesion-sim", version="workshop", charset="utf-8", fuzzy=False,
            header_comment=f"# Words of the workshop page.{note}", creation_date=DAY, revision_date=DAY,
            last_translator="none yet", language_team="cohesion-sim", msgid_bugs_address="none yet",
        )  # fmt: skip
        for text in sorted(places):
            said = known.get(text, "")
            said = cyrillic(said) if lang == "uz_Cyrl" else said
            catalogue.add(text, said, locations=[(place, 1) for place in sorted(set(places[text]))])
        with (folder / (f"{lang}.po" if lang else "messages.pot")).open("wb") as file:
            write_po(file, catalogue, width=120, include_lineno=False)


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Return every English text of the page with where it stands: modules, template, cards, names of the model."""
    return (*_of_page(), *_of_python(), *_of_model())


def _of_page() -> Iterator[tuple[str, str]]:
    from babel.messages.extract import extract

    for path in sorted(PAGE.glob("*.js")):
        with path.open("rb") as file:
            for _, message, _, _ in extract(
                "javascript", file, {"t": None, "w": None}, options={"parse_template_string": True}
            ):
                if message:
                    yield str(message), path.name
    with (PAGE / "page.html.jinja").open("rb") as file:
        from jinja2.ext import babel_extract

        for _, _, said, _ in babel_extract(file, ["w", "label", "_"], [], {"trimmed": "false"}):
            if isinstance(said, str):
                yield said, "page.html.jinja"


def _of_python() -> Iterator[tuple[str, str]]:
    from cohesion_sim.workshop import assemble, still

    for _, text in assemble.KEYS:
        yield text, "assemble.py"
    yield from ((text, "assemble.py") for text in (*assemble.SAYS, "Space", "A village seen twice"))
    yield from ((text, "still.py") for text in still.TEXTS)


def _of_model() -> Iterator[tuple[str, str]]:
    """Yield the assumptions listed, and the titles of shipped scenarios that lack another language."""
    from cohesion_sim.workshop.named import assumptions, titles

    yield from ((text, "assumptions") for text in assumptions())

    for title in titles():
        if title.get("en") and not all(lang in title for lang in LANGUAGES):
            yield title["en"], "scenarios"
