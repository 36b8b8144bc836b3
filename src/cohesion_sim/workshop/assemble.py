"""The page as one HTML text: template, style, fonts, words and modules in one piece, so that nothing is fetched."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cohesion_sim.workshop.fonts import woff
from cohesion_sim.workshop.still import still
from cohesion_sim.workshop.words import LANGUAGES, TAGS, dictionaries, title_in, translator

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent / "page"
SIZES = ("a", "b", "c")
KEYS = (
    ("Space", "play and pause"),
    ("← →", "one week back, one week on (with Shift: four)"),
    ("Home End", "to the first week, to the last"),
    ("G", "guess first: cover the side with the programme"),
    ("R", "reveal"),
    ("L", "next language"),
    ("T", "next size of the text"),
    ("F", "full screen"),
    ("D", "show only who differs"),
    ("B", "ties between quarters"),
    ("P", "read about one person"),
    ("S", "where do these numbers come from?"),
    ("+ −", "come closer, go back"),
    ("Ctrl ←→↑↓", "move the map when it is near"),
    ("K", "play in a loop"),
    ("V", "record a video, end it"),
    ("?", "this card"),
)
SAYS = (
    "This village does not exist. It was made by a computer, modelled on a real place. Nobody here is a real person.",
    "It lives twice. The people and the luck are the same. Only on the right there is the programme.",
    "Watch one year without it. Where do quarrels begin? Who meets whom?",
    "Now guess: with the programme, will there be fewer violent disputes, as many, or more? "
    "In how many of 100 villages?",
    "Reveal. What is different? For whom is nothing different? Is anybody worse off?",
    "Look at the 100 villages: why is it not the same in all of them?",
    "What of this do you know from your own village? What is wrong in it? Write it down: the model can be corrected.",
)


class _Module:
    """One ES module: its text, what it asks of others."""

    def __init__(self, name: str) -> None:
        self.name = name
        text = (HERE / name).read_text("utf-8")
        self.asks = re.findall(r'^import \{([^}]*)\} from "\./([\w.]+)";\n', text, re.MULTILINE)
        body = re.sub(r"^import [^;]*;\n", "", text, flags=re.MULTILINE)
        gives = re.findall(r"^export (?:async )?(?:function|const|let) (\w+)", body, re.MULTILINE)
        for group in re.findall(r"^export const \[([^\]]*)\]", body, re.MULTILINE):
            gives += [one.strip() for one in group.split(",")]
        self.gives = gives
        self.body = _slim(re.sub(r"^export ", "", body, flags=re.MULTILINE))

    def wrapped(self) -> str:
        """Return the module as a function that is called once, with its imports as constants."""
        takes = "".join(f"const {{{names.strip().strip(',')}}} = {_identifier(other)};\n" for names, other in self.asks)
        gives = ", ".join(self.gives)
        return f"const {_identifier(self.name)} = (() => {{\n{takes}{self.body}return {{ {gives} }};\n}})();\n"


def _slim(text: str) -> str:
    """Return a module without comments on lines of their own and without indentation: files go by e-mail."""
    text = re.sub(r"^\s*/\*\*.*?\*/\n", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^\s*//.*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^\s+", "", text, flags=re.MULTILINE)


def _identifier(name: str) -> str:
    return "$" + name.replace(".", "_")


@cache
def script() -> str:
    """Return all modules as one script, each after those it imports."""
    done: list[str] = []
    parts: list[str] = []

    def take(name: str, above: tuple[str, ...] = ()) -> None:
        if name in done:
            return
        assert name not in above, f"modules import each other in a circle: {(*above, name)}"
        module = _Module(name)
        for _, other in module.asks:
            take(other, (*above, name))
        done.append(name)
        parts.append(module.wrapped())

    take("main.js")
    return "\n".join(parts)


@cache
def _packed_words() -> str:
    text = json.dumps(dictionaries(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("utf-8"), 9, mtime=0)).decode("ascii")


@cache
def style() -> str:
    """Return the style sheet with both fonts in it."""
    text = (HERE / "style.css").read_text("utf-8")
    for place, bold in (("FONT_REGULAR", False), ("FONT_BOLD", True)):
        data = base64.b64encode(woff(bold=bold)).decode("ascii")
        text = text.replace(place, f"data:font/woff;base64,{data}")
    return text


def policy(*, live: bool) -> str:
    """Return the Content-Security-Policy of the page: nothing but its own parts."""

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"

    parts = [
        "default-src 'none'",
        f"script-src {digest(script())}",
        f"style-src {digest(style())}",
        "font-src data:",
        "img-src data: blob:",
        "connect-src 'self'" if live else "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join([*parts, "frame-ancestors 'none'"] if live else parts)


def page(
    lang: str = "en",
    *,
    film: bytes | None = None,
    header: Mapping[str, Any] | None = None,
    size: str = "a",
    guess: bool = False,
) -> str:
    """Return the page: fed by the server of this machine, or with the bytes of a film in it.

    ``header`` is the film's header with the series the picture for readers without scripts needs; with ``guess`` the
    page opens with the side with the programme covered, as it does with ``?guess`` or ``#guess`` behind its address.
    """
    from jinja2 import Environment, FileSystemLoader, select_autoescape
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=select_autoescape(default=True), trim_blocks=True, lstrip_blocks=True
    )
    say = translator(lang)
    environment.globals["_"] = say
    titles = (header or {}).get("title", {})
    return environment.get_template("page.html.jinja").render(
        lang=lang,
        tag=TAGS[lang],
        size=size,
        guess=guess,
        languages=LANGUAGES,
        tags=TAGS,
        title=title_in(titles, lang) if titles else say("A village seen twice"),
        keys=KEYS,
        says=SAYS,
        film=Markup(base64.b64encode(film).decode("ascii")) if film is not None else "",
        policy=policy(live=False),
        still=Markup(still(header, lang)),
        words=Markup(_packed_words()),
        style=Markup(style()),
        script=Markup(script()),
    )
