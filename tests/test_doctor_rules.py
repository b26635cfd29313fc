"""Every cause: measurements in which it must be found or must not be, and its page."""

import inspect
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from whygrad.doctor import CAUSES, Report
from whygrad.doctor.cause import Cause, NoneBecause, below, table_of, use
from whygrad.doctor.diagnosis import diagnose
from whygrad.doctor.docs_table import pages, table
from whygrad.doctor.measurements import (
    Audit,
    Break,
    Features,
    Layer,
    Layout,
    Loop,
    Measurements,
    OptimizerSettings,
    Outputs,
    Parameter,
    Probe,
    Scores,
    Sequence,
    Targets,
)
from whygrad.doctor.remedies.table import REMEDIES
from whygrad.doctor.rules import ROWS, explained_by

DOCS = Path(__file__).parent.parent / "docs" / "doctor.md"


def weight(name: str = "0.weight", **more: Any) -> Parameter:
    told: dict[str, Any] = {"kind": "Linear", "start_rms": 0.3, "rms": 0.4, "same_rows": False}
    return Parameter(name, 64, 16, True, True, True, **{**told, **more})


def layers(*gradients: float, op: str = "relu", **more: Any) -> tuple[Layer, ...]:
    made: list[Layer] = []
    for n, gradient in enumerate(gradients):
        made.append(Layer(f"{2 * n}", "linear", 16, 1.0, 0.8, gradient))
        made.append(Layer(f"{2 * n + 1}", op, 16, 1.0, 0.8, gradient, **more))
    return (*made, Layer("9", "linear", 3, 1.0, 0.8, gradients[-1]))


def probe(*made: Layer, step: int = 1, **more: Any) -> Probe:
    return Probe(step, 1.0, tuple(made), **more)


AUDIT = Audit(1, 1.0, 1.0, 1.0, 1.0, 0.9, 0.003, False, 0.0)
SCORES = Scores(0.97, 0.96, 0.34, 0.97, 0.97, 0.95, 0.95, 0.9, 0.95, 0.1, 1.1, 0.15, 0.15, 1.1)
HEALTHY = Measurements(
    Loop(400, 400, True, class_run=0.02, batch=32),
    OptimizerSettings("SGD", 0.1, 0.1, 0.1),
    parameters=(weight(), weight("2.weight"), weight("4.weight")),
    audits=(AUDIT, replace(AUDIT, step=2), replace(AUDIT, step=3)),
    first=probe(*layers(0.5, 0.6, dead=0.0)),
    last=probe(*layers(0.1, 0.1, dead=0.05), step=400),
    losses=((100, 1.0), (200, 0.5), (300, 0.2), (400, 0.1)),
    loss_name="cross_entropy",
    features=Features(600, 16, 2.0, 3.0, shift=0.05, stretch=1.1, shared=0.0),
    targets=Targets("classes", 0, 2, 1, 0.8, 0.33, 3, True),
    scores=SCORES,
    outputs=Outputs(3, -4, 5, False, False, 0.01, 0.0, 0.5),
    validation_losses=(0.9, 0.4, 0.2, 0.15),
    best_validation=(4, 0.15),
    reported_validation=0.15,
)
POOR = replace(SCORES, train=0.4, validation=0.4, train_loss=1.05, validation_loss=1.05)
ILL = replace(HEALTHY, scores=POOR, losses=((200, 1.1), (400, 1.08)))
NUMBERS = Targets("numbers", -2, 2, 0, 1.0)
FADES = (1e-9, 1e-7, 1e-5, 1e-3, 1e-1)
TRIED = {"control": 0.4, "lr_down_10": 0.4, "lr_down_100": 0.4, "lr_up_10": 0.4}


def tried(**more: float) -> dict[str, float]:
    return {**TRIED, **more}


def still(m: Measurements, moved: float, **more: Any) -> tuple[Audit, ...]:
    return tuple(replace(audit, moved=moved, **more) for audit in m.audits)


