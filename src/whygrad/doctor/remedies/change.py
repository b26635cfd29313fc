"""What a remedy does to a run, as data: which of its parts becomes what. Needs no PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

    Loss = Callable[..., Tensor]

MOST_STEPS = 250  # updates of a replay


def how_long(iterations: int) -> str:
    """Say how long a replay is of a run of so many iterations."""
    steps = min(iterations, MOST_STEPS)
    updates = "its first update" if steps == 1 else f"at most its first {steps} updates"
    return f"a replay of {updates}"


class NotApplicable(Exception):
    """A remedy does not apply to this run; the message says why."""


@dataclass(frozen=True)
class RunRows:
    """Rows to learn from and, where there are any, rows to validate on."""

    x: Tensor
    y: Tensor
    xv: Tensor | None = None
    yv: Tensor | None = None


@dataclass(frozen=True)
class Change:
    """What becomes of a run's parts; what is not given stays as it is.

    Attributes:
        model: changes a copy of the network, before the first step.
        loss: makes another loss of the loss and the rows.
        rows: makes other rows of the rows.
        rate: factor on the learning rate.
        settings: of the optimizer, by their names in its parameter groups.
        optimizer: makes another optimizer, of the parameters.
        batch: how many rows a batch has.
        clip: the norm at which gradients are clipped; infinity for no clipping.
        stop: whether to stop where the validation loss is lowest.
        mends: faults of the loop (or of the user's code) that are put right, by name.
        by_hand: why the doctor cannot make the change by itself; "" if it can.
    """

    model: Callable[[nn.Module], nn.Module] | None = None
    loss: Callable[[Loss, RunRows], Loss] | None = None
    rows: Callable[[RunRows], RunRows] | None = None
    rate: float = 1.0
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    optimizer: Callable[[Any], Any] | None = None
    batch: int | None = None
    clip: float | None = None
    stop: bool = False
    mends: frozenset[str] = frozenset()
    by_hand: str = ""

    def joined(self, other: Change) -> Change:
        """Return both changes as one; they must change different parts of a run."""
        return replace(
            self,
            rate=self.rate * other.rate,
            settings={**self.settings, **other.settings},
            optimizer=self.optimizer or other.optimizer,
            batch=self.batch or other.batch,
            mends=self.mends | other.mends,
        )


def mends(*faults: str, by_hand: str = "") -> Change:
    """Return the change that puts right what the user's loop or code gets wrong."""
    return Change(mends=frozenset(faults), by_hand=by_hand)
