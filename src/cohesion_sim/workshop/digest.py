"""A film as short moving pictures: every fourth week, both maps beside each other; GIF by Pillow, MP4 by ffmpeg."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cohesion_sim.parameters import InputError
from cohesion_sim.workshop.encode import Plane, decode, from_changes
from cohesion_sim.workshop.film import NOT_ASKED, SCALE, VIOLENT
from cohesion_sim.workshop.replay import put

SIDE, BAR, GAP = 480, 36, 8
EVERY = 4
"""Weeks from one picture to the next."""
_MILLISECONDS = 450
_COLOURS = ((255, 255, 255), (179, 88, 6), (241, 163, 64), (170, 165, 156), (103, 169, 207), (33, 102, 172),
            (236, 233, 226), (17, 17, 17))  # fmt: skip
_CLASSES, _GROUND, _INK = 5, 6, 7
"""Attitudes in five classes from colour 1 on; the ground and the ink."""

Picture = NDArray[np.uint8]


def pictures(film: bytes, words: tuple[str, str, str]) -> Iterator[Picture]:
    """Yield pictures (height, width) of colour numbers; ``words`` are week, without, with in the reader's language."""
    header, planes = decode(film)
    sides = from_changes(planes["att.without"], planes["att.with"])
    for week in [*range(0, header["weeks"], EVERY), header["weeks"]]:
        picture = np.zeros((SIDE + BAR, 2 * SIDE + GAP), np.uint8)
        for k, side in enumerate(("without", "with")):
            left = k * (SIDE + GAP)
            ground = picture[BAR:, left : left + SIDE]
            ground[:] = _GROUND
            _people(ground, planes, sides[k][week])
            _violence(ground, planes, side, week)
            head = f"{words[0]} {week} · {words[1 + k]}"
            _write(picture[:BAR, left : left + SIDE], head)
        yield picture


def _people(ground: Picture, planes: dict[str, Plane], attitude: Plane) -> None:
    """Draw everybody as four points in the colour of the class; children are not drawn."""
    x, y = (planes[axis].astype(np.int64) * (SIDE - 3) // 65535 for axis in ("x", "y"))
    asked = attitude != NOT_ASKED
    colour = 1 + np.minimum(attitude[asked].astype(np.int64) * _CLASSES // SCALE, _CLASSES - 1)
    for down in (0, 1):
        for right in (0, 1):
            ground[y[asked] + 1 + down, x[asked] + 1 + right] = colour


def _violence(ground: Picture, planes: dict[str, Plane], side: str, week: int) -> None:
    """Draw a cross where disputes ended in violence since the last picture."""
    when, what = planes[f"event.{side}.week"], planes[f"event.{side}.what"]
    recent = (when.astype(np.int64) > week - EVERY) & (when <= week) & (what == VIOLENT)
    for person in planes[f"event.{side}.a"][recent]:
        x, y = (int(planes[axis][person]) * (SIDE - 13) // 65535 + 6 for axis in ("x", "y"))
        for step in range(-5, 6):
            ground[y + step, x + step : x + step + 2] = _INK
            ground[y + step, x - step : x - step + 2] = _INK


def _write(bar: Picture, text: str) -> None:
    """Write a line of text into a bar."""
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), 20)
    image = Image.new("1", (bar.shape[1], bar.shape[0]), 0)
    ImageDraw.Draw(image).text((6, 5), text, fill=1, font=font)
    bar[np.asarray(image)] = _INK


def gif(film: bytes, words: tuple[str, str, str]) -> bytes:
    """Return an animated GIF."""
    from PIL import Image

    palette = [part for colour in _COLOURS for part in colour]
    frames = []
    for picture in pictures(film, words):
        frame = Image.fromarray(picture, "P")
        frame.putpalette(palette)
        frames.append(frame)
    out = BytesIO()
    frames[0].save(
        out, "GIF", save_all=True, append_images=frames[1:], duration=_MILLISECONDS, loop=0, optimize=False, disposal=1
    )
    return out.getvalue()


def find_ffmpeg() -> str:
    """Return the ffmpeg of this computer. Raises `InputError` when there is none: it comes with no package of ours."""
    found = shutil.which("ffmpeg")
    if found is None:
        raise InputError("--mp4: needs the program ffmpeg, which is not on this computer. Install it, or use --gif")
    return found


def mp4(film: bytes, words: tuple[str, str, str], file: Path) -> None:
    """Write a film as MP4, complete or not at all.

    Raises
    ------
    InputError
        When ffmpeg cannot, or the file cannot be written.
    """
    colours = np.array(_COLOURS, np.uint8)
    shots = [colours[picture] for picture in pictures(film, words)]
    height, width = shots[0].shape[:2]
    command = [
        find_ffmpeg(), "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}",
        "-r", f"{1000 / _MILLISECONDS:.3f}", "-i", "-", "-pix_fmt", "yuv420p", "-f", "mp4",
    ]  # fmt: skip
    raw = b"".join(shot.tobytes() for shot in shots)

    def written(part: Path) -> None:
        done = subprocess.run([*command, str(part)], input=raw, capture_output=True, check=False)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[:300]
            raise InputError(f"--mp4: ffmpeg could not write {file}: {said}")

    put(file, written)
