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

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, NoneBecause, above, below, use
from whygrad.doctor.derived import hidden, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Layer, Measurements, Probe
from whygrad.explain.display import number

DEEP = 4
VERY_DEEP = 10
FADED = 1e-3
FADED_WITH_SIGNAL = 0.1
LOST_IN_TIME = 1e-5
EXPECTED = (above("gradient_ratio", 0.001), below("gradient_ratio", 1000.0))
PREDICTED = "∂L/∂h at the first layer comes near that at the last"


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if not sick(m, 0.5) or m.first is None:
        return None
    time = m.first.through_time
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
    found = _fading(m.first) or _fading(m.last)
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


CAUSE = Cause(
    code="F01",
    name="vanishing_gradient",
    page=__doc__,
    check=check,
    group=Group.STATE,
    explains=("learning_rate_too_low", "underfitting", "dead_relu"),
    remedies=(
        use(
            "orthogonal_recurrent",
            why="a step back in time then keeps the gradient's size",
            predicts="∂L/∂x at early time steps comes near the largest",
            expects=(above("through_time", 1e-05),),
        ),
        use(
            "normal_weights",
            why=(
                "a sigmoid's slope is at most ¼, and in layers of some ten units weights of "
                "this size make up for most of it"
            ),
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "selu_lecun",
            why=(
                "its slope is near 1 and nowhere 0, and each layer passes on signals of "
                "one size (Klambauer et al. 2017)"
            ),
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use("relu_he", why="its slope is 1 where it is open", predicts=PREDICTED, expects=EXPECTED),
        use(
            "residual",
            why="there is then a way back without small factors",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "batch_norm",
            why="what enters an activation is then where its slope is largest",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
    ),
    masks=NoneBecause("what makes the gradient reach the first layers does away with the cause"),
    demo=("whygrad whatif moons --mistake forget_squash_slope", "whygrad why moons 'dL/dz1[0,0]'"),
)
