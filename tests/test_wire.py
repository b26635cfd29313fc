"""The messages the front end sees, and their TypeScript types."""

import dataclasses
import json
from dataclasses import dataclass

import make_wire_types
import numpy as np
import pytest

from whygrad.errors import SpecError, WhygradError
from whygrad.practice import exercise, posed
from whygrad.spec import preset_names
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape
from whygrad.training.start import start
from whygrad.training.study import study
from whygrad.wire.messages import to_json
from whygrad.wire.sent import MESSAGES, SENT


def test_the_types_are_up_to_date() -> None:
    written = make_wire_types.TARGET.read_text(encoding="utf-8")
    assert written == make_wire_types.text(), "run python scripts/make_wire_types.py"


def test_every_message_has_a_type() -> None:
    text = make_wire_types.text()
    for message in MESSAGES:
        name = SENT[message].name if message in SENT else message.__name__
        assert f"export interface {name} {{" in text


def test_no_two_messages_share_a_name() -> None:
    names = [sent.name for sent in SENT.values()]
    names += [message.__name__ for message in MESSAGES if message not in SENT]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("preset", preset_names())
def test_a_trace_is_json_and_its_tape_can_be_read_back(preset: str) -> None:
    data = json.loads(json.dumps(to_json(study(start(preset))), allow_nan=False))
    tape = Tape.from_json(data["tape"])
    assert {str(leaf.id) for leaf in tape.leaves} == set(data["leaves"])
    assert {step["op"] for step in data["tape"]["steps"]} == set(data["ops"])
    for step in (*data["worked"], *data["unfolded"]):
        assert step["value"] in tape.makers


def test_numbers_that_json_cannot_hold_travel_as_texts() -> None:
    training = start("flow")
    arrays = [array.copy() for array in training.iteration.run.arrays]
    arrays[0] = arrays[0] * float("inf")
    run = Run(training.iteration.tape, tuple(arrays))
    assert "inf" in json.dumps(run.to_json(), allow_nan=False)


@dataclass(frozen=True)
class Plain:
    """A class that nothing is said about."""

    number: float
    parts: tuple[object, ...]
    by_id: dict[int, object]


def test_a_dataclass_is_sent_with_all_its_fields() -> None:
    plain = Plain(float("-inf"), (np.array([[1.0, np.nan]]), True, None), {3: "x"})
    assert to_json(plain) == {
        "number": "-inf",
        "parts": [[[1.0, "nan"]], True, None],
        "by_id": {"3": "x"},
    }


def test_what_has_a_json_form_of_its_own_is_sent_in_it() -> None:
    tape = start("flow").iteration.tape
    assert to_json([tape]) == [tape.to_json()]


def test_only_what_is_declared_is_sent() -> None:
    made = exercise(7)
    (first, *_) = to_json(posed(made))["asks"]
    assert set(first) == {"name", "prompt", "choices"}
    assert "answer" in {field.name for field in dataclasses.fields(made.asks[0])}


def test_a_part_of_a_part_that_is_not_there_is_none() -> None:
    dataset = start("xor-corners").dataset
    assert dataset is not None
    assert to_json(dataset)["evaluation"] is None
    assert to_json(start("xor").dataset)["evaluation"]["x"]


def test_an_error_is_sent_with_its_place() -> None:
    error = WhygradError("no", source="a.toml", line=3)
    assert to_json(error) == {"message": "no", "source": "a.toml", "line": 3}
    assert to_json(SpecError("no")) == {"message": "no", "source": None, "line": None}


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no JSON form"):
        to_json({"a": {1}})
