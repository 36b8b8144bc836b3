"""Names of the model that reach the page: what can be chosen, and titles of scenario files."""

from __future__ import annotations

from collections.abc import Iterator


def meanings() -> Iterator[str]:
    """Yield meanings and units."""
    yield from ()


def titles() -> Iterator[str]:
    """Yield English titles."""
    yield from ()
