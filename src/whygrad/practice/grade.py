"""Grading: right is right however it is written, and a wrong number says what was done.

A wrong number is recognised by playing the mistakes that fit: those that give the learner's number
name what went wrong. What a learner had wrong is carried through, so that one slip costs once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from whygrad import display
from whygrad.errors import WhygradError
from whygrad.lesson import formula
from whygrad.names import symbol
from whygrad.op import Array
from whygrad.play import Player
from whygrad.practice.answer import Answer, agrees, read
from whygrad.practice.exercise import Exercise, can_be_computed, edges_of, worked_out
from whygrad.run import Run, leaves_of
from whygrad.tape import Step, Tape
from whygrad.whatif.mistakes import MISTAKES, Mistake, find_mistake
from whygrad.whatif.rewrite import Rewriter, rewrite
from whygrad.why import why

Held = Mapping[tuple[str, int], float]


@dataclass(frozen=True, slots=True)
class Mark:
    """One graded answer.

    Attributes:
        name: what was asked.
        typed: what was typed.
        correct: whether it is right (given what was carried); None if it was left blank or could
            not be read.
        expected: the right answer, from the learner's own earlier numbers where those were wrong.
        mistakes: names of the mistakes that give the learner's number.
        feedback: what to say.
        carried: whether an earlier wrong number was carried into what is expected.
    """

    name: str
    typed: str
    correct: bool | None
    expected: float | str
    mistakes: tuple[str, ...]
    feedback: str
    carried: bool

    def to_json(self) -> dict[str, Any]:
        """Return the mark as JSON data."""
        return {
            "name": self.name,
            "correct": self.correct,
            "expected": self.expected,
            "mistakes": list(self.mistakes),
            "feedback": self.feedback,
            "carried": self.carried,
            "typed": self.typed,
        }


def grade(exercise: Exercise, answers: Mapping[str, str]) -> list[Mark]:
    """Grade typed answers, by name of what was asked.

    Raises:
        WhygradError: an answer is for something that was not asked.
    """
    asked = [ask.name for ask in exercise.asks]
    strange = [name for name in answers if name not in asked]
    if strange:
        raise WhygradError(f"{strange[0]!r} was not asked; asked were: {', '.join(asked)}")
    if exercise.kind == "order_the_steps":
        return [_order(exercise, answers.get("order", ""))]
    if exercise.kind == "draw_the_graph":
        return [_graph(exercise, answers.get("graph", ""))]
    if exercise.kind == "choose_the_remedy":
        return [_remedy(exercise, answers.get("remedy", ""))]
    if exercise.kind == "find_the_mistake":
        return _planted(exercise, answers)
    return list(
        grade_numbers(exercise.run, [(a.name, answers.get(a.name, "")) for a in exercise.asks])
    )


def grade_numbers(run: Run, typed: Sequence[tuple[str, str]]) -> Iterator[Mark]:
    """Grade numbers of one tape, in the order they are worked out.

    Args:
        run: the numbers, done rightly.
        typed: names of elements, and what was typed for each.
    """
    wrong: dict[tuple[str, int], float] = {}
    own: dict[tuple[str, int], float] = {}
    for name, text in typed:
        value, at = run.element(name)
        place = (run.tape.values[value].name, at)
        answer = read(text)
        exact = _number(_held(run, wrong), place)
        rounded = _number(_held(run, own), place) if own != wrong else exact
        carried = bool(wrong) and not np.isclose(exact, run.number(value, at), rtol=1e-9)
        if answer.value is None:
            yield _unread(name, answer, exact, carried)
            continue
        if agrees(answer, exact) or agrees(answer, rounded):
            own[place] = answer.value
            yield Mark(name, text, True, exact, (), _right(run, name, carried), carried)
            continue
        found = [
            mistake
            for mistake in MISTAKES.values()
            if any(
                (number := mistaken(run, mistake, held, place)) is not None
                and agrees(answer, number)
                for held in _kinds(wrong, own)
            )
        ]
        wrong[place] = own[place] = answer.value
        names = tuple(mistake.name for mistake in found)
        yield Mark(name, text, False, exact, names, _explain(run, name, exact, found), carried)


def _kinds(wrong: Held, own: Held) -> list[Held]:
    return [wrong] if wrong == own else [wrong, own]


def _held(run: Run, held: Held) -> Run:
    """Return the run with some numbers in place of what steps make, carried on from there."""
    return _played(*_holding(run.tape, leaves_of(run), held)) if held else run


def _holding(
    tape: Tape, leaves: Mapping[int, Array], held: Held
) -> tuple[Tape, Mapping[int, Array]]:
    if not held:
        return tape, leaves
    values = {tape.by_name[name] for name, _ in held}

    def rule(step: Step, new: Rewriter) -> bool:
        if step.output not in values:
            return False
        shape = tuple(int(n) for n in tape.values[step.output].shape)
        keep, fixed = np.ones(shape), np.zeros(shape)
        for (name, at), number in held.items():
            if tape.by_name[name] == step.output:
                keep.flat[at], fixed.flat[at] = 0.0, number
        mask = new.leaf(keep, tape.values[step.output].shape, "constant")
        own = new.leaf(fixed, tape.values[step.output].shape, "constant")
        rest = new.emit(step, "mul", [new.again(step), mask])
        new.finish(step, "add", [rest, own])
        return True

    return rewrite(tape, leaves, rule)


def _played(tape: Tape, leaves: Mapping[int, Array]) -> Run:
    player = Player(tape, leaves)
    player.play()
    return player.run()


def _number(run: Run, place: tuple[str, int]) -> float:
    return float(run[place[0]].flat[place[1]])


def mistaken(run: Run, mistake: Mistake, held: Held, place: tuple[str, int]) -> float | None:
    """Return the number a mistake gives, with some numbers held; None where it changes nothing."""
    rule = mistake.build(run.tape)
    if rule is None:
        return None
    wrong = _played(*_holding(*rewrite(run.tape, leaves_of(run), rule), held))
    right = _held(run, held)
    number, expected = _number(wrong, place), _number(right, place)
    return None if np.isclose(number, expected, rtol=1e-9, atol=1e-12) else number


# --- words ------------------------------------------------------------------------------------


def _unread(name: str, answer: Answer, expected: float, carried: bool) -> Mark:
    if answer.blank:
        feedback = "Left blank. What would you need to know first?"
    elif answer.word:
        way = _way(answer.word, expected)
        feedback = f"{answer.word.capitalize()}: {'so it is' if way else 'not so'}. How large?"
        return Mark(name, answer.typed, way, expected, (), feedback, carried)
    else:
        feedback = answer.trouble[:1].upper() + answer.trouble[1:] + "."
    return Mark(name, answer.typed, None, expected, (), feedback, carried)


def _way(word: str, number: float) -> bool:
    return {"positive": number > 0, "negative": number < 0}.get(word, number == 0)


def _right(run: Run, name: str, carried: bool) -> str:
    if carried:
        return "Right, from the number you had."
    claim = why(run, name, 0).claim
    return f"Right. {claim}"


def _explain(run: Run, name: str, expected: float, found: Sequence[Mistake]) -> str:
    value, at = run.element(name)
    tree = formula(run, value, at)
    right = f"{symbol(name)} = {display.in_symbols(tree, run)} = {display.number(expected)}"
    if not found:
        return f"Not this number. The step is {right}."
    if len(found) == 1:
        return f"{found[0].title}: that gives your number. {found[0].notice} The step is {right}."
    titles = "; or: ".join(mistake.title for mistake in found)
    questions = " ".join(dict.fromkeys(mistake.asks for mistake in found))
    return f"More than one slip gives your number: {titles}. {questions} The step is {right}."


def _planted(exercise: Exercise, answers: Mapping[str, str]) -> list[Mark]:
    where, number = exercise.asks
    typed = answers.get(where.name, "")
    named = _plain_name(typed)
    right = named == _plain_name(str(where.answer))
    mistake = find_mistake(exercise.mistake)
    says = (
        f"Right. {mistake.title}. {mistake.notice}"
        if right
        else f"Not there. The first wrong number is {symbol(str(where.answer))}: {mistake.title}."
    )
    marks = [
        Mark(where.name, typed, right if typed.strip() else None, where.answer, (), says, False)
    ]
    marks += [
        Mark(number.name, m.typed, m.correct, m.expected, m.mistakes, m.feedback, m.carried)
        for m in grade_numbers(exercise.run, [(str(where.answer), answers.get(number.name, ""))])
    ]
    return marks


def _remedy(exercise: Exercise, typed: str) -> Mark:
    """Show the model answer beside the learner's own, who rates it."""
    model = str(exercise.asks[0].answer)
    says = f"Model answer: {model} Rate your own from 1 to 5: cause, evidence, first step."
    return Mark("remedy", typed, None, model, (), says, False)


