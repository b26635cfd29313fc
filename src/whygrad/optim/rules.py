"""The optimizers: one class each, with the paper and the formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from whygrad.engine.tensor import Tensor
from whygrad.errors import UnknownName, unknown
from whygrad.optim.base import OPTIMIZERS, Optimizer, Parameters, State, Update, named
from whygrad.option import Scalar, mapping


class SGD(Optimizer):
    """Stochastic gradient descent: step against the gradient, ``lr`` times its size.

    With momentum (Polyak, 1964, in PyTorch's form): velocity' = momentum velocity + (1 - dampening)
    gradient, the first velocity being the gradient, and the step is lr velocity'. With ``nesterov``
    (Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML
    2013, in PyTorch's form) the step is lr (gradient + momentum velocity').
    """

    name = "sgd"
    switches = ("nesterov", "maximize")

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "momentum": momentum,
                "dampening": dampening,
                "nesterov": nesterov,
                "weight_decay": weight_decay,
                "maximize": maximize,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    @property
    def momentum(self) -> float:
        """The share of the last update that is kept."""
        return float(self.options["momentum"])

    def begin(
        self, given: dict[str, Tensor], options: Mapping[str, Scalar], parameters: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record the share of a gradient that enters the velocity: all of the first."""
        if not (options["momentum"] and options["dampening"]):
            return given, ()
        count = self.counted(parameters)
        _, before, _ = count
        later = before.apply("minimum", before.constant(1.0))  # 0 in the first iteration, then 1
        return {**given, "entering": 1.0 - given["dampening"] * later}, (count,)

    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        given: Mapping[str, Tensor],
        options: Mapping[str, Scalar],
    ) -> Update:
        """Record ``parameter - learning_rate * gradient`` (or the velocity in its place)."""
        gradient = _decayed(parameter, gradient, given)
        rate, momentum = given["learning_rate"], given.get("momentum")
        if momentum is None:
            return Update(parameter - rate * gradient)
        entering = gradient * given["entering"] if "entering" in given else gradient
        velocity, state = self.velocity(parameter, entering, momentum)
        step = gradient + momentum * velocity if options["nesterov"] else velocity
        return Update(parameter - rate * step, (state,))


class RMSprop(Optimizer):
    """Divide the gradient by a running root mean square of itself.

    mean_square' = alpha mean_square + (1 - alpha) gradient²; the step is
    lr gradient / (√mean_square' + eps), with momentum as in ``SGD``. Tieleman and Hinton, lecture
    6.5 of "Neural networks for machine learning", 2012; PyTorch's form. With ``centered`` (Graves,
    "Generating sequences with recurrent neural networks", 2013) the square of a running mean of
    the gradient is taken from mean_square' first.
    """

    name = "rmsprop"
    switches = ("centered", "maximize")
    needed = ("learning_rate", "alpha", "eps")

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
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
                "centered": centered,
                "maximize": maximize,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    def begin(
        self, given: dict[str, Tensor], options: Mapping[str, Scalar], parameters: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record ``1 - alpha``."""
        return {**given, "rest": 1.0 - given["alpha"]}, ()

    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        given: Mapping[str, Tensor],
        options: Mapping[str, Scalar],
    ) -> Update:
        """Record ``parameter - learning_rate * gradient / (sqrt(mean_square) + eps)``."""
        gradient = _decayed(parameter, gradient, given)
        before = self.remembered(parameter, "mean_square")
        after = given["alpha"] * before + given["rest"] * gradient.square()
        states: list[State] = [("mean_square", before, after)]
        spread = after
        if options["centered"]:
            mean = self.remembered(parameter, "mean")
            mean_new = mean + given["rest"] * (gradient - mean)
            states.append(("mean", mean, mean_new))
            spread = after - mean_new.square()
        step = gradient / (spread.sqrt() + given["eps"])
        if "momentum" in given:
            step, state = self.velocity(parameter, step, given["momentum"])
            states.append(state)
        return Update(parameter - given["learning_rate"] * step, tuple(states))


class Adagrad(Optimizer):
    """Divide the gradient by the root of the sum of all its squares so far.

    sum' = sum + gradient²; the step is lr gradient / (√sum' + eps). Duchi, Hazan and Singer,
    "Adaptive subgradient methods", JMLR 2011; PyTorch's form. With ``lr_decay`` the rate of
    iteration n, from 0, is lr / (1 + n lr_decay).
    """

    name = "adagrad"
    switches = ("maximize", "initial_accumulator_value")
    needed = ("learning_rate", "eps")

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "lr_decay": lr_decay,
                "weight_decay": weight_decay,
                "initial_accumulator_value": initial_accumulator_value,
                "eps": eps,
                "maximize": maximize,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    def begin(
        self, given: dict[str, Tensor], options: Mapping[str, Scalar], parameters: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record the rate that the decay leaves."""
        if "lr_decay" not in given:
            return {**given, "rate": given["learning_rate"]}, ()
        count = self.counted(parameters)
        _, before, _ = count
        return {**given, "rate": given["learning_rate"] / (1.0 + before * given["lr_decay"])}, (
            count,
        )

    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        given: Mapping[str, Tensor],
        options: Mapping[str, Scalar],
    ) -> Update:
        """Record ``parameter - rate * gradient / (sqrt(square_sum) + eps)``."""
        gradient = _decayed(parameter, gradient, given)
        start = float(options["initial_accumulator_value"])
        before = self.remembered(parameter, "square_sum", start)
        after = before + gradient.square()
        step = gradient / (after.sqrt() + given["eps"])
        return Update(parameter - given["rate"] * step, (("square_sum", before, after),))


