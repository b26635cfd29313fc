"""Exercises: the same anywhere, about what they say, and right, as PyTorch confirms."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from whygrad.errors import WhygradError
from whygrad.explain import display
from whygrad.explain.worked import lines, worked_steps
from whygrad.practice import (
    DIFFICULTIES,
    FADING,
    FEATURES,
    KINDS,
    Exercise,
    exercise,
    from_id,
    from_json,
    grade,
    worksheet,
)
from whygrad.practice.exercise import MAX_SEED, _is_friendly
from whygrad.practice.features import Draw as Random
from whygrad.practice.graph import backward_steps, comes_too_early, edges_of
from whygrad.tape.run import Run
from whygrad.whatif import MISTAKES

SEEDS = range(3)
Draw = Callable[..., list[Any]]
EVERY = [(f, k) for f in FEATURES for k in KINDS]


# --- made from a seed -------------------------------------------------------------------------


@pytest.mark.parametrize(("feature", "kind"), EVERY)
def test_every_feature_is_asked_in_every_way(feature: str, kind: str, sample: Draw) -> None:
    for seed, (n, fading) in sample(product(SEEDS, enumerate(FADING)), 2):
        difficulty = DIFFICULTIES[(seed + n) % len(DIFFICULTIES)]
        made = exercise(seed, feature=feature, kind=kind, fading=fading, difficulty=difficulty)
        assert made.asks
        assert FEATURES[feature].holds(made.run)
        assert made.id.startswith(f"{kind}.{feature}.{fading}.{seed}")
        assert from_id(made.id) == made
        assert all(math.isfinite(number) for _, number in made.given)
        assert len(dict(made.given)) == len(made.given)
        assert not {ask.name for ask in made.asks} & dict(made.given).keys()
        json.dumps(made.to_json(with_answers=True), allow_nan=False)
        assert from_json(json.loads(json.dumps(made.to_json()))) == made


@given(st.integers(0, MAX_SEED - 1))
def test_any_seed_makes_an_exercise(seed: int) -> None:
    made = exercise(seed)
    assert made.seed == seed
    assert exercise(seed) == made


def test_the_same_seed_gives_the_same_exercise_anywhere() -> None:
    made = exercise(7, feature="fanout")
    assert made.question == (
        "A small computation:\n  a = x + 4\n  L = x × a\nwith x = 2, η = 0.2.\n"
        "Work out one training iteration, step by step."
    )
    assert [(ask.name, ask.answer) for ask in made.asks] == [
        ("a", 6.0),
        ("L", 12.0),
        ("dL/da", 2.0),
        ("dL/dx", 8.0),
        ("x_new", 0.4),
    ]


def test_other_seeds_give_other_exercises(sample: Draw) -> None:
    for feature in sample(FEATURES, 5):
        assert len({exercise(seed, feature=feature).question for seed in range(20)}) >= 10
    assert {exercise(seed).feature for seed in range(100)} == set(FEATURES)


def test_the_json_is_what_is_promised() -> None:
    made = exercise(7)
    assert set(made.to_json()) == {"id", "seed", "question", "given", "asks"}
    assert all(set(ask) == {"name", "prompt"} for ask in made.to_json()["asks"])
    ordered = exercise(7, kind="order_the_steps")
    assert ordered.to_json()["asks"][0]["choices"] == list(ordered.asks[0].choices)
    with_answers = made.to_json(with_answers=True)["asks"]
    assert [ask["answer"] for ask in with_answers] == [ask.answer for ask in made.asks]


def test_numbers_are_friendly() -> None:
    for seed in range(60):
        numbers = [ask.answer for ask in exercise(seed).asks]
        assert all(n == 0 or 0.01 <= abs(float(n)) < 200 for n in numbers)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"seed": -1}, "must be from 0"),
        ({"seed": MAX_SEED}, "must be from 0"),
        ({"seed": 1, "feature": "fanot"}, "did you mean 'fanout'"),
        ({"seed": 1, "kind": "fill_blank"}, "did you mean 'fill_blanks'"),
        ({"seed": 1, "fading": "alone"}, "Allowed: worked, completion, solo"),
        ({"seed": 1, "difficulty": 0}, "the difficulty is 0; it must be from 1 to 4"),
        ({"seed": 1, "difficulty": 5}, "the difficulty is 5"),
    ],
)
def test_what_is_not_there_is_refused(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(WhygradError, match=says):
        exercise(**arguments)


@pytest.mark.parametrize(
    "id_", ["", "7", "a.b.c", "next_number.fanout.solo.x", "next_number.fanout.solo.²", "a.b.c.7",
            "next_number.fanout.solo.99999999999", "next_number.fanout.solo.-1", "." * 500,
            "next_number.fanout.solo.7.1", "next_number.fanout.solo.7.5",
            "next_number.fanout.solo.7."]
)  # fmt: skip
def test_what_is_not_an_id_is_refused(id_: str) -> None:
    with pytest.raises(WhygradError):
        from_id(id_)


@pytest.mark.parametrize("data", [None, [], 3, "x", {}, {"id": 7}, {"seed": 7}])
def test_a_foreign_file_is_refused(data: Any) -> None:
    with pytest.raises(WhygradError, match="has no id"):
        from_json(data)


@pytest.mark.parametrize("key", ["seed", "question", "given", "asks"])
def test_an_altered_file_is_refused(key: str) -> None:
    data = exercise(7).to_json(with_answers=True)
    altered = {
        "seed": 8,
        "question": "Is it so?",
        "given": {**data["given"], "learning_rate": 9.0},
        "asks": data["asks"][1:],
    }
    with pytest.raises(WhygradError, match=f"the exercise's {key} is not that of"):
        from_json(data | {key: altered[key]})
    data["asks"][0]["answer"] = 1e9  # an answer is not what was asked
    assert from_json(data) == exercise(7)


@pytest.mark.parametrize("feature", list(FEATURES))
def test_the_way_to_the_loss_is_longer_with_each_difficulty(feature: str, sample: Draw) -> None:
    shortest = {way_to_the_loss(exercise(seed, feature=feature).run) for seed in range(12)}
    step = 2 if "network" in exercise(0, feature=feature).spec else 1  # a layer is z and a
    for seed in sample(SEEDS, 1):
        for more, difficulty in enumerate(DIFFICULTIES):
            made = exercise(seed, feature=feature, difficulty=difficulty)
            assert FEATURES[feature].holds(made.run)
            assert from_id(made.id) == made
            assert way_to_the_loss(made.run) - more * step in shortest


def way_to_the_loss(run: Run) -> int:
    """How many named values lie on the longest way to the loss."""
    length: dict[str, int] = {}
    for before, name in edges_of(run.tape):
        length[name] = max(length.get(name, 0), length.get(before, 0) + 1)
    return length["L"]


def test_an_id_says_the_difficulty_where_it_is_above_1() -> None:
    assert exercise(7, feature="fanout", difficulty=1).id == "next_number.fanout.solo.7.v2"
    harder = exercise(7, feature="fanout", difficulty=3)
    assert harder.id == "next_number.fanout.solo.7.3.v2"
    assert "c1 = " in harder.question.replace("₁", "1")


def test_less_is_asked_the_more_is_worked_out() -> None:
    for feature in FEATURES:
        for kind in ("next_number", "fill_blanks"):
            counts = [
                len(exercise(3, feature=feature, kind=kind, fading=fading).asks)
                for fading in FADING
            ]
            assert counts == sorted(counts)


# --- mistakes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(MISTAKES))
def test_every_mistake_can_be_made_in_an_exercise_and_shows_there(name: str) -> None:
    for feature in FEATURES:
        for seed in range(6):
            made = exercise(seed, feature=feature)
            work = made.solution
            if name not in {mistake.name for mistake in work.mistakes}:
                continue
            wrong = dict(work.differing(name))
            place = next((place for place in wrong if math.isfinite(wrong[place])), None)
            if place is None:
                continue
            before = work.order[: work.order.index(place)]
            typed = {work.label(p): repr(work.number(p)) for p in before if p not in wrong}
            typed[work.label(place)] = repr(wrong[place])
            mark = {mark.name: mark for mark in grade(made, typed)}[work.label(place)]
            assert mark.correct is False
            assert name in mark.mistakes
            return
    raise AssertionError(f"no exercise shows {name}")


def test_the_second_iteration_tells_the_gradients_of_the_first() -> None:
    """Who does not zero them has the sum of both, as PyTorch has without zero_grad()."""
    made = exercise(3, feature="second_iteration")
    given = dict(made.given)
    assert "the first had ∂L/∂w₁ = 3, ∂L/∂b₁ = 1" in made.question
    assert (given["earlier dL/dw1"], given["earlier dL/db1"]) == (3.0, 1.0)
    found = by_torch(made, zeroed=False)
    kept = made.solution.wrongly("keep_old_gradients")
    for name in ("w1", "b1"):
        number = kept.number((f"dL/d{name}", 0))
        assert number == pytest.approx(found[f"dL/d{name.upper()}" if name == "w1" else "dL/db1"])
        right = made.run[f"dL/d{name}"].item()
        assert number == pytest.approx(right + given[f"earlier dL/d{name}"])


def test_what_the_relu_does_at_0_is_told_where_it_matters() -> None:
    said = "At exactly 0 the ReLU's slope is taken as 0."
    assert all(said in made.question for made in of_feature("kink"))
    assert all(said not in made.question for made in of_feature("two_layers"))


# --- features ---------------------------------------------------------------------------------


def of_feature(feature: str) -> list[Exercise]:
    return [exercise(seed, feature=feature) for seed in range(12)]


def uses(run: Run, name: str) -> int:
    tape = run.tape
    forward = [
        step.id
        for step, _ in tape.uses.get(tape.by_name[name], ())
        if step.phase in ("forward", "loss")
    ]
    return len(forward)


def test_a_dead_unit_is_dead_and_the_other_is_not() -> None:
    for made in of_feature("dead_unit"):
        z, gradient = made.run["z1"], made.run["dL/dW1"]
        dead = int(np.flatnonzero(z[0] < 0)[0])
        assert (z < 0).sum() == 1
        assert not gradient[:, dead].any()


def test_fan_out_has_a_value_that_is_used_twice() -> None:
    for made in of_feature("fanout"):
        assert uses(made.run, "x") >= 2 or uses(made.run, "a") >= 2
    for made in of_feature("shared_weight"):
        assert uses(made.run, "w") == 2
    for made in of_feature("residual"):
        assert uses(made.run, "h") == 2


def test_a_batch_has_two_examples() -> None:
    for made in of_feature("batch_of_two"):
        x = made.run["x"]
        assert x.shape == (2, 1)
        assert x[0] != x[1]


def test_momentum_has_a_velocity_from_before() -> None:
    for made in of_feature("momentum"):
        given = dict(made.given)
        assert given["velocity_w1"]
        assert given["velocity_b1"]
        assert made.run["velocity_w1_new"].item() == pytest.approx(
            given["momentum"] * given["velocity_w1"] + made.run["dL/dw1"].item()
        )


@pytest.mark.parametrize(
    ("feature", "op"), [("sigmoid_output", "sigmoid"), ("tanh", "tanh"), ("neuron", "relu")]
)
def test_an_activation_is_there(feature: str, op: str) -> None:
    for made in of_feature(feature):
        assert op in {step.op for step in made.run.tape.steps if step.phase == "forward"}


def test_a_chain_is_one_way_through() -> None:
    for made in of_feature("chain"):
        assert edges_of(made.run.tape)[0][0] == "x"
        assert {name for name, _ in edges_of(made.run.tape)} >= {"x", "a", "b", "c"}


# --- PyTorch ----------------------------------------------------------------------------------

FUNCTIONS = {
    "max": lambda a, b: torch.maximum(torch.as_tensor(a, dtype=torch.float64), b),
    "exp": torch.exp,
    "log": torch.log,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "maximum": torch.maximum,
}


def by_torch(made: Exercise, *, zeroed: bool = True) -> dict[str, Any]:
    """Every number of an exercise, by PyTorch's autograd and optimizer, from its spec alone."""
    spec, iteration = made.spec, FEATURES[made.feature].iteration
    data = {
        name: torch.tensor(numbers, dtype=torch.float64)
        for name, numbers in spec.get("data", {}).items()
        if name in "xy"
    }
    first = spec["formula"] if "formula" in spec else spec["init"]
    weights = {
        name: torch.tensor(number, dtype=torch.float64, requires_grad=True)
        for name, number in first.items()
        if not isinstance(number, str)
    }
    options = {k: v for k, v in spec["optimizer"].items() if k not in ("name", "learning_rate")}
    optimizer = torch.optim.SGD(weights.values(), spec["optimizer"]["learning_rate"], **options)
    found: dict[str, torch.Tensor] = {}
    for _ in range(iteration):
        if zeroed:
            optimizer.zero_grad()
        made_here = (
            formula(spec, weights, data) if "formula" in spec else network(spec, weights, data)
        )
        for value in made_here.values():
            value.retain_grad()
        made_here["L"].backward()
        found = {name: value.detach().clone() for name, value in made_here.items()}
        for name, value in (made_here | weights).items():
            if value.grad is not None:  # shares are shown beside a loss that takes the logits
                found[f"dL/d{name}"] = value.grad.detach().clone()
        optimizer.step()
    for name, value in weights.items():
        found[f"{name}_new"] = value.detach()
        if "momentum" in options:
            found[f"velocity_{name}_new"] = optimizer.state[value]["momentum_buffer"]
    return {name: value.numpy() for name, value in found.items()}


