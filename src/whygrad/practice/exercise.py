"""Exercises made from a seed: small networks with numbers that are friendly to hand and head.

An exercise is a tape with values hidden. Everything about it follows from its id, so a link or a
seed gives the same exercise anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from whygrad import random
from whygrad.display import in_symbols
from whygrad.display import number as shown
from whygrad.errors import UnknownName, WhygradError, unknown
from whygrad.lesson import formula, lesson
from whygrad.names import symbol
from whygrad.run import Run
from whygrad.spec import spec_from_dict
from whygrad.tape import Tape
from whygrad.training import start
from whygrad.whatif import MakeMistake, compare, edited, find_mistake, fitting

KINDS = (
    "next_number",
    "fill_blanks",
    "find_the_mistake",
    "order_the_steps",
    "draw_the_graph",
    "choose_the_remedy",
)
_PLANTED = ("find_the_mistake", "choose_the_remedy")
FADING = ("worked", "completion", "solo")
MAX_SEED = 2**31

_WEIGHTS = (-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0)
_INPUTS = (-2.0, -1.0, 0.5, 1.0, 2.0, 3.0)
_TARGETS = (-1.0, 0.0, 1.0, 2.0, 3.0)
_RATES = (0.1, 0.2, 0.5)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Attributes:
        name: the element asked for, or what else is asked ("first wrong step", "order").
        prompt: the question in words.
        answer: the right answer: a number, or a text.
    """

    name: str
    prompt: str
    answer: float | str


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question about one small tape.

    Attributes:
        id: says everything about it: kind, feature, fading and seed.
        kind: one of KINDS.
        feature: what the tape has that is worth practising.
        seed: which one.
        spec: what is traced.
        question: the whole question in words.
        given: names and numbers that are told.
        asks: what is asked, in the order it is worked out.
        mistake: the planted mistake, if there is one.
    """

    id: str
    kind: str
    feature: str
    fading: str
    seed: int
    spec: Mapping[str, Any]
    question: str
    given: tuple[tuple[str, float], ...]
    asks: tuple[Ask, ...]
    mistake: str = ""

    @property
    def run(self) -> Run:
        """The numbers of the exercise's tape, done rightly."""
        return _run(self.spec)

    def to_json(self, *, with_answers: bool = False) -> dict[str, Any]:
        """Return the exercise as JSON data."""
        return {
            "id": self.id,
            "seed": self.seed,
            "kind": self.kind,
            "feature": self.feature,
            "question": self.question,
            "given": dict(self.given),
            "asks": [
                {"name": ask.name, "prompt": ask.prompt}
                | ({"answer": ask.answer} if with_answers else {})
                for ask in self.asks
            ],
        }


