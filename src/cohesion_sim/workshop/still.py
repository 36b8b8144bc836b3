"""What a reader without scripts sees of a film: one picture of both villages and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from cohesion_sim.workshop.words import title_in, translator

WIDE, HIGH = 640, 240
NEEDS = "This page needs JavaScript. Please open it in a browser that allows it."
RESULT = "{n} violent disputes without the programme, {m} with it, in the same village with the same luck."
NOTE = "To play the film, open this file in a browser that runs scripts."
TEXTS = (NEEDS, RESULT, NOTE)


def still(header: Mapping[str, Any] | None, lang: str) -> str:
    """Return HTML: what the page is; when ``header["still"]`` holds both sides' sums of violence, their picture."""
    say = translator(lang)
    lines = (header or {}).get("still")
    if header is None or not lines:
        return f"<p>{escape(say(NEEDS))}</p>"
    without, with_ = ([float(v) for v in lines[arm]] for arm in ("without", "with"))
    top = max([*without, *with_, 1.0])

    def path(row: list[float]) -> str:
        step = (WIDE - 20) / max(len(row) - 1, 1)
        return "M" + "L".join(f"{10 + k * step:.1f} {HIGH - 10 - v / top * (HIGH - 30):.1f}" for k, v in enumerate(row))

    sentence = say(RESULT).replace("{n}", f"{without[-1]:.0f}").replace("{m}", f"{with_[-1]:.0f}")
    return (
        f"<p><b>{escape(title_in(header['title'], lang))}</b>: {escape(sentence)}</p>"
        f'<svg viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}" role="img">'
        f'<path d="{path(without)}" fill="none" stroke="#5d5850" stroke-width="3" stroke-dasharray="8 4"/>'
        f'<path d="{path(with_)}" fill="none" stroke="#174f86" stroke-width="4"/></svg><p>{escape(say(NOTE))}</p>'
    )
