"""What a mechanism predicts, as numbers that are read off the run that is made again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from whygrad.doctor.derived import hidden, layer_weights, typical_move, weights
from whygrad.doctor.finding import Expectation, Remedy
from whygrad.doctor.measurements import Layer, Measurements
from whygrad.explain.display import number

Read = Callable[[Measurements], float | None]


@dataclass(frozen=True, slots=True)
class Checked:
    """One expectation, and what was seen."""

    expectation: Expectation
    seen: float | None

    @property
    def holds(self) -> bool | None:
        """Whether it was seen; None where it cannot be seen in this run."""
        if self.seen is None:
            return None
        e = self.expectation
        return self.seen < e.bound if e.relation == "<" else self.seen > e.bound

    def __str__(self) -> str:
        e = self.expectation
        seen = "not to be seen" if self.seen is None else number(self.seen)
        return f"{SIGNALS[e.signal][0]} {e.relation} {number(e.bound)}: {seen}"


def check(remedy: Remedy, m: Measurements) -> tuple[Checked, ...]:
    """Return what a remedy predicts beside what is seen in a run made with it."""
    return tuple(Checked(e, SIGNALS[e.signal][1](m)) for e in remedy.expects)


def holds(checked: tuple[Checked, ...]) -> bool | None:
    """Return whether all that can be seen is as predicted; None where nothing can be seen."""
    known = [one.holds for one in checked if one.holds is not None]
    return all(known) if known else None


def _share(some: float, of: float) -> float | None:
    return some / of if of else None


def _reached(m: Measurements) -> float | None:
    looked = [p for p in m.parameters if p.trainable and p.got_gradient is not None]
    return _share(sum(bool(p.got_gradient) for p in looked), len(looked))


def _owned(m: Measurements) -> float | None:
    used = [p for p in m.parameters if p.trainable and p.got_gradient]
    return _share(sum(p.owned for p in used), len(used))


def _trained(m: Measurements) -> float | None:
    layers = layer_weights(m)
    return _share(sum(p.trainable and p.owned for p in layers), len(layers))


def _agreement(m: Measurements) -> float | None:
    known = [a.agreement for a in m.audits if a.agreement is not None]
    return median(known) if known else None


def _kept(m: Measurements) -> float | None:
    known = [a.applied / a.true for a in m.audits if a.applied is not None and a.true]
    return median(known) if known else None


def _judged_apart(m: Measurements) -> float | None:
    told = m.reported_validation
    own = None if m.scores is None else m.scores.validation_loss
    if told is None or own is None:
        return None
    return abs(told - own) / max(abs(told), abs(own), 1e-12)


def _missing(m: Measurements) -> float | None:
    return 1.0 if m.broke is not None else m.shortfall


def _gap(m: Measurements) -> float | None:
    s = m.scores
    return None if s is None or s.validation is None else s.train - s.validation


def _noise(m: Measurements) -> float | None:
    s = m.scores
    if s is None or s.neighbours_train is None or s.neighbours_validation is None:
        return None
    return s.neighbours_validation - s.neighbours_train


def _past_best(m: Measurements) -> float | None:
    if m.best_validation is None or m.best_validation[1] <= 0:
        return None
    return m.validation_losses[-1] / m.best_validation[1]


def _over_floor(m: Measurements) -> float | None:
    s, o = m.scores, m.outputs
    if s is None or o is None or s.train_loss is None or o.width < 2:
        return None
    return s.train_loss / (math.log(math.e + o.width - 1) - 1)


def _beyond(m: Measurements) -> float | None:
    o, t = m.outputs, m.targets
    if o is None or t is None or not o.finite:
        return None
    return max(o.low - t.low, t.high - o.high, 0.0) / max(t.std, 1e-12)


def _layers(m: Measurements) -> list[Layer]:
    return hidden(m.first)


def _ratio(m: Measurements) -> float | None:
    layers = _layers(m)
    return layers[0].gradient / layers[-1].gradient if layers and layers[-1].gradient > 0 else None


def _growth(m: Measurements) -> float | None:
    layers = _layers(m)
    if not layers or layers[0].rms <= 0:
        return None
    return max(layers[-1].rms / layers[0].rms, _ratio(m) or 0.0)


def _through_time(m: Measurements) -> float | None:
    time = () if m.first is None else m.first.through_time
    if len(time) < 8 or max(time) <= 0:
        return None
    return max(time[: len(time) // 4]) / max(time)


def _dead(m: Measurements) -> float | None:
    shares = [layer.dead for layer in hidden(m.last, ("relu",)) if layer.dead is not None]
    return max(shares, default=0.0) if m.last is not None else None


def _born_dead(m: Measurements) -> float | None:
    shares = [layer.dead for layer in hidden(m.first, ("relu",)) if layer.dead is not None]
    return max(shares, default=0.0) if m.first is not None else None


def _flat(m: Measurements) -> float | None:
    seen = hidden(m.first, ("sigmoid", "tanh"))
    return max((layer.saturated or 0.0 for layer in seen), default=0.0) if m.first else None


def _alike(m: Measurements) -> float | None:
    inner = weights(m)[:-1]
    return float(sum(p.same_rows for p in inner)) if inner else None


def _fell(m: Measurements) -> float | None:
    if m.broke is not None:
        return math.inf
    values = [value for _, value in m.losses]
    if len(values) < 4 or values[0] <= 0:
        return None
    return median(values[-len(values) // 4 :]) / values[0]


def _narrowest(m: Measurements) -> float | None:
    return min((float(layer.width) for layer in hidden(m.last)), default=None)


def _linear_layers(m: Measurements) -> float | None:
    o = m.outputs
    return None if o is None else o.affine_gap


SIGNALS: Mapping[str, tuple[str, Read]] = {
    "reached": ("share of trainable tensors that get a gradient", _reached),
    "owned": ("share of tensors with a gradient that the optimizer holds", _owned),
    "trained": ("share of layers' weights that are trained", _trained),
    "moved": ("an update, next to the weights", typical_move),
    "stale": (
        "share of looks that found an old gradient",
        lambda m: _share(sum(a.stale for a in m.audits), len(m.audits)),
    ),
    "agreement": ("cosine between what arrives and the loss's gradient", _agreement),
    "kept": ("share of the gradient's norm that the optimizer is given", _kept),
    "one_sided": ("share of the targets' variance between batches", lambda m: m.loop.class_run),
    "judged_apart": ("the reported validation loss, off its own by", _judged_apart),
    "finite": ("whether the loss stays finite", lambda m: float(m.broke is None)),
    "missing": ("share that is missing of what can be learned", _missing),
    "generalisation_gap": ("training score less validation score", _gap),
    "spreads": ("the largest spread of a feature over the smallest",
                lambda m: None if m.features is None else m.features.ratio),
    "largest_target": ("the largest target",
                       lambda m: m.targets and max(abs(m.targets.low), abs(m.targets.high))),
    "shift": ("validation's means, off by so many spreads",
              lambda m: None if m.features is None else m.features.shift),
    "stretch": ("validation's spreads, off by a factor of",
                lambda m: None if m.features is None else m.features.stretch),
    "label_noise": ("how much better validation is predicted than training", _noise),
    "past_best": ("the validation loss over its best", _past_best),
    "recall": ("the lowest recall of a class", lambda m: m.scores and m.scores.recall),
    "shared": ("share of validation rows that are training rows",
               lambda m: None if m.features is None else m.features.shared),
    "tells_alone": ("what one column predicts by itself",
                    lambda m: None if m.leaky_column is None else m.leaky_column[1]),
    "smoother": ("what neighbouring pixels would share more, read channels last",
                 lambda m: m.layout and m.layout.put_right - m.layout.as_seen),
    "sees_ahead": ("how far answers change with later tokens, in spreads",
                   lambda m: m.sequence and m.sequence.ahead),
    "same_token": ("share of the targets that are the token given there",
                   lambda m: m.sequence and m.sequence.same),
    "against": ("cosine between the gradients of a training's losses",
                lambda m: median(m.opposed) if m.opposed else None),
    "over_floor": ("the loss over the floor of a second softmax", _over_floor),
    "output_range": ("from the lowest output to the highest",
                     lambda m: m.outputs and m.outputs.high - m.outputs.low),
    "beyond": ("targets beyond the outputs, in spreads", _beyond),
    "batch_gap": ("a row's answer alone and in a batch, apart by",
                  lambda m: m.outputs and m.outputs.batch_gap),
    "random_gap": ("two answers to the same row, apart by",
                   lambda m: m.outputs and m.outputs.random_gap),
    "all_pairs": ("whether the loss compares all pairs", lambda m: float(m.broadcast)),
    "gradient_ratio": ("∂L/∂h at the first hidden layer over the last", _ratio),
    "growth": ("growth over the hidden layers, forward or backward", _growth),
    "through_time": ("∂L/∂x at early time steps over the largest", _through_time),
    "dead": ("share of dead units in the worst layer", _dead),
    "born_dead": ("the same before the first step", _born_dead),
    "flat": ("share of outputs at the flat ends before the first step", _flat),
    "alike": ("hidden layers whose units begin alike", _alike),
    "bend": ("how far the network is from a linear map", _linear_layers),
    "fell": ("the last quarter's loss over the first", _fell),
    "pull": ("weight decay's pull over the data's",
             lambda m: max((a.decay for a in m.audits), default=None)),
    "dropout": ("the largest dropout", lambda m: m.dropout),
    "narrowest": ("units of the narrowest hidden layer", _narrowest),
    "batch": ("rows in a batch", lambda m: m.loop.batch),
}  # fmt: skip
