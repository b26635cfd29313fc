"""What a mechanism predicts, as numbers that are read off the run that is made again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from whygrad.doctor.finding import Expectation, Remedy
from whygrad.doctor.rules.flow import hidden, weights
from whygrad.doctor.rules.loop import WEIGHTS
from whygrad.doctor.signals import Chart, Layer
from whygrad.explain.display import number

Read = Callable[[Chart], float | None]


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


def check(remedy: Remedy, chart: Chart) -> tuple[Checked, ...]:
    """Return what a remedy predicts beside what is seen in a run made with it."""
    return tuple(Checked(e, SIGNALS[e.signal][1](chart)) for e in remedy.expects)


def holds(checked: tuple[Checked, ...]) -> bool | None:
    """Return whether all that can be seen is as predicted; None where nothing can be seen."""
    known = [one.holds for one in checked if one.holds is not None]
    return all(known) if known else None


def _share(some: float, of: float) -> float | None:
    return some / of if of else None


def _reached(chart: Chart) -> float | None:
    looked = [p for p in chart.parameters if p.trainable and p.got_gradient is not None]
    return _share(sum(bool(p.got_gradient) for p in looked), len(looked))


def _owned(chart: Chart) -> float | None:
    used = [p for p in chart.parameters if p.trainable and p.got_gradient]
    return _share(sum(p.owned for p in used), len(used))


def _trained(chart: Chart) -> float | None:
    layers = [p for p in chart.parameters if p.kind.startswith(WEIGHTS) and p.size > p.fan_in]
    return _share(sum(p.trainable and p.owned for p in layers), len(layers))


def _moved(chart: Chart) -> float | None:
    return median(a.moved for a in chart.audits) if chart.audits else None


def _agreement(chart: Chart) -> float | None:
    known = [a.agreement for a in chart.audits if a.agreement is not None]
    return median(known) if known else None


def _kept(chart: Chart) -> float | None:
    known = [a.applied / a.true for a in chart.audits if a.applied is not None and a.true]
    return median(known) if known else None


def _judged_apart(chart: Chart) -> float | None:
    told = chart.reported_validation
    own = None if chart.scores is None else chart.scores.validation_loss
    if told is None or own is None:
        return None
    return abs(told - own) / max(abs(told), abs(own), 1e-12)


def _missing(chart: Chart) -> float | None:
    return 1.0 if chart.broke is not None else chart.shortfall


def _gap(chart: Chart) -> float | None:
    s = chart.scores
    return None if s is None or s.validation is None else s.train - s.validation


def _noise(chart: Chart) -> float | None:
    s = chart.scores
    if s is None or s.neighbours_train is None or s.neighbours_validation is None:
        return None
    return s.neighbours_validation - s.neighbours_train


def _past_best(chart: Chart) -> float | None:
    if chart.best_validation is None or chart.best_validation[1] <= 0:
        return None
    return chart.validation_losses[-1] / chart.best_validation[1]


def _over_floor(chart: Chart) -> float | None:
    s, o = chart.scores, chart.outputs
    if s is None or o is None or s.train_loss is None or o.width < 2:
        return None
    return s.train_loss / (math.log(math.e + o.width - 1) - 1)


def _beyond(chart: Chart) -> float | None:
    o, t = chart.outputs, chart.targets
    if o is None or t is None or not o.finite:
        return None
    return max(o.low - t.low, t.high - o.high, 0.0) / max(t.std, 1e-12)


def _layers(chart: Chart) -> list[Layer]:
    return hidden(chart.first)


def _ratio(chart: Chart) -> float | None:
    layers = _layers(chart)
    return layers[0].gradient / layers[-1].gradient if layers and layers[-1].gradient > 0 else None


def _growth(chart: Chart) -> float | None:
    layers = _layers(chart)
    if not layers or layers[0].rms <= 0:
        return None
    return max(layers[-1].rms / layers[0].rms, _ratio(chart) or 0.0)


def _through_time(chart: Chart) -> float | None:
    time = () if chart.first is None else chart.first.through_time
    if len(time) < 8 or max(time) <= 0:
        return None
    return max(time[: len(time) // 4]) / max(time)


def _dead(chart: Chart) -> float | None:
    shares = [layer.dead for layer in hidden(chart.last, ("relu",)) if layer.dead is not None]
    return max(shares, default=0.0) if chart.last is not None else None


def _born_dead(chart: Chart) -> float | None:
    shares = [layer.dead for layer in hidden(chart.first, ("relu",)) if layer.dead is not None]
    return max(shares, default=0.0) if chart.first is not None else None


def _flat(chart: Chart) -> float | None:
    seen = hidden(chart.first, ("sigmoid", "tanh"))
    return max((layer.saturated or 0.0 for layer in seen), default=0.0) if chart.first else None


def _alike(chart: Chart) -> float | None:
    inner = weights(chart)[:-1]
    return float(sum(p.same_rows for p in inner)) if inner else None


def _fell(chart: Chart) -> float | None:
    if chart.broke is not None:
        return math.inf
    values = [value for _, value in chart.losses]
    if len(values) < 4 or values[0] <= 0:
        return None
    return median(values[-len(values) // 4 :]) / values[0]


def _narrowest(chart: Chart) -> float | None:
    return min((float(layer.width) for layer in hidden(chart.last)), default=None)


def _linear_layers(chart: Chart) -> float | None:
    o = chart.outputs
    return None if o is None else o.affine_gap


SIGNALS: Mapping[str, tuple[str, Read]] = {
    "reached": ("share of trainable tensors that get a gradient", _reached),
    "owned": ("share of tensors with a gradient that the optimizer holds", _owned),
    "trained": ("share of layers' weights that are trained", _trained),
    "moved": ("an update, next to the weights", _moved),
    "stale": (
        "share of looks that found an old gradient",
        lambda c: _share(sum(a.stale for a in c.audits), len(c.audits)),
    ),
    "agreement": ("cosine between what arrives and the loss's gradient", _agreement),
    "kept": ("share of the gradient's norm that the optimizer is given", _kept),
    "one_sided": ("share of the targets' variance between batches", lambda c: c.loop.class_run),
    "judged_apart": ("the reported validation loss, off its own by", _judged_apart),
    "finite": ("whether the loss stays finite", lambda c: float(c.broke is None)),
    "missing": ("share that is missing of what can be learned", _missing),
    "generalisation_gap": ("training score less validation score", _gap),
    "spreads": ("the largest spread of a feature over the smallest",
                lambda c: None if c.features is None else c.features.ratio),
    "largest_target": ("the largest target",
                       lambda c: c.targets and max(abs(c.targets.low), abs(c.targets.high))),
    "shift": ("validation's means, off by so many spreads",
              lambda c: None if c.features is None else c.features.shift),
    "stretch": ("validation's spreads, off by a factor of",
                lambda c: None if c.features is None else c.features.stretch),
    "label_noise": ("how much better validation is foretold than training", _noise),
    "past_best": ("the validation loss over its best", _past_best),
    "recall": ("the lowest recall of a class", lambda c: c.scores and c.scores.recall),
    "shared": ("share of validation rows that are training rows",
               lambda c: None if c.features is None else c.features.shared),
    "tells_alone": ("what one column foretells by itself",
                    lambda c: None if c.telling is None else c.telling[1]),
    "smoother": ("what neighbouring pixels would share more, read channels last",
                 lambda c: c.layout and c.layout.put_right - c.layout.as_seen),
    "over_floor": ("the loss over the floor of a second softmax", _over_floor),
    "output_range": ("from the lowest output to the highest",
                     lambda c: c.outputs and c.outputs.high - c.outputs.low),
    "beyond": ("targets beyond the outputs, in spreads", _beyond),
    "batch_gap": ("a row's answer alone and in a batch, apart by",
                  lambda c: c.outputs and c.outputs.batch_gap),
    "random_gap": ("two answers to the same row, apart by",
                   lambda c: c.outputs and c.outputs.random_gap),
    "all_pairs": ("whether the loss compares all pairs", lambda c: float(c.broadcast)),
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
             lambda c: max((a.decay for a in c.audits), default=None)),
    "dropout": ("the largest dropout", lambda c: c.dropout),
    "narrowest": ("units of the narrowest hidden layer", _narrowest),
    "batch": ("rows in a batch", lambda c: c.loop.batch),
}  # fmt: skip
