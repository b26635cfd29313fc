"""What values without a name are called: by what they are, and what they lead to.

The sum inside a softmax called ``yhat`` is ``yhat.sum``. A gradient is called after its value, a
local derivative after both its ends, and a contribution after the use it comes through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from whygrad.engine.ops import OPS

if TYPE_CHECKING:
    from whygrad.tape.tape import Step, Tape, Value


def labels(tape: Tape) -> Mapping[int, str]:
    """Return a label for every value without a name, unlike all names and all other labels."""
    return _Labels(tape).found


class _Labels:
    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.found: dict[int, str] = {}
        self.taken = {value.name for value in tape.values}
        self.again: dict[str, int] = {}
        self.leads_to = _leads_to(tape)
        for value in tape.values:
            if not value.name:
                self.found[value.id] = self.unique(self.label(value))

    def unique(self, wanted: str) -> str:
        label, n = wanted, self.again.get(wanted, 1)
        while label in self.taken:
            n += 1
            label = f"{wanted}_{n}"
        self.again[wanted] = n
        self.taken.add(label)
        return label

    def of(self, value: int) -> str:
        return self.tape.values[value].name or self.found[value]

    def label(self, value: Value) -> str:
        step = self.tape.makers.get(value.id)
        if value.gradient_of is not None:
            return self.gradient(value.gradient_of)
        if step is None and value.role == "gradient":
            return self.gradient(self.tape.loss)
        if step is None:
            return value.role.replace(" ", "_")
        if step.reverses is not None:
            return self.passed_back(value, step)
        owner = self.leads_to.get(value.id)
        what = words(step.op)
        return what if owner is None else f"{self.tape.values[owner].name}.{what}"

    def gradient(self, value: int) -> str:
        return f"d{self.of(self.tape.loss)}/d{self.of(value)}"

    def passed_back(self, value: Value, step: Step) -> str:
        """Call what is worked out to pass a gradient through one use of a value."""
        assert step.reverses is not None
        use = step.reverses
        passed = self.tape.steps[use.step]
        x, y = passed.inputs[use.argument], passed.output
        if use.local is None or value.id > use.local:
            label = f"{self.gradient(x)}.through.{self.of(y)}"
            whole = use.contribution
        else:
            label = f"d{self.of(y)}/d{self.of(x)}"
            if y == self.tape.loss:
                label += ".local"
            whole = use.local
        return label if value.id == whole else f"{label}.{words(step.op)}"


def words(op: str) -> str:
    """Return what an op does as part of a name: matrix_product."""
    title = OPS[op].title.partition(",")[0]
    return title.lower().replace(" ", "_").replace("-", "_")


def _leads_to(tape: Tape) -> dict[int, int]:
    """Return, for each value, the first named one that is made of it, if there is one."""
    found: dict[int, int] = {}
    for step in reversed(tape.steps):
        end = step.output if tape.values[step.output].name else found.get(step.output)
        if end is not None:
            for value in step.inputs:
                found[value] = min(end, found.get(value, end))
    return found
