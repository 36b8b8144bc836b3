"""What all verbs share: exit codes, options, numbers between limits, progress on stderr, folded sentences."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from cohesion_sim.parameters import MOST_SEED, InputError

SOME_FAILED, WRONG_INPUT, UNEXPECTED, INTERRUPTED = 1, 2, 3, 130
EXIT_CODES = """Exit codes: 0 done; 1 some runs failed or nothing could be done; 2 a mistake in a file, a name
or an option; 3 an unexpected error (--debug, anywhere in the line, shows more); 130 stopped with Ctrl-C."""


class Whole(click.IntRange):
    """A whole number between limits, refused in plain words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"'{value}' is not allowed. Write a whole number from {self.min} to {self.max}.", param, ctx)


# Options that several verbs have; one that differs is written where it differs.
SEED = click.option(
    "--seed", type=Whole(0, MOST_SEED), default=1, show_default=True, help="Same seed, same numbers."
)
WORKERS = click.option("--workers", type=Whole(1, 1024), help="Computed at the same time.  [default: all processors]")
SCHEDULER = click.option(
    "--scheduler", metavar="ADDRESS", help="A Dask cluster that runs already, e.g. tcp://10.0.0.5:8786."
)
FORCE = click.option("--force", is_flag=True, help="Replace the result that is already in the folder.")
FORM = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What is printed at the end.",
)


def sets(example: str) -> Callable[[Any], Any]:
    """Return the option that changes numbers."""
    words = f"Another value for one number, e.g. {example}. May be repeated."
    return click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help=words)


def out(default: str) -> Callable[[Any], Any]:
    """Return the option that names the folder of the result."""
    return click.option("--out", metavar="DIR", help=f"Folder for the result.  [default: {default}]")


def together(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return several options as one."""

    def added(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return added


def refuse_twice(sets: Sequence[str]) -> None:
    """Refuse two values for one number."""
    names = [text.partition("=")[0].strip() for text in sets]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(*(f"--set {name}: given more than once. Keep one value" for name in twice))


def refuse_no_folder(out: str | None) -> None:
    """Refuse an --out that names nothing."""
    if out is not None and not out.strip():
        raise InputError("--out: names no folder. Write e.g. --out out/first, or leave it out")


@contextmanager
def watched(what: str) -> Iterator[tuple[Callable[..., None], Callable[[str], None]]]:
    """Yield what to call with (done, in all, failed), and with a sentence; a bar with the time left is on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("time left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None, failed="")

        def announce(message: str) -> None:
            console.print(message, highlight=False, markup=False)

        def progress(done: int, total: int, failed: int = 0) -> None:
            bar.update(task, completed=done, total=total, failed=f"{failed} failed" if failed else "")

        yield progress, announce


def folded(sentence: str, bullet: str = "") -> str:
    """Return a sentence folded to the width of the terminal."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    return textwrap.fill(sentence, width, initial_indent=bullet, subsequent_indent=" " * len(bullet))
