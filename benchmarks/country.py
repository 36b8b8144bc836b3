"""Seconds and peak memory of a whole country, and how it scales over workers.

    python benchmarks/country.py            a reduced country (one region, 460,000 people) with 1, 2 and 4 workers
    python benchmarks/country.py --whole    also the whole of experiments/country.toml

Memory is the sum over all processes of what is theirs alone (PSS or, where the system does not tell, RSS), looked at
ten times a second. Figures go to country.json; ratios are what to quote.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

REDUCED = "batken"


def held(process: psutil.Process) -> int:
    """Return the bytes that a process and its children hold."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            full = one.memory_full_info()
            total += getattr(full, "pss", full.rss)
        except psutil.Error:
            continue
    return total


def measured(*options: str) -> dict[str, float]:
    """Return seconds, peak MB and number of municipalities of one call of `cohesion-sim country`."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        began = time.perf_counter()
        call = [sys.executable, "-m", "cohesion_sim", "country", "country", "--out", str(out), *options]
        running = subprocess.Popen(call, stdout=subprocess.DEVNULL)
        watched, peak = psutil.Process(running.pid), 0
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.1):
                peak = max(peak, held(watched))

        watcher = threading.Thread(target=watch)
        watcher.start()
        running.wait()
        done.set()
        watcher.join()
        seconds = time.perf_counter() - began
        told = json.loads((out / "manifest.json").read_text("utf-8"))
    return {
        "seconds": round(seconds, 1),
        "computing": told["seconds"],
        "peak_mb": round(peak / 1e6),
        "municipalities": told["municipalities"],
        "residents": told["residents"],
    }


def main() -> None:
    """Measure, print, and write country.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="also the whole country")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="of the whole country")
    chosen = parser.parse_args()
    found: dict[str, object] = {"processors": os.cpu_count(), "python": sys.version.split()[0], "regions": REDUCED}
    found["scaling"] = {str(n): measured("--regions", REDUCED, "--workers", str(n)) for n in (1, 2, 4)}
    if chosen.whole:
        found["whole"] = {"workers": chosen.workers, **measured("--workers", str(chosen.workers))}
    text = json.dumps(found, indent=2)
    Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
