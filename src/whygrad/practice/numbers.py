"""Grading numbers: right is right however it is written, and a wrong one says what was done.

A wrong number is recognised by playing the mistakes that fit: those that give the learner's number
name what went wrong. What a learner had wrong is carried through, so that one slip costs once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from whygrad.engine.notation import symbol
from whygrad.explain import display, why
from whygrad.explain.formulas import formula
from whygrad.explain.said import Said, say
from whygrad.explain.sentences import OFFERED, SELDOM, SENTENCES
from whygrad.practice.answer import TypedAnswer, agrees, is_off_by_rounding, is_rough, read
from whygrad.practice.solution import ElementKey, Held, Solution
from whygrad.tape.run import Run, json_number
from whygrad.whatif.mistakes import Mistake, find_mistake


@dataclass(frozen=True, slots=True)
class Mark:
    """One graded answer.

    Attributes:
        name: what was asked.
        typed: what was typed.
        correct: whether it is right (given what was carried); None if that cannot be said, since
            it was left blank, could not be read or is too rough.
        expected: the right answer, from the learner's own earlier numbers where those were wrong.
        mistakes: names of the mistakes that give the learner's number, the likeliest first.
        says: what to say, as keys and slots.
        carried: whether an earlier wrong number was carried into what is expected.
        rating: how near the learner finds an open answer to the model answer, from 1 to 5.
        step: of a wrong number, the right step, which the feedback ends with.
    """

    name: str
    typed: str
    correct: bool | None
    expected: float | str
    mistakes: tuple[str, ...]
    says: tuple[Said, ...]
    carried: bool
    rating: int | None = None
    step: str = ""

    @property
    def symbol(self) -> str:
        """The name, as it is shown."""
        return symbol(self.name)

    @property
    def feedback(self) -> str:
        """What to say."""
        return " ".join(map(str, self.says))

    @property
    def slips(self) -> tuple[Mistake, ...]:
        """The mistakes that give the learner's number, the likeliest first."""
        return tuple(map(find_mistake, self.mistakes))

    def to_json(self) -> dict[str, Any]:
        """Return the mark as JSON data; a rating only where there is one."""
        expected = self.expected
        return {
            "name": self.name,
            "correct": self.correct,
            "expected": expected if isinstance(expected, str) else json_number(expected + 0.0),
            "mistakes": list(self.mistakes),
            "feedback": self.feedback,
            "carried": self.carried,
            **({} if self.rating is None else {"rating": self.rating}),
        }


def grade_numbers(
    run: Run,
    typed: Sequence[tuple[str, str]],
    *,
    told: Mapping[str, float] | None = None,
    solution: Solution | None = None,
) -> Iterator[Mark]:
    """Grade numbers of one tape, in the order they are worked out.

    Args:
        run: the numbers, done rightly.
        typed: names of elements, and what was typed for each.
        told: elements that were told to the learner, as rounded as they were shown.
        solution: of ``run``, if they were made before.

    Raises:
        WhygradError: there is no element of a name.
    """
    sheet = _Sheet(solution or Solution(run))
    for name, number in (told or {}).items():
        place = sheet.solution.place(name)
        sheet.own.hold(place, number)
        sheet.told.append(place)
    for name, text in typed:
        yield sheet.graded(name, text)


@dataclass
class _Sheet:
    """What a learner has written so far: of each number, what was typed last.

    Attributes:
        solution: the right numbers.
        slips: numbers that are wrong and are carried on, or right again after one.
        own: all numbers that were told or typed, as rounded as they were.
        told: where numbers were told.
        settled: where numbers were typed that are right.
    """

    solution: Solution
    slips: Held = field(init=False)
    own: Held = field(init=False)
    told: list[ElementKey] = field(default_factory=list[ElementKey])
    settled: set[ElementKey] = field(default_factory=set[ElementKey])

    def __post_init__(self) -> None:
        self.slips, self.own = Held(self.solution), Held(self.solution)

    def graded(self, name: str, text: str) -> Mark:
        """Grade one number, and note it."""
        work, answer = self.solution, read(text)
        place = work.place(name)
        true, exact, rounded = (
            numbers.number(place) + 0.0 for numbers in (work, self.slips, self.own)
        )
        follows = math.isfinite(exact)  # nothing follows from a logarithm of -1
        if not follows:
            exact = true
        carried = not np.isclose(exact, true, rtol=1e-9, atol=1e-12)
        if answer.value is None:
            correct, says = self._in_words(answer, place, exact)
            return Mark(name, text, correct, exact, (), (says,), carried)
        if _is_right(answer, exact, rounded):
            self._note(place, answer.value, settled=True)
            says = self._right(name, self._basis(place, follows), carried)
            return Mark(name, text, True, exact, (), says, carried)
        if carried and agrees(answer, true):
            # what went wrong before was put right, or not used
            self._note(place, answer.value, slip=true)
            return Mark(name, text, True, true, (), self._right(name, work.run, False), False)
        found = recognised(self, answer, place)
        if not found and is_off_by_rounding(answer, exact):
            self._note(place, answer.value)
            says = say("grade.rounded", expected=exact)
            return Mark(name, text, True, exact, (), (says,), carried)
        if not found and is_rough(answer, exact):
            self._note(place, answer.value)
            return Mark(name, text, None, exact, (), (say("grade.rough"),), carried)
        step = _step(self._basis(place, follows), name)
        wrong = _wrong(answer, exact, found, step, carried)
        self._note(place, answer.value, slip=answer.value)
        names = tuple(mistake.name for mistake in found)
        return Mark(name, text, False, exact, names, wrong, carried, step=step)

    def _note(
        self, place: ElementKey, typed: float, *, slip: float | None = None, settled: bool = False
    ) -> None:
        """Note what was typed, in place of what was typed there before."""
        self.own.hold(place, typed)
        self.slips.hold(place, slip)
        self.settled.discard(place)
        if settled:
            self.settled.add(place)

    def _in_words(
        self, answer: TypedAnswer, place: ElementKey, expected: float
    ) -> tuple[bool | None, Said]:
        """Answer what is no number: nothing, a sign, a comparison, or something else."""
        word = answer.word
        if answer.blank:
            return None, say("grade.blank")
        if answer.trouble is not None:
            return None, answer.trouble
        if word in ("positive", "negative"):
            right = expected > 0 if word == "positive" else expected < 0
            return right, say(f"grade.{word}" if right else f"grade.not_{word}")
        name = place[0].removesuffix("_new")
        if name == place[0]:
            return None, say(f"grade.{word}_than_what")
        before = self.solution.number((name, place[1]))
        signs = {"larger": 1, "smaller": -1, "same": 0}
        right = bool(np.sign(expected - before) == signs[word])
        return right, say(f"grade.{word}" if right else f"grade.not_{word}", x=symbol(name))

    def _basis(self, place: ElementKey, follows: bool) -> Run:
        """Return the numbers from which an element follows; the right ones, if it follows not."""
        return self.slips.right(but=place) if follows else self.solution.run

    def _right(self, name: str, basis: Run, carried: bool) -> tuple[Said, ...]:
        rung = why(basis, name, 0)
        return (say("grade.right_carried" if carried else "grade.right"), *rung.says)


