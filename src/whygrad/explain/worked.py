"""The tape at a reader's grain: named values are steps, what lies between is folded into them.

Unfolded, every primitive is a step. Both are views of one tape: nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from whygrad.engine.formula import to_python
from whygrad.engine.notation import symbol
from whygrad.engine.ops import OPS, loss
from whygrad.explain.formulas import formula, in_names, in_numbers, is_shown
from whygrad.explain.said import Said, say
from whygrad.explain.sentences import OUTCOMES
from whygrad.nn.registry import ACTIVATIONS
from whygrad.tape.run import Run
from whygrad.tape.tape import Step, Tape, Value

_LOSSES = {op.name for op in loss.OPS}


@dataclass(frozen=True, slots=True)
class WorkedStep:
    """One line of the worked example.

    Attributes:
        value: id of the value it makes.
        name: what that value is called.
        phase: forward, loss, backward or update.
        part: where in the network, such as ("layer 1", "relu").
        title: what happens, in a few words.
        steps: the tape's steps folded into it, in order.
    """

    value: int
    name: str
    phase: str
    part: tuple[str, ...]
    title: str
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a worked example: its formula in names, in numbers, and what it comes to."""

    name: str
    phase: str
    formula: str
    expression: str
    value: float


def worked_steps(tape: Tape, *, unfold: bool = False) -> tuple[WorkedStep, ...]:
    """Return a tape's worked steps, or every primitive if ``unfold``.

    Steps are in an order in which they can be computed. In the backward pass through a layer its
    parameters come before what is passed on, as they are taught.
    """
    made = [step for step in tape.steps if unfold or is_shown(tape, step.output)]
    if not unfold:
        made = _parameters_first(tape, made)
    return tuple(
        WorkedStep(
            value=step.output,
            name=tape.label(step.output),
            phase=step.phase,
            part=step.part,
            title=str(_title(tape, step)),
            steps=tuple(s.id for s in _folded_steps(tape, step)) if not unfold else (step.id,),
        )
        for step in made
    )


def lines(run: Run, step: WorkedStep, *, unfold: bool = False) -> Iterator[Line]:
    """Yield a step's numbers, one line per element."""
    for at in range(run.arrays[step.value].size):
        tree = formula(run, step.value, at, fold=not unfold)
        yield Line(
            name=run.label(step.value, at),
            phase=step.phase,
            formula=to_python(tree, lambda value, at: in_names(run, value, at)),
            expression=in_numbers(run, tree),
            value=run.number(step.value, at),
        )


def _parameters_first(tape: Tape, made: Sequence[Step]) -> list[Step]:
    """Annotating the backward pass through one part, put the parameters' gradients first.

    A gradient is moved forward only over steps it does not rest on.
    """
    ordered: list[Step] = []
    for _, group in groupby(made, key=lambda step: (step.phase, step.part)):
        waiting = list(group)
        if all(_of_parameter(tape, step) is None for step in waiting):
            ordered += waiting
            continue
        while waiting:
            unmade = {step.output for step in waiting}
            ready = [s for s in waiting if _of_parameter(tape, s) is not None]
            ready = [s for s in ready if not unmade & (_shown_inputs(tape, s) - {s.output})]
            chosen = min(ready, key=lambda s: _of_parameter(tape, s) or 0, default=waiting[0])
            waiting.remove(chosen)
            ordered.append(chosen)
    return ordered


def _of_parameter(tape: Tape, step: Step) -> int | None:
    """Return the parameter whose gradient a step makes."""
    of = tape.values[step.output].gradient_of
    return of if of is not None and tape.values[of].role == "parameter" else None


def _shown_inputs(tape: Tape, last: Step) -> set[int]:
    return {value for step in _folded_steps(tape, last) for value in step.inputs}


def _folded_steps(tape: Tape, last: Step) -> list[Step]:
    """Return the steps whose unnamed results only lead up to this one, and itself."""
    found = {last.id: last}
    waiting = [last]
    while waiting:
        for value in waiting.pop().inputs:
            if not is_shown(tape, value) and tape.makers[value].id not in found:
                found[tape.makers[value].id] = tape.makers[value]
                waiting.append(tape.makers[value])
    return [found[n] for n in sorted(found)]


def _title(tape: Tape, step: Step) -> Said:
    value = tape.values[step.output]
    shown = symbol(tape.label(value.id))
    if step.phase == "update":
        return say("title.update", x=shown)
    if value.gradient_of is not None:
        return _backward_title(tape, value.gradient_of, value)
    words = _layer_words(tape, step) if value.name else ""
    return say("title.step", words=words or _capital(OPS[step.op].title), x=shown)


def _backward_title(tape: Tape, value: int, gradient: Value) -> Said:
    """Say which way the gradient took, from the steps that use the value."""
    shown = symbol(tape.label(gradient.id))
    users = [
        step
        for step, argument in tape.uses.get(value, ())
        if _passed(tape, step, argument, gradient)
    ]
    if len(users) > 1:
        return say("title.several", x=shown)
    if tape.values[value].role == "parameter":
        return say("title.parameter", kind=tape.values[value].kind or "parameter", x=shown)
    if not users:
        return say("title.backward", x=shown)
    user = users[0]
    if user.op in _LOSSES or (user.phase == "loss" and user.part):
        return say("title.loss", x=shown)
    if _part_words(user.part) == OUTCOMES["linear"]:
        return say("title.weights", x=shown)
    return say("title.through", op=OPS[user.op].title, x=shown)


def _passed(tape: Tape, step: Step, argument: int, gradient: Value) -> bool:
    first = tape.passed_back.get((step.id, argument))
    return first is not None and first <= gradient.id


_WORDS: Mapping[str, str] = {**OUTCOMES} | {
    row.module.__name__.lower(): row.words[:1].upper() + row.words[1:]
    for row in ACTIVATIONS.values()
    if row.module is not None
}


def _layer_words(tape: Tape, last: Step) -> str:
    """Say which layer a value comes out of: the innermost that holds all steps folded into it.

    Where what was before the layer is folded in too, it is the layer that the last step is in.
    """
    common = 0
    for names in zip(*(step.part for step in _folded_steps(tape, last)), strict=False):
        if len(set(names)) > 1:
            break
        common += 1
    inner = (_WORDS.get(name, "") for name in last.part[common:])
    return _part_words(last.part[:common]) or next(filter(None, inner), "")


def _part_words(part: tuple[str, ...]) -> str:
    return _WORDS.get(part[-1], "") if part else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