def formula(spec: Any, weights: Any, data: Any) -> dict[str, torch.Tensor]:
    known: dict[str, Any] = dict(FUNCTIONS) | weights | data
    made: dict[str, torch.Tensor] = {}
    for name, text in spec["formula"].items():
        if isinstance(text, str):
            made[name] = known[name] = eval(text, {}, known)
    return made


def network(spec: Any, weights: Any, data: Any) -> dict[str, torch.Tensor]:
    layers = len(spec["network"]["layers"]) - 1
    made: dict[str, torch.Tensor] = {}
    a = data["x"]
    for n in range(1, layers + 1):
        z = a @ weights[f"W{n}"] + weights[f"b{n}"]
        if n < layers:
            made[f"z{n}"] = z
            a = made[f"a{n}"] = getattr(torch, spec["network"]["activation"])(z)
        elif spec["network"]["output"] == "sigmoid":
            made[f"z{n}"] = z
            made["yhat"] = torch.sigmoid(z)
            made["L"] = torch.nn.functional.binary_cross_entropy(made["yhat"], data["y"])
        elif spec["network"]["output"] == "softmax":
            made[f"z{n}"] = z
            made["yhat"] = torch.softmax(z, -1)
            made["L"] = torch.nn.functional.cross_entropy(z, data["y"])
        else:
            made["yhat"] = z * 1
            made["L"] = torch.nn.functional.mse_loss(made["yhat"], data["y"])
    return made


