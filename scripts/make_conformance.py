"""Writes the cases that the browser's kernels, formulas and player are checked on.

``tests/conformance/ops.json`` has every op's examples, with the formula placed at a few elements;
``tests/conformance/tapes.json`` has whole iterations, played once, trained, and played at another
size; ``tests/conformance/why.json`` has ladders, nudges and paths of presets. Run it after a change
to ops, sentences, presets, messages, mistakes or grading: ``python scripts/make_conformance.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from conformance_numbers import display, draws, schedules
from conformance_sessions import sessions
from conformance_whatifs import answers, whatifs

from whygrad import nn
from whygrad.engine.backward import gradients
from whygrad.engine.dims import Dim, Shape
from whygrad.engine.formula import (
    StepContext,
    choose,
    evaluate,
    place,
    place_local,
    to_python,
    unflat,
)
from whygrad.engine.moves import Moves
from whygrad.engine.notation import symbol
from whygrad.engine.op import Example, Op
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import Tensor, annotate, apply, tensor
from whygrad.explain import Rung, nudge, paths, why
from whygrad.tape import record
from whygrad.tape.player import Player
from whygrad.tape.run import Run, json_number, leaves_of
from whygrad.tape.tape import Tape
from whygrad.training.start import start
from whygrad.training.study import ops_on
from whygrad.wire.messages import to_json

FOLDER = Path(__file__).parent.parent / "tests" / "conformance"
ITERATIONS = 5
Json = Any


# --- ops --------------------------------------------------------------------------------------


def op_cases() -> list[Json]:
    """Return one case per example of every op."""
    return [_op_case(op, example) for op in OPS.values() for example in op.examples]


def _op_case(op: Op, example: Example) -> Json:
    arrays = [np.array(data) for data in example.inputs]
    inputs = [tensor(array, dtype=array.dtype) for array in arrays]
    output = apply(op.name, *inputs, **example.params)
    numbers = [*arrays, output.array]
    where = StepContext(
        formula=op.formula,
        inputs=tuple(range(len(inputs))),
        input_shapes=tuple(array.shape for array in arrays),
        output=len(inputs),
        output_shape=output.array.shape,
        params=example.params,
        whole=lambda argument, at: int(arrays[argument].flat[at]),
        moves=Moves(op, arrays, output.array.shape, example.params),
    )

    def get(value: int, at: int) -> float:
        return float(numbers[value].flat[at])

    last = output.array.size - 1
    chosen = [unflat(at, output.array.shape) for at in sorted({0, last // 2, last})]
    return {
        "op": op.name,
        "params": example.params,
        "inputs": [_array(array) for array in arrays],
        "output": _array(output.array),
        "formula": op.formula.to_json(),
        "elements": [{"at": at, **_tree(place(where, at), get)} for at in chosen],
        "locals": [
            {"argument": n, "at": at, "index": index, **_tree(local, get)}
            for n in range(len(inputs))
            for at in chosen
            for index, local in place_local(where, n, at)
        ],
    }


def _array(array: np.ndarray) -> Json:
    return {"shape": array.shape, "numbers": array.astype(float).ravel().tolist()}


def _tree(tree: Any, get: Callable[[int, int], float]) -> Json:
    # six decimals are the same on every machine, whatever its exp gives in the last bit
    text = to_python(choose(tree, get), lambda value, at: f"{get(value, at):.6f}")
    return {"tree": tree.to_json(), "value": evaluate(tree, get), "python": text}


# --- tapes ------------------------------------------------------------------------------------


def tape_cases() -> list[Json]:
    """Return whole iterations: name, tape, first run, the losses that training gives."""
    return [
        _tape_case("fan-out", *_fan_out()),
        _tape_case("xor 2-4-1", *_xor(), batch=7),
        _tape_case("softmax with momentum", *_softmax_net(), batch=2),
        _tape_case("moving numbers about", *_moving(), batch=5),
        _tape_case("convolution, batch norm and dropout", *_convnet(), batch=3),
        _tape_case("attention over an embedding", *_attention(), batch=3),
    ]


def _tape_case(name: str, tape: Tape, run: Run, **sizes: int) -> Json:
    data = tape.to_json()
    for step in data["steps"]:
        del step["source"]  # where this script lies on the disk is no part of the case
    case = {
        "name": name,
        "tape": data,
        "run": run.to_json(),
        "losses": _losses(tape, leaves_of(run)),
    }
    if sizes:
        leaves = {leaf.id: _resized(run.arrays[leaf.id], leaf.shape, sizes) for leaf in tape.leaves}
        case["resized"] = {
            "sizes": sizes,
            "leaves": {n: array.ravel().tolist() for n, array in leaves.items()},
            "losses": _losses(tape, leaves),
        }
    return case


def _losses(tape: Tape, leaves: Any) -> list[float]:
    player = Player(tape, leaves)
    losses: list[float] = []
    for _ in range(ITERATIONS):
        player.play()
        losses.append(player.buffers[tape.loss].item())
        player.carry()
    return losses


def _resized(array: np.ndarray, shape: Shape, sizes: dict[str, int]) -> np.ndarray:
    """Repeat or cut an array along its named axes."""
    for axis, size in enumerate(shape):
        if isinstance(size, Dim):
            array = np.take(array, np.arange(sizes[size.name]) % int(size), axis)
    return array


def leaf(data: Any, name: str, role: str, dtype: Any = float, batch: int | None = None) -> Tensor:
    """Make a leaf; with ``batch``, its first axis has that name and size."""
    array = np.array(data, dtype)
    shape = array.shape if batch is None else (Dim("batch", batch), *array.shape[1:])
    return Tensor(array, shape, role=role, name=name)


def _numbers(*shape: int, seed: float) -> np.ndarray:
    """Return numbers between -1 and 1 that look random and are the same everywhere."""
    places = np.arange(1, int(np.prod(shape)) + 1)
    return np.round(np.sin(places * 12.9898 + seed * 78.233), 3).reshape(shape)


def iteration(
    loss: Tensor,
    parameters: Sequence[Tensor],
    rate: float,
    momentum: float = 0.0,
    changed: Mapping[Tensor, Tensor] = MappingProxyType({}),
) -> tuple[Tape, Run]:
    """Record the backward pass and an update by gradient descent, and write the tape."""
    found = gradients(loss, parameters)
    carries: list[tuple[Tensor, Tensor]] = list(changed.items())
    with annotate(phase="update"):
        learning_rate = leaf(rate, "learning_rate", "hyperparameter")
        for parameter in parameters:
            change = found[parameter]
            if momentum:
                zeros = np.zeros(parameter.array.shape)
                before = Tensor(zeros, parameter.shape, role="optimizer state")
                change = before * momentum + change
                carries.append((before, change))
            carries.append((parameter, parameter - learning_rate * change))
    names = {found[p]: f"dL/d{p.name}" for p in parameters}
    also = [found[p] for p in parameters]
    tape, run, _ = record.write(loss, also=also, names=names, gradients=found, carries=carries)
    return tape, run


def _fan_out() -> tuple[Tape, Run]:
    x = leaf(3.0, "x", "parameter")
    return iteration((x * (x + 1.0)).named("L"), [x], 0.1)


def _xor() -> tuple[Tape, Run]:
    x = leaf([[0, 0], [0, 1], [1, 0], [1, 1]], "x", "input", batch=4)
    t = leaf([[0], [1], [1], [0]], "t", "target", batch=4)
    w1, b1 = (
        leaf(1.5 * _numbers(4, 2, seed=1), "W1", "parameter"),
        leaf(_numbers(4, seed=9), "b1", "parameter"),
    )
    w2, b2 = leaf(_numbers(1, 4, seed=2), "W2", "parameter"), leaf(np.zeros(1), "b2", "parameter")
    hidden = (x @ w1.T + b1).relu()
    guess = (hidden @ w2.T + b2).sigmoid().named("yhat")
    with annotate(phase="loss"):
        loss = apply("binary_cross_entropy", guess, t).named("L")
    return iteration(loss, [w1, b1, w2, b2], 0.5)


def _softmax_net() -> tuple[Tape, Run]:
    x = leaf(_numbers(6, 3, seed=3), "x", "input", batch=6)
    t = leaf(np.eye(3)[[0, 1, 2, 2, 1, 0]], "t", "target", batch=6)
    w1, b1 = leaf(_numbers(3, 5, seed=4), "W1", "parameter"), leaf(np.zeros(5), "b1", "parameter")
    w2, b2 = leaf(_numbers(5, 3, seed=5), "W2", "parameter"), leaf(np.zeros(3), "b2", "parameter")
    logits = (x @ w1 + b1).tanh() @ w2 + b2
    with annotate(phase="loss"):
        loss = apply("cross_entropy", logits, t).named("L")
    return iteration(loss, [w1, b1, w2, b2], 0.2, momentum=0.9)


def _moving() -> tuple[Tape, Run]:
    """Shapes of every kind: normalise, split and join, look up, pick, a residual connection."""
    x = leaf(_numbers(4, 6, seed=6), "x", "input", batch=4)
    table = leaf(_numbers(5, 6, seed=7), "E", "parameter")
    w = leaf(_numbers(6, 6, seed=8), "W", "parameter")
    rows = leaf([4, 0, 3, 0], "rows", "input", np.int64, batch=4)
    t = leaf([[1], [5], [0], [2]], "t", "target", np.int64, batch=4)
    h = x + table[rows]
    centred = h - h.mean(-1, keepdim=True)
    normal = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    parts = apply("cat", normal[:, ::-2], apply("softplus", normal[:, :3]), axis=-1)
    turned = (parts.T.reshape(2, 3, -1).permute(2, 0, 1).reshape(-1, 6) @ w) * 0.5
    logits = turned + normal.apply("leaky_relu", negative_slope=0.1)
    chosen = apply("gather", apply("log_softmax", logits, axis=-1), t, axis=-1)
    with annotate(phase="loss"):
        loss = (-chosen.mean() + 0.01 * logits.amax(-1).square().sum()).named("L")
    return iteration(loss, [table, w], 0.1)


def _convnet() -> tuple[Tape, Run]:
    """Windows of every kind, running statistics and masks that are drawn anew each iteration."""
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, stream="W1"),
        nn.BatchNorm2d(2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(2, 2, 2, padding=1, groups=2, dilation=2, stream="W2"),
        nn.GELU(),
        nn.AvgPool2d(2, 1),
        nn.Flatten(),
        nn.Dropout(0.25, seed=3),
        nn.Linear(8, 2, stream="W3"),
    )
    x = leaf(_numbers(4, 1, 6, 6, seed=10), "x", "input", batch=4)
    t = leaf(np.eye(2)[[0, 1, 1, 0]], "t", "target", batch=4)
    with nn.carrying() as changed:
        logits = model(x)
    with annotate(phase="loss"):
        loss = apply("cross_entropy", logits, t).named("L")
    return iteration(loss, model.parameters(), 0.1, changed=changed)


def _attention() -> tuple[Tape, Run]:
    """A causal transformer block between an embedding and a projection back to words."""
    table, block = nn.Embedding(5, 4, stream="E"), nn.TransformerBlock(4, 2, 6, is_causal=True)
    read = nn.Linear(4, 5, stream="R")
    words = leaf([[0, 3, 1], [4, 4, 2]], "words", "input", np.int64, batch=2)
    t = leaf(np.eye(5)[[[3, 1, 2], [4, 2, 0]]], "t", "target", batch=2)
    logits = read(block(table(words)))
    with annotate(phase="loss"):
        loss = apply("cross_entropy", logits, t).named("L")
    parameters = [*table.parameters(), *block.parameters(), *read.parameters()]
    return iteration(loss, parameters, 0.1)


# --- files ------------------------------------------------------------------------------------

# --- why --------------------------------------------------------------------------------------

ASKED = {
    "flow": ("z1", "L", "dL/dw1", "dL/dz1", "dL/dyhat", "w1_new", "w1", "learning_rate"),
    "calculator": ("a1", "L", "dL/dw1", "dL/db2", "b1_new"),
    "fanout": (),
    "neuron": (),
    "xor": ("z1[0,2]", "L", "dL/dW1[0,2]", "dL/dz2", "dL/dx[0,1]", "b1_new[3]", "x[0,0]"),
    "xor-corners": ("L", "yhat[1,0]", "dL/dW1[0,2]", "dL/db2", "dL/da1[3,1]", "W2_new[1,0]"),
}
DEPTH = 2
EPSILONS = (1e-3, 1.0)


def why_cases() -> list[Json]:
    """Return what presets answer: ladders by name, nudges and paths."""
    presets = [_why_case(name, start(name).iteration.run, asked) for name, asked in ASKED.items()]
    return [*presets, _why_case("corners", _corners(), ("x[1]", "x[3]", "dL/dx[0]"))]


def _corners() -> Run:
    """Every kind of corner a nudge may cross: clips, the larger of two, the largest of several."""
    x = leaf([0.3, -0.8, 1.4, 0.2], "x", "parameter")
    clipped = x.apply("clamp_min", min=-1.0, at_bound=1.0).named("c")
    clipped = clipped.apply("clamp_max", max=1.5, at_bound=1.0).named("d")
    pairs = clipped.reshape(2, 2).named("p")
    pooled = pairs.apply(
        "max_pool1d", kernel_size=(2,), stride=(2,), padding=(0,), dilation=(1,)
    ).named("m")
    with annotate(phase="loss"):
        loss = (pooled.square().sum() + pairs.amax((0, 1)) + apply("abs", x).sum()).named("L")
    return iteration(loss, [x], 0.1)[1]


def _why_case(name: str, run: Run, names: Sequence[str]) -> Json:
    tape = run.tape
    known = [run.label(v.id, at) for v in tape.values if v.name for at in range(_size(run, v.id))]
    asked = [name for name in names if name in known] or known
    data = tape.to_json()
    for step in data["steps"]:
        step.pop("source", None)
    depends = [name for name in asked if _has_gradient(run, name)]
    return {
        "name": name,
        "tape": data,
        "leaves": {str(v.id): run.to_json()["values"][v.id] for v in tape.leaves},
        "ops": to_json(ops_on(tape)),
        "symbols": {v.name: symbol(v.name) for v in tape.values if v.name},
        "ladders": [_ladder(why(run, name, DEPTH)) for name in asked],
        "nudges": [nudge(run, name, e).to_json() for name in depends for e in EPSILONS],
        "paths": [paths(run, name, top=5).to_json() for name in depends],
    }


def _size(run: Run, value: int) -> int:
    return run.arrays[value].size


def _has_gradient(run: Run, name: str) -> bool:
    value = run.tape.values[run.element(name)[0]]
    return value.gradient_of is not None or value.id in run.tape.gradients


def _ladder(rung: Rung) -> Json:
    """Return a ladder's keys, slots and numbers: the sentences themselves are in the catalogue."""
    return {
        "name": rung.element and rung.name,
        "asks": rung.asks.to_json(),
        "value": json_number(rung.value),
        "says": [said.to_json() for said in rung.says],
        "principle": rung.principle,
        "because": [_ladder(below) for below in rung.because],
    }


