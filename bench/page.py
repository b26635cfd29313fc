"""What a frame costs while the page plays: ticks of the renderer's main thread for each one.

python bench/page.py
python bench/page.py --against OTHER_STATIC_FOLDER

Builds are played in turns on one page each, so a machine that is busy slows all of them.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from statistics import median
from threading import Thread

import uvicorn
from playwright.sync_api import Browser, Page, Route, ViewportSize, sync_playwright

from whygrad.app.serve import listen, url_of
from whygrad.app.server import STATIC, create_app

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
from ensure_chromium import system_chromium

TICK = 1000 / os.sysconf("SC_CLK_TCK")
ENDLESS = 10**6
SPEEDS = ("20 iterations a second", "as fast as it goes")
# The output that counts iterations changes once for each frame.
COUNT = """() => {
  window.frames_shown = 0
  new MutationObserver(() => window.frames_shown++)
    .observe(document.querySelector('output'),
      { subtree: true, characterData: true, childList: true })
}"""


def main() -> None:
    """Measure each build in turns and print milliseconds a frame."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--against", type=Path, help="a folder with the built page to compare with")
    parser.add_argument("--preset", default="spirals")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of a turn")
    given = parser.parse_args()
    builds = {"this": STATIC, **({"against": given.against} if given.against else {})}
    bound = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app("flow"), log_level="warning", lifespan="on"))
    thread = Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        measure(url_of(bound), builds, given.preset, given.rounds, given.seconds)
    finally:
        server.should_exit = True
        thread.join()


def measure(url: str, builds: dict[str, Path], preset: str, rounds: int, seconds: float) -> None:
    """Print a line for each speed: the median cost of a frame for each build, and their ratio."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        for speed in SPEEDS:
            costs: dict[str, list[float]] = {name: [] for name in builds}
            for _ in range(rounds):
                for name, folder in builds.items():
                    costs[name].append(
                        turn(browser, f"{url}#preset={preset}", folder, speed, seconds)
                    )
            middle = {name: median(found) for name, found in costs.items()}
            words = ", ".join(f"{name} {cost:.1f} ms" for name, cost in middle.items())
            if "against" in middle:
                ratios = [a / b for a, b in zip(costs["this"], costs["against"], strict=True)]
                words += f", ratio {median(ratios):.2f}"
            print(f"{preset}, {speed}: {words}", flush=True)
        browser.close()


def turn(browser: Browser, url: str, folder: Path, speed: str, seconds: float) -> float:
    """Milliseconds of the main thread for each frame, of one page that plays for some seconds."""
    page = browser.new_page(viewport=ViewportSize(width=1280, height=800))
    page.route("**/*", lambda route: serve(route, folder))
    page.goto(url)
    page.get_by_label("Speed").first.select_option(label=speed)
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(300)
    page.evaluate(COUNT)
    before = ticks()
    page.wait_for_timeout(1000 * seconds)
    spent = ticks() - before
    frames = int(page.evaluate("window.frames_shown"))
    playing(page)
    page.close()
    return spent * TICK / frames


def playing(page: Page) -> None:
    """Refuse a turn whose training ended: it would show the cost of nothing."""
    if not page.get_by_role("button", name="Pause").count():
        raise SystemExit("training ended before the turn did")


def serve(route: Route, folder: Path) -> None:
    """Files of the build come from its folder, answers from the server; training never ends."""
    path = route.request.url.split("#")[0].split("/", 3)[3].split("?")[0] or "index.html"
    file = folder / path
    if file.is_file() and path != "index.html":
        route.fulfill(path=file)
    elif path == "index.html":
        route.fulfill(path=file, content_type="text/html")
    elif path.startswith("api/"):
        answer = route.fetch()
        body = answer.json()
        if "iterations" in body:
            body["iterations"] = ENDLESS
        route.fulfill(response=answer, json=body)
    else:
        route.continue_()


def ticks() -> int:
    """Ticks that the main threads of all renderers have run for."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            if b"--type=renderer" not in command or not ours(int(entry.name)):
                continue
            stat = (entry / "task" / entry.name / "stat").read_text()
        except OSError:
            continue  # it has just ended
        fields = stat.rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total


def ours(pid: int) -> bool:
    """Whether a process descends from this one."""
    while pid > 1:
        if pid == os.getpid():
            return True
        stat = Path(f"/proc/{pid}/stat").read_text()
        pid = int(stat.rpartition(")")[2].split()[1])
    return False


if __name__ == "__main__":
    main()