# By cause: what makes it so, on top of a run that has not learned (or of a healthy one).
FIRES: Mapping[str, Measurements] = {
    "graph_broken": replace(HEALTHY, loop=replace(HEALTHY.loop, loss_is_leaf=True)),
    "missing_backward": replace(
        ILL,
        parameters=(replace(weight(), got_gradient=False),),
        audits=still(ILL, 0.0, arrived=0.0),
    ),
    "missing_optimizer_step": replace(ILL, loop=replace(ILL.loop, steps=0), audits=still(ILL, 0.0)),
    "optimizer_parameter_mismatch": replace(ILL, parameters=(replace(weight(), owned=False),)),
    "frozen_layers": replace(
        ILL, parameters=(replace(weight(), trainable=False), weight("4.weight"))
    ),
    "missing_zero_grad": replace(ILL, audits=still(ILL, 0.1, stale=True)),
    "eval_mode_in_training": replace(
        HEALTHY,
        dropout=0.5,
        loop=replace(HEALTHY.loop, stepped_in_eval_mode=360, first_step_in_eval_mode=41),
    ),
    "opposed_losses": replace(HEALTHY, opposed=(-0.8, -0.7)),
    "gradient_erased": replace(ILL, audits=still(ILL, 0.0, applied=0.0)),
    "future_leak": replace(HEALTHY, sequence=Sequence(0.1, 1.0, 0.4)),
    "labels_not_shifted": replace(HEALTHY, sequence=Sequence(1.0, 0.1)),
    "early_stopping_reversed": replace(
        HEALTHY, validation_losses=(0.9, 0.4, 0.2, 0.15), restored=1
    ),
    "parameters_outside_module": replace(ILL, outside=(("layers[0].weight", 64),)),
    "wrong_sign_of_objective": replace(ILL, audits=still(ILL, 0.1, agreement=-1.0)),
    "no_shuffling": replace(ILL, loop=replace(ILL.loop, class_run=0.9)),
    "train_mode_at_evaluation": replace(
        HEALTHY, loop=replace(HEALTHY.loop, judged_in_train_mode=4), reported_validation=2.0
    ),
    "batchnorm_small_batch": replace(ILL, batch_norm=True, loop=replace(ILL.loop, batch=2)),
    "nan_in_data": replace(HEALTHY, features=Features(600, 16, 2.0, 3.0, bad_cell=(3, 1))),
    "unnormalised_inputs": replace(
        ILL,
        features=Features(600, 16, 900.0, 5000.0),
        trials=tried(standard_inputs=0.95, control=0.4),
    ),
    "unscaled_targets": replace(
        ILL,
        targets=Targets("numbers", 0, 1e8, 1e7, 1e7),
        loss_name="mse",
        trials=tried(standard_targets=0.95),
    ),
    "train_val_preprocessing_mismatch": replace(
        HEALTHY, features=Features(600, 16, 2.0, 3.0, shift=40.0, stretch=90.0, shared=0.0)
    ),
    "label_noise": replace(
        HEALTHY, scores=replace(SCORES, neighbours_train=0.5, neighbours_validation=0.93)
    ),
    "class_imbalance": replace(
        HEALTHY,
        targets=Targets("binary", 0, 1, 0.02, 0.14, 0.02, 2, True),
        scores=replace(SCORES, recall=0.0, train=0.98, baseline=0.98),
    ),
    "labels_out_of_line": replace(
        ILL,
        scores=replace(
            POOR, neighbours_train=0.34, neighbours_validation=0.33, within_validation=0.9
        ),
    ),
    "data_leakage": replace(
        HEALTHY, features=Features(600, 16, 2.0, 3.0, shift=0.0, stretch=1.0, shared=0.9)
    ),
    "input_layout_scrambled": replace(HEALTHY, layout=Layout(0.05, 0.6)),
    "double_softmax": replace(HEALTHY, outputs=Outputs(3, 0, 1, False, True, 0.0, 0.0, 0.5)),
    "wrong_loss_activation_pair": replace(
        ILL, outputs=Outputs(1, 1.0, 1.0, True, True, 1.0), loss_name="bce"
    ),
    "output_activation_range_mismatch": replace(
        ILL,
        targets=NUMBERS,
        loss_name="mse",
        last=probe(*layers(0.1, 0.1), Layer("10", "relu", 1, 1.0, 1.0, 0.1, 0.0)),
    ),
    "wrong_loss_for_task": replace(
        ILL,
        targets=Targets("numbers", 0, 9, 4.5, 2.87, None, 10, True),
        loss_name="mse",
        outputs=Outputs(1, 0, 9, False, False, 0.0, 0.0, 0.5),
    ),
    "numerical_instability": replace(ILL, broke=Break(3, True, True, 300.0, 1.2, 150.0)),
    "random_evaluation": replace(
        HEALTHY, outputs=Outputs(3, -4, 5, False, False, 0.0, 0.5, 0.5, random_gap=0.5)
    ),
    "wrong_dimension": replace(ILL, broadcast=True),
    "batch_dependence": replace(HEALTHY, outputs=Outputs(3, -9, 0, False, False, 0.0, 0.8, 0.5)),
    "vanishing_gradient": replace(ILL, first=probe(*layers(*FADES, op="sigmoid", saturated=0.0))),
    "exploding_gradient": replace(ILL, first=probe(*layers(1e5, 1e3, 10.0, dead=0.0))),
    "dead_relu": replace(ILL, last=probe(*layers(0.1, 0.1, dead=1.0), step=400)),
    "saturated_activation": replace(
        ILL, last=probe(*layers(0.1, 0.1, op="tanh", saturated=0.9), step=400)
    ),
    "bad_initialisation": replace(
        ILL, parameters=(weight(same_rows=True, start_rms=0.0), weight("2.weight"))
    ),
    "missing_activation": replace(
        ILL,
        first=probe(*(Layer(str(n), "linear", 16, 1.0, 0.8, 0.1) for n in range(3))),
        outputs=Outputs(3, -4, 5, False, False, 0.0, 0.0, 1e-7),
    ),
    "learning_rate_too_high": replace(
        ILL, losses=((1, 1.1), (2, 90.0), (400, 1.1)), trials=tried(lr_down_10=0.95)
    ),
    "learning_rate_too_low": replace(ILL, audits=still(ILL, 1e-6), trials=tried(lr_up=0.95)),
    "oscillating_loss": replace(
        ILL, loop=replace(ILL.loop, batch=1), trials=tried(larger_batch=0.9)
    ),
    "over_regularisation": replace(
        ILL,
        optimizer=replace(ILL.optimizer, decay=0.5),
        audits=still(ILL, 0.01, decay=5.0),
        trials=tried(no_decay=0.95),
    ),
    "overfitting": replace(
        HEALTHY,
        scores=replace(SCORES, train=1.0, validation=0.75, train_loss=0.01, validation_loss=2.0),
        validation_losses=(0.5, 0.45, 1.0, 2.0),
        best_validation=(2, 0.45),
    ),
    "underfitting": replace(ILL, trials=tried()),
}

