"""Hostile inputs: valid ones with a few things changed, drawn from a seeded generator."""

from __future__ import annotations

import copy
import re
from random import Random
from typing import Any

# What tends to be read wrongly, in numbers, names, formulas, TOML, JSON, CSV and addresses.
TOKENS = (
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\x00",
        "\x1b[2J",
        "\u2028",
        "\ufeff",
        "\ud800",
        "\U0001f600",
    ),
    *("é", "∂L/∂w₁", "ŷ", "−", "½", "٣", "²", "１", "İ", "ß"),
    *(
        "0",
        "-0",
        "1e999",
        "-1e-999",
        "1e308",
        "nan",
        "-inf",
        "infinity",
        "9" * 400,
        "0x1f",
        "1_000",
    ),
    *("1/0", "0/0", "1.5.2", "1,5", "--1", "+", "-", "1e", ".5", "5.", "1 000", "2.0**9999"),
    *(
        "9**9**9",
        "x*9**9**9",
        "(",
        ")",
        "((((((((",
        "[",
        "]",
        "[[[[[[[[",
        "{",
        "}",
        "{{{{",
        ",",
        ";",
    ),
    *("'", '"', "'''", '"""', "\\", "\\u0000", "\\x", "#", "=", ":", "≈", ".", "..", "a.b.c.d.e"),
    *("/", "../../etc/passwd", "/dev/zero", "%00", "%", "&", "?", "<script>", "$(ls)", "{0}", "%s"),
    *("lambda", "import os", "__class__", "x.y", "x[0]", "x if x else x", "None", "true", "null"),
    *(
        "sum(",
        "matmul(1,2)",
        "log(-1)",
        "sqrt(-1)",
        "max()",
        "softmax(x, axis=9)",
        "abs",
        "L",
        "w1",
    ),
)
SCALARS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 3, 1.5, -0.0, 1e308, 1e-320, 10**18, -(10**40), 2**31, 2**63),
    *(float("nan"), float("inf"), "", [], {}, [[]], [None], [1, [2]], [[1, 2], [3]], {"": {}}),
    *("relu", "adam", "softmax", "float32", "all", "data.csv", "0", "nan"),
)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def token(draw: Random) -> str:
    """Return something that tends to be read wrongly, now and then very often repeated."""
    chosen = draw.choice(TOKENS)
    return chosen * draw.choice((2, 40, 3000)) if draw.random() < 0.05 else chosen


def text(draw: Random, valid: str) -> str:
    """Return a text with up to four changes."""
    made = valid
    for _ in range(draw.randint(0, 4)):
        a, b = sorted(draw.randint(0, len(made)) for _ in range(2))
        b = min(b, a + draw.choice((1, 3, 20)))
        numbers = list(_NUMBER.finditer(made))
        change = draw.randrange(7)
        if change == 0:
            made = made[:a] + made[b:]
        elif change == 1:
            made = made[:a] + token(draw) + made[a:]
        elif change == 2:
            made = made[:b] + made[a:b] * draw.choice((1, 2, 30)) + made[b:]
        elif change == 3:
            made = (
                made[:a]
                + chr(draw.choice((draw.randrange(128), draw.randrange(0x3000))))
                + made[b:]
            )
        elif change == 4 and numbers:
            match = draw.choice(numbers)
            made = made[: match.start()] + token(draw) + made[match.end() :]
        elif change == 5:
            lines = made.splitlines(keepends=True)
            draw.shuffle(lines)
            made = "".join(lines[: draw.randint(0, len(lines))]) if draw.random() < 0.3 else made
        elif draw.random() < 0.1:
            made = made[:a]
    return made


def content(draw: Random, valid: str) -> bytes:
    """Return bytes: a text with a few changes, in this encoding or that, perhaps broken."""
    encoding = draw.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"))
    made = bytearray(text(draw, valid).encode(encoding, "replace"))
    if draw.random() < 0.2 and made:
        made[draw.randrange(len(made))] = draw.randrange(256)
    return bytes(made)


def data(draw: Random, valid: Any) -> Any:
    """Return JSON data with up to four changes."""
    made = copy.deepcopy(valid)
    for _ in range(draw.randint(0, 4)):
        made = _changed(draw, made)
    return made


def _changed(draw: Random, whole: Any) -> Any:
    places = list(_places(whole))
    if not places:
        return scalar(draw)
    parent, key = draw.choice(places)
    change = draw.randrange(6)
    if change == 0:
        del parent[key]
    elif change == 1:
        other, there = draw.choice(places)
        parent[key] = copy.deepcopy(other[there])
    elif change == 2 and isinstance(parent, dict):
        parent[text(draw, str(key))] = scalar(draw)
    elif change == 3 and isinstance(parent, list):
        parent.insert(key, copy.deepcopy(parent[key]))
    elif change == 4 and isinstance(parent[key], str):
        parent[key] = text(draw, parent[key])
    elif change == 5 and isinstance(parent[key], int | float):
        parent[key] = draw.choice(
            (parent[key] + 1, -parent[key], 0, 10 * parent[key] + 7, scalar(draw))
        )
    else:
        parent[key] = scalar(draw)
    return whole


def scalar(draw: Random) -> Any:
    """Return a number, a text, or another piece of JSON data."""
    return copy.deepcopy(draw.choice(SCALARS)) if draw.random() < 0.7 else token(draw)


def _places(whole: Any) -> Any:
    """Yield every place in JSON data: what holds it, and its key there."""
    keys = (
        list(whole)
        if isinstance(whole, dict)
        else range(len(whole))
        if isinstance(whole, list)
        else ()
    )
    for key in keys:
        yield whole, key
        yield from _places(whole[key])
