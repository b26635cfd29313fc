"""What a parameter does in a computation, read off how it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from whygrad.engine.formula import Expr, Use
from whygrad.engine.ops import OPS
from whygrad.engine.roles import ParameterKind
from whygrad.engine.tensor import Tensor


def parameter_kinds(recorded: Iterable[Tensor]) -> Mapping[Tensor, ParameterKind]:
    """Return the kind of each parameter among recorded tensors, in the order of recording.

    A layer says what its parameters are (``Tensor.kind``). One that was made by hand is a weight
    where every use multiplies something else by it, a bias where every use only adds it, and
    absent where it does neither, or both.
    """
    kinds: dict[Tensor, ParameterKind] = {}
    looks: dict[Tensor, Tensor] = {}  # a parameter, also in another shape or order
    uses: dict[Tensor, set[ParameterKind | None]] = {}
    for tensor in recorded:
        if tensor.role == "parameter" and tensor.kind is not None:
            kinds[tensor] = tensor.kind
        elif tensor.role == "parameter":
            looks[tensor] = tensor
        if tensor.op is None or tensor.annotation.phase not in ("forward", "loss"):
            continue
        for argument, source in enumerate(tensor.inputs):
            use = OPS[tensor.op].formula.use(argument)
            if source not in looks or use is None:
                continue
            if OPS[tensor.op].view is not None:
                looks[tensor] = looks[source]
            else:
                uses.setdefault(looks[source], set()).add(_kind_of_use(tensor, argument, use))
    for parameter, found in uses.items():
        kind = found.pop()
        if not found and kind is not None:
            kinds[parameter] = kind
    return kinds


def _kind_of_use(step: Tensor, argument: int, use: Use) -> ParameterKind | None:
    if use.local.head == "number":
        return "bias" if OPS[step.op or ""].aligned else None  # such as x + b, and not the sum of b
    heads = {node.head for node in _nodes(use.local)}
    read: set[int] = {node.args[0] for node in _nodes(use.local) if node.head == "in"}
    if "other_factors" in heads:
        read |= set(range(len(step.inputs))) - {argument}
    linear = argument not in read and not heads & {"out", "cases"}
    met = any(step.inputs[n].role != "constant" for n in read)
    return "weight" if linear and met else None


def _nodes(tree: Expr) -> Iterator[Expr]:
    yield tree
    for part in tree.args:
        if isinstance(part, Expr):
            yield from _nodes(part)