def of_torch(found: dict[str, Any], made: Exercise, name: str) -> float | None:
    """The number of an element; None for a part of a formula that the spec has no name for."""
    value, at = made.run.element(name)
    stem = made.run.tape.values[value].name
    same = {key.lower(): key for key in found}  # a weight of one number is called w1, not W1
    return float(found[same[stem.lower()]].flat[at]) if stem.lower() in same else None


@pytest.mark.parametrize("feature", list(FEATURES))
def test_every_answer_is_confirmed_by_pytorch(feature: str, sample: Draw) -> None:
    for seed in sample(range(6), 2):
        made = exercise(seed, feature=feature, difficulty=DIFFICULTIES[seed % len(DIFFICULTIES)])
        found = by_torch(made)
        confirmed = 0
        for ask in made.asks:
            number = of_torch(found, made, ask.name)
            if number is not None:
                assert ask.answer == pytest.approx(number, rel=1e-9, abs=1e-11), ask.name
                confirmed += 1
            else:
                assert "u" in ask.name
        assert confirmed >= 4
        parts_confirmed(made)


def parts_confirmed(made: Exercise) -> None:
    """Unnamed parts of a formula: PyTorch's autograd on the text of every line's formula."""
    if "formula" not in made.spec:
        return
    run = made.run
    known: dict[str, Any] = {
        value.name: torch.tensor(run.number(value.id, 0), dtype=torch.float64, requires_grad=True)
        for value in run.tape.leaves
        if value.name
    } | FUNCTIONS
    for step in worked_steps(run.tape):
        if step.phase in ("forward", "loss"):
            (line,) = lines(run, step)
            known[step.name] = eval(line.formula, {}, known)
            known[step.name].retain_grad()
    known["L"].backward()
    for ask in made.asks:
        if "u" in ask.name:
            value = known[ask.name.removeprefix("dL/d")]
            number = value.grad if ask.name.startswith("dL/d") else value
            assert ask.answer == pytest.approx(number.item(), rel=1e-9, abs=1e-11), ask.name


