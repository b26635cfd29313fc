"""The clinic's cases: each row is complete, and what is shown of it is what is trained."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import numpy as np
import torch

from whygrad.clinic import model_source, numpy_case, program, stories
from whygrad.clinic.case import Case, Setup, Story
from whygrad.clinic.cases import CASES, FAULTS, HEALTHY, NUMPY, table
from whygrad.clinic.cases.usual import DIGITS
from whygrad.clinic.model_source import ModelSource, encoder, mlp
from whygrad.clinic.numpy_case import NumpyNetwork, NumpyRun, NumpySetup
from whygrad.clinic.program import AFTER_STEP, listing
from whygrad.clinic.training import TrainingRun
from whygrad.doctor.rules import CAUSES
from whygrad.errors import WhygradError

TORCH = [*FAULTS, *HEALTHY]
SETUPS = [
    pytest.param(setup, id=f"{case.name}-{kind}")
    for case in TORCH
    for kind, setup in (("as-it-is", case.setup), ("repaired", case.repaired))
    if setup is not None
]


class Enough(Exception):
    pass


class FirstLosses(TrainingRun):
    """A run that ends after a few iterations."""

    count = 3

    def after_step(self, *arguments: Any) -> None:
        super().after_step(*arguments)
        if len(self.losses) == self.count:
            raise Enough


@pytest.mark.parametrize("setup", SETUPS)
def test_a_listing_trains_what_is_trained(setup: Setup) -> None:
    """Executed as a program of its own, with the global generator that its first line seeds."""
    seed, run = 3, FirstLosses(setup, 3, watched=False)
    with pytest.raises(Enough):
        run.train()
    losses: list[float] = []

    def note(loss: torch.Tensor) -> None:
        losses.append(float(loss.detach()))
        if len(losses) == FirstLosses.count:
            raise Enough

    data = setup.data(seed)
    shown = listing(setup, data, seed)
    line = "        loss = loss_function(out, targets)\n"
    assert shown.count(line) == 1
    known = {"load_rows": lambda: (data.x, data.y, data.xv, data.yv), "note": note}
    with torch.random.fork_rng(devices=()), pytest.raises(Enough):
        exec(shown.replace(line, f"{line}        note(loss)\n"), known)
    assert repr(losses) == repr(run.losses)  # NaN is NaN


@pytest.mark.parametrize(
    "name",
    [
        "oscillating_batch1_blobs_AT",
        "train_mode_at_eval_dropout_bn",
        "softmax_over_batch_dim",
        "sum_reduction_lr",
        "h_warmup_cosine",
    ],
)
def test_a_whole_listing_can_be_run(name: str) -> None:
    setup = dataclasses.replace(CASES[name].setup, epochs=1)
    data, printed = setup.data(0), []
    rows = (data.x, data.y, data.xv, data.yv)
    with torch.random.fork_rng(devices=()):
        exec(
            listing(setup, data, 0),
            {"load_rows": lambda: rows, "print": lambda *words: printed.append(words)},
        )
    run = TrainingRun(setup, 0, watched=False)
    run.train()
    assert repr(printed) == repr([(0, run.validation_losses[0], run.scores[0])])


@pytest.mark.parametrize("case", TORCH, ids=lambda case: case.name)
def test_nothing_that_is_shown_names_the_cause(case: Case[Setup]) -> None:
    shown = listing(case.setup, case.setup.data(0), 0) + repr(case.story)
    for cause in CAUSES:
        assert cause not in shown
    assert case.name not in shown
    assert "wrong" not in shown
    assert "slip" not in shown
    assert AFTER_STEP not in shown


@pytest.mark.parametrize("case", NUMPY, ids=lambda case: case.name)
def test_a_listing_in_numpy_trains_what_is_trained(case: Case[NumpySetup]) -> None:
    run, printed = NumpyRun(case.setup, 1), []
    rows = (run.x, run.y, run.xv, run.yv)
    epochs = f"range({numpy_case.EPOCHS})"
    shown = run.listing()
    assert shown.count(epochs) == 1
    with np.errstate(all="ignore"):
        exec(
            shown.replace(epochs, "range(2)"),
            {"load_rows": lambda: rows, "print": lambda *words: printed.append(words)},
        )
    assert printed == list(zip(range(2), run.validation_losses, run.scores, strict=False))


def test_repaired_backward_passes_agree_with_nudges() -> None:
    for case in NUMPY:
        for setup, causes in (
            (case.setup, case.causes),
            (case.repaired, ()),
        ):
            assert setup is not None
            network, rng = NumpyNetwork(setup, 0), np.random.default_rng(0)
            before = network.parameters
            report = network.checked(rng.random((8, 64)), rng.integers(0, 10, 8))
            assert tuple(finding.cause for finding in report.findings) == causes
            assert all(network.parameters[name] is p for name, p in before.items())


# --- the generator ----------------------------------------------------------------------------


def test_a_run_depends_on_its_seed_alone_and_leaves_the_global_generator() -> None:
    case = CASES["h_dropout_val_above_train"]  # dropout draws in every iteration
    short = dataclasses.replace(case.setup, epochs=1)
    scores = []
    for other in (1, 2):
        torch.manual_seed(other)
        before = torch.get_rng_state()
        run = TrainingRun(short, 5, watched=True)
        torch.rand(7)  # what somebody else draws between first weights and training
        between = torch.get_rng_state()
        run.train()
        report = run.report()
        assert run.doctor is not None
        run.doctor.close()
        assert torch.equal(torch.get_rng_state(), between)
        torch.set_rng_state(before)
        torch.rand(7)
        assert torch.equal(torch.get_rng_state(), between)
        scores.append((run.validation_losses, run.scores, str(report)))
    assert scores[0] == scores[1]


# --- rows that are refused --------------------------------------------------------------------


def row(**changes: Any) -> Case[Setup]:
    fields: dict[str, Any] = {
        "name": "still", "family": "loop", "causes": ("missing_optimizer_step",),
        "story": stories.DIGITS, "setup": dataclasses.replace(DIGITS, slip="no_step"),
        "repair": {"slip": ""},
    }  # fmt: skip
    return Case(**(fields | changes))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"family": "lop"}, "loop"),
        ({"causes": ("missing_optimiser_step",)}, "missing_optimizer_step"),
        ({"causes": ()}, "any other has both"),
        ({"repair": {}}, "any other has both"),
        ({"family": "healthy"}, "a healthy run has neither"),
        ({"family": "healthy", "causes": ()}, "a healthy run has neither"),
        ({"story": Story("", "")}, "its story says nothing"),
        ({"repair": {"slipp": ""}}, "slip"),
    ],
)
def test_a_row_that_is_not_complete_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(WhygradError, match="case 'still' is refused") as refused:
        row(**changes)
    assert fault in str(refused.value)


def test_a_complete_row_has_its_repaired_run() -> None:
    repaired = row().repaired
    assert repaired == DIGITS
    assert CASES["h_digits_adam"].repaired is None


def test_a_slip_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(WhygradError, match="no_step"):
        dataclasses.replace(DIGITS, slip="no_stepp")
    with pytest.raises(WhygradError, match="no_slope"):
        NumpySetup((64, 10), slip="no_slopes")


def test_two_rows_of_one_name_are_refused() -> None:
    with pytest.raises(WhygradError, match="two cases 'still'"):
        table([row(), row()])


def test_every_slip_belongs_to_a_case() -> None:
    used = {case.setup.slip for case in TORCH}
    assert used == set(program.SLIPS)
    assert {case.setup.slip for case in NUMPY} | {""} == set(numpy_case.SLIPS)


# --- models -----------------------------------------------------------------------------------


def test_a_network_is_executed_as_it_is_written() -> None:
    source = ModelSource("model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))")
    model = source.then("nn.init.zeros_(model[0].weight)").frozen(0, 2)()
    assert not model[0].weight.any()  # type: ignore[index]
    assert not any(p.requires_grad for p in model.parameters())


def test_equal_layers_are_written_as_a_loop_and_are_the_same() -> None:
    sizes = (2, *[5] * 6, 1)
    short = mlp(*sizes, act="tanh", init="xavier", drop=0.1)
    assert "for _ in range(5)" in short.model
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_source, "LOOP_FROM", 99)
        long = mlp(*sizes, act="tanh", init="xavier", drop=0.1)
    assert "for" not in long.model
    states = []
    for source in (short, long):
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(0)
            states.append((repr(source()), source().state_dict()))
    assert states[0][0] == states[1][0]
    assert all(torch.equal(states[0][1][name], p) for name, p in states[1][1].items())


def test_a_slip_in_a_network_has_its_repaired_twin() -> None:
    cut = encoder(cut=True)
    assert (cut.slip, cut.repaired) == ("cut", encoder())
    assert "detach" in cut.definitions
    assert "detach" not in encoder().definitions
