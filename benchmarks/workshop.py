"""How smoothly the page of the workshop plays and scrubs, against a bare page in the same browser on the same machine.

Usage: python benchmarks/workshop.py FILM.html [FILM.html …]  (files written by ``cohesion-sim replay``)

Prints, drawn without a graphics card, at the size of a hall and of a phone with a processor four times slower:
seconds until the first view; frames a second while every frame shows another week (the next one, or one anywhere), and
as a ratio to those of an empty page; milliseconds of script, style, layout and of everything of the main thread for
each change of week. With ``--minutes`` also the memory after each minute of playing in a loop.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

# Each frame counts only when the week of the page is another one than in the frame before.
FRAMES = """(far) => new Promise(done => {
  const at = document.querySelector('#scrub'), weeks = at ? Number(at.max) : 1, start = performance.now();
  let [frames, changed, script, last, week] = [0, 0, 0, '', 0];
  const frame = now => {
    frames++;
    if (at) {
      week = (week + (far ? 37 : 1)) % (weeks + 1);
      at.value = week;
      const before = performance.now();
      at.dispatchEvent(new Event('input'));
      script += performance.now() - before;
      if (document.documentElement.dataset.week !== last) changed++;
      last = document.documentElement.dataset.week;
    }
    const passed = (now - start) / 1000;
    if (passed < 4) return requestAnimationFrame(frame);
    done({ frames: frames / passed, changed: changed / passed, script: script / Math.max(changed, 1), weeks: changed });
  };
  requestAnimationFrame(frame);
})"""
SIZES = {"hall 1366x768": ((1366, 768), 1, 1), "phone 360x640, four times slower": ((360, 640), 2, 4)}
PARTS = {"ScriptDuration": "script", "RecalcStyleDuration": "style", "LayoutDuration": "layout", "TaskDuration": "all"}


def opened(browser: Any, size: tuple[int, int], dots: int, slower: int, url: str) -> tuple[Any, Any, float]:
    """Return a page, its session and the seconds until its film could be seen."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}, device_scale_factor=dots).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    start = time.perf_counter()
    page.goto(url)
    if url != "about:blank":
        page.wait_for_selector("html[data-ready=true]")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page, session, time.perf_counter() - start


def metrics(session: Any) -> dict[str, float]:
    told = session.send("Performance.getMetrics")["metrics"]
    return {each["name"]: 1000 * each["value"] for each in told if each["name"] in PARTS}


def measure(browser: Any, file: Path) -> None:
    for name, (size, dots, slower) in SIZES.items():
        bare, *_ = opened(browser, size, dots, slower, "about:blank")
        most = bare.evaluate(FRAMES, False)["frames"]
        bare.context.close()
        page, session, first = opened(browser, size, dots, slower, file.absolute().as_uri())
        print(f"{file.name}, {name}: first view after {first:.1f} s; a bare page has {most:.0f} frames/s")
        for way, far in (("week by week", False), ("to a week anywhere", True)):
            before = metrics(session)
            told = page.evaluate(FRAMES, far)
            spent = {PARTS[key]: (value - before[key]) / told["weeks"] for key, value in metrics(session).items()}
            print(f"  {way}: {told['changed']:.0f} frames/s with a new week ({told['changed'] / most:.2f} of bare), "
                  f"{told['script']:.1f} ms of script a week; main thread: "
                  + ", ".join(f"{part} {ms:.1f} ms" for part, ms in sorted(spent.items())))  # fmt: skip
        page.context.close()


def loop(browser: Any, file: Path, minutes: int) -> None:
    page, session, _ = opened(browser, (1366, 768), 1, 1, file.absolute().as_uri())
    page.select_option("#speed", "16")
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("k")
    page.keyboard.press("Space")
    for minute in range(minutes + 1):
        session.send("HeapProfiler.collectGarbage")
        used = page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6
        nodes = session.send("Memory.getDOMCounters")["nodes"]
        print(f"{file.name}: {used:.1f} MB, {nodes} nodes after {minute} min of looping")
        time.sleep(60 if minute < minutes else 0)
    page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--minutes", type=int, default=0, help="of looping, to watch the memory")
    parser.add_argument(
        "--unlimited", action="store_true", help="more frames than a screen can show, to see what is left"
    )
    given = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    arguments = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"]
    arguments += ["--disable-frame-rate-limit", "--disable-gpu-vsync"] if given.unlimited else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        for file in given.files:
            measure(browser, file)
            if given.minutes:
                loop(browser, file, given.minutes)
        browser.close()


if __name__ == "__main__":
    main()