# --- kinds ------------------------------------------------------------------------------------


def test_told_and_asked_make_up_the_whole() -> None:
    for seed in range(12):
        for kind in ("next_number", "fill_blanks"):
            made = exercise(seed, kind=kind, fading="completion")
            work = made.solution
            numbers = dict(made.given) | {ask.name: ask.answer for ask in made.asks}
            for place in work.order:
                label = work.label(place)
                assert numbers[label] == pytest.approx(work.number(place), rel=1e-9, abs=1e-12)
            assert made.question.count("____") == (len(made.asks) if kind == "fill_blanks" else 0)


@pytest.mark.parametrize("feature", list(FEATURES))
def test_a_planted_mistake_is_seen(feature: str, sample: Draw) -> None:
    for seed in sample(SEEDS, 1):
        made = exercise(seed, feature=feature, kind="find_the_mistake")
        where, number, slip = made.asks
        work = made.solution
        given = dict(made.given)
        for place in work.order:
            label = work.label(place)
            if label == where.answer:
                assert number.answer == pytest.approx(work.number(place), rel=1e-9, abs=1e-12)
                assert given[label] != pytest.approx(work.number(place), rel=1e-5)
                break
            assert given[label] == pytest.approx(work.number(place), rel=1e-5, abs=1e-9)
        others = [
            row.name for row in work.mistakes if row.title in set(slip.choices) - {slip.answer}
        ]
        seen = dict(work.differing(made.mistake))
        assert slip.answer in slip.choices
        assert len(set(slip.choices)) == 4
        assert all(dict(work.differing(other)) != seen for other in others)


