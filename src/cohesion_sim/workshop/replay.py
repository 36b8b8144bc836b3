"""A film to hand on: one HTML file that needs nothing but a browser, and short moving pictures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from cohesion_sim.measures import MEASURES
from cohesion_sim.parameters import InputError
from cohesion_sim.workshop import villages
from cohesion_sim.workshop.choices import Asked, made
from cohesion_sim.workshop.encode import decode
from cohesion_sim.workshop.film import film
from cohesion_sim.workshop.shelf import Shelf
from cohesion_sim.workshop.workroom import SIDES, whole

Progress = Callable[[int, int], None]


def kept(
    shelf: Shelf, asked: Asked, number: int, *, workers: int | None = None, progress: Progress | None = None
) -> tuple[dict[str, Any], bytes]:
    """Return header and bytes of a film with ``number`` villages beside it; ``progress`` is told (done, in all).

    Raises
    ------
    InputError
        If what is asked does not fit together.
    """
    scenario, programme = made(asked, shelf)
    twin = film(scenario, programme, asked.seed)
    pairs: dict[int, villages.Pair] = {}
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        lived = {pool.submit(villages.pair, scenario, programme, asked.seed, k): k for k in range(number)}
        try:
            for future in as_completed(lived):
                pairs[lived[future]] = future.result()
                if progress is not None:
                    progress(len(pairs), number)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return whole(twin, asked, [pairs[k] for k in range(number)])


def with_still(header: dict[str, Any], film: bytes) -> dict[str, Any]:
    """Return the header with what a reader without scripts is shown: violence so far on both sides."""
    row = list(MEASURES).index("violent")
    lines = decode(film)[1]
    still = {side: np.cumsum(np.nan_to_num(lines[f"series.{side}"][row])).tolist() for side in SIDES}
    return {**header, "still": still}


def check_file(path: str | Path, *, force: bool = False, option: str = "-o") -> Path:
    """Return the path if a file may be written there, else raise `InputError`; nothing is written."""
    file = Path(path).expanduser().absolute()
    if file.is_dir():
        raise InputError(f"{file}: is a folder. Write the name of a file ({option})")
    if file.exists() and not force:
        raise InputError(f"{file}: is already there. Choose another name ({option}), or replace it with --force")
    folder = next(folder for folder in file.parents if folder.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise InputError(f"{file}: cannot be written into {folder}. Choose another place ({option})")
    return file


def put(file: Path, data: bytes | Callable[[Path], None]) -> None:
    """Write a file, complete or not at all; ``data`` may be a function that writes into the path it is given.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:40]}.")
        try:
            with os.fdopen(handle, "wb") as out:
                if isinstance(data, bytes):
                    out.write(data)
            if not isinstance(data, bytes):
                data(Path(part))
            Path(part).chmod(0o644)
            Path(part).replace(file)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror or error})") from None
