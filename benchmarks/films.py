"""How long the workshop takes: ratios to the plain run of the same weeks, and sizes, each with what was aimed at.

    python benchmarks/films.py            # zhazy and yuryevka, a minute
    python benchmarks/films.py --quick    # yuryevka only

Times are processor seconds, the shortest of several, because on a busy machine the clock says little; of twenty viewers
the clock is told too. All ratios are to a plain run of the same weeks measured in the same call; `MEASURED` keeps them.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil

from cohesion_sim.workshop import film, heading
from cohesion_sim.workshop.checkpoint import Checkpoint
from cohesion_sim.workshop.choices import made, read
from cohesion_sim.workshop.encode import QUICK, encode
from cohesion_sim.workshop.layout import layout
from cohesion_sim.workshop.shelf import Shelf
from cohesion_sim.workshop.workroom import Workroom, whole

REPEATS = 3
MOST_KB = {"zhazy": 1000, "yuryevka": 600}
MEASURED = """
2026-11-27, two processors (shared with other work), zhazy: 12,000 people, 104 weeks. In plain runs of one side:
one side as frames 0.94-1.16; header, planes, packing 0.13-0.15; a moved control 1.1-1.3 (0.36 s);
moved again in week 52 0.53-0.64 (before there were checkpoints: as a first move);
twenty viewers at once, by processor seconds over two: from the first week 14.4-15.7 (4.3-4.7 s; before 4.9 s),
from week 52 once somebody has moved there 6.7-7.7 (2.1 s; before 4.6 s from week 60);
start of the verb until the page is served 3.4-4.1 (1.1-1.5 s; before 2.1-2.5 s), until the first film 12-15 (4.1 s).
"""


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
    kept: list[Checkpoint] = []
    late = scenario.weeks // 2
    film.live(scenario, programme, start, marks={late: kept.append})
    again = seconds(lambda: film.live(scenario, programme, start, since=kept[0])) + packed
    size = len(whole(twin, asked, [])[1]) * 4 / 3 / 1000
    print(f"{name}: {start.people.n} people, {scenario.weeks} weeks")
    print(f"  municipality                     {built / plain:5.2f} of a plain run ({plain:.2f} s)")
    print(f"  one side as frames               {shown / plain:5.2f}")
    print(f"  map                              {laid / plain:5.3f}")
    print(f"  header, planes, packing          {packed / plain:5.2f}")
    print(f"  a moved control (one side)       {change / plain:5.2f}, {change:.2f} s; aim 2 s{_verdict(change, 2)}")
    print(f"  moved again in week {late:<3}          {again / plain:5.2f}, {again:.2f} s")
    for week in (0, late):
        spent, clock = asyncio.run(_twenty(shelf, week))
        words = f"twenty at once from week {week:<3}     {spent / 2 / plain:5.2f}, {spent / 2:.1f} s on two processors"
        print(f"  {words}, {clock:.1f} s by the clock; aim 5 s{_verdict(clock, 5)}")
    page, first = _opened(name)
    print(f"  start until the page is served   {page / plain:5.2f}, {page:.1f} s; aim 3 s{_verdict(page, 3)}")
    print(f"  start until the first film       {first / plain:5.2f}, {first:.1f} s")
    print(f"  film in a file, without villages {size:5.0f} kB; aim of the whole file {MOST_KB[name]} kB")


async def _twenty(shelf: Shelf, week: int) -> tuple[float, float]:
    """Return processor seconds and clock time until the last of twenty viewers who move a control at once is served."""
    room = Workroom(shelf)
    body = {"programme": "project"}
    await room.film(read(body, shelf))
    choices = [{**body, "from_week": week, "choices": {"platform.seats": 31 + k}} for k in range(20)]
    begun, clock = time.process_time(), time.perf_counter()
    await asyncio.gather(*(room.film(read(each, shelf)) for each in choices))
    spent, waited = time.process_time() - begun, time.perf_counter() - clock
    room.end()
    return spent, waited


def _opened(name: str) -> tuple[float, float]:
    """Return the processor seconds that the verb has taken until the page, and until the first film is answered."""
    command = [sys.executable, "-m", "cohesion_sim", "workshop", name, "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://([\d.]+):(\d+)/", process.stdout.readline())
        assert found is not None
        taken = []
        for ask in (("GET", "/", None), ("POST", "/twin", b"{}")):
            link = http.client.HTTPConnection(found[1], int(found[2]), timeout=600)
            link.request(*ask, headers={"content-type": "application/json"})
            assert link.getresponse().status == 200
            link.close()
            used = psutil.Process(process.pid).cpu_times()
            taken.append(used.user + used.system)
        process.send_signal(signal.SIGINT)
    return taken[0], taken[1]


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
