"""The chain of derivatives through the layers, and where it is cut or swells."""

from __future__ import annotations

from collections.abc import Sequence

from whygrad.doctor.finding import Finding
from whygrad.doctor.rule import cured, percent, rule, sick
from whygrad.doctor.signals import Chart, Layer, Parameter, Probe
from whygrad.explain.display import number
from whygrad.nn.registry import ACTIVATIONS

CURVES = ("selu", *(name for name, row in ACTIVATIONS.items() if row.hidden))
LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "matmul", "addmm", "bmm", "einsum")
DEEP = 4
VERY_DEEP = 10
FADED = 1e-3
FADED_WITH_SIGNAL = 0.1
SWOLLEN = 100.0
LOST_IN_TIME = 1e-5
SHUT = 0.5
BOTTLENECK = 2
FLAT = 0.5
WIDE_GAIN, NARROW_GAIN = 3.0, 0.05


def hidden(probe: Probe | None, ops: Sequence[str] = CURVES) -> list[Layer]:
    """Return the activations between layers: those with a linear op still to come."""
    if probe is None:
        return []
    linear = [n for n, layer in enumerate(probe.layers) if layer.op in LINEAR]
    end = linear[-1] if linear else len(probe.layers)
    return [layer for layer in probe.layers[:end] if layer.op in ops]


def weights(chart: Chart) -> list[Parameter]:
    """Return the weights of linear layers and convolutions, in order."""
    return [p for p in chart.parameters if p.kind.startswith(("Linear", "Conv")) and p.fan_in > 0
            and p.name.endswith("weight")]  # fmt: skip


