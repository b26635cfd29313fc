"""What all optimizers share: the table of options, clipping, and how an update is recorded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, cast

import numpy as np

from whygrad.engine.tensor import Tensor, annotate, tensor
from whygrad.errors import WhygradError
from whygrad.option import Option, Scalar, checked_options, quoted, several

_CLIPPING = {
    "clip_norm": Option(0.0, 0, 1e6, "longest gradient allowed, all parameters taken together"),
    "clip_value": Option(0.0, 0, 1e6, "largest entry of a gradient allowed"),
}
_MAXIMIZE = Option(False, says="climb along the gradient instead of against it")
_BETA1 = Option(0.9, 0, 1, "share of the mean gradient that is kept", below_high=True)
_BETA2 = Option(0.999, 0, 1, "share of the mean square that is kept", below_high=True)


def _rate(default: float) -> Option:
    return Option(default, 0, 1000, "how far each update goes")


def _decay(default: float = 0.0) -> Option:
    return Option(default, 0, 1000, "how strongly parameters are pulled towards 0")


def _momentum() -> Option:
    return Option(0.0, 0, 1, "share of the last update that is kept", below_high=True)


def _eps(default: float) -> Option:
    return Option(default, 0, 1, "keeps the divisor away from 0")


OPTIMIZERS: Mapping[str, Mapping[str, Option]] = MappingProxyType(
    {
        "sgd": {
            "learning_rate": _rate(0.1),
            "momentum": _momentum(),
            "dampening": Option(0.0, 0, 1, "share of the gradient kept out of the momentum"),
            "nesterov": Option(False, says="look ahead along the momentum"),
            "weight_decay": _decay(),
            "maximize": _MAXIMIZE,
            **_CLIPPING,
        },
        "rmsprop": {
            "learning_rate": _rate(0.01),
            "alpha": Option(0.99, 0, 1, _BETA2.says, below_high=True),
            "eps": _eps(1e-8),
            "momentum": _momentum(),
            "centered": Option(False, says="divide by the spread around the mean gradient"),
            "weight_decay": _decay(),
            "maximize": _MAXIMIZE,
            **_CLIPPING,
        },
        "adagrad": {
            "learning_rate": _rate(0.01),
            "lr_decay": Option(0.0, 0, 1000, "how fast the learning rate falls"),
            "initial_accumulator_value": Option(0.0, 0, 1e6, "what the sum of squares starts at"),
            "eps": _eps(1e-10),
            "weight_decay": _decay(),
            "maximize": _MAXIMIZE,
            **_CLIPPING,
        },
        "adam": {
            "learning_rate": _rate(0.001),
            "beta1": _BETA1,
            "beta2": _BETA2,
            "eps": _eps(1e-8),
            "weight_decay": _decay(),
            "amsgrad": Option(False, says="divide by the largest mean square so far"),
            "maximize": _MAXIMIZE,
            **_CLIPPING,
        },
        "adamw": {
            "learning_rate": _rate(0.001),
            "beta1": _BETA1,
            "beta2": _BETA2,
            "eps": _eps(1e-8),
            "weight_decay": _decay(0.01),
            "amsgrad": Option(False, says="divide by the largest mean square so far"),
            "maximize": _MAXIMIZE,
            **_CLIPPING,
        },
    }
)
"""Name -> the options an optimizer takes, with defaults and ranges."""

State = tuple[str, Tensor, Tensor]
"""A piece of state: what it is called, its value before and its value after."""

Parameters = Iterable[Tensor | tuple[str, Tensor] | Mapping[str, Any]]
"""Parameters, with or without names, or groups of them: mappings with "params" and options."""


@dataclass(frozen=True, slots=True)
class Update:
    """What an optimizer does to one parameter: the updated parameter, and its state."""

    parameter: Tensor
    state: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """The update of all parameters.

    Attributes:
        carries: each parameter and piece of state, before and after.
        names: what explanations call them.
        holders: for a piece of state that several parameters share, the tensors that keep it.
    """

    carries: tuple[tuple[Tensor, Tensor], ...]
    names: Mapping[Tensor, str]
    holders: Mapping[Tensor, tuple[Tensor, ...]]


class ParameterGroup:
    """Parameters that are updated with the same options."""

    __slots__ = ("options", "parameters")

    def __init__(self, parameters: list[Tensor], options: dict[str, Scalar]) -> None:
        self.parameters = parameters
        self.options = options


class Optimizer(ABC):
    """Has parameters and hyperparameters, remembers what it must, and records an update.

    Attributes:
        groups: the parameters, by the options they are updated with. An option that is 0 adds no
            steps; the others can be changed between iterations.
        state: what is remembered of each parameter, by name; carried on from one recording to the
            next, as PyTorch does.
    """

    name: ClassVar[str]
    switches: ClassVar[tuple[str, ...]] = ("maximize",)  # they choose steps, and are no numbers
    needed: ClassVar[tuple[str, ...]] = ("learning_rate",)  # on the tape even if 0

    def __init__(self, params: Parameters, options: Mapping[str, Any]) -> None:
        """Take over ``params``.

        Args:
            params: tensors, pairs of a name and a tensor, or groups: dicts with "params" and
                whatever options differ in that group, by PyTorch's names.
            options: by the names in ``OPTIMIZERS``.

        Raises:
            WhygradError: there are no parameters, one is no tensor or is there twice, or an option
                is out of its range.
        """
        self.groups = [
            ParameterGroup(parameters, self._checked({**options, **own}))
            for parameters, own in self._grouped(params)
        ]
        self.state: dict[Tensor, dict[str, Tensor]] = {}
        if not self.parameters:
            raise WhygradError(f"{self._title}: there are no parameters to update")
        if len(set(self.parameters)) != len(self.parameters):
            raise WhygradError(f"{self._title}: a parameter is there twice; give each once")

    @property
    def _title(self) -> str:
        return type(self).__name__

    @property
    def parameters(self) -> list[Tensor]:
        """What it updates: the parameters of all groups."""
        return [parameter for group in self.groups for parameter in group.parameters]

    @property
    def options(self) -> dict[str, Scalar]:
        """Every option of the first group, by name."""
        return self.groups[0].options

    @property
    def lr(self) -> float:
        """The learning rate, under PyTorch's name for it."""
        return float(self.options["learning_rate"])

    def _grouped(self, params: Any) -> list[tuple[list[Tensor], dict[str, Any]]]:
        if isinstance(params, Tensor):
            raise WhygradError(
                f"{self._title}: params is one tensor; give a list of them, such as "
                f"model.parameters(), or of dicts with 'params'"
            )
        items: list[object] = several(self._title, "params", params)
        if not any(isinstance(item, Mapping) for item in items):
            return [(self._listed(items), {})]
        found: list[tuple[list[Tensor], dict[str, Any]]] = []
        for item in items:
            if not isinstance(item, Mapping) or "params" not in item:
                raise WhygradError(
                    f"{self._title}: {quoted(cast('object', item))} is not a group; each is a "
                    f"dict with 'params'"
                )
            own = {str(key): value for key, value in cast("Mapping[Any, Any]", item).items()}
            given = own.pop("params")
            listed = [given] if isinstance(given, Tensor) else several(self._title, "params", given)
            found.append((self._listed(listed), named(own)))
        return found

    def _listed(self, items: Sequence[object]) -> list[Tensor]:
        found: list[Tensor] = []
        for item in items:
            one = item
            if isinstance(item, tuple) and len(cast("tuple[object, ...]", item)) == 2:
                one = cast("tuple[object, object]", item)[1]
            if not isinstance(one, Tensor) or one.op is not None or one.dtype.kind != "f":
                what = f"the result of {one.op}" if isinstance(one, Tensor) and one.op else ""
                raise WhygradError(
                    f"{self._title}: {what or quoted(one)} is no parameter; a parameter is a "
                    f"tensor of floating-point numbers that no step made, as nn.parameter gives"
                )
            found.append(one)
        return found

    def _checked(self, options: Mapping[str, Any]) -> dict[str, Scalar]:
        try:
            checked = checked_options(self.name, OPTIMIZERS[self.name], options)
        except WhygradError as fault:
            raise WhygradError(f"{self._title}: {fault.message}") from None
        if checked.get("nesterov") and (not checked["momentum"] or checked["dampening"]):
            raise WhygradError(
                f"{self._title}: nesterov looks along the momentum, so it needs some, such as "
                f"0.9, and no dampening"
            )
        return checked

    def hyperparameters(self, group: ParameterGroup) -> dict[str, Tensor]:
        """Return fresh leaves for the numbers that may be changed between iterations."""
        dtype = group.parameters[0].dtype
        return {
            name: tensor(float(number), dtype=dtype, name=name, role="hyperparameter")
            for name, number in group.options.items()
            if name not in self.switches and (number or name in self.needed)
        }

    def record(self, found: Sequence[tuple[str, Tensor, Tensor]]) -> Recorded:
        """Record the update of parameters, given as (name, parameter, gradient)."""
        known = {parameter: name for name, parameter, _ in found}
        carries: list[tuple[Tensor, Tensor]] = []
        names: dict[Tensor, str] = {}
        holders: dict[Tensor, tuple[Tensor, ...]] = {}

        def carry(name: str, before: Tensor, after: Tensor) -> None:
            names[before], names[after] = name, f"{name}_new"
            carries.append((before, after))

        updated = [
            (group, self.hyperparameters(group), mine)
            for group in self.groups
            if (mine := [p for p in group.parameters if p in known])
        ]
        clipped: dict[Tensor, Tensor] = {}
        if updated:
            gradients = _clipped([gradient for _, _, gradient in found], updated[0][1], names)
            clipped.update(zip((parameter for _, parameter, _ in found), gradients, strict=True))
        for group, numbers, mine in updated:
            for alike in self._counted_alike(mine):
                given, shared = self.begin(numbers, group.options, alike)
                for kind, before, after in shared:
                    holders[before] = tuple(self.state[p][kind] for p in alike)
                    carry(kind, before, after)
                for parameter in alike:
                    with annotate(part=(known[parameter],)):
                        gradient = clipped[parameter]
                        if group.options["maximize"]:
                            gradient = -gradient
                        update = self.update(parameter, gradient, given, group.options)
                    carry(known[parameter], parameter, update.parameter)
                    for kind, before, after in update.state:
                        carry(f"{kind}_{known[parameter]}", before, after)
        return Recorded(tuple(carries), names, holders)

    @abstractmethod
    def begin(
        self, given: dict[str, Tensor], options: Mapping[str, Scalar], parameters: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record what these parameters' updates share: further numbers, and shared state."""

    @abstractmethod
    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        given: Mapping[str, Tensor],
        options: Mapping[str, Scalar],
    ) -> Update:
        """Record the update of one parameter."""

    def remembered(self, parameter: Tensor, kind: str, start: float = 0.0) -> Tensor:
        """Return what is remembered of a parameter under a name: ``start`` everywhere at first."""
        known = self.state.setdefault(parameter, {})
        if kind not in known:
            first = np.full(parameter.array.shape, start, parameter.dtype)
            known[kind] = Tensor(first, parameter.shape, role="optimizer state")
        if known[kind].dtype != parameter.dtype:
            known[kind].put(known[kind].array.astype(parameter.dtype))
        return known[kind]

    def velocity(self, parameter: Tensor, step: Tensor, momentum: Tensor) -> tuple[Tensor, State]:
        """Record ``momentum * velocity + step``."""
        before = self.remembered(parameter, "velocity")
        after = momentum * before + step
        return after, ("velocity", before, after)

    def counted(self, parameters: Sequence[Tensor]) -> State:
        """Record the count of these parameters' updates, which are equally many: one number."""
        dtype = parameters[0].dtype
        for parameter in parameters:
            zero = Tensor(np.zeros((), dtype), (), role="optimizer state")
            self.state.setdefault(parameter, {}).setdefault("step", zero)
        count = self.state[parameters[0]]["step"].array.astype(dtype)
        before = Tensor(count, (), role="optimizer state")
        return "step", before, before + 1.0

    def _counted_alike(self, parameters: Sequence[Tensor]) -> list[list[Tensor]]:
        """Divide parameters by how often they have been updated; mostly all alike."""
        alike: dict[float, list[Tensor]] = {}
        for parameter in parameters:
            step = self.state.get(parameter, {}).get("step")
            alike.setdefault(0.0 if step is None else step.item(), []).append(parameter)
        return list(alike.values())


