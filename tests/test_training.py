"""From a spec to something that trains."""

from __future__ import annotations

import numpy as np
import pytest

from whygrad.errors import SpecError
from whygrad.spec import spec_from_dict
from whygrad.training import start


def formula(given: dict[str, str], **inputs: object) -> dict[str, object]:
    return {"formula": given, "data": inputs}


def test_a_formula_is_traced_statement_by_statement() -> None:
    spec = spec_from_dict(
        formula({"a": "-x + 1", "b": "a", "u1": "2", "L": "b * sum(exp(x) * u1) * 1"}, x=0.5),
        "test",
    )
    iteration = start(spec).iteration
    run = iteration.run
    assert {"a", "b", "L", "dL/dx"} <= set(iteration.tape.by_name)
    assert run["a"] == run["b"] == 0.5
    assert run["L"] == pytest.approx(np.exp(0.5))
    assert run["dL/dx"] == pytest.approx(-2 * np.exp(0.5) + 0.5 * 2 * np.exp(0.5))


@pytest.mark.parametrize(
    ("given", "inputs", "says"),
    [
        ({"L": "x * 2"}, {"x": [1.0, 2.0]}, r"must be one number, but has shape \(2,\)"),
        ({"L": "sum(x @ x)"}, {"x": [[1.0, 2.0]]}, "do not fit"),
        ({"L": "exp(x, x)"}, {"x": 1.0}, "wrong arguments"),
    ],
)
def test_a_formula_at_fault_says_where(given: dict[str, str], inputs: object, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        start(spec_from_dict(formula(given, **inputs), "test"))  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", ["xor", "spirals", "flow", "fanout"])
def test_training_visits_and_judges_its_data(preset: str) -> None:
    training = start(preset)
    first = training.evaluate()
    training.iteration.play(30)
    if training.dataset is None:
        assert first is None
        assert training.visited(0) is None
        return
    visited = training.visited(0)
    judged = training.evaluate()
    assert visited is not None
    assert judged is not None
    assert first is not None
    assert ((visited >= 0) & (visited < len(training.dataset))).all()
    assert judged.accuracy == judged.solved.mean()
    assert judged.loss != first.loss
