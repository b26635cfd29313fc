"""What values are called: inside models, on every operation, and in everything that is said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from models import MODELS, numbers, traced

import whygrad as wg
from whygrad import nn
from whygrad.engine.notation import latex, symbol
from whygrad.errors import UnknownName
from whygrad.explain import Rung, why
from whygrad.explain.worked import worked_steps
from whygrad.nn import functional as F
from whygrad.nn.registry import ACTIVATIONS, LOSSES
from whygrad.nn.scope import called, name
from whygrad.spec import preset_names, spec_from_dict
from whygrad.tape.run import Run
from whygrad.training.iteration import Iteration
from whygrad.training.start import start
from whygrad.wire.messages import to_json

BY_NUMBER = re.compile(r"\bv[\d₀-₉]+\b")


def forward_names(iteration: Iteration) -> list[str]:
    """What is computed on the way to the loss, by name, in order."""
    tape = iteration.tape
    made = (s for s in tape.steps if s.phase in ("forward", "loss"))
    names = (tape.values[step.output].name for step in made)
    return [n for n in names if n and not n.startswith(("1.", "3."))]  # what batch norm keeps


def family(activation: str, output: str, loss: str) -> Iteration:
    rows = {"softmax": [[1.0, 0.0], [0.0, 1.0]]}.get(output, [[0.0], [1.0]])
    rows = rows if loss not in ("cross_entropy", "kl_div") else [[1.0, 0.0], [0.0, 1.0]]
    spec = {
        "network": {"layers": [2, 2, len(rows[0])], "activation": activation, "output": output},
        "loss": {"name": loss},
        "data": {"x": [[0.5, -1.0], [1.0, 2.0]], "y": rows, "batch": "all"},
    }
    return start(spec_from_dict(spec)).iteration


FAMILIES: dict[str, Callable[[], Iteration]] = {
    **{
        f"{row.name} between": lambda row=row: family(row.name, "linear", "mse")
        for row in ACTIVATIONS.values()
        if row.hidden and row.module
    },
    **{
        f"{row.name} loss": lambda row=row: family(
            "tanh", (row.outputs or ("linear",))[0], row.name
        )
        for row in LOSSES.values()
        if row.in_spec
    },
}
PRESETS = {name: lambda name=name: start(name).iteration for name in preset_names()}
EVERY = {**MODELS, **FAMILIES, **PRESETS}


# --- in the model's own scope -------------------------------------------------------------------


def test_attention_names_what_a_person_would() -> None:
    iteration = MODELS["two blocks"]()
    inside = ["q", "k", "v", "scores", "scaled", "masked", "weights", "heads", "output"]
    found = forward_names(iteration)
    attention = [n for n in found if n.startswith("block1.attention.")]
    assert attention == [f"block1.attention.{n}" for n in inside]
    assert [n for n in found if n.startswith("block1.norm1")] == [
        *("block1.norm1.mean", "block1.norm1.variance", "block1.norm1.normalized", "block1.norm1")
    ]
    assert [n for n in found if re.fullmatch(r"block1(\.[a-z]+\d?)?", n)] == [
        *("block1.norm1", "block1.residual", "block1.norm2", "block1.linear1", "block1.gelu"),
        *("block1.linear2", "block1"),
    ]
    run = iteration.run
    shapes = {n: run[f"block1.attention.{n}"].shape for n in inside}
    assert shapes["q"] == shapes["heads"] == (1, 4, 3, 1)
    assert shapes["scores"] == shapes["weights"] == (1, 4, 3, 3)
    learned = found[found.index("block1.norm1") :]  # what comes after the first parameter
    assert not [n for n in learned if f"dL/d{n}" not in iteration.tape.by_name]
    weights = run["block1.attention.weights"]
    assert np.allclose(weights.sum(-1), 1)
    assert np.allclose(
        run["block1.attention.scaled"], run["block1.attention.scores"] / np.sqrt(1.0)
    )


def test_what_is_named_can_be_asked() -> None:
    iteration = MODELS["two blocks"]()
    for element in ("block1.attention.weights[0,1,2,0]", "block₂.norm₁.variance[0,1,0]"):
        assert symbol(element) in iteration.why(element).question
        nudge = iteration.nudge(element)
        assert nudge.error is not None
        assert abs(nudge.error) < 1e-8
        ways = iteration.paths(element)
        assert ways.gradient == pytest.approx(nudge.gradient)
        assert all("block" in path.through[0] for path in ways.listed)
    assert "∂L/∂block₁.attention.scores[0,1,2,0]" in str(
        iteration.why("dL/dblock1.attention.scores[0,1,2,0]", 1)
    )


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("RNN", ["h1.input", "h1", "h2.hidden", "h2.input", "h2"]),
        (
            "GRU",
            [
                *("h1.input_reset", "h1.reset", "h1.input_update", "h1.update", "h1.input_new"),
                *("h1.candidate", "h1", "h2.hidden_reset"),
            ],
        ),
        ("LeNet", ["conv1", "relu", "max_pool2d", "conv2", "relu_2", "max_pool2d_2", "fc1"]),
        (
            "GPT",
            [
                *("wte", "wpe", "blocks.0.ln_1.mean", "blocks.0.ln_1.variance"),
                *("blocks.0.ln_1.normalized", "blocks.0.ln_1", "blocks.0.attn.c_attn"),
                *("blocks.0.attn.scores", "blocks.0.attn.scaled", "blocks.0.attn.masked"),
                *("blocks.0.attn.weights", "blocks.0.attn.attention", "blocks.0.attn"),
            ],
        ),
        ("norms in a row", ["z1", "h1.mean", "h1.variance", "h1.normalized", "h1", "a1"]),
        ("batch norm in use", ["z1", "yhat.normalized", "yhat", "L"]),
        ("residual", ["h0.layers.0", "h0.layers.1", "h0", "yhat", "difference", "losses", "L"]),
        ("a function", ["relu", "mean", "variance", "layer_norm", "softmax", "tanh", "yhat"]),
        ("smoothed cross-entropy", ["yhat", "smoothed_targets", "log_probabilities", "losses"]),
        ("hinge", ["yhat", "short_of_margin", "losses", "L"]),
    ],
)
def test_the_values_of_a_model_by_name(model: str, expected: list[str]) -> None:
    assert forward_names(MODELS[model]())[: len(expected)] == expected


def test_a_module_that_is_called_twice_is_two_scopes_with_a_gradient_each() -> None:
    iteration = MODELS["siamese"]()
    found = forward_names(iteration)
    first = [n for n in found if n.startswith("encoder.") or n == "encoder"]
    assert [n.replace("encoder", "encoder_2") for n in first] == [
        n for n in found if n.startswith("encoder_2")
    ]
    tape, run = iteration.tape, iteration.run
    for n in (*first, *found):
        gradient = tape.values[tape.by_name[f"dL/d{n}"]]
        assert gradient.gradient_of == tape.by_name[n]
    assert np.array_equal(run["dL/dencoder"], -run["dL/dencoder_2"])


def test_the_outermost_name_of_a_value_stays() -> None:
    class Alone(nn.Module):
        def __init__(self) -> None:
            self.norm = nn.RMSNorm(3, elementwise_affine=False)
            self.held = {"linear": nn.Linear(3, 3, seed=1)}
            self.drop = nn.Dropout(0.0)

        def forward(self, *inputs: Any) -> wg.Tensor:
            h = self.drop(self.norm(*inputs))  # which drops nothing and names nothing
            y = self.held["linear"](h)
            return self.held["linear"](y.tanh().named("mine"))

    found = forward_names(traced(Alone(), numbers(2, 3), numbers(2, 3), rate=None))
    assert found == ["norm.mean_square", "norm", "linear", "mine", "yhat", "L"]


def test_without_a_naming_nothing_is_named() -> None:
    x = wg.tensor([1.0, 2.0])
    y = F.layer_norm(F.relu(x), (2,))
    assert (y.name, name(y, "y").name) == ("", "")
    with called("z"):
        assert nn.ReLU()(x).name == ""
    with nn.naming() as names:
        F.softmax(y)
        name(x, "leaf")
        name(F.tanh(y), "L")
    assert sorted(names.values()) == ["softmax", "tanh"]


def test_parts_of_a_path_are_written_as_names() -> None:
    assert symbol("dL/dblock1.attention.q[0,1]") == "∂L/∂block₁.attention.q[0,1]"
    assert symbol("block1.linear1.weight_new") == "block₁.linear₁.weight′"
    assert latex("block1.q") == r"\mathrm{block}_{1}.q"
    assert symbol("blocks.0.attn") == "blocks.0.attn"


# --- what has no name ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_no_value_is_called_by_its_number(name: str) -> None:
    iteration = EVERY[name]()
    tape = iteration.tape
    labels = [tape.label(value.id) for value in tape.values]
    assert max(Counter(labels).values()) == 1
    assert not [label for label in labels if BY_NUMBER.search(symbol(label)) or not label]
    assert not BY_NUMBER.search(str(tape)), "every operation"
    assert not any(BY_NUMBER.search(s.title) for s in worked_steps(tape, unfold=True))
    sent = to_json(tape)["values"]
    assert [v["name"] or v["label"] for v in sent] == labels
    for value in tape.values:
        assert tape.find(tape.label(value.id)) is value
        assert tape.find(symbol(tape.label(value.id))) is not None


def test_a_value_without_a_name_is_called_by_what_it_is() -> None:
    tape = family("silu", "softmax", "cross_entropy").tape
    of = {step.op: tape.label(step.output) for step in reversed(tape.steps)}
    assert (of["matmul"], of["sigmoid"]) == ("z1.matrix_product", "a1.sigmoid")
    labels = {tape.label(step.output) for step in tape.steps}
    assert {"da1.sigmoid/dz1", "dL/da1.sigmoid", "dL/dz1.through.a1"} <= labels
    assert {"dL/db1.through.z1.pass_on", "W1_new.multiply"} <= labels
    assert "Why a₁.sigmoid[0,1] =" in str(family("silu", "linear", "mse").why("a1.sigmoid[0,1]"))
    with pytest.raises(UnknownName, match="a1"):
        tape.find("a1.sigmoids")


def rungs(rung: Rung) -> Iterator[Rung]:
    yield rung
    for below in rung.because:
        yield from rungs(below)


def shown_elements(run: Run) -> Iterator[str]:
    for value in run.tape.values:
        if value.name and run.arrays[value.id].size:
            yield run.label(value.id, run.arrays[value.id].size // 2)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_that_is_said_calls_a_value_by_its_number(name: str) -> None:
    run = EVERY[name]().run
    for element in shown_elements(run):
        for rung in rungs(why(run, element, 2)):
            said = f"{rung.name} {rung.question} {rung.claim} {rung.formula}"
            assert not BY_NUMBER.search(said), f"{element}: {said}"
