"""Uzbek from Latin into Cyrillic letters, so that both are one text."""

from __future__ import annotations

import re

_PAIRS = {
    **{"yo": "ё", "yu": "ю", "ya": "я", "ye": "е", "ch": "ч", "sh": "ш", "ts": "ц"},
    **{"oʻ": "ў", "gʻ": "ғ"},
}
_SINGLE = {
    **dict(zip("abdefghijklmnopqrstuvxyz", "абдефгҳижклмнопқрстувхйз", strict=True)),
    **{"ʼ": "ъ", "c": "с", "w": "в"},
}
_KEPT = re.compile(r"\{\w+\}|[A-Z]{3,}|JavaScript|Shift|\b[A-Z]\b(?= ni)")
"""What stays as it is: places to fill in, abbreviations, names of keys."""
_STEMS = {"kompyuter": "компьютер", "film": "фильм", "proyektor": "проектор"}
"""Borrowed words whose soft sign Latin letters do not write, and others that rules get wrong."""


def cyrillic(text: str) -> str:
    """Return an Uzbek text in Cyrillic letters; Latin ``oʻ``, ``gʻ`` with U+02BB."""
    parts = []
    at = 0
    for kept in _KEPT.finditer(text):
        parts += [_written(text[at : kept.start()]), "АҚШ" if kept[0] == "AQSH" else kept[0]]
        at = kept.end()
    return "".join([*parts, _written(text[at:])])


def _written(text: str) -> str:
    return re.sub(r"[A-Za-zʻʼ]+", lambda word: _word(word[0]), text)


def _word(word: str) -> str:
    for latin, stem in _STEMS.items():
        if word.lower().startswith(latin):
            return (stem.capitalize() if word[0].isupper() else stem) + _word(word[len(latin) :])
    out, at = [], 0
    while at < len(word):
        pair = word[at : at + 2].lower()
        # In "asʼhob" and the like the sign parts s and h; e at the start of a word or after a vowel is э.
        if pair in _PAIRS and not (pair == "yo" and word[at + 2 : at + 3] == "ʻ"):
            letter, step = _PAIRS[pair], 2
        elif word[at].lower() == "e" and (at == 0 or word[at - 1].lower() in "aeiou"):
            letter, step = "э", 1
        else:
            letter, step = _SINGLE.get(word[at].lower(), word[at]), 1
        out.append(letter.upper() if word[at].isupper() else letter)
        at += step
    return "".join(out)