@pytest.mark.parametrize("feature", list(FEATURES))
def test_steps_to_order_are_not_in_order(feature: str) -> None:
    for seed in SEEDS:
        made = exercise(seed, feature=feature, kind="order_the_steps")
        tape = made.run.tape
        mixed = made.asks[0].choices
        assert made.asks[0].prompt == f"Put in order: {', '.join(mixed)}"
        assert sorted(mixed) == sorted(backward_steps(tape))
        assert comes_too_early(tape, mixed)
        assert comes_too_early(tape, str(made.asks[0].answer).split(", ")) is None


def test_a_graph_has_an_arrow_for_every_use() -> None:
    made = exercise(1, feature="shared_weight", kind="draw_the_graph")
    assert made.asks[0].answer == "w -> h, x -> h, w -> p, h -> p, y -> u1, p -> u1, u1 -> L"
    assert made.asks[0].choices == ("w", "h", "x", "p", "y", "u1", "L")


def test_a_remedy_is_for_a_training_that_goes_wrong() -> None:
    for seed in range(6):
        made = exercise(seed, kind="choose_the_remedy")
        wrong, _, right = made.question.partition("; done rightly it would go ")
        losses = wrong.rpartition("the loss goes ")[2]
        assert losses != right.partition(".\n")[0]
        assert "How to find out:" in str(made.asks[0].answer)


