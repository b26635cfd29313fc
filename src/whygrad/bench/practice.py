"""Does grading understand answers? Exercises from seeds, answered rightly, wrongly and at random.

- Each mistake that fits an exercise is played; the first number it makes different is typed with
  four digits, after the right numbers that come before it. It should be graded wrong, and the
  mistake be among those named.
- The right numbers are typed with 2, 3 and 4 significant digits, or as many decimals: exact ones
  rounded, and ones that are worked out from the rounded ones before them. None may be graded wrong.
- Numbers drawn evenly from the range of the exercise's own numbers are typed with three digits,
  where they are not right. Few should name a mistake.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator

from whygrad.engine import random
from whygrad.explain.display import rounded
from whygrad.practice import DIFFICULTIES, FADING, FEATURES, Exercise, Solution, exercise, grade
from whygrad.practice.answer import agrees, read
from whygrad.whatif import MISTAKES

EXERCISES = 1000
AT_LEAST, AT_MOST = 0.95, 0.05
RANDOM = 4  # random answers per exercise
Rounding = Callable[[float], str]


def exercises(count: int, first: int = 0) -> Iterator[Exercise]:
    """Yield exercises that ask for numbers: features, difficulties, ways of asking, in turn."""
    features = tuple(FEATURES)
    for seed in range(first, first + count):
        turn = seed // len(features)
        yield exercise(
            seed,
            feature=features[seed % len(features)],
            kind=("next_number", "fill_blanks")[turn % 2],
            fading=FADING[turn % 3],
            difficulty=DIFFICULTIES[turn // 2 % len(DIFFICULTIES)],
        )


def run(count: int = EXERCISES, first: int = 0) -> dict[str, dict[str, int]]:
    """Count what came of exercises from seed ``first`` on, by mistake and by kind of answer."""
    played: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    named: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for made in exercises(count, first):
        work = made.solution
        for mistake, marked, names in mistaken(made, work):
            played[mistake] += 1
            wrong[mistake] += marked is False
            named[mistake] += mistake in names
            alone[mistake] += names == (mistake,)
        for marked in right_answers(made, work):
            other["right"] += 1
            other["right, graded wrong"] += marked is not True
        for names in at_random(made, work):
            other["random"] += 1
            other["random, naming a mistake"] += bool(names)
    return {
        "played": dict(played),
        "graded wrong": dict(wrong),
        "named": dict(named),
        "named alone": dict(alone),
        "other": dict(other),
    }


def mistaken(made: Exercise, work: Solution) -> Iterator[tuple[str, bool | None, tuple[str, ...]]]:
    """Yield, for each mistake that changes an answer: its name, the mark, what was named."""
    for mistake in work.mistakes:
        typed: dict[str, str] = {}
        for ask in made.asks:
            number, answer = work.wrongly(mistake.name).number(work.place(ask.name)), ask.answer
            right, wrong = digits(4)(float(answer)), digits(4)(number)
            typed[ask.name] = wrong
            if wrong != right and not math.isclose(number, float(answer), rel_tol=1e-9):
                if not math.isfinite(number):
                    break  # nobody types that
                mark = {mark.name: mark for mark in grade(made, typed, work)}[ask.name]
                yield mistake.name, mark.correct, mark.mistakes
                break


def right_answers(made: Exercise, work: Solution) -> Iterator[bool | None]:
    """Yield the mark of every right answer, however it is rounded."""
    made_here = {work.label(place) for place in work.order}
    for rounding in (*map(digits, (2, 3, 4)), *map(decimals, (2, 3, 4))):
        exact = {ask.name: rounding(float(ask.answer)) for ask in made.asks}
        yield from (mark.correct for mark in grade(made, exact, work))
        own = {
            work.place(name): rounded(number) for name, number in made.given if name in made_here
        }
        from_own: dict[str, str] = {}
        for ask in made.asks:
            place = work.place(ask.name)
            from_own[ask.name] = rounding(work.number(place, own))
            own[place] = float(from_own[ask.name])
        yield from (mark.correct for mark in grade(made, from_own, work))


def at_random(made: Exercise, work: Solution) -> Iterator[tuple[str, ...]]:
    """Yield what is named for numbers drawn from the range of the exercise's own."""
    numbers = [number for _, number in made.given] + [work.number(place) for place in work.order]
    low, high = min(numbers), max(numbers)
    draws = random.uniform(made.seed, "bench/random", (RANDOM,), low, high)
    picks = random.bits(made.seed, "bench/which", RANDOM)
    for drawn, pick in zip(draws, picks, strict=True):
        ask = made.asks[int(pick) % len(made.asks)]
        typed = digits(3)(float(drawn))
        if agrees(read(typed), float(ask.answer)):
            continue
        before = made.asks[: made.asks.index(ask)]
        answers = {earlier.name: repr(earlier.answer) for earlier in before} | {ask.name: typed}
        yield {mark.name: mark for mark in grade(made, answers, work)}[ask.name].mistakes


def digits(n: int) -> Rounding:
    """Write with ``n`` significant digits, as a person does."""
    return lambda number: f"{float(f'{number:.{n}g}') + 0.0:.10f}".rstrip("0").rstrip(".")


def decimals(n: int) -> Rounding:
    """Write with ``n`` decimals."""
    return lambda number: f"{number:.{n}f}"


def holds(found: dict[str, dict[str, int]]) -> bool:
    """Say whether the three promises are kept."""
    played, other = sum(found["played"].values()), found["other"]
    return (
        sum(found["named"].values()) >= AT_LEAST * played
        and other["right, graded wrong"] == 0
        and other["random, naming a mistake"] < AT_MOST * other["random"]
    )


def table(found: dict[str, dict[str, int]]) -> str:
    """Write what was found."""
    heads = ("played", "graded wrong", "named", "named alone")
    rows = [f"{'mistake':28}" + "".join(f"{head:>14}" for head in heads)]
    names = [name for name in MISTAKES if name in found["played"]]
    for name in names:
        rows.append(_row(name, *(found[head].get(name, 0) for head in heads)))
    rows.append(_row("all", *(sum(found[head].values()) for head in heads)))
    other = found["other"]
    for what, part in (("right", "right, graded wrong"), ("random", "random, naming a mistake")):
        rows.append(
            f"{what} answers: {other[what]}; {part.partition(', ')[2]}: {other[part]} "
            f"({other[part] / other[what]:.2%})"
        )
    return "\n".join(rows)


def _row(name: str, played: int, *counts: int) -> str:
    return f"{name:28}{played:14}" + "".join(f"{count / played:>14.1%}" for count in counts)