def named(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options under the names of ``OPTIMIZERS``, given PyTorch's: lr, betas ...

    Raises:
        WhygradError: betas are not two numbers.
    """
    options: dict[str, Any] = {}
    for name, value in given.items():
        if name == "betas":
            if not isinstance(value, tuple | list) or len(cast("Sequence[Any]", value)) != 2:
                raise WhygradError(
                    f"betas is {quoted(cast('object', value))}; give two numbers: (0.9, 0.999)"
                )
            options["beta1"], options["beta2"] = cast("Sequence[Any]", value)
        else:
            options["learning_rate" if name == "lr" else name] = value
    return options


def _clipped(
    gradients: Sequence[Tensor], given: dict[str, Tensor], names: dict[Tensor, str]
) -> list[Tensor]:
    """Record clipping: each entry first, as ``clip_grad_value_``, then ``clip_grad_norm_``."""
    clipped = list(gradients)
    most = given.get("clip_value")
    if most is not None:
        least = -most
        clipped = [g.apply("minimum", most).apply("maximum", least) for g in clipped]
    longest = given.get("clip_norm")
    if longest is not None and clipped:
        total = clipped[0].square().sum()
        for gradient in clipped[1:]:
            total = total + gradient.square().sum()
        norm = total.sqrt()
        names[norm] = "gradient_norm"
        # PyTorch's 1e-6 keeps a gradient of 0 from being divided by 0
        scale = (longest / (norm + 1e-6)).apply("minimum", norm.constant(1.0))
        clipped = [gradient * scale for gradient in clipped]
    return clipped
