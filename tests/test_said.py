"""Sentences as data: every one is used, and only with its own slots."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from whygrad.explain.principles import PRINCIPLES
from whygrad.explain.said import Named, say, say_of_op
from whygrad.explain.sentences import PRINCIPLES_OF, SENTENCES

ROOT = Path(__file__).parent.parent
ROOMS = (
    *(ROOT / "src" / "whygrad" / room for room in ("explain", "practice", "whatif")),
    *(ROOT / "web" / "src" / room for room in ("why", "whatif", "predict")),
)


def test_every_sentence_is_used() -> None:
    files = [file for room in ROOMS for file in room.rglob("*") if file.suffix in (".py", ".ts")]
    code = "\n".join(
        file.read_text(encoding="utf-8") for file in files if file.name != "sentences.py"
    )
    chosen = {key.replace("\\", "") for key in re.findall(r"""["'`](\w+\.[\w .${}]+)["'`]""", code)}
    chosen |= set(re.findall(r"""["'](\w+)["']""", code))
    patterns = [re.escape(re.sub(r"\$?\{.*?\}", "§", key)).replace("§", ".+") for key in chosen]
    unused = [key for key in SENTENCES if not any(re.fullmatch(p, key) for p in patterns)]
    assert not unused


def test_principles_are_those_there_are() -> None:
    assert set(PRINCIPLES_OF) <= set(SENTENCES)
    assert set(PRINCIPLES_OF.values()) <= set(PRINCIPLES)


def test_a_slot_holds_a_name_a_number_both_or_sentences() -> None:
    x = Named("x", -0.25)
    assert str(say("given.hyperparameter", x=x)) == "x = −0.25 is chosen by you, not learned."
    parts = (say("parts.way", part=1.0), say("parts.way", part=2.0))
    said = say("parts", x="x", y="y", rate=3.0, parts=parts)
    assert str(said).endswith("add up to 3: one way 1; one way 2.")
    assert said.to_json() == {
        "key": "parts",
        "slots": {
            "x": "x",
            "y": "y",
            "rate": 3.0,
            "parts": [{"key": "parts.way", "slots": {"part": n}} for n in (1.0, 2.0)],
        },
    }
    assert say("ask.value", x=x).to_json() == {"key": "ask.value", "slots": {"x": ["x", -0.25]}}
    way = say("minus", slope=1.0, loss="L", x="x", way=say("way.up"))
    assert way.to_json()["slots"]["way"] == {"key": "way.up", "slots": {}}
    assert "rises: up." in str(way)


def test_a_minus_after_an_operator_stands_in_parentheses() -> None:
    said = say_of_op("reason.mul.0.1", "{x} moves by 0.01 × {x#}.", {"x": Named("x", -2.0)})
    assert str(said) == "x moves by 0.01 × (−2)."


@pytest.mark.parametrize("slots", [{}, {"x": 1.0, "z": 1.0}])
def test_a_sentence_takes_its_own_slots_alone(slots: dict[str, float]) -> None:
    with pytest.raises(KeyError):
        say("ask.value", **slots)
