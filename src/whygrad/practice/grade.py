"""Grading an exercise of any kind, and someone's own homework."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from whygrad.engine.notation import symbol
from whygrad.errors import UnknownName, WhygradError, unknown
from whygrad.explain import display
from whygrad.explain.said import Named, Said, say
from whygrad.practice.exercise import Exercise
from whygrad.practice.graph import comes_too_early, edges_of
from whygrad.practice.numbers import Mark, grade_numbers
from whygrad.practice.solution import Solution
from whygrad.tape.run import Run
from whygrad.whatif.mistakes import MISTAKES, find_mistake

RATING = "rating"  # the name that a learner's rating of an open answer goes by
MOST_SHOWN = 40  # characters of what was typed that are said back
_RATED = re.compile(r"([1-5])(?:\.0*)?(?: ?(?:/|of|out of) ?5)?")
_UNPRETTY = str.maketrans("₀₁₂₃₄₅₆₇₈₉∂'", "0123456789d′")


def grade(
    exercise: Exercise, answers: Mapping[str, str], solution: Solution | None = None
) -> list[Mark]:
    """Grade typed answers, by name of what was asked.

    Args:
        exercise: what was asked.
        answers: what was typed; what is left out counts as blank. An open answer may come with the
            learner's own "rating" of it, from 1 to 5.
        solution: of the exercise's run, if they were made before.

    Raises:
        UnknownName: an answer is for something that was not asked.
    """
    asked = {plain_name(ask.name): ask.name for ask in exercise.asks}
    if exercise.kind == "choose_the_remedy":
        asked[RATING] = RATING
    typed: dict[str, str] = {}
    for name, text in answers.items():
        if plain_name(name) not in asked:
            raise UnknownName(unknown("answer", name, asked.values()))
        typed[asked[plain_name(name)]] = text
    if exercise.kind == "order_the_steps":
        return [_order(exercise, typed.get("order", ""))]
    if exercise.kind == "draw_the_graph":
        return [_graph(exercise, typed.get("graph", ""))]
    if exercise.kind == "choose_the_remedy":
        return [_remedy(exercise, typed.get("remedy", ""), typed.get(RATING, ""))]
    work = solution or exercise.solution
    if exercise.kind == "find_the_mistake":
        return _planted(exercise, typed, work)
    made = {work.label(place) for place in work.order}
    told = {name: display.rounded(number) for name, number in exercise.given if name in made}
    lines = [(ask.name, typed.get(ask.name, "")) for ask in exercise.asks]
    return list(grade_numbers(exercise.run, lines, told=told, solution=work))


def homework(run: Run, answers: Mapping[str, str]) -> list[Mark]:
    """Check each line of someone's own work on their own network.

    Args:
        run: the numbers of their network, done rightly.
        answers: what they typed, by element; in any order.

    Raises:
        WhygradError: a name that is not on the tape, or a number that was given, not worked out.
    """
    work = Solution(run)
    order = {place: n for n, place in enumerate(work.order)}
    typed: list[tuple[int, str, str]] = []
    for name, text in answers.items():
        place = work.place(name)
        if place not in order:
            raise WhygradError(f"{name} is given, not worked out; there is nothing to check")
        typed.append((order[place], work.label(place), text))
    lines = [(label, text) for _, label, text in sorted(typed)]
    return list(grade_numbers(run, lines, solution=work))


def _planted(exercise: Exercise, typed: Mapping[str, str], work: Solution) -> list[Mark]:
    """Grade where a planted mistake shows first, what the number should be, and which it was."""
    where, number, slip = exercise.asks
    label, text = str(where.answer), typed.get(where.name, "")
    wrong = {plain_name(work.label(place)) for place, _ in work.differing(exercise.mistake)}
    named = plain_name(text)
    correct: bool | None = named == plain_name(label)
    if not named:
        correct, says = None, (say("planted.blank"),)
    elif correct:
        says = (say("planted.right"),)
    else:
        made = {plain_name(work.label(place)) for place in work.order}
        which = "wrong_too" if named in wrong else "right_number" if named in made else "unknown"
        says = (say(f"planted.{which}"), say("planted.first", x=symbol(label)))
    numbers = grade_numbers(exercise.run, [(label, typed.get(number.name, ""))], solution=work)
    return [
        Mark(where.name, text, correct, label, (), says, False),
        *(replace(mark, name=number.name) for mark in numbers),
        _slip(exercise, label, typed.get(slip.name, ""), work),
    ]


def _slip(exercise: Exercise, label: str, typed: str, work: Solution) -> Mark:
    """Grade which mistake was planted; another is answered by what it would have given."""
    planted, place = find_mistake(exercise.mistake), work.place(label)
    rows = {
        plain_name(text): row
        for row in MISTAKES.values()
        for text in (row.name, row.title, row.done)
    }
    chosen = rows.get(plain_name(typed))
    truth = say("slip.made", mistake=planted.done, notice=planted.notice)
    correct: bool | None = chosen is planted
    if not typed.strip():
        correct, says = None, (say("slip.blank"),)
    elif chosen is None:
        correct, says = None, (say("slip.unknown"),)
    elif correct:
        says = (say("slip.right", people=planted.people, notice=planted.notice),)
    elif chosen not in work.mistakes:
        says = (say("slip.cannot"), truth)
    else:
        found = work.wrongly(chosen.name).number(place)
        seen = work.wrongly(planted.name).number(place)
        x = Named(symbol(label), found)
        alike = display.number(found) == display.number(seen)
        says = (say("slip.same", x=x) if alike else say("slip.other", x=x, planted=seen), truth)
    names = (chosen.name,) if chosen is not None else ()
    return Mark("mistake made", typed, correct, planted.description, names, says, False)


def _remedy(exercise: Exercise, typed: str, rated: str) -> Mark:
    """Show the model answer beside the learner's own, who rates it."""
    model = str(exercise.asks[0].answer)
    if not typed.strip():
        return Mark("remedy", typed, None, model, (), (say("remedy.blank"),), False)
    match = _RATED.fullmatch(rated.strip())
    rating = int(match[1]) if match else None
    says = [say("remedy.model", model=model)]
    if rating is not None:
        says.append(say("remedy.rated", rating=rating))
        if rating < 5:
            says.append(say("remedy.lacks"))
    else:
        if rated.strip():
            says.append(say("remedy.not_a_rating", rating=rated.strip()[:MOST_SHOWN]))
        says.append(say("remedy.rate"))
    return Mark("remedy", typed, None, model, (), tuple(says), False, rating)


