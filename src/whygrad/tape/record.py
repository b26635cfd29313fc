"""Writes a tape from recorded tensors."""

from __future__ import annotations

import linecache
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from whygrad.engine.op import Dtype, dtype_name
from whygrad.engine.tensor import BackwardOf, Tensor
from whygrad.tape.kinds import parameter_kinds
from whygrad.tape.run import Run
from whygrad.tape.tape import MAX_TEXT, Reversal, Source, Step, Tape, Value


def write(
    loss: Tensor,
    *,
    also: Sequence[Tensor] = (),
    names: Mapping[Tensor, str] = MappingProxyType({}),
    gradients: Mapping[Tensor, Tensor] = MappingProxyType({}),
    carries: Sequence[tuple[Tensor, Tensor]] = (),
) -> tuple[Tape, Run, dict[Tensor, int]]:
    """Write everything that led to ``loss`` and ``also`` on one tape, in the order it was recorded.

    Args:
        loss: the value that is differentiated.
        also: further results to keep: gradients, updated parameters.
        names: names for tensors that have none of their own, or better ones.
        gradients: for each tensor, its complete gradient.
        carries: pairs of a leaf and the tensor that takes its place in the next iteration.

    Returns:
        The tape, the run that recording it gave, and each tensor's id.
    """
    recorded = _collect([loss, *also, *(after for _, after in carries)])
    ids = {tensor: n for n, tensor in enumerate(recorded)}
    gradient_of = {g: ids[value] for value, g in gradients.items() if g in ids and value in ids}
    given = _made_unique(recorded, names)
    dtypes: dict[np.dtype[Any], Dtype] = {d: dtype_name(d) for d in {t.dtype for t in recorded}}
    kinds = parameter_kinds(recorded)
    sources = {place: _source(*place) for place in {t.source for t in recorded} if place}
    values = tuple(
        Value(
            n,
            given[tensor],
            tensor.shape,
            dtypes[tensor.dtype],
            "gradient" if tensor in gradient_of else tensor.role,
            gradient_of.get(tensor),
            kinds.get(tensor),
        )
        for n, tensor in enumerate(recorded)
    )
    made = [tensor for tensor in recorded if tensor.op is not None]
    step_ids = {tensor: n for n, tensor in enumerate(made)}
    reversals = _reversals(made, ids, step_ids)
    steps = tuple(
        Step(
            n,
            tensor.op or "",
            tuple(ids[i] for i in tensor.inputs),
            ids[tensor],
            MappingProxyType(tensor.params),
            tensor.annotation.phase,
            tensor.annotation.part,
            reversals.get(tensor),
            sources.get(tensor.source) if tensor.source else None,
        )
        for n, tensor in enumerate(made)
    )
    pairs = tuple((ids[before], ids[after]) for before, after in carries)
    tape = Tape(values, steps, ids[loss], pairs)
    return tape, Run(tape, tuple(tensor.data for tensor in recorded)), ids


def _collect(roots: Sequence[Tensor]) -> list[Tensor]:
    """Return all that the roots rest on, in the order it was recorded."""
    seen = set(roots)
    waiting = list(roots)
    while waiting:
        for source in waiting.pop().inputs:
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    return sorted(seen, key=lambda tensor: tensor.order)


def unique_names(roots: Sequence[Tensor], names: Mapping[Tensor, str]) -> dict[Tensor, str]:
    """Return the names that a tape of all that leads to ``roots`` gives; unnamed ones are left out.

    The first recorded of several that are called alike keeps the name.
    """
    given = _made_unique(_collect(roots), names)
    return {tensor: name for tensor, name in given.items() if name}


def _made_unique(recorded: Sequence[Tensor], names: Mapping[Tensor, str]) -> dict[Tensor, str]:
    taken: set[str] = set()
    given: dict[Tensor, str] = {}
    for tensor in recorded:
        wanted = name = names.get(tensor, tensor.name)
        again = 1
        while name and name in taken:
            again += 1
            name = f"{wanted}_{again}"
        taken.add(name)
        given[tensor] = name
    return given


def _reversals(
    made: Sequence[Tensor], ids: Mapping[Tensor, int], step_ids: Mapping[Tensor, int]
) -> dict[Tensor, Reversal]:
    """Gather, for each use that is passed back through, its local derivative and contribution."""
    uses: dict[tuple[Tensor, int, Tensor], list[tuple[Tensor, BackwardOf]]] = {}
    for tensor in made:
        mark = tensor.annotation.reverses
        if mark is not None and mark.step in step_ids and mark.upstream in ids:
            uses.setdefault((mark.step, mark.argument, mark.upstream), []).append((tensor, mark))
    found: dict[Tensor, Reversal] = {}
    for (step, argument, upstream), marked in uses.items():
        local = next(
            (ids[t.inputs[1]] for t, mark in marked if mark.stage == "chain"),
            None,
        )
        reversal = Reversal(step_ids[step], argument, ids[upstream], local, ids[marked[-1][0]])
        found.update((tensor, reversal) for tensor, _ in marked)
    return found


def _source(file: str, line: int) -> Source:
    code = linecache.getline(file, line).strip()
    return Source(file[-MAX_TEXT:], line, code[:MAX_TEXT])