# By cause: what looks like it, and is not.
QUIET: Mapping[str, Measurements] = {
    "opposed_losses": replace(HEALTHY, opposed=(-0.8, 0.1)),
    "gradient_erased": replace(ILL, audits=still(ILL, 0.0, applied=None)),
    "future_leak": replace(HEALTHY, sequence=Sequence(0.1, 1.0, 1e-6)),
    "labels_not_shifted": replace(HEALTHY, sequence=Sequence(0.5, 0.9, 0.0)),
    "early_stopping_reversed": replace(HEALTHY, restored=3),
    "batch_dependence": replace(
        HEALTHY, outputs=Outputs(3, -4, 5, False, False, 0.0, 0.5, 0.5, random_gap=0.5)
    ),
    "graph_broken": replace(HEALTHY, loop=replace(HEALTHY.loop, loss_has_graph=False)),
    "missing_optimizer_step": replace(ILL, audits=still(ILL, 1e-7)),
    "frozen_layers": replace(
        HEALTHY, parameters=(replace(weight(), trainable=False), weight("4.weight"))
    ),
    "train_mode_at_evaluation": replace(
        HEALTHY, loop=replace(HEALTHY.loop, judged_in_train_mode=4, judged_in_eval_mode=4)
    ),
    "batchnorm_small_batch": replace(ILL, batch_norm=True),
    "no_shuffling": replace(HEALTHY, loop=replace(HEALTHY.loop, class_run=0.9)),
    "unnormalised_inputs": replace(HEALTHY, features=Features(600, 16, 900.0, 5000.0)),
    "unscaled_targets": replace(
        ILL,
        targets=Targets("numbers", 0, 1e8, 1e7, 1e7),
        trials=tried(standard_targets=0.95, lr_down_10=0.95),
    ),
    "eval_mode_in_training": replace(
        HEALTHY,
        dropout=0.5,
        loop=replace(HEALTHY.loop, stepped_in_eval_mode=400, first_step_in_eval_mode=1),
    ),
    "label_noise": replace(
        HEALTHY, scores=replace(SCORES, neighbours_train=0.5, neighbours_validation=0.52)
    ),
    "class_imbalance": replace(HEALTHY, targets=Targets("binary", 0, 1, 0.02, 0.14, 0.02, 2, True)),
    "data_leakage": replace(HEALTHY, leaky_column=(3, 0.99, 0.96)),
    "double_softmax": replace(HEALTHY, outputs=Outputs(3, 0, 1, False, True, 0.0), loss_name="nll"),
    "output_activation_range_mismatch": replace(
        ILL,
        targets=Targets("numbers", 0, 4, 2, 1.0),
        loss_name="mse",
        last=probe(*layers(0.1, 0.1), Layer("10", "relu", 1, 1.0, 1.0, 0.1, 0.0)),
    ),
    "wrong_loss_for_task": replace(
        ILL, targets=Targets("numbers", 0, 9, 2.0, 1.0, None, 10, True), loss_name="mse"
    ),
    "numerical_instability": replace(ILL, broke=Break(3, True, True, 1e9, 1e6, None)),
    "vanishing_gradient": replace(
        HEALTHY, last=probe(*layers(*FADES, op="tanh", saturated=0.0), step=400)
    ),
    "exploding_gradient": replace(HEALTHY, first=probe(*layers(1e5, 1e3, 10.0, dead=0.0))),
    "dead_relu": replace(ILL, last=probe(*layers(0.1, 0.1, dead=0.1, active=0.03), step=400)),
    "saturated_activation": replace(
        HEALTHY, last=probe(*layers(0.1, 0.1, op="tanh", saturated=0.9), step=400)
    ),
    "missing_activation": replace(HEALTHY, first=probe(Layer("0", "linear", 3, 1.0, 0.8, 0.1))),
    "learning_rate_too_high": replace(
        HEALTHY, losses=((1, 1.1), (2, 90.0), (400, 0.1)), audits=still(HEALTHY, 0.5)
    ),
    "learning_rate_too_low": replace(ILL, audits=still(ILL, 1e-3), trials=tried(control=0.95)),
    "oscillating_loss": replace(HEALTHY, loop=replace(HEALTHY.loop, batch=4)),
    "overfitting": replace(FIRES["overfitting"], broke=Break(3, True, False, 1e9, 1e6, None)),
    "labels_out_of_line": replace(
        FIRES["labels_out_of_line"], targets=Targets("binary", 0, 1, 0.02, 0.14, 0.02, 2, True)
    ),
    "underfitting": replace(ILL, trials=tried(fresh_weights=0.95)),
}


