"""What is accepted for an exercise, as data: whoever asks it can grade it without this package.

Numbers are graded by playing the mistakes that fit (``Solution.mistaken_tapes``); of everything
else there are finitely many answers, or rules of one line each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from whygrad.practice.exercise import Exercise
from whygrad.practice.grade import RATING, early_mark, grade, graph_mark
from whygrad.practice.graph import edges_of, prerequisites
from whygrad.practice.numbers import Mark

BLANK, RIGHT, UNRATED, ELSE, UNKNOWN = "", "right", "unrated", "else", "unknown"
RATINGS = ("1", "2", "3", "4", "5")

Marks = dict[str, dict[str, Mark]]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is accepted for an exercise.

    Attributes:
        numbers: of each number that is asked, by the name of what is asked: the element it is of.
        marks: of everything else, by the name of what is asked: the mark of each answer. An answer
            is "" for a blank, one of the choices, "right" for what is right, and "1" to "5" or
            "unrated" for an open answer with its rating. For an order, "a < b" is the mark of one
            in which a comes before b, on which it rests. For a graph, "unknown" is the mark of one
            with an unknown name and "else" of any other; what they are told is for the page to say.
        rests: of an order or a graph, what each value rests on, by name.
    """

    numbers: Mapping[str, str] = field(default_factory=dict[str, str])
    marks: Mapping[str, Mapping[str, Mark]] = field(default_factory=Marks)
    rests: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True)
class Posed:
    """An exercise with what is accepted for it."""

    exercise: Exercise
    accepted: Accepted


def posed(exercise: Exercise) -> Posed:
    """Return an exercise with what is accepted for it."""
    made = _KINDS.get(exercise.kind, _numbers)
    return Posed(exercise, made(exercise))


def _numbers(exercise: Exercise) -> Accepted:
    return Accepted(numbers={ask.name: ask.name for ask in exercise.asks})


def _planted(exercise: Exercise) -> Accepted:
    work = exercise.solution
    where, number, slip = exercise.asks
    marks: Marks = {}
    for n, ask in ((0, where), (2, slip)):
        answers = (BLANK, *ask.choices)
        marks[ask.name] = {text: grade(exercise, {ask.name: text}, work)[n] for text in answers}
    return Accepted(numbers={number.name: str(where.answer)}, marks=marks)


def _order(exercise: Exercise) -> Accepted:
    rests = prerequisites(exercise.run.tape)
    (ask,) = exercise.asks
    marks = _blank_and_right(exercise) | {
        f"{name} < {needed}": early_mark(exercise, name, needed)
        for name in rests
        for needed in rests[name]
    }
    return Accepted(marks={ask.name: marks}, rests=rests)


def _graph(exercise: Exercise) -> Accepted:
    (ask,) = exercise.asks
    rests: dict[str, tuple[str, ...]] = {}
    for used, made in edges_of(exercise.run.tape):
        rests[made] = (*rests.get(made, ()), used)
    marks = _blank_and_right(exercise) | {
        ELSE: graph_mark(exercise, "", False, ()),
        UNKNOWN: graph_mark(exercise, "", None, ()),
    }
    return Accepted(marks={ask.name: marks}, rests=rests)


def _remedy(exercise: Exercise) -> Accepted:
    (ask,) = exercise.asks
    rated = {BLANK: {ask.name: ""}, UNRATED: {ask.name: "-"}} | {
        rating: {ask.name: "-", RATING: rating} for rating in RATINGS
    }
    marks = {key: grade(exercise, typed)[0] for key, typed in rated.items()}
    return Accepted(marks={ask.name: marks})


def _blank_and_right(exercise: Exercise) -> dict[str, Mark]:
    (ask,) = exercise.asks
    return {
        BLANK: grade(exercise, {})[0],
        RIGHT: grade(exercise, {ask.name: str(ask.answer)})[0],
    }


_KINDS = {
    "find_the_mistake": _planted,
    "order_the_steps": _order,
    "draw_the_graph": _graph,
    "choose_the_remedy": _remedy,
}
