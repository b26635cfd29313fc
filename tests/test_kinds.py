"""What a parameter does is known by its layer or by its uses, and not by its name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import whygrad as wg
from whygrad import nn
from whygrad.engine.tensor import Tensor, tensor
from whygrad.errors import TapeError
from whygrad.explain.worked import worked_steps
from whygrad.spec import spec_from_dict
from whygrad.tape.record import write
from whygrad.tape.tape import Tape
from whygrad.training.start import start


def formula(statements: dict[str, str], parameters: dict[str, Any], **inputs: Any) -> wg.Iteration:
    return start(
        spec_from_dict({"formula": {**parameters, **statements}, "data": inputs}, "f")
    ).iteration


def kinds(tape: Tape) -> dict[str, str | None]:
    return {v.name: v.kind for v in tape.values if v.role == "parameter"}


def test_a_name_that_begins_with_b_is_no_bias() -> None:
    made = formula(
        {"y": "x*base*window + threshold", "L": "(y - 3)**2"},
        {"base": 2.0, "window": 0.5, "threshold": 0.25},
        x=1.5,
    )
    assert kinds(made.tape) == {"base": "weight", "window": "weight", "threshold": "bias"}
    titles = {step.name: step.title for step in worked_steps(made.tape)}
    assert titles["dL/dbase"] == "For the weight: ∂L/∂base"
    assert titles["dL/dthreshold"] == "For the bias: ∂L/∂threshold"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("sum(x * p)", "weight"),
        ("sum(x / p)", None),
        ("sum(x - p)", "bias"),
        ("sum(matmul(x, p))", "weight"),
        ("sum(x * p[0])", "weight"),
        ("sum(2 * p)", None),
        ("sum(p)", None),
        ("sum(exp(p))", None),
        ("sum(x * p + p)", None),
        ("sum(maximum(x, p))", None),
    ],
)
def test_a_kind_by_use(text: str, kind: str | None) -> None:
    made = formula({"L": text}, {"p": [[1.0, 2.0], [0.5, 3.0]]}, x=[[1.0, -2.0], [0.25, 1.0]])
    assert kinds(made.tape) == {"p": kind}


def test_a_kind_by_use_in_an_einsum() -> None:
    x, p = tensor([1.0, 2.0]), nn.parameter([3.0, 4.0], name="p")
    loss = wg.einsum("i,i->", x, p)
    assert kinds(write(loss)[0]) == {"p": "weight"}
    assert kinds(write(wg.where(x > 1.5, p, x).sum())[0]) == {"p": None}


def test_layers_say_what_their_parameters_do() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.LayerNorm(4))
    made = wg.trace(model, np.ones((2, 3)), np.ones((2, 4)), loss="mse")
    assert list(kinds(made.tape).values()) == [
        *("weight", "bias"),
        *("scale", "shift", "scale", "shift"),
    ]
    assert [p.kind for p in nn.Conv1d(1, 2, 3).parameters()] == ["weight", "bias"]
    assert [p.kind for p in nn.Embedding(5, 2).parameters()] == ["embedding"]
    assert [p.kind for p in nn.RMSNorm(4).parameters()] == ["scale"]


def test_a_kind_is_kept_when_numbers_change() -> None:
    model = nn.Sequential(nn.Linear(2, 1)).to("float32")
    optimizer = wg.optim.SGD(model.parameters(), lr=0.1)
    x, y = (np.ones((1, n), np.float32) for n in (2, 1))
    made = wg.trace(model, x, y, loss="mse", optimizer=optimizer)
    made.play(1)
    assert [p.kind for p in model.parameters()] == ["weight", "bias"]
    net = wg.Network([2, 3, 1])
    net.set_state(net.get_state())
    assert [w.shape for w in net.weights] == [(2, 3), (3, 1)]
    assert [b.shape for b in net.biases] == [(3,), (1,)]


def test_a_tape_keeps_kinds_and_an_old_one_has_none() -> None:
    tape = formula({"L": "w * x"}, {"w": 2.0}, x=3.0).tape
    data = tape.to_json()
    assert Tape.from_json(data) == tape
    (weight,) = (value for value in data["values"] if value["name"] == "w")
    assert weight.pop("kind") == "weight"
    assert kinds(Tape.from_json(data)) == {"w": None}
    assert [s.title for s in worked_steps(Tape.from_json(data)) if s.name == "dL/dw"] == [
        "For the parameter: ∂L/∂w"
    ]


def test_a_wrong_kind_is_refused() -> None:
    data = formula({"L": "w * x"}, {"w": 2.0}, x=3.0).tape.to_json()
    values = {value["name"]: value for value in data["values"]}
    values["w"]["kind"] = "heavy"
    with pytest.raises(TapeError, match=r"kind: .*heavy.*weight"):
        Tape.from_json(data)
    values["w"]["kind"] = "weight"
    values["x"]["kind"] = "bias"
    with pytest.raises(TapeError, match="only a parameter has a kind"):
        Tape.from_json(data)


def test_a_parameter_no_step_uses_has_no_kind() -> None:
    unused = nn.parameter(1.0, name="p")
    loss: Tensor = tensor(2.0) * 3.0
    assert kinds(write(loss, also=[unused])[0]) == {"p": None}