FILES: dict[str, Callable[[], Any]] = {
    "ops.json": op_cases,
    "tapes.json": tape_cases,
    "why.json": why_cases,
    "sessions.json": sessions,
    "whatifs.json": whatifs,
    "answers.json": answers,
    "random.json": draws,
    "schedules.json": schedules,
    "display.json": display,
}
SNAPSHOTS = FOLDER.parent / "snapshots" / "why"
#: ladders that are kept as they read, to be read for sense and grammar where they change
READ = {
    "flow": ["z1", "a1", "L", "dL/dyhat", "dL/dw2", "dL/dz1", "dL/dw1", "dL/db1", "w1_new"],
    "calculator": ["dL/da1", "dL/dw1", "b2_new"],
    "xor": ["z1[0,0]", "yhat", "L", "dL/dz2", "dL/dW2[0,0]", "dL/dz1[0,0]", "dL/dW1[0,2]"],
    "fanout": ["a", "L", "dL/da", "dL/dx", "x_new"],
}


def snapshot(preset: str) -> str:
    """Return a preset's ladders as text."""
    run = start(preset).iteration.run
    return "\n\n".join(f"# {name}\n{why(run, name, 2)}" for name in READ[preset]) + "\n"


def text(content: Any) -> str:
    """Return a file's content, one item of a list to a line, so that a change shows where it is."""
    if isinstance(content, dict):
        rows = [f"{json.dumps(key)}: {text(part).strip()}" for key, part in content.items()]
        return "{\n" + ",\n".join(rows) + "\n}\n"
    rows = ",\n".join(
        json.dumps(item, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        for item in content
    )
    return f"[\n{rows}\n]\n"


if __name__ == "__main__":
    for name, cases in FILES.items():
        (FOLDER / name).write_text(text(cases()), encoding="utf-8")
    for preset in READ:
        (SNAPSHOTS / f"{preset}.txt").write_text(snapshot(preset), encoding="utf-8")
