"""The messages the front end sees, and their TypeScript types."""

import json

import make_wire_types
import pytest

from whygrad.spec import preset_names
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape
from whygrad.training.start import start
from whygrad.wire import messages as wire


def test_the_types_are_up_to_date() -> None:
    written = make_wire_types.TARGET.read_text(encoding="utf-8")
    assert written == make_wire_types.text(), "run python scripts/make_wire_types.py"


def test_every_message_has_a_type() -> None:
    text = make_wire_types.text()
    for message in wire.MESSAGES:
        assert f"export interface {message.__name__} {{" in text


@pytest.mark.parametrize("preset", preset_names())
def test_a_trace_is_json_and_its_tape_can_be_read_back(preset: str) -> None:
    message = wire.trace_message(start(preset))
    data = json.loads(json.dumps(wire.to_json(message), allow_nan=False))
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
