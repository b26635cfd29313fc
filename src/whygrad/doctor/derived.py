"""What several causes read off the measurements."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from whygrad.doctor.measurements import Layer, Measurements, Parameter, Probe
from whygrad.nn import registry

ACTIVATIONS = ("selu", *(name for name, row in registry.ACTIVATIONS.items() if row.hidden))
LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "matmul", "addmm", "bmm", "einsum")
WITH_WEIGHTS = ("Linear", "Conv", "RNN", "LSTM", "GRU", "Embedding", "Attention")
ENTROPIES = ("cross_entropy", "nll")
CURES = 0.5  # share of what is missing: a replay that regains as much tells the cause
FEW_ROWS = 4  # in a batch: too few for the means of batch normalisation


def hidden(probe: Probe | None, ops: Sequence[str] = ACTIVATIONS) -> list[Layer]:
    """Return the activations between layers: those with a linear op still to come."""
    if probe is None:
        return []
    linear = [n for n, layer in enumerate(probe.layers) if layer.op in LINEAR]
    end = linear[-1] if linear else len(probe.layers)
    return [layer for layer in probe.layers[:end] if layer.op in ops]


def weights(m: Measurements) -> list[Parameter]:
    """Return the weights of linear layers and convolutions, in order."""
    return [p for p in m.parameters if p.kind.startswith(("Linear", "Conv")) and p.fan_in > 0
            and p.name.endswith("weight")]  # fmt: skip


def layer_weights(m: Measurements) -> list[Parameter]:
    """Return the weights (no biases) of all layers that have some."""
    return [p for p in m.parameters if p.kind.startswith(WITH_WEIGHTS) and p.size > p.fan_in]


def last_op(m: Measurements) -> str:
    """Return what the network does last, as far as was seen."""
    probe = m.last or m.first
    ops = [] if probe is None else [layer.op for layer in probe.layers]
    while len(ops) > 1 and m.loss_name in ENTROPIES and ops[-1] == "log_softmax":
        ops.pop()  # the loss's own
    return ops[-1] if ops else ""


def rose(m: Measurements) -> float:
    """Return how far the loss rose above where it began, as a factor."""
    values = [value for _, value in m.losses]
    return max(values) / values[0] if values and values[0] > 0 else 1.0


def typical_move(m: Measurements) -> float | None:
    """Return the median of the updates, relative to the weights; None if none was audited."""
    return median(a.moved for a in m.audits) if m.audits else None


def cured(m: Measurements, *changes: str) -> float | None:
    """Return the share of what is missing that the best of these replays regains."""
    known = {**m.tried, **m.trials}
    made = [known[change] for change in changes if change in known]
    s = m.scores
    if not made or s is None:
        return None
    best = 1.0 if s.reference_train is None else s.reference_train
    actual = s.baseline if s.train != s.train else max(s.train, s.baseline)
    return (max(made) - actual) / (best - actual) if best - actual > 0.02 else 0.0


def sick(m: Measurements, least: float = 0.3) -> bool:
    """Whether at least this share of what can be learned is missing on training rows."""
    return m.broke is not None or (m.shortfall or 0.0) >= least


def percent(share: float) -> str:
    """Write a share: 98 %."""
    return f"{share:.0%}".replace("%", " %")