def homework(run: Run, answers: Mapping[str, str]) -> list[Mark]:
    """Check each line of someone's own work on their own network.

    Args:
        run: the numbers of their network, done rightly.
        answers: what they typed, by element; in any order.

    Raises:
        WhygradError: a name that is not on the tape, or a number that was given, not worked out.
    """
    order = {run.label(value, at): n for n, (value, at) in enumerate(worked_out(run))}
    typed: list[tuple[int, str, str]] = []
    for name, text in answers.items():
        label = run.label(*run.element(name))
        if label not in order:
            raise WhygradError(f"{name} is given, not worked out; nothing to check")
        typed.append((order[label], label, text))
    return list(grade_numbers(run, [(label, text) for _, label, text in sorted(typed)]))


_UNPRETTY = str.maketrans("₀₁₂₃₄₅₆₇₈₉∂", "0123456789d")


def _plain_name(text: str) -> str:
    plain = re.sub(r"\s+", "", text).translate(_UNPRETTY).replace("ŷ", "yhat").replace("′", "_new")
    return plain.lower()


def _order(exercise: Exercise, typed: str) -> Mark:
    tape = exercise.run.tape
    expected = str(exercise.asks[0].answer)
    names = {_plain_name(name): name for name in expected.split(", ")}
    given = [_plain_name(part) for part in re.split(r"[,;>→\n]+", typed) if part.strip()]
    if not given:
        return Mark("order", typed, None, expected, (), "Left blank. Which comes first?", False)
    strange = [name for name in given if name not in names]
    missing = [names[name] for name in names if name not in given]
    if strange or missing or len(given) != len(names):
        trouble = (
            f"{strange[0]} is not one of them" if strange else f"{', '.join(missing)} is missing"
        )
        if not strange and not missing:
            trouble = "one is named twice"
        return Mark("order", typed, False, expected, (), f"{trouble}.", False)
    early = can_be_computed(tape, [names[name] for name in given])
    if early:
        says = f"{symbol(early)} comes too early: it rests on one that you put after it."
        return Mark("order", typed, False, expected, ("pass_on_too_early",), says, False)
    return Mark(
        "order", typed, True, expected, (), "Right: each comes after all it rests on.", False
    )


def _graph(exercise: Exercise, typed: str) -> Mark:
    expected = str(exercise.asks[0].answer)
    right = {(_plain_name(a), _plain_name(b)) for a, b in edges_of(exercise.run.tape)}
    given = {
        (_plain_name(a), _plain_name(b))
        for a, arrow, b in (
            re.split(r"(->|→)", part, maxsplit=1)
            for part in re.split(r"[,;\n]+", typed)
            if re.search(r"->|→", part)
        )
        if arrow
    }
    if not given:
        says = "No arrows were found. Write them as x -> z, with commas between."
        return Mark("graph", typed, None, expected, (), says, False)
    missing = ", ".join(f"{a} -> {b}" for a, b in sorted(right - given))
    extra = ", ".join(f"{a} -> {b}" for a, b in sorted(given - right))
    if not missing and not extra:
        return Mark("graph", typed, True, expected, (), "Right: every use has its arrow.", False)
    parts = [f"Missing: {missing}." if missing else "", f"Not there: {extra}." if extra else ""]
    return Mark("graph", typed, False, expected, (), " ".join(p for p in parts if p), False)
