"""Training on one batch alone, and the run's beginning again with one change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from whygrad.clinic.choices import ONE_BATCH
from whygrad.clinic.examinations.shown import (
    Fact,
    Facts,
    Pictures,
    picture,
    run_of,
)
from whygrad.clinic.messages import ClinicPicture, finite
from whygrad.clinic.patient import Patient
from whygrad.doctor.derived import cured, sick
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.torch_typed import run_backward
from whygrad.explain.display import number

LEARNED = 0.2  # of the loss that is left when a batch has been memorised
CHANGED = {
    "control": "a plain loop",
    "lr_down_10": "a tenth of the rate",
    "lr_down_100": "a hundredth of the rate",
    "lr_up_10": "ten times the rate",
    "lr_up": "the rate that moves weights by 0.3 %",
    "larger_batch": "batches of 32",
    "no_decay": "no weight decay",
    "no_dropout": "no dropout",
    "standard_inputs": "standardised inputs",
    "standard_targets": "standardised targets",
    "fresh_weights": "fresh weights, by He's rule",
}


def _batch_losses(patient: Patient) -> list[float]:
    if "losses" not in patient.measured:
        patient.measured["losses"] = _on_one_batch(patient)
    return patient.measured["losses"]


def _on_one_batch(patient: Patient) -> list[float]:
    """Train a copy on one batch, from the first weights, in a loop as it should be written."""
    run = run_of(patient)
    doctor, data, setup = run.doctor, run.data, run.setup
    assert doctor is not None
    if doctor.shadow is None:
        return []
    x, y = data.x[: max(setup.batch, 4)][:32], data.y[: max(setup.batch, 4)][:32]
    losses: list[float] = []
    doctor.shadow.load(doctor.start)
    with doctor.shadow.mode(True, dropout=True) as net:
        optimizer = setup.optimizer([p for p in net.parameters() if p.requires_grad])
        for _ in range(ONE_BATCH):
            optimizer.zero_grad()
            value = setup.loss(net(x), y)
            losses.append(float(value.detach()))
            if not value.requires_grad or not math.isfinite(losses[-1]):
                break
            run_backward(value)
            optimizer.step()
    return losses


def _batch_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    losses = _batch_losses(patient)
    if not losses:
        return
    rows_used = min(max(run_of(patient).setup.batch, 4), 32, len(run_of(patient).data.x))
    least = min((v for v in losses if math.isfinite(v)), default=math.inf)
    ended = (
        f"goes from {number(losses[0])} to {number(losses[-1])}"
        if math.isfinite(losses[-1])
        else f"begins at {number(losses[0])} and is not finite after {len(losses) - 1} updates"
        if math.isfinite(losses[0])
        else "is not finite at once"
    )
    yield Fact(
        "one_batch.learned",
        f"On the same {rows_used} rows again and again, from the first weights, in a plain loop "
        f"with the same settings, the loss {ended} in {len(losses)} updates.",
        "It falls to a small part: a network with room can memorise a few rows.",
        sick(measured) and not least < LEARNED * losses[0],
        ("vanishing_gradient", "exploding_gradient", "dead_relu", "saturated_activation",
         "bad_initialisation", "learning_rate_too_high", "learning_rate_too_low", "double_softmax",
         "wrong_loss_activation_pair", "output_activation_range_mismatch", "wrong_loss_for_task",
         "unscaled_targets", "unnormalised_inputs", "nan_in_data", "numerical_instability",
         "over_regularisation", "underfitting", "missing_activation"),
    )  # fmt: skip


def _batch_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    losses = _batch_losses(patient)
    if losses:
        yield picture(
            "loss on one batch",
            "line",
            tuple(str(n) for n in range(len(losses))),
            (("loss", tuple(finite(value) for value in losses)),),
        )


# What a change speaks for, where the run does much better with it than without.
CURES = {
    "control": ("missing_zero_grad", "wrong_sign_of_objective", "no_shuffling", "graph_broken",
                "missing_optimizer_step", "optimizer_parameter_mismatch", "frozen_layers",
                "learning_rate_too_low"),
    "lr_down_10": ("learning_rate_too_high", "oscillating_loss"),
    "lr_down_100": ("learning_rate_too_high", "oscillating_loss"),
    "lr_up_10": ("learning_rate_too_low",),
    "lr_up": ("learning_rate_too_low",),
    "larger_batch": ("oscillating_loss", "batchnorm_small_batch"),
    "no_decay": ("over_regularisation",),
    "no_dropout": ("over_regularisation",),
    "standard_inputs": ("unnormalised_inputs",),
    "standard_targets": ("unscaled_targets",),
    "fresh_weights": ("bad_initialisation",),
}  # fmt: skip


def _replay_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    if not measured.trials:
        bad = measured.features is not None and measured.features.bad_cell is not None
        yield Fact(
            "replay.none",
            "It cannot be played again: the rows hold what is no number."
            if bad
            else "It was not played again: on its training rows nothing is missing that a change "
            "could bring back.",
            "A run that learns its rows needs no other start.",
            bad,
            ("nan_in_data",) if bad else None,
        )
        return
    plain = cured(measured, "control") or 0.0
    for change, score in measured.trials.items():
        much = (cured(measured, change) or 0.0) > 0.5 and sick(measured)
        what = "with the same settings" if change == "control" else f"with {CHANGED[change]}"
        yield Fact(
            f"replay.{change}",
            f"The beginning again, in a plain loop and {what}: {number(score)} on training rows.",
            "Near what the run itself reaches.",
            much and (change == "control" or (cured(measured, change) or 0.0) > plain + 0.2),
            CURES[change],
        )


def _replay_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    if measured.trials and measured.scores is not None:
        yield picture(
            "score on training rows after the beginning was played again",
            "bars",
            ("this run", *(CHANGED[change] for change in measured.trials)),
            (("score", (finite(measured.scores.train), *map(finite, measured.trials.values()))),),
        )


SHOWS: Mapping[str, tuple[Facts, Pictures]] = {
    "one_batch": (_batch_facts, _batch_pictures),
    "replay": (_replay_facts, _replay_pictures),
}
