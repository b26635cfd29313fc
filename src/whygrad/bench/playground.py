"""How fast the page trains in Chromium, beside a network of plain objects.

What is measured is the page's own way, without drawing: ``web/bench/playground.ts`` says how, and
how it is known that the plain objects are a fair measure.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from whygrad.bench.cases import Skipped
from whygrad.bench.player import WEB, node
from whygrad.errors import WhygradError

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
NETWORKS = {"2-4-2-1": [2, 4, 2, 1], "2-8×6-1": [2, 8, 8, 8, 8, 8, 8, 1]}
GOALS = {  # times the objects' speed: with samples in their order, and in a new one each epoch
    "2-4-2-1": (5.0, 3.5),
    "2-8×6-1": (8.0, 6.5),
}
FAIR = {"2-4-2-1": 3.4, "2-8×6-1": 5.0}  # closures are no more times as fast as fair objects
RATE = 0.03
TURN = 700  # milliseconds
RUNS, RUN_ITERATIONS, RUNS_GOAL = 100, 1000, 1000  # networks, iterations, milliseconds
PAGE = "<!doctype html><title>bench</title>"


@dataclass(frozen=True)
class PageMeasured:
    """A network, measured: epochs a second over 250 spiral points in batches of 10.

    Attributes:
        network: its layers, with tanh after each.
        shuffled: whether each epoch has an order of its own.
        page: of the page's own way.
        objects: of a network of plain objects.
        closures: of the page's player where nothing may be compiled, in the order of the samples.
        ratio: how many times the objects' speed the page's is: the median over the rounds.
        closures_ratio: likewise of the closures.
        goal: what ``ratio`` should be at least.
    """

    network: str
    shuffled: bool
    page: int
    objects: int
    closures: int
    ratio: float
    closures_ratio: float
    goal: float


@dataclass(frozen=True)
class Found:
    """All that was measured.

    Attributes:
        chromium: its version.
        networks: one row for each network and order.
        runs_ms: milliseconds for 100 runs of XOR, 1,000 iterations each, from asking to having.
    """

    chromium: str
    networks: list[PageMeasured]
    runs_ms: float

    @property
    def holds(self) -> bool:
        """Whether every goal is reached."""
        return not _short(self.networks) and self.runs_ms <= RUNS_GOAL

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {**asdict(self), "holds": self.holds}


def run(url: str, static: Path, headers: Mapping[str, str], rounds: int = 5) -> Found:
    """Measure.

    Args:
        url: where whygrad's server listens.
        static: the built page that it gives out.
        headers: of its answers, with the page's policy.
        rounds: how many turns each has.

    Raises:
        Skipped: there is no Chromium, or this is not a clone of the repository after
            ``make install``.
        WhygradError: the page could not measure.
    """
    worker = _worker(static)
    script = _script()
    with _page(url, script, headers) as (page, version):
        networks = [
            _measured(page, name, shuffled, worker, rounds)
            for name in NETWORKS
            for shuffled in (False, True)
        ]
        spec = {"network": {"layers": [2, 4, 1]}, "data": {"name": "xor", "batch": "all"}}
        runs = min(
            page.evaluate(
                "([spec, worker, runs, n]) => bench.manyRuns(spec, worker, runs, n)",
                [spec, worker, RUNS, RUN_ITERATIONS],
            )
            for _ in range(3)
        )
    return Found(version, networks, round(runs, 1))


def _measured(page: Any, name: str, shuffled: bool, worker: str, rounds: int) -> PageMeasured:
    # whygrad's squared error has no half before it, so it takes half the rate for the same steps
    spec = {
        "network": {"layers": NETWORKS[name], "activation": "tanh", "output": "tanh"},
        "init": {"name": "xavier_normal"},
        "loss": {"name": "mse"},
        "optimizer": {"name": "sgd", "learning_rate": RATE / 2},
        "data": {"name": "spirals", "points": 250, "batch": 10, "shuffle": shuffled},
    }
    asked = {"spec": spec, "worker": worker, "rate": RATE, "rounds": rounds, "turn": TURN}
    found = page.evaluate("asked => bench.measure(asked)", asked)
    middle = {way: statistics.median(times) for way, times in found.items()}

    def ratio(way: str) -> float:
        pairs = zip(found[way], found["objects"], strict=True)
        return round(statistics.median(a / b for a, b in pairs), 2)

    return PageMeasured(
        name,
        shuffled,
        **{way: round(middle[way]) for way in ("page", "objects", "closures")},
        ratio=ratio("page"),
        closures_ratio=ratio("closures"),
        goal=GOALS[name][shuffled],
    )


def _worker(static: Path) -> str:
    found = [*static.glob("trainer/worker-*.js")]
    if not found:
        raise Skipped("needs the built page; make install builds it")
    return f"/trainer/{found[0].name}"


def _script(web: Path = WEB) -> str:
    done = subprocess.run(
        [node(web), str(web / "bench" / "playground.mjs")],
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise WhygradError(f"bundling the benchmark failed (exit status {done.returncode})")
    return done.stdout


@contextmanager
def _page(url: str, script: str, policy: Mapping[str, str]) -> Generator[tuple[Any, str]]:
    """Open an empty page under the policy of whygrad's own, with the benchmark in it."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise Skipped("needs Playwright: pip install playwright") from None
    # The page's own origin and policy; the script is a file of it, as the page's scripts are.
    given = {
        "bench": (PAGE + '<script type="module" src="bench-start.js"></script>', "text/html"),
        "bench-start.js": (
            'import * as bench from "./bench-script.js"; window.bench = bench',
            "text/javascript",
        ),
        "bench-script.js": (script, "text/javascript"),
    }
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, CHROMIUM)), None)
        try:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error:
            raise Skipped("needs Chromium: playwright install chromium") from None
        page = browser.new_page()

        def fulfil(route: Any) -> None:
            body, kind = given[route.request.url.rpartition("/")[2]]
            route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", headers={**policy})

        page.route("**/bench*", fulfil)
        page.goto(f"{url}bench")
        page.wait_for_function("window.bench !== undefined")
        try:
            yield page, browser.version
        except Error as fault:
            raise WhygradError(f"the page could not measure: {fault.message}") from None
        finally:
            browser.close()


