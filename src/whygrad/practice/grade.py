"""Grading an exercise of any kind, and someone's own homework."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from whygrad.engine.notation import symbol
from whygrad.errors import UnknownName, WhygradError, unknown
from whygrad.explain import display
from whygrad.practice.exercise import Exercise
from whygrad.practice.graph import comes_too_early, edges_of
from whygrad.practice.numbers import Mark, grade_numbers
from whygrad.practice.solution import Solution
from whygrad.tape.run import Run
from whygrad.whatif.mistakes import MISTAKES, find_mistake

RATING = "rating"  # the name that a learner's rating of an open answer goes by
ARROWS = {
    "missing": "Missing: {arrows}.",
    "extra": "Not there: {arrows}.",
    "turned": "An arrow goes from what is used to what is made of it.",
}
"""What is said of arrows that are drawn, or are not."""
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
    truth = f"The first that is wrong is {symbol(label)}."
    correct: bool | None = named == plain_name(label)
    if not named:
        correct, says = None, "Left blank. Work the numbers out one by one, and stop at the first."
    elif correct:
        says = "Right. All before it is as it should be."
    elif named in wrong:
        says = f"That number is wrong too, but it is not the first. {truth}"
    elif named in {plain_name(work.label(place)) for place in work.order}:
        says = f"That number is right. {truth}"
    else:
        says = f"No number here has that name. {truth}"
    numbers = grade_numbers(exercise.run, [(label, typed.get(number.name, ""))], solution=work)
    return [
        Mark(where.name, text, correct, label, (), says, False),
        *(replace(mark, name=number.name) for mark in numbers),
        _slip(exercise, label, typed.get(slip.name, ""), work),
    ]


def _slip(exercise: Exercise, label: str, typed: str, work: Solution) -> Mark:
    """Grade which mistake was planted; another is answered by what it would have given."""
    planted, place = find_mistake(exercise.mistake), work.place(label)
    rows = {plain_name(text): row for row in MISTAKES.values() for text in (row.name, row.title)}
    chosen = rows.get(plain_name(typed))
    truth = f"The mistake: {planted.title[0].lower()}{planted.title[1:]}. {planted.notice}"
    correct: bool | None = chosen is planted
    if not typed.strip():
        correct, says = None, "Left blank. What was done here in place of the right step?"
    elif chosen is None:
        correct, says = None, "No mistake has that name; whygrad mistakes lists them."
    elif correct:
        says = f"Right. {planted.people} {planted.notice}"
    elif chosen not in work.mistakes:
        says = f"That cannot be done here. {truth}"
    else:
        found = display.number(work.wrongly(chosen.name).number(place))
        seen = display.number(work.wrongly(planted.name).number(place))
        gave = f"That gives {symbol(label)} = {found}"
        says = (
            f"{gave} too, but not the numbers after it."
            if found == seen
            else f"{gave}, not {seen}."
        )
        says = f"{says} {truth}"
    names = (chosen.name,) if chosen is not None else ()
    return Mark("mistake made", typed, correct, planted.title, names, says, False)


def _remedy(exercise: Exercise, typed: str, rated: str) -> Mark:
    """Show the model answer beside the learner's own, who rates it."""
    model = str(exercise.asks[0].answer)
    if not typed.strip():
        says = "Left blank. Say what you would look at first, however rough."
        return Mark("remedy", typed, None, model, (), says, False)
    match = _RATED.fullmatch(rated.strip())
    rating = int(match[1]) if match else None
    if rating is not None:
        asks = f"You rate your own {rating} of 5."
        if rating < 5:
            asks += " What does the model answer say that yours does not?"
    else:
        asks = (
            "Rate your own from 1 to 5: does it name the cause, say how to be sure of it, and what "
            "to do first?"
        )
        if rated.strip():
            asks = f"“{rated.strip()[:40]}” is not a whole number from 1 to 5. {asks}"
    return Mark("remedy", typed, None, model, (), f"Model answer: {model} {asks}", False, rating)


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
        correct, says = None, "Left blank. Which comes first?"
    elif strange:
        correct, says = (
            None,
            f"“{strange[0][:40]}” is not one of them: {', '.join(names.values())}.",
        )
    elif twice:
        says = f"{symbol(twice[0])} is there twice."
    elif missing:
        says = f"Not there: {', '.join(missing)}."
    elif early := comes_too_early(exercise.run.tape, [names[name] for name in given]):
        return replace(early_mark(exercise, *early), typed=typed)
    else:
        correct, says = True, "Right: each comes after all it rests on."
    return Mark("order", typed, correct, expected, (), says, False)


def early_mark(exercise: Exercise, name: str, needed: str) -> Mark:
    """Return the mark of an order in which ``name`` comes before ``needed``, on which it rests."""
    says = f"{symbol(name)} comes too early: it rests on {symbol(needed)}."
    return Mark("order", "", False, str(exercise.asks[0].answer), (), says, False)


def _named(arrows: set[tuple[str, str]], names: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(names[a], names[b]) for a, b in sorted(arrows)]


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
        says = "No arrows were found. Write them as x -> z, with commas between."
        correct = None
    elif strange:
        says = f"“{min(strange)[:40]}” is not one of its values: {', '.join(names.values())}."
        correct = None
    elif given == right:
        correct, says = True, "Right: every use has its arrow."
    else:
        parts = [
            ARROWS[key].format(
                arrows=", ".join(" → ".join(map(symbol, pair)) for pair in _named(arrows, names))
            )
            for key, arrows in (("missing", right - given), ("extra", given - right))
            if arrows
        ]
        if {(b, a) for a, b in given} & right:
            parts.append(ARROWS["turned"])
        says = " ".join(parts)
    return graph_mark(exercise, typed, correct, says)


def graph_mark(exercise: Exercise, typed: str, correct: bool | None, says: str) -> Mark:
    """Return the mark of a graph."""
    return Mark("graph", typed, correct, str(exercise.asks[0].answer), (), says, False)
