"""How names of values are written for a person: ``dL/dW1[0,2]`` is ∂L/∂W₁[0,2].

Each part of a path is written as a name by itself: ``block1.attention.q`` is block₁.attention.q.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_WHOLE = {"yhat": "ŷ", "learning_rate": "η", "momentum": "μ"}
_LATEX_WHOLE = {"yhat": r"\hat{y}", "learning_rate": r"\eta", "momentum": r"\mu"}
_GRADIENT = re.compile(r"^d(?P<of>.+?)/d(?P<by>.+)$")
_NUMBERED = re.compile(r"^(?P<stem>[A-Za-z]+)(?P<number>\d+)$")
_ELEMENT = re.compile(r"^(?P<name>.+?)(?P<index>\[[\d,\s]*\])$")


@lru_cache(4096)
def symbol(name: str) -> str:
    """Return a name in Unicode: ``w1_new`` is w₁ after, ``dL/dyhat`` is ∂L/∂ŷ."""
    element = _ELEMENT.match(name)
    if element:
        return symbol(element["name"]) + element["index"]
    gradient = _GRADIENT.match(name)
    if gradient:
        return f"∂{symbol(gradient['of'])}/∂{symbol(gradient['by'])}"
    if name.endswith("_new"):
        return f"{symbol(name[:-4])}′"
    if name.startswith("velocity_"):
        return f"v({symbol(name[9:])})"
    if "." in name:
        return ".".join(map(symbol, name.split(".")))
    numbered = _NUMBERED.match(name)
    if numbered:
        return numbered["stem"] + numbered["number"].translate(_SUBSCRIPTS)
    return _WHOLE.get(name, name)


def latex(name: str) -> str:
    r"""Return a name in LaTeX: ``dL/dw1`` is \frac{\partial L}{\partial w_{1}}."""
    gradient = _GRADIENT.match(name)
    if gradient:
        return rf"\frac{{\partial {latex(gradient['of'])}}}{{\partial {latex(gradient['by'])}}}"
    if name.endswith("_new"):
        return f"{latex(name[:-4])}'"
    if name.startswith("velocity_"):
        return rf"v_{{{latex(name[9:])}}}"
    if "." in name:
        return ".".join(map(latex, name.split(".")))
    numbered = _NUMBERED.match(name)
    if numbered:
        return rf"{_letters(numbered['stem'])}_{{{numbered['number']}}}"
    return _LATEX_WHOLE.get(name) or _letters(name)


def _letters(text: str) -> str:
    """One letter stands as it is; a word is set upright."""
    escaped = text.replace("_", r"\_")
    return text if len(text) == 1 else rf"\mathrm{{{escaped}}}"
