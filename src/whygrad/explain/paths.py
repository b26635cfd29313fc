"""A gradient as the sum over all paths to the loss of the product of local derivatives.

The paths run through the elements of named values. How many there are, and the largest of them,
are found without listing them all: counts and best completions by walking the elements once, the
largest paths by best-first search, where the best completion is an exact bound.
"""

from __future__ import annotations

import dataclasses
import functools
import heapq
import itertools
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whygrad.engine.formula import Expr
from whygrad.errors import WhygradError
from whygrad.explain.contributions import contributions
from whygrad.explain.display import number, ranked_size, shown
from whygrad.explain.formulas import formula
from whygrad.explain.said import say
from whygrad.tape.run import Run

MAX_EDGES = 200_000
Node = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Factor:
    """One local derivative on a path: its name, ``dz1/dw1``, and its number."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Path:
    """One way from an element to the loss.

    Attributes:
        through: the elements on the way, from the one asked about to the loss.
        factors: the local derivatives between them.
        product: what this path gives to the gradient.
    """

    through: tuple[str, ...]
    factors: tuple[Factor, ...]
    product: float

    @property
    def worked(self) -> str:
        """The factors and their product, at the precision at which they hold as shown."""
        rates = [Expr("number", (factor.value,)) for factor in self.factors]
        tree = functools.reduce(operator.mul, rates, Expr("number", (1.0,)))
        how = shown(tree, lambda value, at: 0.0, self.product)
        factors = [_factor(factor.value, how.digits) for factor in self.factors]
        return f"{' × '.join(factors) or '1'} = {how.result}"


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths from one element to the loss.

    Attributes:
        name: the element.
        gradient: the sum over all paths.
        count: how many paths there are, those through shut gates included.
        listed: the largest in size, largest first; of sizes that only rounding tells apart, the
            path found first.
        rest: what the paths not listed give together.
        share: the listed paths' part of the sum of all sizes; 1 where all are 0.
    """

    name: str
    gradient: float
    count: int
    listed: tuple[Path, ...]
    rest: float
    share: float

    def __str__(self) -> str:
        if self.count == 1:
            lines = [str(say("paths.one", x=self.name, gradient=self.gradient))]
        else:
            count = f"{self.count:,}"
            lines = [str(say("paths.several", count=count, x=self.name, gradient=self.gradient))]
        lines += [f"{' → '.join(path.through)}: {path.worked}" for path in self.listed]
        if self.count > len(self.listed):
            others = f"{self.count - len(self.listed):,}"
            part = f"{self.share:.1%}"
            lines.append(str(say("paths.rest", count=others, rest=self.rest, part=part)))
        return "\n  ".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the paths as JSON data."""
        return dataclasses.asdict(self)


def paths(run: Run, name: str, top: int = 10) -> Paths:
    """Return the paths from an element to the loss.

    Args:
        run: the numbers.
        name: an element of a value that has a gradient, or the gradient's name. Of an update, the
            paths are those of what it updates.
        top: how many to list.

    Raises:
        WhygradError: no such element, one without a gradient, or more than ``MAX_EDGES`` local
            derivatives between it and the loss.
    """
    if top < 0:
        raise WhygradError(f"top is {top}; list 0 paths or more")
    value, at = run.element(name)
    value = {after: before for before, after in run.tape.carries}.get(value, value)
    if run.tape.values[value].gradient_of is None:
        if value not in run.tape.gradients:
            raise WhygradError(_without_gradient(run, name, value))
        value = run.tape.gradients[value]
    edges = _edges(run, (value, at))
    order = sorted(edges, key=lambda node: node[0])  # gradients nearer the loss are made earlier
    count: dict[Node, int] = {}
    best: dict[Node, float] = {}
    size: dict[Node, float] = {}
    for node in order:
        out = edges[node]
        count[node] = sum(count[to] for to, _ in out) if out else 1
        best[node] = max((abs(rate) * best[to] for to, rate in out), default=_seed(run, node))
        size[node] = (
            math.fsum(abs(rate) * size[to] for to, rate in out) if out else _seed(run, node)
        )
    start = (value, at)
    listed = _largest(run, start, edges, best, top)
    gradient = run.number(value, at)
    covered = math.fsum(abs(path.product) for path in listed)
    return Paths(
        name=_of(run, start),
        gradient=gradient,
        count=count[start],
        listed=listed,
        rest=gradient - math.fsum(path.product for path in listed),
        share=covered / size[start] if size[start] else 1.0,
    )


def _factor(rate: float, digits: int) -> str:
    text = number(rate, digits)
    return f"({text})" if rate < 0 else text


def _without_gradient(run: Run, name: str, value: int) -> str:
    """Say why the tape has no gradient of a value, and what can be asked instead."""
    known = [v.id for v in run.tape.values if v.id in run.tape.gradients and v.name]
    further = value  # down to the first that has one
    while further not in known:
        users = (step.output for step in run.tape.steps if further in step.inputs)
        further = next(users, known[0])
    return (
        f"∂L/∂{name} is not worked out in this iteration, for no update needs it, and paths are "
        f"made of the derivatives that are. Ask about {run.label(further, 0)}, which has one"
    )


def _seed(run: Run, node: Node) -> float:
    return abs(run.number(*node))


def _edges(run: Run, start: Node) -> Mapping[Node, tuple[tuple[Node, float], ...]]:
    """Return, for each gradient element from ``start`` to the loss, where it comes from."""
    edges: dict[Node, tuple[tuple[Node, float], ...]] = {}
    waiting = [start]
    total = 0
    while waiting:
        node = waiting.pop()
        if node in edges:
            continue
        made = node[0] in run.tape.makers
        found = contributions(run, formula(run, *node)) if made else ()
        edges[node] = tuple((c.upstream, c.rate) for c in found)
        total += len(found)
        if total > MAX_EDGES:
            raise WhygradError(
                f"more than {MAX_EDGES:,} local derivatives lie between {_of(run, start)} and the "
                f"loss, too many to follow one by one; ask about a value nearer the loss, or use "
                f"a smaller batch"
            )
        waiting += [to for to, _ in edges[node]]
    return edges


def _largest(
    run: Run,
    start: Node,
    edges: Mapping[Node, tuple[tuple[Node, float], ...]],
    best: Mapping[Node, float],
    top: int,
) -> tuple[Path, ...]:
    """Return the ``top`` largest paths, by best-first search with an exact bound."""
    ties = itertools.count()
    heap: list[tuple[float, int, tuple[Node, ...], tuple[float, ...]]] = []
    heapq.heappush(heap, (-ranked_size(best[start]), next(ties), (start,), ()))
    found: list[Path] = []
    while heap and len(found) < top:
        _, _, through, rates = heapq.heappop(heap)
        last = through[-1]
        if not edges[last]:
            found.append(_path(run, through, rates))
            continue
        so_far = math.prod(map(abs, rates))
        for to, rate in edges[last]:
            bound = so_far * abs(rate) * best[to]
            heapq.heappush(heap, (-ranked_size(bound), next(ties), (*through, to), (*rates, rate)))
    return tuple(found)


def _path(run: Run, through: tuple[Node, ...], rates: tuple[float, ...]) -> Path:
    names = tuple(_of(run, node) for node in through)
    factors = tuple(
        Factor(f"d{b}/d{a}", rate)
        for (a, b), rate in zip(itertools.pairwise(names), rates, strict=True)
    )
    return Path(names, factors, math.prod(rates) * run.number(*through[-1]))


def _of(run: Run, node: Node) -> str:
    """Name the element whose gradient a node is; the seed stands for the loss itself."""
    value, at = node
    of = run.tape.values[value].gradient_of
    return run.label(run.tape.loss if of is None else of, at)