@rule("F01", "vanishing_gradient")
def vanishing_gradient(chart: Chart) -> Finding | None:
    """The gradient fades on its way to the first layers, or to early time steps.

    Why: the derivative with respect to an early layer is a product with one factor per layer (or
    per time step) in between. Factors below 1, like σ′ ≤ ¼, multiply to nothing (Hochreiter 1991;
    Bengio et al. 1994; Glorot & Bengio 2010).

    Seen: on the probe batch, at the start or now, ∂L/∂h at the first hidden activation is less than
    a thousandth of that at the last, or less than a tenth while the forward signal fades too; or
    ∂L/∂x at early time steps is less than 10⁻⁵ of the largest; and the run has not learned. The
    gradient of activations is looked at, not the update: Adam hides the fading in the update. A
    network that has converged has small gradients everywhere, and is not reported. In ten layers
    and more it may end at exactly 0: the chance that some layer dies grows with depth (Lu et al.
    2019).

    Example: eight sigmoid layers; sixty plain ReLU layers; a recurrent gain of 0.5 over 60 steps.
    """
    if not sick(chart, 0.5) or chart.first is None:
        return None
    time = chart.first.through_time
    if len(time) >= 8 and max(time) > 0:
        early = max(time[: len(time) // 4])
        if early < LOST_IN_TIME * max(time):
            factor = (max(early, 1e-300) / max(time)) ** (1 / (0.75 * len(time)))
            return Finding(
                "", 0.9, "serious",
                f"∂L/∂x is {number(max(time))} at its largest and {number(early)} in the first "
                f"quarter of {len(time)} time steps: each step back multiplies by about "
                f"{number(factor)}.",
                {"largest": max(time), "early": early, "factor_per_step": factor},
                "through time", 1,
                {"learning_rate_too_low": "late steps get a normal gradient",
                 "underfitting": "what early steps say does not reach the weights at all"},
            )  # fmt: skip
    found = _fading(chart.first) or _fading(chart.last)
    if found is None:
        return None
    layers, ratio, signal = found
    ratio = max(ratio, 1e-300)
    each = ratio ** (1 / (len(layers) - 1))
    return Finding(
        "", 0.9, "serious",
        f"∂L/∂h falls from {number(layers[-1].gradient)} at the last hidden activation to "
        f"{number(layers[0].gradient)} at the first: {len(layers) - 1} factors of about "
        f"{number(each)}, whose product is {number(ratio)}. What varies between rows is "
        f"{number(signal)} times as large at the end as at the beginning.",
        {"ratio": ratio, "factor_per_layer": each, "layers": len(layers), "signal": signal},
        layers[0].name, 1,
        {"learning_rate_too_low": "the last layers get a normal gradient, the first do not",
         "dead_relu": "what is shut passes back exactly 0; here little is left of much"},
    )  # fmt: skip


def _fading(probe: Probe | None) -> tuple[list[Layer], float, float] | None:
    """Return the layers, how far the gradient falls over them, and the signal, if it fades."""
    layers = hidden(probe)
    if len(layers) < DEEP or layers[-1].gradient <= 0:
        return None
    if layers[0].gradient <= 0 and len(layers) < VERY_DEEP:
        return None  # exactly 0 is another fault: something is shut
    ratio = layers[0].gradient / layers[-1].gradient
    signal = layers[-1].rms * layers[-1].spread / max(layers[0].rms * layers[0].spread, 1e-300)
    fading = ratio < FADED or (ratio < FADED_WITH_SIGNAL and signal < FADED_WITH_SIGNAL)
    return (layers, ratio, signal) if fading else None


@rule("F02", "exploding_gradient")
def exploding_gradient(chart: Chart) -> Finding | None:
    """The gradient swells on its way through the layers.

    Why: with factors above 1 per layer, the product grows with depth, in both passes.

    Seen: at the start, the forward signal or ∂L/∂h grows more than a hundredfold over the hidden
    layers, and the run breaks or does not learn.

    Example: six layers with weights of standard deviation 1.
    """
    layers = hidden(chart.first)
    if len(layers) < 3 or not sick(chart, 0.3):
        return None
    forward = layers[-1].rms / max(layers[0].rms, 1e-300)
    back = layers[0].gradient / layers[-1].gradient if layers[-1].gradient > 0 else 0.0
    if max(forward, back) < SWOLLEN:
        return None
    return Finding(
        "", 0.85, "serious",
        f"over {len(layers)} hidden layers the signal grows {number(forward)}-fold forward and "
        f"the gradient {number(back)}-fold backward.",
        {"forward": forward, "backward": back, "layers": len(layers)}, layers[0].name, 1,
        {"learning_rate_too_high": "the growth is there before the first step"},
    )  # fmt: skip


@rule("F03", "dead_relu")
def dead_relu(chart: Chart) -> Finding | None:
    """ReLUs are shut for every row, and stay so.

    Why: where z ≤ 0 the derivative is 0. A unit that is shut for all rows gets no gradient and
    cannot open again (Lu et al. 2019, "Dying ReLU and Initialization").

    Seen: at least half of a layer's units are 0 on every probe row, and the run has not learned. A
    unit that is 0 on most rows is sparse, not dead.

    Example: a step far too large; biases of −4.
    """
    if not sick(chart, 0.3):
        return None
    now, before = hidden(chart.last, ("relu",)), hidden(chart.first, ("relu",))
    seen = now or before
    worst = max(seen, key=lambda layer: layer.dead or 0.0, default=None)
    if worst is None or (worst.dead or 0.0) < SHUT or worst.width <= BOTTLENECK:
        return None  # of a layer so narrow, the width is the fault
    at_start = max((layer.dead or 0.0 for layer in before if layer.name == worst.name), default=0.0)
    born = at_start >= SHUT
    when = "from the start" if born else f"{percent(at_start)} at the start"
    return Finding(
        "", 0.8, "serious",
        f"{percent(worst.dead or 0.0)} of the units of {worst.name or 'a layer'} are 0 on every "
        f"probe row ({when}); their ReLU's derivative is 0 there, so nothing can open them.",
        {"dead": worst.dead or 0.0, "dead_at_start": at_start}, worst.name, 1 if born else None,
        {"vanishing_gradient": "the gradient is exactly 0, not merely small"},
    )  # fmt: skip


@rule("F04", "saturated_activation")
def saturated_activation(chart: Chart) -> Finding | None:
    """Sigmoids or tanhs are at their flat ends.

    Why: σ′ = σ(1 − σ) and tanh′ = 1 − tanh² are nearly 0 there, so next to nothing passes back.

    Seen: at the start or now, more than half of a hidden layer's outputs lie within 0.01 of the
    ends (σ beyond 0.01 or 0.99, |tanh| above 0.99), and the run has not learned. Saturation need
    not mean that gradients vanish: with large weights the few open units carry very large ones.

    Example: raw inputs in the thousands into a sigmoid layer.
    """
    if not sick(chart, 0.3):
        return None
    ends = ("sigmoid", "tanh")
    seen = [*hidden(chart.first, ends), *hidden(chart.last, ends)]
    worst = max(seen, key=lambda layer: layer.saturated or 0.0, default=None)
    if worst is None or (worst.saturated or 0.0) < FLAT:
        return None
    return Finding(
        "", 0.78, "serious",
        f"{percent(worst.saturated or 0.0)} of the outputs of {worst.name or 'a layer'} lie at the "
        f"flat ends of {worst.op}, where its slope is below "
        f"{'0.01' if worst.op == 'sigmoid' else '0.02'}.",
        {"saturated": worst.saturated or 0.0}, worst.name, None,
        {"vanishing_gradient": "it is the slope of single units, not a product over depth"},
    )  # fmt: skip


@rule("F05", "bad_initialisation")
def bad_initialisation(chart: Chart) -> Finding | None:
    """The first weights make learning impossible or chaotic.

    Why: with zeros, ∂L/∂W₂ = δhᵀ and ∂L/∂h = W₂ᵀδ are both 0; with equal rows, units stay copies of
    each other. Weights too large swell or saturate, biases far below 0 shut every ReLU. He et al.
    (2015) and Glorot & Bengio (2010) give the scale at which a layer keeps the size of what it
    passes on: rms(W) · √fan_in of about 1 to √2.

    Seen: hidden weights that are all 0 or have equal rows; or rms(W) · √fan_in above 3 in several
    layers; or ReLUs shut before the first step with inputs of a usual size; the run has not
    learned, and (where replays were made) fresh weights do better.

    Example: `nn.init.zeros_(layer.weight)`; `nn.init.normal_(layer.weight, std=3)`.
    """
    inner = weights(chart)
    better = cured(chart, "fresh_weights")
    if not inner or not sick(chart, 0.3):
        return None
    if better is not None and better < 0.3 and chart.trials.get("control", 0.0) < 0:
        better = None  # nothing could be replayed
    plain = cured(chart, "control") or 0.0
    helped = "" if better is None else (
        f" Replayed from He's weights, {percent(better)} of what is missing is regained."
    )  # fmt: skip
    equal = [p for p in inner[:-1] if p.same_rows]
    if equal:
        kind = "0" if equal[0].start_rms == 0 else "equal from unit to unit"
        return Finding(
            "", 0.95, "fatal",
            f"the first weights of {equal[0].name} are {kind}: every unit of the layer gets the "
            f"same gradient, and they stay one unit.{helped}",
            {"layers": len(equal), "start_rms": equal[0].start_rms}, equal[0].name, 1,
            {"learning_rate_too_low": "no rate tells equal units apart"},
        )  # fmt: skip
    if better is not None and better < max(0.3, plain + 0.1):
        return None
    sure = 0.7 if better is None else 0.9
    gains = {p.name: p.start_rms * p.fan_in**0.5 for p in inner}
    wide = [name for name, gain in gains.items() if gain > WIDE_GAIN]
    if len(wide) >= 2:
        top = max(gains.values())
        return Finding(
            "", sure, "serious",
            f"the first weights of {len(wide)} layers multiply the size of what passes by up to "
            f"{number(top)} (about 1 keeps it).{helped}",
            {"largest_gain": top, "layers": len(wide)}, wide[0], 1,
            {"learning_rate_too_high": "the size is wrong before the first step"},
        )  # fmt: skip
    narrow = [name for name, gain in gains.items() if gain < NARROW_GAIN]
    if len(narrow) >= 2:
        return Finding(
            "", sure, "serious",
            f"the first weights of {len(narrow)} layers shrink what passes to "
            f"{number(min(gains.values()))} of its size.{helped}",
            {"smallest_gain": min(gains.values()), "layers": len(narrow)}, narrow[0], 1,
        )  # fmt: skip
    shut = [layer for layer in hidden(chart.first, ("relu",)) if (layer.dead or 0.0) > 0.8]
    if shut:
        return Finding(
            "", sure, "fatal",
            f"before the first step {percent(shut[0].dead or 0.0)} of the ReLUs of "
            f"{shut[0].name or 'a layer'} are shut on every row, though weights have the usual "
            f"size: the biases hold them shut.{helped}",
            {"dead_at_start": shut[0].dead or 0.0}, shut[0].name, 1,
            {"learning_rate_too_high": "they are shut before the first step"},
        )  # fmt: skip
    return None


@rule("F06", "missing_activation")
def missing_activation(chart: Chart) -> Finding | None:
    """Several layers without anything between them that bends.

    Why: W₃W₂W₁x is one linear map; more layers add nothing.

    Seen: two or more linear layers, no activation among the ops that were seen, and outputs that
    are affine in the input: f(a + b) = (f(2a) + f(2b)) / 2; and training rows are learned worse
    than they can be.

    Example: `nn.Linear, nn.Linear, nn.Linear`.
    """
    probe, o = chart.first, chart.outputs
    if probe is None or o is None or not sick(chart, 0.1):
        return None
    linear = [layer for layer in probe.layers if layer.op in LINEAR]
    bends = hidden(probe)
    if len(linear) < 2 or bends or o.affine_gap is None or o.affine_gap > 1e-3:
        return None
    return Finding(
        "", 0.95, "serious",
        f"{len(linear)} linear layers and nothing that bends between them: "
        f"f(a + b) differs from (f(2a) + f(2b)) / 2 by {number(o.affine_gap)} of the spread, "
        "so the "
        "network is one linear map.",
        {"linear_layers": len(linear), "bend": o.affine_gap}, linear[0].name, 1,
        {"underfitting": "more layers or units would still be one linear map",
         "learning_rate_too_low": "the best linear map is no better"},
    )  # fmt: skip
