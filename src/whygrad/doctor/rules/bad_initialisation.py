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

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, NoneBecause, below, use
from whygrad.doctor.derived import cured, hidden, percent, sick, weights
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

WIDE_GAIN = 3.0
NARROW_GAIN = 0.05


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    inner = weights(m)
    better = cured(m, "fresh_weights")
    if not inner or not sick(m, 0.3):
        return None
    if better is not None and better < 0.3 and m.trials.get("control", 0.0) < 0:
        better = None  # nothing could be replayed
    plain = cured(m, "control") or 0.0
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
    shut = [layer for layer in hidden(m.first, ("relu",)) if (layer.dead or 0.0) > 0.8]
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


CAUSE = Cause(
    code="F05",
    name="bad_initialisation",
    page=__doc__,
    check=check,
    group=Group.SETUP,
    explains=(Group.STATE, Group.STEP, Group.DATA),
    remedies=(
        use(
            "fresh_weights",
            why="each layer then keeps the size of what it passes on, and units differ",
            predicts=("signals and gradients are of one size over the layers, and units differ"),
            expects=(below("growth", 100), below("alike", 1), below("born_dead", 0.5)),
        ),
    ),
    masks=NoneBecause("units that are alike or weights of a wrong size stay so at any rate"),
    demo=("whygrad whatif xor --swap he=zeros", "whygrad why xor 'dL/dW1[0,2]'"),
)
