"""The font of the page: a part of DejaVu Sans with all letters of its five alphabets, from Matplotlib's copy."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

LATIN = "".join(map(chr, range(0x20, 0x7F))) + "«»“”„‘’ʻʼ–—…·×°№ \u00a0"
CYRILLIC = "".join(map(chr, range(0x410, 0x450))) + "ЁёӨөҮүҢңЎўҚқҒғҲҳІі"
SIGNS = "−±≤≥≈→←↑↓▲△▼▾●○◆■★✓✕▶▮"
LETTERS = LATIN + CYRILLIC + SIGNS


@cache
def woff(*, bold: bool) -> bytes:
    """Return the subset as WOFF, the same bytes every time. Licence of DejaVu: free to embed."""
    from fontTools import subset

    features = ["kern", "mark", "ccmp"]
    options = subset.Options(flavor="woff", hinting=False, layout_features=features, notdef_outline=True)
    options.name_IDs = [0, 1, 2]
    options.drop_tables += ["FFTM"]
    out = BytesIO()
    with subset.load_font(str(_file(bold)), options, dontLoadGlyphNames=True) as font:
        font.recalcTimestamp = False
        cutter = subset.Subsetter(options)
        cutter.populate(text=LETTERS)
        cutter.subset(font)
        font.flavor = "woff"
        font.save(out, reorderTables=None)
    return out.getvalue()


def missing(text: str) -> set[str]:
    """Return the characters of a text that the font of the page cannot draw."""
    from fontTools.ttLib import TTFont

    with TTFont(BytesIO(woff(bold=False))) as font:
        known = font.getBestCmap()
    return {letter for letter in text if ord(letter) not in known and letter not in "\n\t"}


def _file(bold: bool) -> Path:
    found = find_spec("matplotlib")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf"
