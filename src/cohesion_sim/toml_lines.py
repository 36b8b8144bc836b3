"""TOML text into data together with the line of every key; syntax errors in plain words."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str, ...]

SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
BARE = re.compile(r"[A-Za-z0-9_-]+")
STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})' r"|'''.*?'''(?:'{0,2})" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'",
    re.DOTALL,
)
TOKEN = re.compile(r"[^,\]}#\r\n]+")
POSITION = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(slots=True)
class Document:
    """A TOML file: its data, the line of every key (1 = first; items of arrays by number), and its text."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    text: str = ""


class TomlError(ValueError):
    """Text that is not TOML: line and column (1 = first), what is wrong and how to mend it."""

    def __init__(self, line: int, column: int, words: str) -> None:
        super().__init__(words)
        self.line, self.column, self.words = line, column, words


class _Stop(Exception):  # noqa: N818 - ends a scan of broken text, never seen outside
    """The text is broken from here on."""


class _Scanner:
    """Walks through TOML text and notes where each key stands; what is legal TOML is left to tomllib."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.ends = [i for i, letter in enumerate(text) if letter == "\n"]
        self.lines: dict[Path, int] = {}
        self.assigned: dict[Path, int] = {}
        self.twice: list[tuple[Path, int, int]] = []
        self.tables: dict[Path, int] = {}

    def line(self) -> int:
        return bisect_right(self.ends, self.at - 1) + 1

    def skip(self) -> str:
        match = SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def expect(self, mark: str) -> None:
        if self.skip() != mark:
            raise _Stop
        self.at += 1

    def note(self, path: Path, line: int) -> None:
        for depth in range(1, len(path) + 1):
            self.lines.setdefault(path[:depth], line)

    def assign(self, path: Path, line: int) -> None:
        self.note(path, line)
        if path in self.assigned:
            self.twice.append((path, self.assigned[path], line))
        self.assigned.setdefault(path, line)

    def key(self) -> Path:
        parts: list[str] = []
        while True:
            letter = self.skip()
            match = (STRING if letter in ('"', "'") else BARE).match(self.text, self.at)
            if not letter or not match:
                raise _Stop
            self.at = match.end()
            part = match.group()
            parts.append(tomllib.loads(f"key = {part}")["key"] if letter in ('"', "'") else part)
            if self.skip() != ".":
                return tuple(parts)
            self.at += 1

    def value(self, path: Path) -> None:
        letter = self.skip()
        if letter == "[":
            self.array(path)
        elif letter == "{":
            self.at += 1
            while self.skip() != "}":
                self.pair(path)
                if self.skip() == ",":
                    self.at += 1
            self.at += 1
        else:
            match = (STRING if letter in ('"', "'") else TOKEN).match(self.text, self.at)
            if not letter or not match:
                raise _Stop
            self.at = match.end()

    def array(self, path: Path) -> None:
        self.at += 1
        number = 0
        while self.skip() != "]":
            self.lines.setdefault((*path, str(number)), self.line())
            self.value((*path, str(number)))
            number += 1
            if self.skip() == ",":
                self.at += 1
        self.at += 1

    def pair(self, above: Path) -> None:
        self.skip()
        line = self.line()
        path = above + self.key()
        self.assign(path, line)
        self.expect("=")
        self.value(path)

    def header(self) -> Path:
        line = self.line()
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        path = self.key()
        self.expect("]")
        if many:
            self.expect("]")
            self.note(path, line)
            number = self.tables.get(path, 0)
            self.tables[path] = number + 1
            path = (*path, str(number))
            self.note(path, line)
        else:
            self.assign(path, line)
            self.lines[path] = line
        return path

    def scan(self) -> None:
        above: Path = ()
        try:
            while letter := self.skip():
                if letter == "[":
                    above = self.header()
                else:
                    self.pair(above)
        except (_Stop, tomllib.TOMLDecodeError, RecursionError):
            return


def read_toml(text: str) -> Document:
    """Return the document: data, the line of every key, text. Raises `TomlError`."""
    text = text.removeprefix("\ufeff")
    scanner = _Scanner(text.replace("\r\n", "\n"))
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise TomlError(
            1, 1, "brackets are nested too deeply. Scenario files need no more than a few levels"
        ) from None
    except ValueError as error:
        raise _mistake(str(error), scanner) from None
    scanner.scan()
    return Document(data, scanner.lines, text)


def _mistake(message: str, scanner: _Scanner) -> TomlError:
    """Return tomllib's complaint in plain words, with a mend."""
    texts = scanner.text.split("\n")
    match = POSITION.search(message)
    line, column = (int(match[1]), int(match[2])) if match else (len(texts), len(texts[-1]) + 1)
    if re.search("twice|overwrite|mutate|redefine|Duplicate", message):
        scanner.scan()
        for path, first, again in scanner.twice:
            words = f"'{'.'.join(path)}' is given twice, first on line {first}. Keep one of the two"
            return TomlError(again, 1, words)
        return TomlError(
            line, column, "a name is used both for a value and for a section. Keep one of the two"
        )
    text = texts[line - 1] if line <= len(texts) else ""
    return TomlError(line, column, _plain(message, text, text[column - 1 : column], at_end=not match))