IN_RUNS = [name for name, row in ROWS.items() if not isinstance(row.check, NoneBecause)]


def fired(cause: str, m: Measurements) -> bool:
    found = ROWS[cause].find(m)
    return found is not None and found.confidence >= 0.5


def test_every_rule_has_charts_on_which_it_must_fire_and_must_not() -> None:
    assert set(FIRES) == set(IN_RUNS)
    assert set(QUIET) <= set(IN_RUNS)


@pytest.mark.parametrize("cause", FIRES)
def test_a_rule_fires_on_its_fault_with_numbers_and_words(cause: str) -> None:
    found = ROWS[cause].find(FIRES[cause])
    assert found is not None
    assert found.cause == cause
    assert 0.5 <= found.confidence < 1
    assert found.mechanism
    assert "None" not in found.mechanism
    assert all(isinstance(value, int | float) for value in found.evidence.values())


@pytest.mark.parametrize("cause", FIRES)
def test_no_rule_fires_on_a_healthy_run(cause: str) -> None:
    assert not fired(cause, HEALTHY)


@pytest.mark.parametrize("cause", QUIET)
def test_a_rule_is_quiet_on_what_only_looks_like_its_fault(cause: str) -> None:
    assert not fired(cause, QUIET[cause])


@pytest.mark.parametrize("cause", FIRES)
def test_the_fault_is_in_the_diagnosis_with_its_remedies(cause: str) -> None:
    found = [f for root in diagnose(FIRES[cause]) for f in (root, *root.consequences)]
    (one,) = [f for f in found if f.cause == cause]
    assert one.remedies
    assert Report((one,)).verdict.startswith(cause.replace("_", " "))


def test_one_root_with_its_consequences_under_it() -> None:
    both = replace(FIRES["learning_rate_too_high"], last=FIRES["dead_relu"].last)
    (root,) = diagnose(both)
    assert root.cause == "learning_rate_too_high"
    assert "dead_relu" in [f.cause for f in root.consequences]


def test_a_loss_that_grew_until_it_broke_was_a_rate_too_high() -> None:
    broken = replace(ILL, broke=Break(9, True, False, None, 1e6, None))
    stays = replace(broken, trials={"control": -1.0, "lr_down_10": -1.0, "lr_down_100": 0.36})
    breaks = replace(broken, trials=dict.fromkeys(stays.trials, -1.0))
    assert fired("learning_rate_too_high", stays)
    assert not fired("learning_rate_too_high", breaks)


