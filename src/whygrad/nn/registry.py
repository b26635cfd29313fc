"""Activations and losses: one row each, from which every other list of them is derived.

A new activation is its op's row, its function and layer, and a row here; specs, formulas, titles,
mistakes and the page then know it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from whygrad.engine.tensor import Tensor
from whygrad.errors import WhygradError
from whygrad.nn import activation as layers
from whygrad.nn import functional, loss
from whygrad.nn.module import Module

Takes = Literal["amounts", "probabilities", "logit", "score", "class logits", "log-probabilities"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An activation.

    Attributes:
        name: what specs and formulas call it; PyTorch's name of the function.
        words: what a person calls it.
        function: computes it.
        module: the layer; None for a function that is used in formulas only.
        hidden: whether the layers between may use it.
        output: whether the last layer may use it.
    """

    name: str
    words: str
    function: Callable[..., Tensor]
    module: type[Module] | None = None
    hidden: bool = True
    output: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A loss.

    Attributes:
        name: what specs and formulas call it.
        words: what a person calls it.
        function: computes it from outputs and targets.
        module: the loss as an object; None where there is only the function.
        takes: what it reads the network's outputs as.
        outputs: which last layers give it that, the usual one first; () for any.
        why: why only these, for whoever chose another.
        default_for: the last layer with which it is used where no loss is named.
        common: whether it is offered where another does not fit.
        in_spec: whether a spec may name it.
        in_formula: whether a formula may call it.
        aliases: other names of it in a spec.
    """

    name: str
    words: str
    function: Callable[..., Tensor]
    module: type[Module] | None = None
    takes: Takes
    outputs: tuple[str, ...] = ()
    why: str = ""
    default_for: str = ""
    common: bool = False
    in_spec: bool = True
    in_formula: bool = True
    aliases: tuple[str, ...] = ()


class _Row(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


Row = TypeVar("Row", bound=_Row)


def registry(rows: Sequence[Row]) -> Mapping[str, Row]:
    """Gather rows by name.

    Raises:
        WhygradError: a row has no words, or a name is taken; for a loss, one that does not fit any
            last layer must say why.
    """
    found: dict[str, Row] = {}
    taken: set[str] = set()
    for row in rows:
        fault = _fault(row)
        if taken & {row.name, *row.aliases}:
            fault = "its name is taken"
        if fault:
            raise WhygradError(f"{row.name!r} is refused: {fault}")
        found[row.name] = row
        taken |= {row.name, *row.aliases}
    return found


def _fault(row: object) -> str:
    if isinstance(row, Activation):
        if (row.hidden or row.output) and row.module is None:
            return "a layer uses it, and it has no module"
        return "" if row.words else "it does not say what a person calls it"
    assert isinstance(row, Loss)
    if bool(row.outputs) != bool(row.why) and row.in_spec:
        return "it must say which last layers it needs and why, or neither"
    return "" if row.words else "it does not say what a person calls it"


ACTIVATIONS: Mapping[str, Activation] = registry(
    (
        Activation(
            name="relu",
            words="ReLU",
            function=functional.relu,
            module=layers.ReLU,
            output=True,
        ),
        Activation(
            name="tanh",
            words="tanh",
            function=functional.tanh,
            module=layers.Tanh,
            output=True,
        ),
        Activation(
            name="sigmoid",
            words="sigmoid",
            function=functional.sigmoid,
            module=layers.Sigmoid,
            output=True,
        ),
        Activation(
            name="leaky_relu",
            words="leaky ReLU",
            function=functional.leaky_relu,
            module=layers.LeakyReLU,
        ),
        Activation(name="elu", words="ELU", function=functional.elu, module=layers.ELU),
        Activation(name="gelu", words="GELU", function=functional.gelu, module=layers.GELU),
        Activation(name="silu", words="SiLU", function=functional.silu, module=layers.SiLU),
        Activation(
            name="hardtanh",
            words="hard tanh",
            function=functional.hardtanh,
            module=layers.Hardtanh,
        ),
        Activation(
            name="softplus",
            words="softplus",
            function=functional.softplus,
            module=layers.Softplus,
        ),
        Activation(
            name="softmax",
            words="softmax",
            function=functional.softmax,
            module=layers.Softmax,
            hidden=False,
            output=True,
        ),
        Activation(
            name="log_softmax",
            words="log-softmax",
            function=functional.log_softmax,
            hidden=False,
        ),
    )
)
"""Activations by name, in the order in which they are offered."""

_SOFTMAX_INSIDE = (
    "applies the softmax itself, to the numbers before it (the logits), so the output is softmax "
    "(shown for reading) or linear"
)

LOSSES: Mapping[str, Loss] = registry(
    (
        Loss(
            name="mse",
            words="mean squared error",
            function=functional.mse_loss,
            module=loss.MSELoss,
            takes="amounts",
            common=True,
        ),
        Loss(
            name="mae",
            words="mean absolute error",
            function=functional.l1_loss,
            module=loss.L1Loss,
            takes="amounts",
            aliases=("l1",),
        ),
        Loss(
            name="huber",
            words="Huber loss",
            function=functional.huber_loss,
            module=loss.HuberLoss,
            takes="amounts",
        ),
        Loss(
            name="smooth_l1",
            words="smooth L1 loss",
            function=functional.smooth_l1_loss,
            takes="amounts",
        ),
        Loss(
            name="bce",
            words="binary cross-entropy",
            function=functional.binary_cross_entropy,
            module=loss.BCELoss,
            takes="probabilities",
            outputs=("sigmoid",),
            why="bce takes the logarithm of probabilities, so the output must be sigmoid",
            default_for="sigmoid",
            common=True,
        ),
        Loss(
            name="bce_with_logits",
            words="binary cross-entropy from logits",
            function=functional.binary_cross_entropy_with_logits,
            module=loss.BCEWithLogitsLoss,
            takes="logit",
            outputs=("linear",),
            why="bce_with_logits applies the sigmoid itself, so the output must be linear",
            common=True,
        ),
        Loss(
            name="cross_entropy",
            words="cross-entropy",
            function=functional.cross_entropy,
            module=loss.CrossEntropyLoss,
            takes="class logits",
            outputs=("softmax", "linear"),
            why=f"cross_entropy {_SOFTMAX_INSIDE}",
            default_for="softmax",
            common=True,
        ),
        Loss(
            name="nll",
            words="negative log-likelihood",
            function=functional.nll_loss,
            takes="log-probabilities",
            in_spec=False,
            in_formula=False,
        ),
        Loss(
            name="kl_div",
            words="KL divergence",
            function=functional.kl_div,
            module=loss.KLDivLoss,
            takes="class logits",
            outputs=("softmax", "linear"),
            why=f"kl_div {_SOFTMAX_INSIDE}",
        ),
        Loss(
            name="hinge",
            words="hinge loss",
            function=functional.hinge_loss,
            module=loss.HingeLoss,
            takes="score",
            outputs=("linear", "tanh"),
            why="hinge wants scores below 0 for no and above 0 for yes: a linear or tanh output",
        ),
    )
)
"""Losses by name."""

LOSS_OF: Mapping[str, Loss] = {
    name: row for row in LOSSES.values() for name in (row.name, *row.aliases)
}
"""Losses by any of their names."""
