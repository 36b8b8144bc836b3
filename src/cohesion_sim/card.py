"""The score card as text and as a file, with what it was made from."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cohesion_sim import catalogue
from cohesion_sim.parameters import InputError

if TYPE_CHECKING:
    from pandas import DataFrame

    from cohesion_sim.verification.targets import Case

SHOWN = ("case", "target", "expected", "allowed", "got", "verdict")
HEADING = "# Score card"
SUFFIXES = (".md", ".csv")


def made_from(version: str) -> str:
    """Return the version, with the git commit if this is a clone, and whether files were changed since."""
    package = Path(__file__).resolve().parent
    root = package.parents[1]
    git = shutil.which("git")
    # Only the clone of this project counts, not one that an environment happens to stand in.
    if git is None or package != root / "src" / "cohesion_sim" or not (root / ".git").exists():
        return f"cohesion-sim {version}"
    words = [git, "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    commit, changed, _ = done.stdout.strip().partition("-dirty")
    if done.returncode or not commit:
        return f"cohesion-sim {version}"
    return f"cohesion-sim {version}, commit {commit}{' with changes that are not committed' if changed else ''}"


def summary(card: DataFrame) -> str:
    """Return one line: how many targets pass, miss and are not applicable, and in what time."""
    number = card["verdict"].value_counts()
    seconds = card.groupby("case")["seconds"].first().sum()
    cases = card["case"].nunique()
    return (
        f"{cases} case{'' if cases == 1 else 's'}, {len(card)} targets: {number.get('pass', 0)} pass, "
        f"{number.get('miss', 0)} miss, {number.get('n/a', 0)} not applicable; {seconds:.0f} s"
    )


def reasons(card: DataFrame) -> list[str]:
    """Return a line for every target that is not applicable, with the reason."""
    left = card[card["verdict"] == "n/a"]
    rows = zip(left["case"], left["target"], left["reason"], strict=True)
    return [f"{case} {target}: not applicable, {reason}" for case, target, reason in rows]


def as_text(card: DataFrame, form: str, made: str) -> str:
    """Return the card as an aligned table (``text``), ``csv``, ``markdown`` or ``json``."""
    if form == "json":
        rows = json.loads(card.to_json(orient="records"))
        passed = bool((card["verdict"] != "miss").all())
        return json.dumps({"made_from": made, "passed": passed, "targets": rows}, indent=2, ensure_ascii=False)
    if form == "csv":
        text: str = card.assign(made_from=made).to_csv(index=False, lineterminator="\n")
        return text.rstrip("\n")
    table = catalogue.as_text(_rows(card), SHOWN, "markdown" if form == "markdown" else "table")
    return "\n".join([table, "", *reasons(card), summary(card)])


def _rows(card: DataFrame) -> list[catalogue.Row]:
    """Return the rows of the card with numbers as words."""
    out = []
    for row in card.to_dict("records"):
        words = {name: str(row[name]) for name in ("case", "target", "expected", "verdict")}
        got = "" if row["verdict"] == "n/a" else f"{row['got']:.5g}"
        out.append({**words, "allowed": _allowed(row["low"], row["high"]), "got": got})
    return out


def _allowed(low: float, high: float) -> str:
    """Return the limits of a target in words; nan stands for none."""
    if math.isnan(low):
        return "" if math.isnan(high) else f"at most {high:g}"
    if math.isnan(high):
        return f"at least {low:g}"
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def page(card: DataFrame, cases: Iterable[Case], made: str, call: str) -> str:
    """Return the card as a page of Markdown: what it was made from, the table, what each case claims."""
    told = set(card["case"])
    claims = [
        f"- **{case.name.upper()} {case.title}.** {case.claim} [{case.source}]"
        for case in cases
        if case.name.upper() in told
    ]
    table = catalogue.as_text(_rows(card), SHOWN, "markdown")
    notes = [f"- {line}" for line in reasons(card)]
    parts = [
        HEADING,
        f"Made with {made}, by `{call}`.",
        f"{summary(card)}.",
        table,
        "\n".join(claims),
        *(["Not applicable to this engine:", "\n".join(notes)] if notes else []),
    ]
    return "\n\n".join(parts) + "\n"


def check_file(name: str) -> Path:
    """Return the path of a card to be written, if it may be.

    Raises
    ------
    InputError
        If the ending says neither Markdown nor CSV, the folder does not exist, or something else stands there.
    """
    path = Path(name)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"--out {name}: write a name that ends in {' or '.join(SUFFIXES)}")
    if not path.absolute().parent.is_dir():
        raise InputError(f"--out {name}: there is no folder {path.parent}. Write a name in a folder that exists")
    if path.is_dir():
        raise InputError(f"--out {name}: this is a folder. Write the name of a file in it")
    if path.exists():
        begin = path.read_text("utf-8", errors="replace")
        if not begin.startswith((HEADING, "case,target,expected,")):
            raise InputError(f"--out {name}: holds something else than a score card. Write another name")
    return path


def write(text: str, path: Path) -> None:
    """Write a card.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"--out {path}: cannot be written ({error.strerror}). Write another name") from None