class _Draw:
    """Draws from a seed, each draw from a stream of its own name."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.count = 0

    def below(self, n: int) -> int:
        self.count += 1
        return int(random.bits(self.seed, f"exercise/{self.count}", 1)[0] % n)

    def one(self, choices: Sequence[Any]) -> Any:
        return choices[self.below(len(choices))]


def _network(draw: _Draw, layers: list[int], **more: Any) -> dict[str, Any]:
    weights: dict[str, Any] = {}
    for n in range(1, len(layers)):
        weights[f"W{n}"] = [
            [draw.one(_WEIGHTS) for _ in range(layers[n])] for _ in range(layers[n - 1])
        ]
        weights[f"b{n}"] = [draw.one((-1.0, -0.5, 0.0, 0.5, 1.0)) for _ in range(layers[n])]
    rows = more.pop("rows", 1)
    output = more.pop("output", "linear")
    targets = (0.0, 1.0) if output == "sigmoid" else _TARGETS
    optimizer = {"name": "sgd", "learning_rate": draw.one(_RATES), **more.pop("optimizer", {})}
    return {
        "network": {
            "layers": layers,
            "activation": more.pop("activation", "relu"),
            "output": output,
        },
        "init": weights,
        "optimizer": optimizer,
        "data": {
            "x": [[draw.one(_INPUTS) for _ in range(layers[0])] for _ in range(rows)],
            "y": [[draw.one(targets)] for _ in range(rows)],
            "batch": "all",
        },
        **more,
    }


def _neuron(draw: _Draw) -> dict[str, Any]:
    return {
        "formula": {
            "w": draw.one(_WEIGHTS),
            "b": draw.one((-0.5, 0.5, 1.0)),
            "z": "w*x + b",
            "a": "relu(z)",
            "L": "(y - a)**2",
        },
        "data": {"x": draw.one(_INPUTS), "y": draw.one(_TARGETS)},
        "optimizer": {"name": "sgd", "learning_rate": draw.one(_RATES)},
    }


def _dead_unit(draw: _Draw) -> dict[str, Any]:
    """Make the sum of one hidden unit negative, whatever was drawn."""
    made = _network(draw, [2, 2, 1])
    x = made["data"]["x"][0]
    unit = draw.below(2)
    column = [row[unit] for row in made["init"]["W1"]]
    total = sum(a * b for a, b in zip(x, column, strict=True))
    made["init"]["b1"][unit] = -abs(total) - 0.5 - total if total > 0 else -0.5
    return made


def _fanout(draw: _Draw) -> dict[str, Any]:
    shape = draw.below(3)
    x = draw.one((-2.0, -1.0, 0.5, 1.0, 2.0, 3.0))
    k = draw.one((2.0, 3.0, 4.0))
    lines = (
        {"x": x, "a": f"x + {k:g}", "L": "x * a"},
        {"x": x, "a": f"{k:g} * x", "b": "a + x", "L": "a * b"},
        {"x": x, "a": "x * x", "b": "a + a", "L": f"b - {k:g} * x"},
    )[shape]
    return {"formula": lines, "optimizer": {"name": "sgd", "learning_rate": draw.one(_RATES)}}


def _shared_weight(draw: _Draw) -> dict[str, Any]:
    return {
        "formula": {
            "w": draw.one((-1.0, 0.5, 2.0)),
            "h": "w * x",
            "p": "w * h",
            "L": "(p - y)**2",
        },
        "data": {"x": draw.one(_INPUTS), "y": draw.one(_TARGETS)},
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
    }


def _residual(draw: _Draw) -> dict[str, Any]:
    return {
        "formula": {
            "w": draw.one(_WEIGHTS),
            "z": "w * x",
            "a": "relu(z)",
            "s": "x + a",
            "p": "w * s",
            "L": "(p - y)**2",
        },
        "data": {"x": draw.one(_INPUTS), "y": draw.one(_TARGETS)},
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
    }


FEATURES: dict[str, Callable[[_Draw], dict[str, Any]]] = {
    "neuron": _neuron,
    "two_layers": lambda draw: _network(draw, [1, 1, 1]),
    "two_inputs": lambda draw: _network(draw, [2, 1]),
    "hidden_units": lambda draw: _network(draw, [1, 2, 1]),
    "dead_unit": _dead_unit,
    "fanout": _fanout,
    "shared_weight": _shared_weight,
    "residual": _residual,
    "sigmoid_output": lambda draw: _network(draw, [1, 1, 1], output="sigmoid"),
    "tanh": lambda draw: _network(draw, [1, 1, 1], activation="tanh"),
    "batch_of_two": lambda draw: _network(draw, [1, 1], rows=2),
    "momentum": lambda draw: _network(draw, [1, 1], optimizer={"momentum": 0.9}),
}


def exercise(
    seed: int, *, feature: str | None = None, kind: str = "next_number", fading: str = "solo"
) -> Exercise:
    """Make an exercise. The same arguments make the same exercise anywhere.

    Args:
        seed: a whole number from 0 on.
        feature: one of FEATURES; by default the seed chooses.
        kind: one of KINDS.
        fading: "worked" (only the last number is asked), "completion" (every other), "solo" (all).

    Raises:
        WhygradError: an unknown name, or a seed out of range.
    """
    if not 0 <= seed < MAX_SEED:
        raise WhygradError(f"the seed is {seed}; it must be from 0 to {MAX_SEED - 1}")
    for what, name, allowed in (("kind", kind, KINDS), ("fading", fading, FADING)):
        if name not in allowed:
            raise UnknownName(unknown(what, name, allowed))
    chosen = feature
    if chosen is None:
        chosen = tuple(FEATURES)[int(random.bits(seed, "exercise/feature", 1)[0]) % len(FEATURES)]
    draw = _Draw(seed)
    if chosen not in FEATURES:
        raise UnknownName(unknown("feature", chosen, FEATURES))
    return _make(draw, chosen, kind, fading)


def from_id(id_: str) -> Exercise:
    """Return the exercise an id stands for.

    Raises:
        WhygradError: it is not an exercise's id.
    """
    parts = id_.split(".")
    if len(parts) != 4 or not parts[3].isdigit() or len(parts[3]) > 10:
        raise WhygradError(
            f"{id_!r:.100} is not an exercise's id; one looks like next_number.fanout.solo.7"
        )
    kind, feature, fading, seed = parts
    return exercise(int(seed), feature=feature, kind=kind, fading=fading)


def _make(draw: _Draw, feature: str, kind: str, fading: str) -> Exercise:
    for _ in range(50):
        spec = FEATURES[feature](draw)
        run = _run(spec)
        mistake = _planted(draw, spec) if kind in _PLANTED else ""
        if _is_friendly(run) and (kind not in _PLANTED or mistake):
            break
    else:
        raise AssertionError(f"no friendly numbers for {feature} in fifty draws")
    names = worked_out(run)
    question, given, asks = _QUESTIONS[kind](run, names, fading, mistake, spec)
    return Exercise(
        f"{kind}.{feature}.{fading}.{draw.seed}",
        kind,
        feature,
        fading,
        draw.seed,
        spec,
        f"{_story(run)}\n{question}",
        given,
        asks,
        mistake,
    )


@lru_cache(maxsize=64)
def _cached(spec: str) -> Run:
    return start(spec_from_dict(json.loads(spec), "exercise")).iteration.run


def _run(spec: Mapping[str, Any]) -> Run:
    return _cached(json.dumps(spec))


def _is_friendly(run: Run) -> bool:
    """Refuse what nobody would set: a loss of nothing, a gradient of nothing, huge numbers."""
    gradients = [
        run.arrays[g]
        for value, g in run.tape.gradients.items()
        if run.tape.values[value].role == "parameter"
    ]
    numbers = np.concatenate([a.ravel() for a in run.arrays if a.dtype.kind == "f"])
    return (
        run.arrays[run.tape.loss].item() != 0
        and any(bool(np.any(g != 0)) for g in gradients)
        and bool(np.all(np.isfinite(numbers)))
        and float(np.abs(numbers).max()) < 1000
    )


def worked_out(run: Run) -> list[tuple[int, int]]:
    """Return the elements a person works out, in order: ``(value id, flat index)``."""
    return [
        (step.value, at) for step in lesson(run.tape) for at in range(run.arrays[step.value].size)
    ]


def _planted(draw: _Draw, spec: Mapping[str, Any]) -> str:
    """Choose a mistake that changes a number of this tape; empty if none does."""
    training = start(spec_from_dict(dict(spec), "exercise"))
    right = training.iteration.run
    changing = [
        mistake.name
        for mistake in fitting(right.tape)
        if first_wrong(right, edited(training, MakeMistake(mistake.name)).run)
    ]
    return draw.one(changing) if changing else ""


def first_wrong(right: Run, wrong: Run) -> str:
    """Return the name of the first element, as worked out, that differs; empty if none does."""
    for value, at in worked_out(right):
        name = right.tape.values[value].name
        if name in wrong.tape.by_name:
            a, b = right.number(value, at), float(wrong[name].flat[at])
            if not np.isclose(a, b, rtol=1e-6, atol=1e-9):
                return right.label(value, at)
    return ""


# --- questions --------------------------------------------------------------------------------

Parts = tuple[str, tuple[tuple[str, float], ...], tuple[Ask, ...]]
Names = list[tuple[int, int]]


def _story(run: Run) -> str:
    """Tell what is computed, in formulas with names."""
    lines = [
        f"  {symbol(run.label(step.value, at))} = {in_symbols(formula(run, step.value, at), run)}"
        for step in lesson(run.tape)
        if step.phase in ("forward", "loss")
        for at in range(run.arrays[step.value].size)
    ]
    given = ", ".join(f"{symbol(name)} = {shown(number)}" for name, number in _leaves(run))
    return "\n".join(["A small computation:", *lines, f"with {given}."])


def _leaves(run: Run) -> list[tuple[str, float]]:
    roles = ("input", "target", "parameter", "hyperparameter", "optimizer state")
    return [
        (run.label(leaf.id, at), run.number(leaf.id, at))
        for role in roles
        for leaf in run.tape.leaves
        if leaf.role == role and leaf.name
        for at in range(run.arrays[leaf.id].size)
    ]


def _prompt(run: Run, value: int, at: int) -> str:
    name = symbol(run.label(value, at))
    step = run.tape.makers[value]
    if step.phase == "update":
        return f"What is {name}, after the update?"
    if run.tape.values[value].gradient_of is not None:
        of = symbol(run.label(run.tape.values[value].gradient_of or 0, at))
        return f"What is {name}, the rate of the loss per unit of {of}?"
    return f"What is {name}?"


def _asks(run: Run, names: Names) -> tuple[Ask, ...]:
    return tuple(
        Ask(run.label(value, at), _prompt(run, value, at), run.number(value, at))
        for value, at in names
    )


def _next_number(
    run: Run, names: Names, fading: str, mistake: str, spec: Mapping[str, Any]
) -> Parts:
    told: Names = {"worked": names[:-1], "completion": names[: len(names) // 2], "solo": []}[fading]
    asked = [element for element in names if element not in told]
    given = (*_leaves(run), *((run.label(v, at), run.number(v, at)) for v, at in told))
    already = "".join(
        f"\n  {symbol(run.label(v, at))} = {shown(run.number(v, at))}" for v, at in told
    )
    question = "Work out one training iteration, step by step."
    if already:
        question = f"Part of it is worked out:{already}\nGo on from there."
    return question, given, _asks(run, asked)


def _fill_blanks(
    run: Run, names: Names, fading: str, mistake: str, spec: Mapping[str, Any]
) -> Parts:
    every = {"worked": 4, "completion": 3, "solo": 2}[fading]
    blank = names[every - 1 :: every] or names[-1:]
    given = tuple((run.label(v, at), run.number(v, at)) for v, at in names if (v, at) not in blank)
    lines = "\n".join(
        f"  {symbol(run.label(v, at))} = "
        + ("____" if (v, at) in blank else shown(run.number(v, at)))
        for v, at in names
    )
    return f"Fill in the blanks:\n{lines}", (*_leaves(run), *given), _asks(run, blank)


def _find_the_mistake(
    run: Run, names: Names, fading: str, mistake: str, spec: Mapping[str, Any]
) -> Parts:
    training = start(spec_from_dict(dict(spec), "exercise"))
    wrong = edited(training, MakeMistake(mistake)).run
    shown_names = [
        (run.label(v, at), float(wrong[run.tape.values[v].name].flat[at])) for v, at in names
    ]
    lines = "\n".join(f"  {symbol(name)} = {shown(number)}" for name, number in shown_names)
    return (
        f"Someone worked it out so, and made one mistake:\n{lines}\n"
        f"Which number is the first that is wrong, and what should it be?",
        (*_leaves(run), *shown_names),
        (
            Ask(
                "first wrong step",
                "Which number is the first that is wrong?",
                first_wrong(run, wrong),
            ),
            Ask(
                "right number",
                "What should it be?",
                run.number(*run.element(first_wrong(run, wrong))),
            ),
        ),
    )


def _order_the_steps(
    run: Run, names: Names, fading: str, mistake: str, spec: Mapping[str, Any]
) -> Parts:
    order = [step.name for step in lesson(run.tape) if step.phase == "backward"]
    mixed = sorted(order)
    return (
        f"In which order can these be worked out: {', '.join(symbol(n) for n in mixed)}?\n"
        f"Write their names with commas, the first one first.",
        tuple(_leaves(run)),
        (Ask("order", f"Put in order: {', '.join(mixed)}", ", ".join(order)),),
    )


def _draw_the_graph(
    run: Run, names: Names, fading: str, mistake: str, spec: Mapping[str, Any]
) -> Parts:
    edges = ", ".join(f"{a} -> {b}" for a, b in edges_of(run.tape))
    return (
        "Draw its graph: for every value, an arrow from each value it is computed from.\n"
        "Write the arrows with commas: x -> z, w -> z, ...",
        tuple(_leaves(run)),
        (Ask("graph", "Which arrows are there?", edges),),
    )


def _choose_the_remedy(
    run: Run, names: Names, fading: str, mistake: str, spec: Mapping[str, Any]
) -> Parts:
    training = start(spec_from_dict(dict(spec), "exercise"))
    found = compare(training, MakeMistake(mistake), 6)
    right, wrong = (
        ", ".join(shown(loss) for loss in found.training[which]) for which in ("right", "wrong")
    )
    row = find_mistake(mistake)
    return (
        f"Someone trains it, and the loss goes {wrong}; done rightly it would go {right}.\n"
        f"What is wrong, how would you find out, and what would you do first? Write it in your "
        f"own words; then compare with the model answer and rate yourself from 1 to 5.",
        tuple(_leaves(run)),
        (
            Ask(
                "remedy",
                "What is wrong, how would you find out, and what would you do first?",
                f"{row.title}. {row.breaks} To find out: {row.notice} Then do that step rightly "
                f"and train again from the same start.",
            ),
        ),
    )


def edges_of(tape: Tape) -> list[tuple[str, str]]:
    """Return the arrows between the named values of the forward pass, in order."""
    found: list[tuple[str, str]] = []
    for step in lesson(tape):
        if step.phase not in ("forward", "loss"):
            continue
        inputs = {i for n in step.steps for i in tape.steps[n].inputs}
        for value in sorted(inputs):
            if tape.values[value].name:
                found.append((tape.values[value].name, step.name))
    return found


def can_be_computed(tape: Tape, order: Sequence[str]) -> str:
    """Return the first of some gradients that comes before one it rests on; empty if all fit."""
    steps = {step.name: step for step in lesson(tape) if step.phase == "backward"}
    made: set[str] = set()
    for name in order:
        inputs = {i for n in steps[name].steps for i in tape.steps[n].inputs}
        needed = {tape.values[i].name for i in inputs} & set(steps) - {name}
        if not needed <= made:
            return name
        made.add(name)
    return ""


_QUESTIONS: dict[str, Callable[[Run, Names, str, str, Mapping[str, Any]], Parts]] = {
    "next_number": _next_number,
    "fill_blanks": _fill_blanks,
    "find_the_mistake": _find_the_mistake,
    "order_the_steps": _order_the_steps,
    "draw_the_graph": _draw_the_graph,
    "choose_the_remedy": _choose_the_remedy,
}
