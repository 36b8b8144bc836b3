"""How smoothly the page of the workshop plays and scrubs, against a bare page in the same browser on the same machine.

Usage: python benchmarks/workshop.py FILM.html [FILM.html …]  (files written by ``cohesion-sim replay``)
Prints frames a second, and as a ratio to those of an empty page; memory after each minute of a loop.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

FRAMES = """(scrub) => new Promise(done => {
  const at = document.querySelector('#scrub'), weeks = at ? Number(at.max) + 1 : 1, start = performance.now();
  let frames = 0;
  const frame = now => {
    frames++;
    if (scrub) { at.value = frames % weeks; at.dispatchEvent(new Event('input')); }
    if (now - start > 4000) done(frames / (now - start) * 1000); else requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""
SIZES = {"hall 1366x768": ((1366, 768), 1), "phone 360x640, four times slower": ((360, 640), 4)}


def opened(browser: Any, size: tuple[int, int], slower: int, url: str) -> Any:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(url)
    if url != "about:blank":
        page.wait_for_selector("html[data-ready=true]")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    return page


def measure(browser: Any, file: Path) -> None:
    for name, (size, slower) in SIZES.items():
        bare = opened(browser, size, slower, "about:blank")
        most = bare.evaluate(FRAMES, False)
        bare.close()
        page = opened(browser, size, slower, file.absolute().as_uri())
        scrub = page.evaluate(FRAMES, True)
        page.select_option("#speed", "16")
        page.locator("#reset").click()
        page.locator("#play").click()
        play = page.evaluate(FRAMES, False)
        page.close()
        print(f"{file.name}, {name}: bare page {most:.0f} frames/s, scrubbing {scrub:.0f} ({scrub / most:.2f}), "
              f"playing 16 weeks/s {play:.0f} ({play / most:.2f})")  # fmt: skip


def loop(browser: Any, file: Path, minutes: int) -> None:
    page = opened(browser, (1366, 768), 1, file.absolute().as_uri())
    session = page.context.new_cdp_session(page)
    page.select_option("#speed", "16")
    page.keyboard.press("k")
    for minute in range(minutes + 1):
        session.send("HeapProfiler.collectGarbage")
        used = page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6
        print(f"{file.name}: {used:.1f} MB after {minute} min of looping")
        time.sleep(60 if minute < minutes else 0)
    page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--minutes", type=int, default=0, help="of looping, to watch the memory")
    given = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    arguments = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        for file in given.files:
            measure(browser, file)
            if given.minutes:
                loop(browser, file, given.minutes)
        browser.close()


if __name__ == "__main__":
    main()