# --- worksheets -------------------------------------------------------------------------------


def test_a_worksheet_asks_all_and_has_all_answers_on_a_page_of_their_own() -> None:
    made = [exercise(seed, kind=kind) for seed, kind in enumerate(KINDS)]
    page = worksheet(made)
    sheet, key = page.split('<div class="key">')
    for one in made:
        assert sheet.count(one.id) == key.count(one.id) == 1
        assert one.question.splitlines()[1].strip() in sheet
    assert sheet.count("<section>") == key.count("<section>") == len(made)
    assert "____" not in page
    assert "<script" not in page
    assert "break-before: page" in page
    assert "http" not in page


def test_a_worksheet_is_plain_html() -> None:
    from html.parser import HTMLParser

    class Strict(HTMLParser):
        open: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag not in ("meta", "link"):
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    parser = Strict()
    parser.feed(worksheet([exercise(seed, kind=kind) for seed, kind in enumerate(KINDS)]))
    assert parser.open == []


# By feature: what is drawn by twenty seeds at three lengths, and the spec of an exercise. Within
# a minor version a seed gives the same numbers (CONTRIBUTING); these stand for all of them.
DRAWN = {
    "chain": ("daf00c13", "2a96fab1"),
    "neuron": ("2d9d280a", "5b80959e"),
    "two_inputs": ("e9ae4408", "61b49077"),
    "two_layers": ("764289f5", "d3f6e045"),
    "fanout": ("fe9ce57e", "18bd110c"),
    "shared_weight": ("c3d36663", "1f4ff8e0"),
    "residual": ("8976e1ad", "b144de59"),
    "maximum": ("8b466884", "16f9387d"),
    "batch_of_two": ("e64ac86d", "453acac5"),
    "second_iteration": ("d00ed52c", "1c5a9fbd"),
    "momentum": ("719821e8", "3aaa3ee6"),
    "two_gates": ("6672baca", "4827a242"),
    "tanh": ("e8eb4cfc", "28e63108"),
    "sigmoid_output": ("f7666e68", "a5614ec0"),
    "two_classes": ("37a79e30", "e75cdcac"),
    "hidden_units": ("310cde8c", "137dd6ad"),
    "kink": ("5b43fe1b", "137dd6ad"),
    "dead_unit": ("38c5a14c", "50a58149"),
}


def digest(drawn: Any) -> str:
    return hashlib.sha256(json.dumps(drawn).encode()).hexdigest()[:8]


@pytest.mark.parametrize("feature", FEATURES)
def test_a_seed_draws_what_it_drew_before(feature: str) -> None:
    make = FEATURES[feature].make
    assert (
        digest([make(Random(seed), n) for seed in range(20) for n in range(3)]) == DRAWN[feature][0]
    )
    assert digest([exercise(0, feature=feature).spec]) == DRAWN[feature][1]


def test_a_difficulty_out_of_range_is_told_the_range() -> None:
    for difficulty in (DIFFICULTIES[0] - 1, DIFFICULTIES[-1] + 1):
        with pytest.raises(WhygradError, match=f"is {difficulty}; it must be from 1 to 4"):
            exercise(1, difficulty=difficulty)


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("order_the_steps", 2),
        ("draw_the_graph", 4),
        ("choose_the_remedy", 4),
        ("next_number", 1),
        ("find_the_mistake", 1),
    ],
)
def test_a_worksheet_has_room_to_write(kind: str, lines: int) -> None:
    made = exercise(3, feature="neuron", kind=kind)
    page = worksheet([made])
    assert page.count("<i></i>") == lines * len(made.asks)
    assert (" words" in page.partition("<body>")[2]) is (lines > 1)


