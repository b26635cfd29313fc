"""Updates, the gradients they are made of, and the parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median

import torch

from whygrad.clinic.examinations.shown import (
    Fact,
    Facts,
    Pictures,
    picture,
    run_of,
)
from whygrad.clinic.messages import ClinicPicture, finite
from whygrad.clinic.patient import Patient
from whygrad.doctor import derived
from whygrad.doctor.derived import percent, sick
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.rules import (
    bad_initialisation,
    learning_rate_too_high,
    learning_rate_too_low,
    no_shuffling,
    oscillating_loss,
    wrong_sign_of_objective,
)
from whygrad.explain.display import number


def _update_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    audits, o = measured.audits, measured.optimizer
    first = max((a.moved for a in audits[:4]), default=0.0)
    middle = median([a.moved for a in audits] or [0.0])
    yield Fact(
        "updates.first",
        f"The longest of the first steps moves the weights by {number(first)} of their size.",
        f"Below {number(learning_rate_too_high.LARGE_MOVE)}.",
        first > learning_rate_too_high.LARGE_MOVE and sick(measured, 0.25),
        ("learning_rate_too_high", "unnormalised_inputs", "missing_zero_grad"),
    )
    yield Fact(
        "updates.middle",
        f"In the median iteration that was looked at, a step moves them by {number(middle)} of "
        f"their size; there were {measured.loop.iterations} iterations.",
        "A few thousandths while a run learns, less when it has.",
        middle < 10 * learning_rate_too_low.SMALL_MOVE and sick(measured, 0.4),
        ("learning_rate_too_low", "missing_optimizer_step", "optimizer_parameter_mismatch",
         "graph_broken", "frozen_layers", "vanishing_gradient", "unscaled_targets"),
    )  # fmt: skip
    later = [a for a in audits if a.arrived > 0]
    shares = [a.applied / a.true for a in later if a.applied is not None and a.true]
    if shares:
        share = median(shares)
        yield Fact(
            "updates.given",
            f"The optimizer is given {number(share)} times the length of its batch's gradient, in "
            "the median iteration.",
            "1. Less where the gradient is clipped, more where something is added to it.",
            share < learning_rate_too_low.CLIPPED or (share > 2 and any(a.stale for a in audits)),
            ("learning_rate_too_low",) if share < 1 else ("missing_zero_grad",),
        )
    pull = max((a.decay for a in audits), default=0.0)
    yield Fact(
        "updates.decay",
        f"Weight decay pulls up to {number(pull)} times as hard as the loss's gradient."
        if o.decay
        else "There is no weight decay.",
        "A small part of the gradient, or none.",
        o.decay > 0 and pull > 0.3 and sick(measured, 0.25),
        ("over_regularisation",),
    )
    if o.eps is not None and o.denominator is not None:
        yield Fact(
            "updates.eps",
            f"{o.name} divides by √v + ε = {number(o.denominator)} + {number(o.eps)}.",
            "ε is far below √v.",
            o.eps > 3 * o.denominator and sick(measured),
            ("learning_rate_too_low",),
        )
    yield Fact(
        "updates.rate",
        f"The learning rate is {number(o.lr_first)} at the start, {number(o.lr_top)} at most and "
        f"{number(o.lr)} at the end, {o.name}'s.",
        "About 0.001 for Adam and 0.01 to 0.5 for SGD: a rough guide, steps tell more.",
        sick(measured)
        and measured.loop.steps > 0
        and ((o.adaptive and not 1e-5 < o.lr_top < 0.1) or not 1e-4 < o.lr_top < 1.0),
        ("learning_rate_too_high",) if o.lr_top > 0.01 else ("learning_rate_too_low",),
    )


def _update_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    if measured.audits:
        yield picture(
            "how far a step moves the weights, next to their size",
            "line",
            tuple(str(a.step) for a in measured.audits),
            (("moved", tuple(finite(a.moved) or None for a in measured.audits)),),
            True,
        )


def _own_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    audits = measured.audits
    known = [a.agreement for a in audits if a.agreement is not None]
    if known:
        cosine = median(known)
        yield Fact(
            "own.direction",
            f"What backward brings and the gradient of the loss on the same batch, worked out "
            f"anew, have a cosine of {number(cosine)} in the median.",
            "1; somewhat less with dropout, which draws anew.",
            cosine < wrong_sign_of_objective.AGAINST,
            ("wrong_sign_of_objective",),
        )
    stale = sum(a.stale for a in audits)
    yield Fact(
        "own.stale",
        f"In {stale} of {len(audits)} iterations that were looked at, .grad still held what a step "
        "had already used when backward began.",
        "None.",
        stale > 0,
        ("missing_zero_grad", "optimizer_parameter_mismatch"),
    )
    yield Fact(
        "own.steps",
        f"step() was called {measured.loop.steps} times in {measured.loop.iterations} iterations.",
        "Once each, or once for several where gradients are added up on purpose.",
        measured.loop.steps == 0,
        ("missing_optimizer_step",),
    )
    if measured.loop.class_run is not None:
        yield Fact(
            "own.order",
            f"{percent(measured.loop.class_run)} of the targets' variance lies between batches.",
            "Near 0 %, when rows are shuffled.",
            measured.loop.class_run > no_shuffling.ONE_SIDED,
            ("no_shuffling",),
        )
    batch = measured.loop.batch
    if batch is not None:
        norm = ", and there is batch normalisation" if measured.batch_norm else ""
        yield Fact(
            "own.batch",
            f"A batch has {batch} {'row' if batch == 1 else 'rows'}{norm}.",
            "Tens. Batch normalisation wants 16 and more.",
            sick(measured, 0.08)
            and batch <= (4 if measured.batch_norm else oscillating_loss.SMALL_BATCH)
            and (measured.features is None or measured.features.rows > 4 * batch),
            ("batchnorm_small_batch",) if measured.batch_norm else ("oscillating_loss",),
        )  # fmt: skip
    if measured.dropout:
        yield Fact(
            "own.dropout",
            f"Dropout leaves {percent(1 - measured.dropout)} of a layer's units.",
            "A half and more.",
            measured.dropout >= 0.7,
            ("over_regularisation",),
        )


def _own_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    if measured.audits:
        yield picture(
            "length of the gradient",
            "line",
            tuple(str(a.step) for a in measured.audits),
            (
                ("this batch's, worked out anew", tuple(finite(a.true) for a in measured.audits)),
                ("given to the optimizer", tuple(finite(a.applied) for a in measured.audits)),
            ),
            True,
        )


def _parameter_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    everything = measured.parameters
    frozen = [p for p in everything if not p.trainable]
    count, still = sum(p.size for p in everything), sum(p.size for p in frozen)
    yield Fact(
        "parameters.frozen",
        f"{len(frozen)} of {len(everything)} tensors are frozen (requires_grad is off): "
        f"{percent(still / max(count, 1))} of the numbers.",
        "None, unless on purpose.",
        bool(frozen) and sick(measured, 0.08),
        ("frozen_layers",),
    )
    trainable = [p for p in everything if p.trainable]
    owned = [p for p in trainable if p.owned]
    yield Fact(
        "parameters.owned",
        f"{len(owned)} of {len(trainable)} tensors that are to be trained belong to the optimizer.",
        "All.",
        len(owned) < len(trainable),
        ("optimizer_parameter_mismatch", "frozen_layers"),
    )
    run = run_of(patient)
    doctor = run.doctor
    assert doctor is not None
    now = dict(run.model.named_parameters())
    moved = [p for p in trainable if not torch.equal(now[p.name].detach(), doctor.start[p.name])]
    yield Fact(
        "parameters.moved",
        f"{len(moved)} of {len(trainable)} tensors that are to be trained have moved.",
        "All.",
        len(moved) < len(trainable),
        ("missing_optimizer_step", "optimizer_parameter_mismatch", "graph_broken",
         "missing_backward", "frozen_layers", "dead_relu", "bad_initialisation",
         "wrong_loss_activation_pair"),
    )  # fmt: skip
    inner = derived.weights(measured)
    if inner:
        gains = [p.start_rms * p.fan_in**0.5 for p in inner]
        wide = sum(gain > bad_initialisation.WIDE_GAIN for gain in gains)
        narrow = sum(gain < bad_initialisation.NARROW_GAIN for gain in gains)
        yield Fact(
            "parameters.gain",
            "The first weights multiply the size of what passes a layer by "
            f"{number(min(gains))} to {number(max(gains))}.",
            "0.5 to 1.5.",
            wide >= 2 or narrow >= 2,
            ("bad_initialisation", "exploding_gradient"),
        )
        alike = sum(p.same_rows for p in inner[:-1])
        yield Fact(
            "parameters.alike",
            f"In {alike} of {len(inner)} layers, all units began with the same weights.",
            "In none.",
            alike > 0,
            ("bad_initialisation",),
        )


def _parameter_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    inner = derived.weights(measured)
    if inner:
        yield picture(
            "size (root mean square) of each layer's weights",
            "line" if len(inner) > 12 else "bars",
            tuple(str(n + 1) for n in range(len(inner))),
            (
                ("at the start", tuple(p.start_rms or None for p in inner)),
                ("at the end", tuple(finite(p.rms) or None for p in inner)),
            ),
            True,
        )


SHOWS: Mapping[str, tuple[Facts, Pictures]] = {
    "own": (_own_facts, _own_pictures),
    "parameters": (_parameter_facts, _parameter_pictures),
    "updates": (_update_facts, _update_pictures),
}
