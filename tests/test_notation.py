"""How names are written."""

from __future__ import annotations

import pytest

from whygrad.engine.notation import latex, symbol


@pytest.mark.parametrize(
    ("name", "unicode", "tex"),
    [
        ("w1", "w₁", "w_{1}"),
        ("W12", "W₁₂", "W_{12}"),
        ("dL/dyhat", "∂L/∂ŷ", r"\frac{\partial L}{\partial \hat{y}}"),
        ("w1_new", "w₁′", "w_{1}'"),
        ("velocity_W1", "v(W₁)", "v_{W_{1}}"),
        ("learning_rate", "η", r"\eta"),
        ("x", "x", "x"),
        ("my_value", "my_value", r"\mathrm{my\_value}"),
    ],
)
def test_names(name: str, unicode: str, tex: str) -> None:
    assert symbol(name) == unicode
    assert latex(name) == tex


def test_an_element() -> None:
    assert symbol("dL/dW1[0,2]") == "∂L/∂W₁[0,2]"