def test_a_worksheet_puts_many_numbers_in_columns() -> None:
    made = exercise(3, feature="neuron")

    def asked(count: int) -> str:
        asks = tuple(replace(made.asks[0], answer=1.0) for _ in range(count))
        return worksheet([replace(made, asks=asks)]).partition("<body>")[2]

    assert 'class="asks "' in asked(30)
    assert 'class="asks many"' in asked(31)

    def listed(count: int) -> str:
        question = "".join(f"  w{n} = −1.5\n" for n in range(count))
        return worksheet([replace(made, question=question)]).partition("<body>")[2]

    assert 'class="numbers' not in listed(9)
    assert 'class="numbers"' in listed(10)
    assert 'class="numbers"' in listed(30)
    assert 'class="numbers many"' in listed(31)


@pytest.mark.parametrize(
    ("number", "friendly"),
    [(0.0, True), (0.01, True), (0.0099, False), (-0.0099, False), (199.0, True), (200.0, False)],
)
def test_numbers_that_nobody_would_set_are_refused(number: float, friendly: bool) -> None:
    run = exercise(3, feature="neuron").run
    assert run.arrays[run.tape.loss].item() != 0

    def solution(*numbers: float) -> Any:
        return SimpleNamespace(run=run, order=range(len(numbers)), number=numbers.__getitem__)

    assert _is_friendly(solution(1.0, number)) is friendly
    still = {**dict(enumerate(run.arrays)), run.tape.loss: np.zeros(())}
    nothing = SimpleNamespace(
        run=Run(run.tape, tuple(still.values())), order=[0], number=lambda _: 1.0
    )
    assert not _is_friendly(nothing)


@pytest.mark.parametrize("fading", FADING)
@pytest.mark.parametrize("feature", FEATURES)
def test_no_line_gives_a_blanks_number_away(feature: str, fading: str) -> None:
    """Neither the next line nor any other, nor what the tape starts from."""
    for seed in range(4):
        made = exercise(seed, feature=feature, kind="fill_blanks", fading=fading)
        seen = {display.number(abs(number)) for _, number in made.given}
        for ask in made.asks:
            assert display.number(abs(float(ask.answer))) not in seen, (made.id, ask.name)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_on_a_chain_on_which_rates_multiply_there_are_two_to_multiply(difficulty: int) -> None:
    for seed in range(12):
        made = exercise(seed, feature="chain", difficulty=difficulty)
        gradients = [made.run.number(g, 0) for _, g in sorted(made.run.tape.gradients.items())]
        rates = [a / b for a, b in pairwise(gradients) if b]
        assert sum(abs(rate) != 1 for rate in rates) >= 2, made.question


def test_a_slip_is_described_and_not_ordered() -> None:
    for mistake in MISTAKES.values():
        assert mistake.done != mistake.title
        assert mistake.description.split()[0] != "Add"
    made = exercise(3, kind="find_the_mistake")
    choices = made.asks[2].choices
    assert set(choices) <= {mistake.description for mistake in MISTAKES.values()}
    assert MISTAKES["add_the_gradient"].done == "added the gradient in place of subtracting it"


def test_ids_of_before_mean_what_they_meant_or_are_refused() -> None:
    old = from_id("next_number.fanout.solo.7")
    assert old == from_id("next_number.fanout.solo.7.v2") == exercise(7, feature="fanout")
    for id_ in ("fill_blanks.fanout.solo.7", "next_number.chain.solo.7.3"):
        with pytest.raises(
            WhygradError, match=rf"{id_} is an exercise of version 1; version 2 makes"
        ):
            from_id(id_)
        assert from_id(f"{id_}.v2").id == f"{id_}.v2"
    with pytest.raises(
        WhygradError, match="version 3; this whygrad makes those of versions up to 2"
    ):
        from_id("next_number.fanout.solo.7.v3")