def _wrong(
    answer: TypedAnswer, expected: float, found: Sequence[Mistake], step: str, carried: bool
) -> tuple[Said, ...]:
    right = say("grade.step_carried" if carried else "grade.step", step=step)
    if not found:
        return (say("grade.not_this"), *_hint(answer, expected), right)
    said = [mistake.title[0].lower() + mistake.title[1:] for mistake in found[:OFFERED]]
    asked = dict.fromkeys(mistake.asks for mistake in found[:OFFERED])
    several = "grade.mistakes" if len(said) > 1 else "grade.mistake"
    slips = say(several, mistakes=SENTENCES["grade.or"].join(said))
    return (slips, *(say("grade.asks", question=question) for question in asked), right)


def _is_right(answer: TypedAnswer, exact: float, rounded: float) -> bool:
    """Say whether an answer is right, from exact earlier numbers or from rounded ones.

    Those who round some and not others come out between the two.
    """
    if agrees(answer, exact) or agrees(answer, rounded):
        return True
    spread = abs(exact - rounded)
    if answer.value is None or not spread <= 0.05 * max(abs(exact), abs(rounded)):
        return False
    low, high = sorted((exact, rounded))
    return low <= answer.value <= high


def recognised(sheet: _Sheet, answer: TypedAnswer, place: ElementKey) -> list[Mistake]:
    """Return the mistakes that give a typed number, the likeliest first.

    Those that would have shown in an earlier number, which is right, were not made; unless they
    are made at this very step.
    """
    work, ranked = sheet.solution, list[tuple[int, int, Mistake]]()
    slips, kinds = sheet.slips, [sheet.slips]
    if sheet.own.numbers != slips.numbers:
        kinds.append(sheet.own)
    right: Run | None = None
    for order, mistake in enumerate(work.mistakes):
        given = (held.mistaken(mistake.name, place) for held in kinds)
        if not any(n is not None and agrees(answer, n) for n in given):
            continue
        right = right or slips.right()
        here = work.mistaken_here(mistake.name, place, right)
        if here is not None and agrees(answer, here):
            rank = 0
        elif any(_shows(slips, mistake, p) for p in sheet.settled):
            continue
        else:
            rank = 2 if any(_shows(slips, mistake, p) for p in sheet.told) else 1
        ranked.append((rank + 3 * (mistake.name in SELDOM), order, mistake))
    return [mistake for _, _, mistake in sorted(ranked, key=lambda row: row[:2])]


def _shows(held: Held, mistake: Mistake, place: ElementKey) -> bool:
    return held.mistaken(mistake.name, place) is not None


def _step(run: Run, name: str) -> str:
    """Write a step in names, then in numbers, then what it comes to."""
    value, at = run.element(name)
    tree = formula(run, value, at)
    found = display.shown(tree, run.number, run.number(value, at))
    parts = [
        symbol(name),
        display.in_symbols(tree, run),
        display.in_numbers(tree, run.number, found.digits),
        found.result,
    ]
    return " = ".join(dict.fromkeys(parts))


def _hint(answer: TypedAnswer, expected: float) -> list[Said]:
    """Say what is nearly right about a number."""
    assert answer.value is not None
    if not expected:
        return []
    if agrees(answer, -expected):
        return [say("grade.sign")]
    if any(agrees(answer, expected * power) for power in (10.0, 100.0, 0.1, 0.01)):
        return [say("grade.point")]
    return [say("grade.not_zero")] if answer.value == 0 else []