def test_clipping_is_found_by_what_a_replay_without_it_regains() -> None:
    clipped = replace(
        ILL, audits=still(ILL, 1e-3, applied=1e-4), trials=tried(control=0.95, lr_up_10=0.4)
    )
    found = ROWS["learning_rate_too_low"].find(clipped)
    assert found is not None
    assert found.where == "gradient clipping"


def test_nothing_explains_itself_in_a_circle() -> None:
    def reaches(cause: str, seen: tuple[str, ...] = ()) -> None:
        assert cause not in seen, seen
        for other in explained_by(cause):
            reaches(other, (*seen, cause))

    for cause in ROWS:
        reaches(cause)


def test_only_known_causes_are_named_and_every_one_has_its_row() -> None:
    assert {other for cause in ROWS for other in explained_by(cause)} <= set(CAUSES)
    assert set(ROWS) == set(CAUSES)
    assert all(row.remedies for row in ROWS.values())


def test_every_cause_is_documented_as_its_rule_says() -> None:
    assert {cause for cause, _ in pages()} == set(CAUSES)
    assert table() in DOCS.read_text("utf-8"), "run python scripts/make_doctor_docs.py"


ROW = Cause(
    code="F99",
    name="unheard_of",
    page="It is wrong.\n\nWhy: a.\n\nSeen: b.\n\nExample: c.",
    check=NoneBecause("it is made up"),
    group=NoneBecause("it is made up"),
    explains=("dead_relu",),
    remedies=(use("adam", why="d", predicts="e", expects=(below("dead", 0.5),)),),
    masks=NoneBecause("it is made up"),
    demo=NoneBecause("it is made up"),
)


@pytest.mark.parametrize(
    ("part", "value", "missing"),
    [
        ("page", "Has no reasons.", "Why:"),
        ("page", None, "Why:"),
        ("page", "Why: a. Seen: b.", "Example:"),
        ("code", "X99", "its code is not one of"),
        ("code", "F", "its code is not one of"),
        ("explains", (), "explains is empty; say NoneBecause"),
        ("remedies", (), "remedies is empty"),
        ("masks", (), "masks is empty"),
        ("demo", (), "demo is empty"),
    ],
)
def test_a_rule_that_is_not_complete_is_refused(part: str, value: Any, missing: str) -> None:
    with pytest.raises(TypeError, match=missing):
        replace(ROW, **{part: value})


def test_an_absence_needs_its_reason() -> None:
    with pytest.raises(TypeError, match="needs its reason"):
        NoneBecause(" ")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (replace(ROW, name="dead_relu"), "already"),
        (replace(ROW, code="F03"), "already"),
        (replace(ROW, explains=("no_such",)), "explains 'no_such', which is no cause"),
        (replace(ROW, unexplained=("no_such",)), "explains 'no_such', which is no cause"),
    ],
)
def test_a_row_that_does_not_fit_the_others_is_refused(row: Cause, why: str) -> None:
    assert "unheard_of" in table_of([*ROWS.values(), ROW])
    with pytest.raises(TypeError, match=why):
        table_of([*ROWS.values(), row])


def test_a_remedy_that_is_not_complete_is_refused() -> None:
    with pytest.raises(TypeError, match="no remedy 'nonsense'"):
        use("nonsense", why="a", predicts="b")
    with pytest.raises(TypeError, match="expects 'nonsense', which is no signal"):
        use("adam", why="a", predicts="b", expects=(below("nonsense", 1),))
    with pytest.raises(TypeError, match="has no reason"):
        use("adam", why="", predicts="b")
    with pytest.raises(TypeError, match="a key and a name"):
        replace(REMEDIES["adam"], name="")


def test_what_a_row_says_is_what_is_read() -> None:
    assert ROW.summary == "It is wrong."
    assert ROW.evidence == "b."
    assert ROW.find(HEALTHY) is None
    assert ROW.masking == ()
    assert ROW.links == ("docs/doctor.md#unheard_of",)


def test_a_cause_is_added_by_its_module_alone() -> None:
    """Its own module, those of causes beside it, and the clinic's cases: no table names it."""
    source = Path(inspect.getfile(Cause)).parent
    named = {path.relative_to(source).as_posix() for path in source.rglob("*.py")
             if "dead_relu" in path.read_text("utf-8")}  # fmt: skip
    assert "rules/dead_relu.py" in named
    assert all(name.startswith("rules/") for name in named)