def _plain(message: str, text: str, letter: str, *, at_end: bool) -> str:  # noqa: PLR0911, PLR0912
    """Return in words what stands in the way in ``text``, a line of the file, and what to write instead."""
    key = text.split("=", maxsplit=1)[0].strip() or "name"
    if re.search(r"=\s*-?\d+,\d", text) and "Unclosed array" not in message:
        return "a number is written with a comma. Write a point, e.g. 0.5"
    bare = re.sub(r'"[^"]*"?', '""', text)
    if spaced := re.search(r"[=\[,]\s*(-?\d{1,3}(?:[ \u00a0\u202f]\d{3})+)(?![\w.])", bare):
        plain = re.sub(r"\s", "", spaced[1])
        return f"a number is written with a space. There is none in numbers: write {plain}"
    if letter and letter in "“”„«»‘’":
        return 'a typographic quotation mark. Write straight ones, e.g. title = "Zhazy"'
    if re.search(r"=\s*\d+[-./]\d+[-./]\d+", text):
        return "an impossible date. Write year-month-day, e.g. start = 2019-03-04"
    if re.search(r"=\s*-?0\d", text):
        return "a number begins with 0. Write 7 instead of 007"
    rules = (
        (
            'Unterminated|Expected \'"|Expected "\'"|Illegal character',
            "a text is not closed. Put a quotation mark at its end",
        ),
        ("Unclosed array", "a list is not closed, or a comma between two items is missing. Write [a, b, c]"),
        (
            "Unclosed inline table",
            'a { … } is not closed, or a comma in it is missing. Write { value = 1, note = "x" }',
        ),
        (
            "Unescaped|Invalid hex|Escaped",
            "a backslash in a text. Write \\\\ or put the text in single quotes '…'",
        ),
        ("end of a table declaration", "the heading of a section is not closed. Write [section]"),
        ("Expected newline", "something follows after the end of the value. Put every entry on its own line"),
    )
    for pattern, words in rules:
        if re.search(pattern, message):
            return words
    if "Invalid initial character" in message or ("key/value" in message and at_end):
        if letter == "}":
            return "a comma before '}'. Remove the comma"
        if letter in ("", "\r", "\n", "#"):
            return "a { … } runs over several lines. Write it on one line, or as a section [name]"
    if "key/value" in message and ":" in text:
        return f"':' where '=' belongs. Write {text.split(':', maxsplit=1)[0].strip()} = …"
    if "key/value" in message:
        return f"'=' is missing. Write {key.split()[0]} = …"
    if "Invalid value" in message:
        return (
            f'neither a number nor a text. Put texts in quotation marks: {key} = "…"; '
            "otherwise write true, false or a plain number"
        )
    return "this line cannot be read. Write name = value, [section] or # remark; quote names in other scripts"