def plain_name(text: str) -> str:
    """Return a name as it is compared: ∂L/∂w₁, dL/dW1 and "dL / dw1" are one."""
    plain = re.sub(r"\s+", "", text).translate(_UNPRETTY).replace("ŷ", "yhat")
    plain = re.sub(r"(\[[\d,]*\])?′", r"_new\1", plain)
    return plain.lower()


def _order(exercise: Exercise, typed: str) -> Mark:
    expected = str(exercise.asks[0].answer)
    names = {plain_name(name): name for name in expected.split(", ")}
    parts = [part.strip() for part in re.split(r"[,;>→\n]+", typed) if part.strip(" -")]
    given = [plain_name(part.strip(" -")) for part in parts]
    missing = [symbol(names[name]) for name in names if name not in given]
    strange = [part for part, name in zip(parts, given, strict=True) if name not in names]
    twice = [names[name] for n, name in enumerate(given) if name in names and name in given[:n]]
    correct: bool | None = False
    if not given:
        correct, says = None, say("ordered.blank")
    elif strange:
        known = ", ".join(names.values())
        correct, says = None, say("ordered.unknown", typed=strange[0][:MOST_SHOWN], names=known)
    elif twice:
        says = say("ordered.twice", x=symbol(twice[0]))
    elif missing:
        says = say("ordered.missing", names=", ".join(missing))
    elif early := comes_too_early(exercise.run.tape, [names[name] for name in given]):
        return replace(early_mark(exercise, *early), typed=typed)
    else:
        correct, says = True, say("ordered.right")
    return Mark("order", typed, correct, expected, (), (says,), False)


def early_mark(exercise: Exercise, name: str, needed: str) -> Mark:
    """Return the mark of an order in which ``name`` comes before ``needed``, on which it rests."""
    says = say("ordered.early", x=symbol(name), needed=symbol(needed))
    return Mark("order", "", False, str(exercise.asks[0].answer), (), (says,), False)


def _arrows(arrows: set[tuple[str, str]], names: Mapping[str, str]) -> str:
    return ", ".join(f"{symbol(names[a])} → {symbol(names[b])}" for a, b in sorted(arrows))


def _graph(exercise: Exercise, typed: str) -> Mark:
    names = {plain_name(n): n for edge in edges_of(exercise.run.tape) for n in edge}
    right = {(plain_name(a), plain_name(b)) for a, b in edges_of(exercise.run.tape)}
    given: set[tuple[str, str]] = set()
    for chain in re.split(r"[,;\n]+", typed):
        nodes = [plain_name(node) for node in re.split(r"-+>|→|⟶|=>", chain)]
        given |= set(pairwise(nodes))
    strange = [node for arrow in given for node in arrow if node not in names]
    correct: bool | None = False
    if not given:
        correct, says = None, (say("graph.blank"),)
    elif strange:
        known = ", ".join(names.values())
        correct = None
        says = (say("graph.unknown", typed=min(strange)[:MOST_SHOWN], names=known),)
    elif given == right:
        correct, says = True, (say("graph.right"),)
    else:
        says = tuple(
            say(key, arrows=_arrows(arrows, names))
            for key, arrows in (("graph.missing", right - given), ("graph.extra", given - right))
            if arrows
        )
        if {(b, a) for a, b in given} & right:
            says = (*says, say("graph.turned"))
    return graph_mark(exercise, typed, correct, says)


def graph_mark(
    exercise: Exercise, typed: str, correct: bool | None, says: tuple[Said, ...]
) -> Mark:
    """Return the mark of a graph."""
    return Mark("graph", typed, correct, str(exercise.asks[0].answer), (), says, False)
