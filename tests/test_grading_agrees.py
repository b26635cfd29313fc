"""The page grades exercises as Python does: of all kinds, with right, wrong and slipped answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from whygrad.practice import FEATURES, KINDS, RATING, Exercise, Mark, exercise, grade, posed
from whygrad.practice.solution import Solution
from whygrad.wire.messages import to_json

WEB = Path(__file__).parents[1] / "web"
Answers = dict[str, str]


def right(made: Exercise) -> Answers:
    """Return what is right, as a person would type it."""
    return {
        ask.name: f"{ask.answer:.6g}" if isinstance(ask.answer, float) else ask.answer
        for ask in made.asks
    }


def typed(made: Exercise, work: Solution) -> Iterator[Answers]:
    """Yield answers to an exercise: blank, right, and wrong in many ways."""
    fine = right(made)
    yield {}
    yield fine
    numbers = [ask.name for ask in made.asks if isinstance(ask.answer, float)]
    for name in numbers:
        yield fine | {name: "77"}  # and the rest done rightly, which does not follow from it
        yield {**fine, name: f"{-float(fine[name]):g}"}
        yield {name: f"{float(fine[name]):.1g}"}
        yield {name: "negative"}
        yield {name: "what"}
    if numbers and made.kind != "find_the_mistake":
        for mistake in work.mistakes:  # as who makes it all the way
            wrong = work.wrongly(mistake.name)
            yield {name: f"{wrong.number(work.place(name)):.6g}" for name in numbers}
        # a slip in the first, and everything carried on from it
        first, slip = work.place(numbers[0]), float(fine[numbers[0]]) + 1.5
        carried = {name: work.number(work.place(name), {first: slip}) for name in numbers[1:]}
        yield {numbers[0]: f"{slip:g}"} | {name: f"{x:.6g}" for name, x in carried.items()}
    for ask in made.asks:
        if made.kind == "find_the_mistake":
            yield from ({ask.name: choice} for choice in ask.choices)
    if made.kind == "order_the_steps":
        (ask,) = made.asks
        yield {ask.name: ", ".join(ask.choices)}
        yield {ask.name: ", ".join(reversed(str(ask.answer).split(", ")))}
    if made.kind == "draw_the_graph":
        (ask,) = made.asks
        arrows = str(ask.answer).split(", ")
        yield {ask.name: ", ".join(arrows[1:])}
        yield {ask.name: " -> ".join(reversed(arrows[0].split(" -> ")))}
        yield {ask.name: f"{ask.choices[0]} → {ask.choices[-1]}; {ask.choices[-1]}=>{arrows[0]}"}
        yield {ask.name: f"{arrows[0]} -> nowhere,{arrows[-1]}"}
        yield {ask.name: f"{arrows[0].upper()}\n{arrows[0]},, and more"}
    if made.kind == "choose_the_remedy":
        yield {"remedy": "Look at the gradients."}
        yield from ({"remedy": "It is dead.", RATING: rating} for rating in "12345")


def cases() -> Iterator[dict[str, object]]:
    for n, feature in enumerate(FEATURES):
        # all of the first features, and of the others the kind that is next
        for kind in KINDS if n < 2 else ("next_number", KINDS[n % len(KINDS)]):
            fading = ("solo", "completion", "worked")[n % 3]
            made = exercise(7 + n, feature=feature, kind=kind, fading=fading)
            work = made.solution
            graded: list[tuple[Answers, list[Mark]]] = [
                (answers, grade(made, answers, work)) for answers in typed(made, work)
            ]
            yield {
                "exercise": to_json(posed(made)),
                "mistakes": to_json(work.mistaken_tapes()),
                "graded": to_json(graded),
            }


@pytest.mark.slow
def test_the_page_grades_as_python_does(tmp_path: Path) -> None:
    file = tmp_path / "graded.json"
    file.write_text(json.dumps(list(cases())), encoding="utf-8")
    node = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    assert node is not None, "Node.js is missing: run `make install`"
    done = subprocess.run(
        [node, "node_modules/vitest/vitest.mjs", "run", "--reporter=dot"],
        cwd=WEB,
        env={**os.environ, "WHYGRAD_GRADED": str(file)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
