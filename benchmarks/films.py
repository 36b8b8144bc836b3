"""How long the workshop takes: ratios to the plain run of the same weeks, and sizes, each with what was aimed at.

    python benchmarks/films.py            # zhazy and yuryevka, a minute
    python benchmarks/films.py --quick    # yuryevka only

Times are processor seconds of this process, the shortest of several: on a busy machine the clock says little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from cohesion_sim.workshop import film, heading
from cohesion_sim.workshop.choices import made, read
from cohesion_sim.workshop.encode import QUICK, encode
from cohesion_sim.workshop.layout import layout
from cohesion_sim.workshop.shelf import Shelf
from cohesion_sim.workshop.workroom import whole

REPEATS = 3
MOST_KB = {"zhazy": 1000, "yuryevka": 600}


def seconds(work: Callable[[], Any]) -> float:
    """Return the processor seconds of the shortest of some tries."""
    tries = []
    for _ in range(REPEATS):
        begun = time.process_time()
        work()
        tries.append(time.process_time() - begun)
    return min(tries)


def measure(name: str) -> None:
    """Print the figures of one place."""
    shelf = Shelf(name)
    asked = read({"programme": "project"}, shelf)
    scenario, programme = made(asked, shelf)
    start = film.place(scenario, 1)
    film.live(scenario, programme, start)  # compiled by now
    built = seconds(lambda: film.place(scenario, 1))
    plain = seconds(lambda: film.begun(scenario, programme, start).run_model())
    shown = seconds(lambda: film.live(scenario, programme, start))
    twin = film.film(scenario, programme)
    laid = seconds(lambda: layout(scenario, start.people))
    packed = seconds(lambda: encode(heading.heading(twin, asked), film.planes(twin), QUICK))
    change = shown + packed
    size = len(whole(twin, asked, [])[1]) * 4 / 3 / 1000
    print(f"{name}: {start.people.n} people, {scenario.weeks} weeks")
    print(f"  municipality                     {built / plain:5.2f} of a plain run ({plain:.2f} s)")
    print(f"  one side as frames               {shown / plain:5.2f}")
    print(f"  map                              {laid / plain:5.3f}")
    print(f"  header, planes, packing          {packed / plain:5.2f}")
    print(f"  a moved control (one side)       {change / plain:5.2f}, {change:.2f} s; aim 2 s{_verdict(change, 2)}")
    twenty = 20 * change / 2
    print(f"  twenty at once on two processors {twenty:5.1f} s; aim 5 s{_verdict(twenty, 5)}")
    print(f"  film in a file, without villages {size:5.0f} kB; aim of the whole file {MOST_KB[name]} kB")


def _verdict(value: float, most: float) -> str:
    return "" if value <= most else "  MISS"


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the small place only")
    for name in ("yuryevka",) if parser.parse_args().quick else ("yuryevka", "zhazy"):
        measure(name)


if __name__ == "__main__":
    main()