def table(found: Found) -> str:
    """Return the measurement as a table."""
    head = (
        f"{'tanh network, 250 points, batch 10':40}{'page':>10}{'objects':>10}{'closures':>10}"
        f"{'page/objects':>14}{'goal':>6}{'closures/objects':>18}"
    )
    rows = [
        f"  {one.network + (', a new order each epoch' if one.shuffled else ''):38}"
        f"{one.page:>10,}{one.objects:>10,}{one.closures:>10,}{one.ratio:>14.2f}{one.goal:>6g}"
        f"{one.closures_ratio:>18.2f}"
        for one in found.networks
    ]
    return "\n".join(
        (
            f"Epochs a second in Chromium {found.chromium}, without drawing",
            head,
            *rows,
            f"{RUNS} runs of XOR for {RUN_ITERATIONS:,} iterations: {found.runs_ms:,.0f} ms "
            f"(goal {RUNS_GOAL:,})",
            *_short(found.networks),
            "",
        )
    )


def _short(networks: Sequence[PageMeasured]) -> list[str]:
    said = [
        f"{one.network} falls short of {one.goal:g} times"
        for one in networks
        if one.ratio < one.goal
    ]
    for name, most in FAIR.items():
        # the order of samples makes no difference to closures: both rows measure the same
        ratios = [one.closures_ratio for one in networks if one.network == name]
        if ratios and (ratio := statistics.mean(ratios)) > most:
            said.append(
                f"{name}: the objects are too slow to be a fair measure: closures are "
                f"{ratio:.2g} times as fast, and may be {most:g}"
            )
    return said
