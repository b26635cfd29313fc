"""Outputs and the loss."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from whygrad.clinic.examinations.shown import (
    Fact,
    Facts,
    Pictures,
    picture,
    whole,
)
from whygrad.clinic.messages import ClinicPicture
from whygrad.clinic.patient import Patient
from whygrad.doctor import derived
from whygrad.doctor.derived import percent, sick
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.rules import (
    batch_dependence,
    numerical_instability,
    output_activation_range_mismatch,
    unnormalised_inputs,
)
from whygrad.explain.display import number


def _output_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    o, t, s, b = measured.outputs, measured.targets, measured.scores, measured.broke
    if o is not None and o.finite:
        end = derived.last_op(measured)
        if t is not None and t.task == "numbers":
            low, high = output_activation_range_mismatch.RANGES.get(end, (-math.inf, math.inf))
            short = max(low - t.low, t.high - high, 0.0) > 0.3 * max(t.std, 1e-12)
            yield Fact(
                "outputs.range",
                f"Outputs go from {number(o.low)} to {number(o.high)}, targets from "
                f"{number(t.low)} to {number(t.high)}; the network ends in "
                f"{end or 'nothing seen'}.",
                "Outputs can reach where targets are.",
                short
                or (sick(measured) and max(abs(t.low), abs(t.high)) > unnormalised_inputs.LARGE),
                ("output_activation_range_mismatch",) if short else ("unscaled_targets",),
            )
        else:
            wants = measured.loss_name.replace("_", " ") or "a loss that was not recognised"
            normalised = o.sums_to_one and o.width > 1
            squashed = o.low >= 0 and o.high <= 1
            yield Fact(
                "outputs.kind",
                f"Outputs lie between {number(o.low)} and {number(o.high)}"
                f"{' and add up to 1 in every row' if normalised else ''}; the network ends in "
                f"{end or 'nothing seen'}, and the loss is {wants}.",
                "Logits for cross-entropy and BCE with logits; probabilities for BCE; their "
                "logarithms for NLL.",
                (squashed and measured.loss_name in ("cross_entropy", "bce_with_logits"))
                or (o.width == 1 and o.constant and o.low == 1.0),
                ("double_softmax", "wrong_loss_activation_pair"),
            )
        yield Fact(
            "outputs.same",
            "The output is the same for every row."
            if o.constant
            else "Outputs differ from row to row.",
            "They differ.",
            o.constant,
            ("wrong_loss_activation_pair", "dead_relu", "bad_initialisation", "vanishing_gradient",
             "learning_rate_too_high", "saturated_activation", "output_activation_range_mismatch",
             "over_regularisation"),
        )  # fmt: skip
        if o.batch_gap is not None:
            yield Fact(
                "outputs.alone",
                "In evaluation mode, a row alone and the same row in its batch differ by "
                f"{percent(o.batch_gap)} of the outputs' spread.",
                "0 %.",
                o.batch_gap >= batch_dependence.COUPLED,
                ("batch_dependence",),
            )
        yield Fact(
            "outputs.again",
            "In evaluation mode, two answers to the same rows differ by "
            f"{percent(o.random_gap)} of the outputs' spread.",
            "0 %.",
            o.random_gap >= batch_dependence.COUPLED,
            ("random_evaluation",),
        )
    told, own = measured.reported_validation, None if s is None else s.validation_loss
    if told is not None and own is not None and math.isfinite(told) and math.isfinite(own):
        apart = abs(told - own) > 0.1 * max(abs(told), abs(own))
        yield Fact(
            "outputs.modes",
            f"The author reports a validation loss of {number(told)}; worked out anew in "
            f"evaluation mode, these weights have {number(own)}.",
            "The same.",
            apart,
            ("train_mode_at_evaluation", "batch_dependence"),
        )
    if b is not None:
        stable = "" if b.stable_loss is None else (
            f"; through log-softmax the same outputs give {number(b.stable_loss)}"
        )  # fmt: skip
        yield Fact(
            "outputs.break",
            f"When the loss breaks, inputs are {whole(b.inputs_finite)} and outputs "
            f"{whole(b.outputs_finite)}; before, the loss had grown {number(b.growth)}-fold"
            f"{stable}.",
            "A loss that breaks over finite outputs breaks in its own arithmetic.",
            b.inputs_finite is not False and b.outputs_finite is True
            and b.growth <= numerical_instability.GREW,
            ("numerical_instability",),
        )  # fmt: skip


def _output_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    o, t = measured.outputs, measured.targets
    if o is None or t is None or not o.finite or t.task != "numbers":
        return
    yield picture(
        "lowest and highest", "bars", ("lowest", "highest"),
        (("outputs", (o.low, o.high)), ("targets", (t.low, t.high))),
    )  # fmt: skip


SHOWS: Mapping[str, tuple[Facts, Pictures]] = {
    "outputs": (_output_facts, _output_pictures),
}