class Adam(Optimizer):
    """Step along a running mean of the gradient, divided by a running root mean square.

    mean' = beta1 mean + (1 - beta1) gradient; mean_square' = beta2 mean_square + (1 - beta2)
    gradient². Both start at 0, so they are divided by 1 - beta1ⁿ and 1 - beta2ⁿ in iteration n;
    the step is lr mean / (√mean_square + eps). Kingma and Ba, "Adam", ICLR 2015, algorithm 1, in
    PyTorch's form: the corrections divide the rate and the root, two numbers, and not each entry.
    With ``amsgrad`` (Reddi, Kale and Kumar, "On the convergence of Adam and beyond", ICLR 2018) the
    root is that of the largest mean_square so far.
    """

    name = "adam"
    switches = ("amsgrad", "maximize")
    needed = ("learning_rate", "beta1", "beta2", "eps")

    def __init__(
        self,
        params: Parameters,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float | None = None,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        usual = OPTIMIZERS[self.name]["weight_decay"].default
        super().__init__(
            params,
            {
                **named({"lr": lr, "betas": betas}),
                "eps": eps,
                "weight_decay": usual if weight_decay is None else weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    def begin(
        self, given: dict[str, Tensor], options: Mapping[str, Scalar], parameters: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Count the steps, and record the corrections that depend on the count."""
        count = self.counted(parameters)
        _, _, after = count
        beta1, beta2 = given["beta1"], given["beta2"]
        more = {
            "rest1": 1.0 - beta1,
            "rest2": 1.0 - beta2,
            "rate": given["learning_rate"] / (1.0 - beta1**after),
            "root": (1.0 - beta2**after).sqrt(),
        }
        return {**given, **more}, (count,)

    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        given: Mapping[str, Tensor],
        options: Mapping[str, Scalar],
    ) -> Update:
        """Record ``parameter - rate * mean / (sqrt(mean_square) / root + eps)``."""
        gradient = _decayed(parameter, gradient, given)
        return self._moved(parameter, parameter, gradient, given, options)

    def _moved(
        self,
        start: Tensor,
        parameter: Tensor,
        gradient: Tensor,
        given: Mapping[str, Tensor],
        options: Mapping[str, Scalar],
    ) -> Update:
        """Record the step of a parameter from ``start``: itself, or what a decay left of it."""
        mean = self.remembered(parameter, "mean")
        square = self.remembered(parameter, "mean_square")
        mean_new = given["beta1"] * mean + given["rest1"] * gradient
        square_new = given["beta2"] * square + given["rest2"] * gradient.square()
        states: list[State] = [("mean", mean, mean_new), ("mean_square", square, square_new)]
        divided = square_new
        if options["amsgrad"]:
            largest = self.remembered(parameter, "largest_mean_square")
            divided = largest.apply("maximum", square_new)
            states.append(("largest_mean_square", largest, divided))
        divisor = divided.sqrt() / given["root"] + given["eps"]
        return Update(start - given["rate"] * (mean_new / divisor), tuple(states))


class AdamW(Adam):
    """Adam, with weight decay apart from the gradient: parameter (1 - lr weight_decay) first.

    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, in PyTorch's form.
    """

    name = "adamw"

    def begin(
        self, given: dict[str, Tensor], options: Mapping[str, Scalar], parameters: Sequence[Tensor]
    ) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record the share of a parameter that the decay leaves, and what Adam needs."""
        more, states = super().begin(given, options, parameters)
        if "weight_decay" in given:
            more["kept"] = 1.0 - given["learning_rate"] * more.pop("weight_decay")
        return more, states

    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        given: Mapping[str, Tensor],
        options: Mapping[str, Scalar],
    ) -> Update:
        """Record Adam's update of what the decay leaves of the parameter."""
        return self._moved(
            parameter * given["kept"] if "kept" in given else parameter,
            parameter,
            gradient,
            given,
            options,
        )


_CLASSES: Mapping[str, type[Optimizer]] = {
    one.name: one for one in (SGD, RMSprop, Adagrad, Adam, AdamW)
}


def make(name: str, params: Parameters, options: Mapping[str, Scalar]) -> Optimizer:
    """Return the optimizer called ``name`` (see OPTIMIZERS) with these options.

    Raises:
        UnknownName: there is none; the nearest names come first.
        WhygradError: as the optimizer itself.
    """
    options = mapping("optimizer", "options", options)
    if not isinstance(cast("object", name), str) or name not in _CLASSES:
        raise UnknownName(unknown("optimizer", name, _CLASSES))
    made = object.__new__(_CLASSES[name])
    Optimizer.__init__(made, params, options)
    return made


def _decayed(parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Tensor:
    """Weight decay as PyTorch adds it: the gradient of weight_decay / 2 times the square."""
    decay = given.get("weight_decay")
    return gradient if decay is None else gradient + decay * parameter
