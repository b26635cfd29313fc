"""Grading: right is right, a slip costs once, and a wrong number says what was done."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whygrad.engine.notation import symbol
from whygrad.errors import WhygradError
from whygrad.explain.said import Said, say
from whygrad.practice import (
    FEATURES,
    KINDS,
    Exercise,
    Mark,
    Solution,
    exercise,
    grade,
    grade_numbers,
    homework,
)
from whygrad.practice.graph import backward_steps, comes_too_early
from whygrad.practice.solution import ElementKey, Overrides
from whygrad.training.start import start
from whygrad.whatif import MISTAKES

FANOUT = exercise(7, feature="fanout")  # a = x + 4, L = x·a, x = 2: a 6, L 12, dL/da 2, dL/dx 8


Draw = Callable[..., list[Any]]


def marks(made: Exercise, answers: dict[str, str]) -> dict[str, Mark]:
    return {mark.name: mark for mark in grade(made, answers)}


def keys(mark: Mark) -> list[str]:
    """Return the keys of what is said."""
    return [said.key for said in mark.says]


def exact(made: Exercise) -> dict[str, str]:
    return {ask.name: repr(ask.answer) for ask in made.asks}


# --- right answers ----------------------------------------------------------------------------


@pytest.mark.parametrize("feature", list(FEATURES))
def test_right_answers_are_right_and_say_why(feature: str) -> None:
    for seed in range(3):
        made = exercise(seed, feature=feature)
        for mark in grade(made, exact(made)):
            assert mark.correct is True
            assert keys(mark)[0] == "grade.right"
            assert len(mark.says) > 1
            assert (mark.mistakes, mark.carried) == ((), False)


@pytest.mark.parametrize("feature", list(FEATURES))
@pytest.mark.parametrize("digits", [2, 3, 4])
def test_right_answers_from_ones_own_rounded_numbers_are_right(
    feature: str, digits: int, sample: Draw
) -> None:
    for seed in sample(range(4), 1):
        made = exercise(seed, feature=feature)
        work, own = made.solution, dict[ElementKey, float]()
        typed: dict[str, str] = {}
        for place in work.order:
            typed[work.label(place)] = f"{work.number(place, own):.{digits}g}"
            own[place] = float(typed[work.label(place)])
        assert [mark.correct for mark in grade(made, typed)] == [True] * len(made.asks)


def test_a_right_number_may_be_rounded_on_the_way() -> None:
    made = exercise(1, feature="tanh")
    ask = made.asks[-1]
    mark = marks(made, {ask.name: f"{float(ask.answer) * 1.004:.6f}"})[ask.name]
    assert mark.correct
    assert keys(mark) == ["grade.rounded"]


def test_one_digit_is_too_rough_to_tell() -> None:
    made = exercise(0, feature="sigmoid_output")
    ask = next(a for a in made.asks if 0.12 < abs(float(a.answer)) < 0.14 or a.name == "yhat")
    rough = f"{float(ask.answer):.0e}"
    mark = marks(made, {ask.name: rough})[ask.name]
    assert mark.correct in (None, True)


def test_a_right_number_after_a_slip_is_right_either_way() -> None:
    # a is wrong; L is given from that a, or from the right one
    from_own = marks(FANOUT, {"a": "7", "L": "14", "dL/dx": "9"})
    assert [from_own[name].correct for name in ("a", "L", "dL/dx")] == [False, True, True]
    assert [from_own[name].carried for name in ("a", "L", "dL/dx")] == [False, True, True]
    assert from_own["L"].expected == 14
    right = (say("grade.right_carried"), say("computed", equation="L = 2 × 7 = 14"))
    assert from_own["L"].says[:2] == right
    as_if_right = marks(FANOUT, {"a": "7", "L": "12", "dL/dx": "8"})
    assert [as_if_right[name].correct for name in ("a", "L", "dL/dx")] == [False, True, True]


# --- one slip costs once ----------------------------------------------------------------------


@pytest.mark.parametrize("feature", list(FEATURES))
def test_one_slip_costs_once(feature: str, sample: Draw) -> None:
    made = exercise(0, feature=feature)
    work = made.solution
    for slipped in sample(work.order, 4):
        held = {slipped: 0.8 * work.number(slipped) + 0.0137}
        typed = {work.label(place): repr(_own(work, place, held)) for place in work.order}
        wrong = [mark.name for mark in grade(made, typed) if mark.correct is not True]
        assert wrong == [work.label(slipped)]


def _own(work: Solution, place: ElementKey, held: Overrides) -> float:
    return held[place] if place in held else work.number(place, held)


def test_what_is_typed_anew_takes_the_place_of_what_was_typed_before() -> None:
    run = start("flow").iteration.run  # dL/dyhat is -3.5, dL/dw2 is half of it
    put_right = [("dL/dyhat", "-1.75"), ("dL/dyhat", "-3.5"), ("dL/dw2", "-0.875")]
    found = list(grade_numbers(run, put_right))
    assert [(mark.correct, mark.expected, mark.carried) for mark in found] == [
        (False, -3.5, False),
        (True, -3.5, False),
        (False, -1.75, False),
    ]
    # a right number that is made wrong again says nothing of what was not done
    made_wrong = [("dL/dyhat", "-3.5"), ("dL/dyhat", "3.5"), ("dL/dw2", "1.75")]
    assert [mark.correct for mark in grade_numbers(run, made_wrong)] == [True, False, True]


def test_a_slip_from_which_nothing_follows_is_not_carried() -> None:
    made = exercise(0, feature="sigmoid_output")  # the loss of ŷ = 2 is a logarithm of -1
    mark = marks(made, {"yhat": "2", "L": "7"})["L"]
    assert not mark.carried
    assert mark.expected == float(made.run["L"])
    assert "NaN" not in mark.feedback


def test_the_step_is_shown_with_the_learners_own_numbers() -> None:
    mark = marks(FANOUT, {"a": "7", "L": "99"})["L"]
    assert mark.expected == 14
    assert mark.carried
    assert mark.step == "L = x × a = 2 × 7 = 14"
    assert mark.says[-1] == say("grade.step_carried", step=mark.step)
    assert mark.feedback.endswith("From your own numbers, the step is L = x × a = 2 × 7 = 14.")


# --- mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feature", "name", "typed", "mistake"),
    [
        ("neuron", "dL/du2", "half", "forget_factor_two"),
        ("two_layers", "dL/dyhat", "half", "forget_factor_two"),
        ("two_layers", "dL/dyhat", "minus", "flip_the_error"),
        ("batch_of_two", "dL/dyhat[0,0]", "twice", "forget_one_over_n"),
    ],
)
def test_a_mistake_is_named(feature: str, name: str, typed: str, mistake: str) -> None:
    made = exercise(2, feature=feature)
    right = next(float(ask.answer) for ask in made.asks if ask.name == name)
    number = right * {"half": 0.5, "minus": -1, "twice": 2}[typed]
    mark = marks(made, {name: repr(number)})[name]
    assert mark.correct is False
    assert mistake in mark.mistakes
    assert keys(mark)[0] in ("grade.mistake", "grade.mistakes")
    assert mark.says[1] == say("grade.asks", question=MISTAKES[mark.mistakes[0]].asks)
    assert mark.slips == tuple(MISTAKES[name] for name in mark.mistakes)
    assert mark.symbol == symbol(mark.name)


def test_a_mistake_that_would_have_shown_before_is_not_named() -> None:
    made = exercise(2, feature="two_layers")
    right = {ask.name: float(ask.answer) for ask in made.asks}
    late = {"dL/dw2": repr(right["dL/dw2"] / 2)}
    assert "forget_factor_two" in marks(made, late)["dL/dw2"].mistakes
    after_right = {"dL/dyhat": repr(right["dL/dyhat"])} | late
    assert "forget_factor_two" not in marks(made, after_right)["dL/dw2"].mistakes


def test_the_same_number_of_two_mistakes_is_told_apart_by_questions() -> None:
    for seed in range(40):
        made = exercise(seed, feature="neuron")
        ask = next(a for a in made.asks if a.name == "dL/dz")
        if ask.answer == 0:
            continue
        mark = marks(made, {"dL/dz": "0"})["dL/dz"]
        if len(mark.mistakes) > 1:
            assert keys(mark)[0] == "grade.mistakes"
            assert keys(mark).count("grade.asks") >= 2
            return
    raise AssertionError("no such case")


def test_at_most_three_mistakes_are_put_into_words(sample: Draw) -> None:
    for seed in sample(range(30), 6):
        made = exercise(seed)
        for mark in grade(made, {ask.name: "0" for ask in made.asks}):
            assert mark.feedback.count("; or if you ") <= 2


@pytest.mark.parametrize(
    ("typed", "hints"),
    [
        ("-8", ["grade.sign"]),
        ("0.8", ["grade.point"]),
        ("80", ["grade.point"]),
        ("5.7", []),
    ],
)
def test_what_no_mistake_gives_is_hinted_at(typed: str, hints: list[str]) -> None:
    before = {"a": "6", "L": "12", "dL/da": "2"}
    mark = marks(FANOUT, before | {"dL/dx": typed})["dL/dx"]
    assert mark.correct is False
    assert not mark.mistakes
    assert keys(mark) == ["grade.not_this", *hints, "grade.step"]
    assert mark.step.endswith("= 8")


# --- what is no number ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed", "correct", "said"),
    [
        ("dL/dx", "", None, say("grade.blank")),
        ("dL/dx", "abc", None, say("read.not_a_number", typed="abc")),
        ("dL/dx", "positive", True, say("grade.positive")),
        ("dL/dx", "negative", False, say("grade.not_negative")),
        ("dL/dx", "zero", False, say("grade.not_zero")),
        ("dL/dx", "larger", None, say("grade.larger_than_what")),
        ("x_new", "smaller", True, say("grade.smaller", x="x")),
        ("x_new", "larger", False, say("grade.not_larger", x="x")),
        ("x_new", "same", False, say("grade.not_same", x="x")),
    ],
)
def test_what_is_no_number_is_answered(
    name: str, typed: str, correct: bool | None, said: Said
) -> None:
    mark = marks(FANOUT, {name: typed})[name]
    assert mark.correct is correct
    assert said in mark.says
    assert mark.typed == typed


@settings(deadline=None)
@given(st.sampled_from(KINDS), st.lists(st.text(max_size=30), min_size=5, max_size=5))
def test_any_text_is_graded(kind: str, texts: list[str]) -> None:
    made = exercise(7, feature="fanout", kind=kind)
    answers = {ask.name: text for ask, text in zip(made.asks, texts, strict=False)}
    for mark in grade(made, answers):
        assert mark.typed == answers[mark.name]
        assert mark.feedback
        json.dumps(mark.to_json(), allow_nan=False)


def test_an_answer_to_what_was_not_asked_is_refused() -> None:
    with pytest.raises(WhygradError, match="unknown answer 'dL/dy'.*did you mean 'dL/dx'"):
        grade(FANOUT, {"dL/dy": "1"})


def test_names_may_be_written_as_they_are_shown() -> None:
    assert marks(FANOUT, {"∂L/∂x": "8", "x′": "0.4"})["dL/dx"].correct
    assert marks(FANOUT, {"x′": "0.4"})["x_new"].correct


def test_the_json_is_what_is_promised() -> None:
    (mark,) = (m for m in grade(FANOUT, {"dL/dx": "3"}) if m.name == "dL/dx")
    assert mark.to_json() == {
        "name": "dL/dx",
        "correct": False,
        "expected": 8.0,
        "mistakes": list(mark.mistakes),
        "feedback": mark.feedback,
        "carried": False,
    }


# --- told numbers -----------------------------------------------------------------------------


def test_numbers_may_be_worked_out_from_what_was_shown() -> None:
    made = exercise(1, feature="sigmoid_output", fading="worked")
    assert [m.correct for m in grade(made, exact(made))] == [True]


# --- other kinds ------------------------------------------------------------------------------


def test_every_order_that_can_be_worked_out_is_right() -> None:
    made = exercise(2, feature="two_layers", kind="order_the_steps")
    names = backward_steps(made.run.tape)
    gradients_of = {  # what each rests on, by hand: z1 on a1, a1 on yhat, ...
        "dL/dw2": {"dL/dyhat"},
        "dL/db2": {"dL/dyhat"},
        "dL/da1": {"dL/dyhat"},
        "dL/dz1": {"dL/da1"},
        "dL/dw1": {"dL/dz1"},
        "dL/db1": {"dL/dz1"},
        "dL/dyhat": set[str](),
    }
    right = 0
    for order in permutations(names):
        fits = all(gradients_of[name] <= set(order[:n]) for n, name in enumerate(order))
        assert (comes_too_early(made.run.tape, order) is None) == fits
        right += fits
        if fits and right % 10 == 1:
            assert marks(made, {"order": ", ".join(order)})["order"].correct
    assert right > 20


@pytest.mark.parametrize(
    ("typed", "correct", "said"),
    [
        ("", None, say("ordered.blank")),
        ("dL/da, dL/dx", True, say("ordered.right")),
        ("∂L/∂a → ∂L/∂x", True, say("ordered.right")),
        ("dL/dx, dL/da", False, say("ordered.early", x="∂L/∂x", needed="∂L/∂a")),
        ("dL/dx", False, say("ordered.missing", names="∂L/∂a")),
        ("dL/da, dL/da", False, say("ordered.twice", x="∂L/∂a")),
        ("dL/da, dL/dx, dL/dq", None, say("ordered.unknown", typed="dL/dq", names="dL/da, dL/dx")),
    ],
)
def test_an_order_is_graded(typed: str, correct: bool | None, said: Said) -> None:
    made = exercise(7, feature="fanout", kind="order_the_steps")
    mark = marks(made, {"order": typed})["order"]
    assert mark.correct is correct
    assert mark.says == (said,)


@pytest.mark.parametrize(
    ("typed", "correct", "said"),
    [
        ("", None, say("graph.blank")),
        ("x, a", None, say("graph.blank")),
        ("x -> a, x -> L, a -> L", True, say("graph.right")),
        ("x→a→L\nx --> L", True, say("graph.right")),
        ("x -> a, a -> L", False, say("graph.missing", arrows="x → L")),
        ("x -> a, x -> L, a -> L, x -> x", False, say("graph.extra", arrows="x → x")),
        ("a -> x, x -> L, a -> L", False, say("graph.turned")),
        ("x -> q", None, say("graph.unknown", typed="q", names="x, a, L")),
    ],
)
def test_a_graph_is_graded(typed: str, correct: bool | None, said: Said) -> None:
    made = exercise(7, feature="fanout", kind="draw_the_graph")
    mark = marks(made, {"graph": typed})["graph"]
    assert mark.correct is correct
    assert mark.says[-1] == said


@pytest.mark.parametrize("feature", list(FEATURES))
def test_a_planted_mistake_is_graded(feature: str) -> None:
    made = exercise(3, feature=feature, kind="find_the_mistake")
    where, number, slip = made.asks
    right = {where.name: str(where.answer), number.name: repr(number.answer)}
    found = marks(made, right | {slip.name: str(slip.answer)})
    assert [mark.correct for mark in found.values()] == [True, True, True]
    assert MISTAKES[made.mistake].notice in found[slip.name].feedback
    assert marks(made, {slip.name: made.mistake})[slip.name].correct
    planted = dict(made.given)[str(where.answer)]
    wrong = marks(made, {number.name: repr(planted)})
    assert wrong[where.name].correct is None
    assert wrong[number.name].correct is False
    assert made.mistake in wrong[number.name].mistakes


def test_a_mistake_that_was_not_made_is_answered_with_what_it_would_have_given() -> None:
    made = exercise(3, feature="two_layers", kind="find_the_mistake")
    _, _, slip = made.asks
    others = [title for title in slip.choices if title != slip.answer]
    said = [marks(made, {slip.name: title})[slip.name] for title in others]
    assert not any(mark.correct for mark in said)
    planted = MISTAKES[made.mistake].done
    for mark in said:
        assert keys(mark)[0] in ("slip.same", "slip.other", "slip.cannot")
        notice = MISTAKES[made.mistake].notice
        assert mark.says[1] == say("slip.made", mistake=planted, notice=notice)
    assert any(keys(mark)[0] in ("slip.same", "slip.other") for mark in said)
    assert marks(made, {slip.name: "nonsense"})[slip.name].correct is None
    assert keys(marks(made, {})[slip.name]) == ["slip.blank"]


def test_a_number_that_is_not_the_first_wrong_one_is_answered() -> None:
    made = exercise(3, feature="two_layers", kind="find_the_mistake")
    work = made.solution
    first = str(made.asks[0].answer)
    wrong = [work.label(place) for place, _ in work.differing(made.mistake)]
    right = [work.label(place) for place in work.order if work.label(place) not in wrong]
    assert wrong[0] == first
    said = {
        name: marks(made, {"first wrong step": name})["first wrong step"]
        for name in (*right, *wrong, "nonsense")
    }
    truth = say("planted.first", x=symbol(first))
    assert said[right[0]].says == (say("planted.right_number"), truth)
    if len(wrong) > 1:
        assert said[wrong[1]].says == (say("planted.wrong_too"), truth)
    assert said["nonsense"].says == (say("planted.unknown"), truth)
    assert not any(mark.correct for name, mark in said.items() if name != first)


def test_a_remedy_is_compared_by_the_learner() -> None:
    made = exercise(3, kind="choose_the_remedy")
    mark = marks(made, {"remedy": "zero the gradients"})["remedy"]
    assert mark.correct is None
    assert mark.says == (say("remedy.model", model=str(made.asks[0].answer)), say("remedy.rate"))
    assert keys(marks(made, {})["remedy"]) == ["remedy.blank"]


@pytest.mark.parametrize(
    ("typed", "rating", "asks"),
    [
        ("4", 4, (say("remedy.rated", rating=4), say("remedy.lacks"))),
        (" 5/5 ", 5, (say("remedy.rated", rating=5),)),
        ("3 out of 5", 3, (say("remedy.rated", rating=3), say("remedy.lacks"))),
        ("2.0", 2, (say("remedy.rated", rating=2), say("remedy.lacks"))),
        ("", None, (say("remedy.rate"),)),
        ("6", None, (say("remedy.not_a_rating", rating="6"), say("remedy.rate"))),
        ("3.5", None, (say("remedy.not_a_rating", rating="3.5"), say("remedy.rate"))),
        ("good", None, (say("remedy.not_a_rating", rating="good"), say("remedy.rate"))),
    ],
)
def test_an_open_answer_is_rated_by_the_learner(
    typed: str, rating: int | None, asks: tuple[Said, ...]
) -> None:
    made = exercise(3, kind="choose_the_remedy")
    (mark,) = grade(made, {"remedy": "zero the gradients", "rating": typed})
    assert mark.rating == rating
    assert mark.says == (say("remedy.model", model=str(made.asks[0].answer)), *asks)
    assert mark.to_json().get("rating") == rating
    assert ("rating" in mark.to_json()) == (rating is not None)


def test_what_is_blank_is_not_rated() -> None:
    (mark,) = grade(exercise(3, kind="choose_the_remedy"), {"rating": "5"})
    assert mark.rating is None
    assert keys(mark) == ["remedy.blank"]


def test_a_number_is_not_rated() -> None:
    with pytest.raises(WhygradError, match="unknown answer 'rating'"):
        grade(FANOUT, {"rating": "5"})


# --- homework ---------------------------------------------------------------------------------


def test_homework_is_checked_line_by_line_in_the_order_of_work() -> None:
    run = start("flow").iteration.run
    found = homework(run, {"w1_new": "0.675", "dL/dw1": "-1.75", "yhat": "0.5", "dL/dyhat": "-3"})
    assert [(m.name, m.correct, m.carried) for m in found] == [
        ("yhat", False, False),
        ("dL/dyhat", True, True),
        ("dL/dw1", True, False),
        ("w1_new", True, False),
    ]


def test_homework_on_a_network_of_arrays() -> None:
    run = start("xor").iteration.run
    name = "dL/dW1[0,2]"
    (mark,) = homework(run, {name: repr(float(run["dL/dW1"][0, 2]))})
    assert mark.correct
    assert mark.name == name


@pytest.mark.parametrize(
    ("name", "says"), [("w1", "is given, not worked out"), ("dL/dw9", "did you mean")]
)
def test_homework_on_what_is_not_worked_out_is_refused(name: str, says: str) -> None:
    with pytest.raises(WhygradError, match=says):
        homework(start("flow").iteration.run, {name: "1"})


def test_numbers_of_any_tape_can_be_graded_one_by_one() -> None:
    run = start("flow").iteration.run
    (mark,) = grade_numbers(run, [("dL/dyhat", "-1.75")])
    assert mark.mistakes == ("forget_factor_two",)
    with pytest.raises(WhygradError):
        list(grade_numbers(run, [("nothing", "1")]))


# --- solution ---------------------------------------------------------------------------------


@pytest.mark.parametrize("feature", list(FEATURES))
def test_holding_a_number_changes_only_what_follows(feature: str) -> None:
    made = exercise(1, feature=feature)
    work = made.solution
    for n, place in enumerate(work.order):
        run = work.right({place: work.number(place) + 0.5})
        for before in work.order[:n]:
            assert run[before[0]].flat[before[1]] == pytest.approx(work.number(before))
        assert run[place[0]].flat[place[1]] == work.number(place) + 0.5
        assert work.right({}) is made.run
