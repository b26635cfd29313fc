"""The optimizers: one class each, with the paper and the formula."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from whygrad.engine.tensor import Tensor
from whygrad.errors import UnknownName, unknown
from whygrad.optim.base import OPTIMIZERS, Optimizer, State, Update
from whygrad.option import Scalar


class SGD(Optimizer):
    """Stochastic gradient descent: step against the gradient, ``lr`` times its size.

    With momentum (Polyak, 1964, in PyTorch's form): velocity' = momentum velocity + gradient, and
    the step is lr velocity'. With ``nesterov`` (Sutskever et al., "On the importance of
    initialization and momentum in deep learning", ICML 2013, in PyTorch's form) the step is
    lr (gradient + momentum velocity').
    """

    name = "sgd"
    switches = ("nesterov",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.0,
        *,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "momentum": momentum,
                "nesterov": nesterov,
                "weight_decay": weight_decay,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    @property
    def momentum(self) -> float:
        """The share of the last update that is kept."""
        return float(self.options["momentum"])

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record ``parameter - learning_rate * gradient`` (or the velocity in its place)."""
        gradient = _decayed(parameter, gradient, given)
        rate, momentum = given["learning_rate"], given.get("momentum")
        if momentum is None:
            return Update(parameter - rate * gradient)
        velocity, state = _velocity(parameter, gradient, momentum)
        step = gradient + momentum * velocity if self.options["nesterov"] else velocity
        return Update(parameter - rate * step, (state,))


class RMSprop(Optimizer):
    """Divide the gradient by a running root mean square of itself.

    mean_square' = alpha mean_square + (1 - alpha) gradient²; the step is
    lr gradient / (√mean_square' + eps), with momentum as in ``SGD``. Tieleman and Hinton, lecture
    6.5 of "Neural networks for machine learning", 2012; PyTorch's form, not centered.
    """

    name = "rmsprop"
    needed = ("learning_rate", "alpha", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        *,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    def begin(self, given: dict[str, Tensor]) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record ``1 - alpha``."""
        return {**given, "rest": 1.0 - given["alpha"]}, ()

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record ``parameter - learning_rate * gradient / (sqrt(mean_square) + eps)``."""
        gradient = _decayed(parameter, gradient, given)
        before = _zeros(parameter)
        after = given["alpha"] * before + given["rest"] * gradient.square()
        step = gradient / (after.sqrt() + given["eps"])
        states: list[State] = [("mean_square", before, after)]
        if "momentum" in given:
            step, state = _velocity(parameter, step, given["momentum"])
            states.append(state)
        return Update(parameter - given["learning_rate"] * step, tuple(states))


class Adagrad(Optimizer):
    """Divide the gradient by the root of the sum of all its squares so far.

    sum' = sum + gradient²; the step is lr gradient / (√sum' + eps). Duchi, Hazan and Singer,
    "Adaptive subgradient methods", JMLR 2011; PyTorch's form (for its lr_decay use a schedule).
    """

    name = "adagrad"
    needed = ("learning_rate", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.01,
        weight_decay: float = 0.0,
        eps: float = 1e-10,
        *,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "weight_decay": weight_decay,
                "eps": eps,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record ``parameter - learning_rate * gradient / (sqrt(square_sum) + eps)``."""
        gradient = _decayed(parameter, gradient, given)
        before = _zeros(parameter)
        after = before + gradient.square()
        step = gradient / (after.sqrt() + given["eps"])
        return Update(parameter - given["learning_rate"] * step, (("square_sum", before, after),))


class Adam(Optimizer):
    """Step along a running mean of the gradient, divided by a running root mean square.

    mean' = beta1 mean + (1 - beta1) gradient; mean_square' = beta2 mean_square + (1 - beta2)
    gradient². Both start at 0, so they are divided by 1 - beta1ⁿ and 1 - beta2ⁿ in iteration n;
    the step is lr mean / (√mean_square + eps). Kingma and Ba, "Adam", ICLR 2015, algorithm 1, in
    PyTorch's form: the corrections divide the rate and the root, two numbers, and not each entry.
    """

    name = "adam"
    needed = ("learning_rate", "beta1", "beta2", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float | None = None,
        *,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        usual = OPTIMIZERS[self.name]["weight_decay"].default
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "beta1": betas[0],
                "beta2": betas[1],
                "eps": eps,
                "weight_decay": usual if weight_decay is None else weight_decay,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    def begin(self, given: dict[str, Tensor]) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Count the steps, and record the corrections that depend on the count."""
        dtype = self.parameters[0].dtype
        before = Tensor(np.zeros((), dtype), (), role="optimizer state")
        after = before + 1.0
        beta1, beta2 = given["beta1"], given["beta2"]
        more = {
            "rest1": 1.0 - beta1,
            "rest2": 1.0 - beta2,
            "rate": given["learning_rate"] / (1.0 - beta1**after),
            "root": (1.0 - beta2**after).sqrt(),
        }
        return {**given, **more}, (("step", before, after),)

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record ``parameter - rate * mean / (sqrt(mean_square) / root + eps)``."""
        gradient = _decayed(parameter, gradient, given)
        mean, square = _zeros(parameter), _zeros(parameter)
        mean_new = given["beta1"] * mean + given["rest1"] * gradient
        square_new = given["beta2"] * square + given["rest2"] * gradient.square()
        divisor = square_new.sqrt() / given["root"] + given["eps"]
        return Update(
            parameter - given["rate"] * (mean_new / divisor),
            (("mean", mean, mean_new), ("mean_square", square, square_new)),
        )


class AdamW(Adam):
    """Adam, with weight decay apart from the gradient: parameter (1 - lr weight_decay) first.

    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, in PyTorch's form.
    """

    name = "adamw"

    def begin(self, given: dict[str, Tensor]) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record the share of a parameter that the decay leaves, and what Adam needs."""
        more, states = super().begin(given)
        if "weight_decay" in given:
            more["kept"] = 1.0 - given["learning_rate"] * more.pop("weight_decay")
        return more, states

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record Adam's update of what the decay leaves of the parameter."""
        left = parameter * given["kept"] if "kept" in given else parameter
        return super().update(left, gradient, given)


_CLASSES: Mapping[str, type[Optimizer]] = {
    one.name: one for one in (SGD, RMSprop, Adagrad, Adam, AdamW)
}


def make(name: str, params: Iterable[Tensor], options: Mapping[str, Scalar]) -> Optimizer:
    """Return the optimizer called ``name`` (see OPTIMIZERS) with these options.

    Raises:
        UnknownName: there is none; the nearest names come first.
        WhygradError: as the optimizer itself.
    """
    if name not in _CLASSES:
        raise UnknownName(unknown("optimizer", name, _CLASSES))
    made = object.__new__(_CLASSES[name])
    Optimizer.__init__(made, params, options)
    return made


def _zeros(parameter: Tensor) -> Tensor:
    zeros = np.zeros(parameter.array.shape, parameter.dtype)
    return Tensor(zeros, parameter.shape, role="optimizer state")


def _decayed(parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Tensor:
    """Weight decay as PyTorch adds it: the gradient of weight_decay / 2 times the square."""
    decay = given.get("weight_decay")
    return gradient if decay is None else gradient + decay * parameter


def _velocity(parameter: Tensor, step: Tensor, momentum: Tensor) -> tuple[Tensor, State]:
    before = _zeros(parameter)
    after = momentum * before + step
    return after, ("velocity", before, after)
