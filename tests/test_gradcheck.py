"""The checker that is shipped to users finds a wrong rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import whygrad as wg
from whygrad.engine.gradcheck import gradcheck, worst
from whygrad.engine.op import LocalDerivative
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import tensor
from whygrad.errors import GradientError, UnknownName, WhygradError


def test_right_gradients_pass() -> None:
    assert gradcheck(lambda x: (x * x.tanh()).sum(), [0.5, -1.0])
    assert gradcheck(lambda x, y: x @ y, np.eye(2), tensor([[1.0], [2.0]]))
    assert gradcheck("add", [1.0, 2.0], 3.0)
    assert gradcheck(OPS["sum"], [[1.0, 2.0]], params={"axes": (-1,), "keepdims": False})
    assert gradcheck("where", [True, False], [1.0, 2.0], [3.0, 4.0])
    assert gradcheck(lambda x, y: x * y, 1.0, 2.0, argnums=[1])
    assert gradcheck("where", [True, False], [1.0, 2.0], [3.0, 4.0], argnums=[2])
    assert worst(lambda x, y: x.sum(), [1.0], [2.0]).error < 1e-8


def test_a_planted_fault_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(OPS["tanh"], pullbacks=(LocalDerivative(lambda s: 1.0 - s.output),))
    monkeypatch.setitem(OPS, "tanh", wrong)
    with pytest.raises(GradientError, match=r"of tanh with respect to argument 0 .* element \[1\]"):
        gradcheck("tanh", [0.1, 1.5])
    with pytest.raises(GradientError, match=r"element \(a single number\)"):
        gradcheck(wg.tanh, 1.5)
    with pytest.raises(UnknownName):
        gradcheck("tahn", 1.0)


def test_a_nan_is_no_agreement() -> None:
    with pytest.raises(GradientError, match="nan"):
        gradcheck(lambda x: x.log(), -1.0)


def test_what_is_checked_returns_a_tensor() -> None:
    with pytest.raises(WhygradError, match="f must return a tensor, but returned"):
        gradcheck(lambda x: "x", [2.0])  # type: ignore[arg-type, return-value]


def test_params_are_given_by_name() -> None:
    with pytest.raises(WhygradError, match="params is 3; it must be a dict"):
        gradcheck("sum", [[1.0, 2.0]], params=3)  # type: ignore[arg-type]
