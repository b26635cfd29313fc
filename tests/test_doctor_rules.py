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
    BadOp,
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
    "random_evaluation": replace(
        HEALTHY, outputs=Outputs(3, -4, 5, False, False, 0.0, 0.5, 0.5, random_gap=0.5, draws=True)
    ),
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


def lacking(share: float, m: Measurements = HEALTHY, **more: Any) -> Measurements:
    """A run that has not learned this share of what can be learned."""
    reached = SCORES.reference_train - share * (SCORES.reference_train - SCORES.baseline)
    return replace(m, scores=replace(SCORES, train=reached), **more)


def tensor(**more: Any) -> Parameter:
    return replace(weight(), **more)


def regained(share: float) -> float:
    """The score at which a replay of ``ILL`` regains this share of what is missing."""
    return POOR.train + share * (POOR.reference_train - POOR.train)


def rate(m: Measurements = ILL, **more: Any) -> OptimizerSettings:
    return replace(m.optimizer, **more)


def widths(*some: int, **more: Any) -> Probe:
    made = [
        (
            Layer(f"{n}", "linear", w, 1.0, 0.8, 0.1),
            Layer(f"{n}a", "relu", w, 1.0, 0.8, 0.1, **more),
        )
        for n, w in enumerate(some)
    ]
    return probe(
        *(layer for pair in made for layer in pair), Layer("9", "linear", 3, 1.0, 0.8, 0.1)
    )


FALLS = FIRES["vanishing_gradient"]
SLOW = replace(ILL, audits=still(ILL, 1.9e-4), loop=Loop(99, 99, True))
BROKE = Break(9, True, False, None, 1.0, None)
OVER = FIRES["overfitting"]
EVALS = FIRES["eval_mode_in_training"]

# By cause: just on either side of what decides, how sure the finding is (None: there is none), and
# what it says or names.
EDGES: list[tuple[str, Measurements, float | None, str]] = [
    ("learning_rate_too_low", SLOW, 0.7, "0.0002"[:4]),
    ("learning_rate_too_low", replace(SLOW, audits=still(ILL, 2e-4)), None, ""),
    ("learning_rate_too_low", replace(SLOW, audits=still(ILL, 0.0)), None, ""),
    ("learning_rate_too_low", replace(SLOW, broke=BROKE), None, ""),
    ("learning_rate_too_low", replace(SLOW, loop=Loop(99, 0, True)), None, ""),
    ("learning_rate_too_low", replace(SLOW, loop=Loop(1, 1, True)), 0.7, "there were 1."),
    ("learning_rate_too_low", replace(SLOW, audits=still(ILL, 1e-6, arrived=0.0)), None, ""),
    ("learning_rate_too_low", lacking(0.39, SLOW), None, ""),
    ("learning_rate_too_low", lacking(0.41, SLOW), 0.7, ""),
    # A hundred steps that led nowhere, whatever replays say.
    (
        "learning_rate_too_low",
        replace(SLOW, loop=Loop(100, 100, True), trials=tried(lr_up=0.4)),
        0.7,
        "there were 100.",
    ),
    ("learning_rate_too_low", replace(SLOW, trials=tried(lr_up=0.4)), None, ""),
    (
        "learning_rate_too_low",
        replace(SLOW, loop=Loop(106, 106, True), trials=tried(lr_up=0.4)),
        None,
        "",
    ),
    ("learning_rate_too_low", replace(SLOW, trials=tried(lr_up=regained(0.51))), 0.88, "51 %"),
    ("learning_rate_too_low", replace(SLOW, trials=tried(lr_up_10=regained(0.49))), None, ""),
    (
        "learning_rate_too_low",
        replace(SLOW, audits=still(ILL, 1.9e-3), trials=tried(lr_up=0.97)),
        0.88,
        "100 %",
    ),
    (
        "learning_rate_too_low",
        replace(SLOW, audits=still(ILL, 2e-3), trials=tried(lr_up=0.97)),
        None,
        "",
    ),
    (
        "learning_rate_too_low",
        replace(SLOW, optimizer=rate(lr=0.9e-3, lr_top=0.1), trials=tried(control=regained(0.51))),
        0.88,
        "fall from 0.1 to 0.0009 (at a constant rate a replay regains 51 %",
    ),
    (
        "learning_rate_too_low",
        replace(SLOW, optimizer=rate(lr=1e-3, lr_top=0.1), trials=tried(control=0.97)),
        None,
        "",
    ),
    (
        "learning_rate_too_low",
        replace(SLOW, audits=still(ILL, 1e-4, applied=0.09)),
        0.7,
        "clipping leaves 0.09 of the gradient",
    ),
    (
        "learning_rate_too_low",
        replace(SLOW, audits=still(ILL, 1e-4, applied=0.1)),
        0.7,
        "SGD's rate is 0.1: an update moves the weights by 0.0001 of their size",
    ),
    (
        "learning_rate_too_low",
        replace(SLOW, optimizer=rate(eps=3.1, denominator=1.0)),
        0.7,
        "Adam divides by √v + ε = 1 + 3.1, so ε sets the step",
    ),
    (
        "learning_rate_too_low",
        replace(SLOW, optimizer=rate(eps=3.0, denominator=1.0)),
        0.7,
        "SGD's rate is 0.1",
    ),
    ("vanishing_gradient", lacking(0.49, FALLS), None, ""),
    (
        "vanishing_gradient",
        lacking(0.51, FALLS),
        0.9,
        "4 factors of about 0.01, whose product is 1",
    ),
    ("vanishing_gradient", replace(ILL, first=probe(*layers(1e-9, 1e-3, 1.0))), None, ""),
    ("vanishing_gradient", replace(ILL, first=probe(*layers(1e-9, 1, 1, 1.0))), 0.9, "3 factors"),
    ("vanishing_gradient", replace(ILL, first=probe(*layers(1e-3, 1, 1, 1.0))), None, ""),
    ("vanishing_gradient", replace(ILL, first=probe(*layers(9e-4, 1, 1, 1.0))), 0.9, "0.0009"),
    ("vanishing_gradient", replace(ILL, last=probe(*layers(9e-4, 1, 1, 1.0))), 0.9, "0.0009"),
    ("vanishing_gradient", replace(ILL, first=probe(*layers(*[0.0] * 5, *[1.0] * 4))), None, ""),
    (
        "vanishing_gradient",
        replace(ILL, first=probe(*layers(*[0.0] * 5, *[1.0] * 5))),
        0.9,
        "9 fac",
    ),
    ("vanishing_gradient", replace(ILL, first=probe(*layers(*[1.0] * 9, 0.0))), None, ""),
    *(
        (
            "vanishing_gradient",
            replace(
                ILL,
                first=probe(
                    *layers(first, 1, 1)[:2],
                    *layers(1, 1)[:-1],
                    Layer("8", "linear", 9, 1.0, 1.0, 1.0),
                    Layer("9", "tanh", 9, rms, 0.8, 1.0),
                    Layer("10", "linear", 9, 1.0, 1.0, 1.0),
                ),
            ),
            sure,
            says,
        )
        for first, rms, sure, says in (
            (0.09, 0.09, 0.9, "What varies between rows is 0.09 times as large"),
            (0.09, 0.1, None, ""),
            (0.1, 0.09, None, ""),
        )
    ),
    *(
        ("vanishing_gradient", replace(ILL, first=probe(through_time=time)), sure, says)
        for time, sure, says in (
            ((9e-6, 1e-7, *[0.1] * 5, 1.0), 0.9, "in the first quarter of 8 time steps"),
            ((1e-7, 1.1e-5, *[0.1] * 5, 1.0), None, ""),
            ((1e-7, 1e-7, 1e-5, *[0.1] * 4, 1.0), 0.9, "multiplies by about 0.06813"),
            ((1e-7,) * 2 + (1.0,) * 5, None, ""),
            ((0.0,) * 8, None, ""),
        )
    ),
    ("bad_initialisation", replace(ILL, parameters=()), None, ""),
    ("bad_initialisation", lacking(0.29, FIRES["bad_initialisation"]), None, ""),
    ("bad_initialisation", lacking(0.31, FIRES["bad_initialisation"]), 0.95, "0.weight are 0:"),
    (
        "bad_initialisation",
        replace(ILL, parameters=(weight(same_rows=True), weight("2.weight"))),
        0.95,
        "are equal from unit to unit",
    ),
    ("bad_initialisation", replace(ILL, parameters=(weight(), weight(same_rows=True))), None, ""),
    *(
        (
            "bad_initialisation",
            replace(
                ILL,
                parameters=tuple(weight(f"{n}.weight", start_rms=x) for n, x in enumerate(sizes)),
                trials=trials,
            ),
            sure,
            says,
        )
        for sizes, trials, sure, says in (
            ((0.76, 0.8), {}, 0.7, "of 2 layers multiply the size of what passes by up to 3.2"),
            ((0.75, 0.8), {}, None, ""),
            ((0.012, 0.01), {}, 0.7, "of 2 layers shrink what passes to 0.04 of its size."),
            ((0.0125, 0.01), {}, None, ""),
            ((0.8, 0.8), tried(fresh_weights=regained(0.31), control=0.4), 0.9, "31 % of what is"),
            ((0.8, 0.8), tried(fresh_weights=regained(0.29), control=0.4), None, ""),
            ((0.8, 0.8), tried(fresh_weights=regained(0.5), control=regained(0.39)), 0.9, "50 %"),
            ((0.8, 0.8), tried(fresh_weights=regained(0.5), control=regained(0.41)), None, ""),
            ((0.8, 0.8), tried(fresh_weights=-1.0, control=-1.0), 0.7, "up to 3.2"),
        )
    ),
    ("bad_initialisation", replace(ILL, first=probe(*layers(1, 1, dead=0.81))), 0.7, "81 % of the"),
    ("bad_initialisation", replace(ILL, first=probe(*layers(1, 1, dead=0.8))), None, ""),
    *(
        ("learning_rate_too_high", m, sure, says)
        for m, sure, says in (
            (replace(ILL, audits=still(ILL, 0.11)), 0.7, "moves the weights by 0.11"),
            (replace(ILL, audits=still(ILL, 0.1)), None, ""),
            (lacking(0.24, audits=still(ILL, 0.11)), None, ""),
            (lacking(0.26, audits=still(ILL, 0.11)), 0.7, "0.11"),
            (replace(ILL, audits=(*[AUDIT] * 4, replace(AUDIT, moved=0.9))), None, ""),
            (replace(ILL, audits=(*[AUDIT] * 3, replace(AUDIT, moved=0.9))), 0.7, "by 0.9"),
            (replace(ILL, losses=((1, 1.0), (2, 3.1))), 0.7, "rose to 3.1 times its first"),
            (replace(ILL, losses=((1, 1.0), (2, 3.0))), None, ""),
            (replace(ILL, summed=True, losses=((1, 1.0), (2, 3.1))), 0.7, "adds up over the batch"),
            (replace(ILL, broke=BROKE), 0.7, "the loss broke."),
            (
                replace(ILL, audits=still(ILL, 0.2), trials={"lr_down_10": regained(0.51)}),
                0.9,
                "it stays finite and regains 51 % of",
            ),
            (replace(ILL, audits=still(ILL, 0.2), trials={"lr_down_10": regained(0.49)}), None, ""),
            (
                replace(
                    ILL,
                    audits=still(ILL, 0.2),
                    trials={"lr_down_100": regained(0.9), "control": regained(0.69)},
                ),
                0.9,
                "90 %",
            ),
            (
                replace(
                    ILL,
                    audits=still(ILL, 0.2),
                    trials={"lr_down_100": regained(0.9), "control": regained(0.71)},
                ),
                None,
                "",
            ),
            (
                replace(ILL, broke=replace(BROKE, growth=10.1), trials={"lr_down_10": 0.3}),
                0.9,
                "regains 0 % of",
            ),
            (
                replace(ILL, broke=replace(BROKE, growth=10.0), trials={"lr_down_10": 0.3}),
                None,
                "",
            ),
        )
    ),
    *(
        ("oscillating_loss", replace(ILL, **more), sure, says)
        for more, sure, says in (
            ({"loop": Loop(9, 9, True, batch=8)}, 0.6, "with batches of 8 and momentum 0"),
            ({"loop": Loop(9, 9, True, batch=9)}, None, ""),
            ({"loop": Loop(9, 9, True, batch=2), "broke": BROKE}, None, ""),
            (
                {"loop": Loop(9, 9, True, batch=4), "features": Features(16, 2, 1.0, 1.0)},
                None,
                "",
            ),
            (
                {"loop": Loop(9, 9, True, batch=4), "features": Features(17, 2, 1.0, 1.0)},
                0.6,
                "batches of 4",
            ),
            (
                {
                    "loop": Loop(9, 9, True, batch=2),
                    "optimizer": OptimizerSettings("SGD", 1, 1, 0.5, 0.75),
                    "losses": ((1, 9.0), (2, 9.0), (3, 1.0), (4, 4.0)),
                },
                0.6,
                "acts with 1 (η / (B (1 − β))); over the second "
                "half the loss swings by 1.5 around 2.5",
            ),
            (
                {"loop": Loop(9, 9, True, batch=2), "trials": {"larger_batch": regained(0.51)}},
                0.86,
                "51 % of what is missing",
            ),
            (
                {"loop": Loop(9, 9, True, batch=2), "trials": {"larger_batch": regained(0.49)}},
                None,
                "",
            ),
            ({"loop": Loop(9, 9, True, batch=2), "features": None}, None, ""),
            ({"loop": Loop(9, 9, True, batch=2), "losses": ()}, 0.6, "swings by 0 around 0"),
        )
    ),
    ("oscillating_loss", lacking(0.14, loop=Loop(9, 9, True, batch=2)), None, ""),
    ("oscillating_loss", lacking(0.16, loop=Loop(9, 9, True, batch=2)), 0.6, ""),
    *(
        ("underfitting", m, sure, says)
        for m, sure, says in (
            (replace(ILL, trials=tried(no_decay=regained(0.4))), 0.6, "the best regains 40 %"),
            (replace(ILL, trials=tried(no_decay=regained(0.41))), None, ""),
            (replace(ILL, trials=tried(), broke=BROKE), None, ""),
            (replace(ILL, trials=tried(), audits=still(ILL, 1.9e-4)), None, ""),
            (replace(ILL, trials=tried(), audits=still(ILL, 2e-4)), 0.6, ""),
            (replace(ILL, trials=tried(), audits=()), None, ""),
            (lacking(0.12, trials=tried()), None, ""),
            (lacking(0.21, trials=tried()), 0.6, ""),
            (lacking(0.19, trials=tried()), None, ""),
            (
                replace(ILL, trials=tried(), scores=replace(POOR, train=0.5, reference_train=0.57)),
                None,
                "",
            ),
            (
                replace(ILL, trials=tried(no_decay=regained(0.6)), last=widths(8, 2)),
                0.85,
                "its narrowest layer has 2 units for 3 classes;",
            ),
            (replace(ILL, trials=tried(no_decay=regained(0.61)), last=widths(8, 2)), None, ""),
            (replace(ILL, trials=tried(), last=widths(3)), 0.6, ""),
            (
                replace(
                    ILL, trials=tried(), last=widths(3), targets=replace(HEALTHY.targets, classes=9)
                ),
                0.85,
                "3 units for 9",
            ),
            (
                replace(
                    ILL, trials=tried(), last=widths(4), targets=replace(HEALTHY.targets, classes=9)
                ),
                0.6,
                "",
            ),
            (replace(ILL, trials=tried(), last=widths(2), targets=NUMBERS), 0.6, ""),
            (replace(ILL, trials=tried(), last=widths(1), targets=NUMBERS), 0.85, "has 1 units"),
            (replace(ILL, trials=tried(), loop=Loop(1, 1, True)), 0.6, "of its first update, the"),
            (replace(ILL, trials=tried(), loop=Loop(9, 9, True)), 0.6, "most its first 9 updates"),
        )
    ),
    *(
        (
            "over_regularisation",
            lacking(
                missing,
                optimizer=rate(decay=decay),
                audits=still(ILL, 0.01, decay=pull),
                trials=trials,
                dropout=dropout,
            ),
            sure,
            says,
        )
        for missing, decay, pull, dropout, trials, sure, says in (
            (0.9, 0.5, 0.31, 0.0, {}, 0.72, "weight decay of 0.5 pulls 0.31 times as hard"),
            (0.9, 0.5, 0.3, 0.0, {}, None, ""),
            (0.9, 0.0, 0.9, 0.0, {}, None, ""),
            (0.24, 0.5, 0.9, 0.0, {}, None, ""),
            (0.26, 0.5, 0.9, 0.0, {}, 0.72, ""),
            (1.0, 0.5, 0.9, 0.0, {"no_decay": 0.34 + 0.63 * 0.41}, 0.92, "41 % is regained"),
            (1.0, 0.5, 0.9, 0.0, {"no_decay": 0.34 + 0.63 * 0.39}, None, ""),
            (1.0, 0.5, 0.9, 0.0, {"no_decay": 0.97, "control": 0.34 + 0.63 * 0.81}, None, ""),
            (1.0, 0.5, 0.9, 0.0, {"no_decay": 0.97, "control": 0.34 + 0.63 * 0.79}, 0.92, ""),
            (0.9, 0.0, 0.0, 0.7, {}, 0.75, "leaves 30 % of a layer's units, scaled 3.33"),
            (0.9, 0.0, 0.0, 0.69, {}, None, ""),
            (1.0, 0.0, 0.0, 0.9, {"no_dropout": 0.34 + 0.63 * 0.31}, 0.92, "31 % is regained"),
            (1.0, 0.0, 0.0, 0.9, {"no_dropout": 0.34 + 0.63 * 0.29}, None, ""),
        )
    ),
    *(
        (
            "wrong_loss_for_task",
            replace(
                HEALTHY,
                loss_name=loss,
                targets=Targets("numbers", low, high, 1, var**0.5, None, classes, whole),
                outputs=Outputs(width, 0, 9, False, False, 0.0),
            ),
            sure,
            "",
        )
        for loss, low, high, var, classes, whole, width, sure in (
            ("mse", 0, 2, 2 / 3, 3, True, 1, 0.8),
            ("l1", 0, 2, 2 / 3, 3, True, 1, 0.8),
            ("hinge", 0, 2, 2 / 3, 3, True, 1, None),
            ("mse", 0, 2, 2 / 3 * 1.14, 3, True, 1, 0.8),
            ("mse", 0, 2, 2 / 3 * 1.16, 3, True, 1, None),
            ("mse", 0, 2, 2 / 3 * 0.84, 3, True, 1, None),
            ("mse", 0, 1, 1 / 4, 2, True, 1, None),
            ("mse", 0, 49, 2499 / 12, 50, True, 1, 0.8),
            ("mse", 0, 50, 2600 / 12, 51, True, 1, None),
            ("mse", 1, 2, 2 / 3, 3, True, 1, None),
            ("mse", 0, 3, 2 / 3, 3, True, 1, None),
            ("mse", 0, 2, 2 / 3, 3, False, 1, None),
            ("mse", 0, 2, 2 / 3, None, True, 1, None),
            ("mse", 0, 2, 2 / 3, 3, True, 2, None),
        )
    ),
    *(
        ("wrong_loss_for_task", lacking(share, loss_name=loss, targets=targets), sure, "")
        for share, loss, targets, sure in (
            (0.41, "l1", Targets("binary", 0, 1, 0.5, 0.5, 0.5, 2, True), 0.85),
            (0.39, "l1", Targets("binary", 0, 1, 0.5, 0.5, 0.5, 2, True), None),
            (0.9, "mse", Targets("binary", 0, 1, 0.5, 0.5, 0.5, 2, True), None),
            (0.9, "l1", HEALTHY.targets, None),
        )
    ),
    *(
        (
            "wrong_loss_activation_pair",
            replace(
                ILL,
                loss_name=loss,
                outputs=Outputs(width, low, high, constant, sums, 0.0),
                last=probe(Layer("0", end, width, 1.0, 1.0, 1.0)),
            ),
            sure,
            says,
        )
        for loss, width, low, high, constant, sums, end, sure, says in (
            ("mse", 1, 1.0, 1.0, True, True, "softmax", 0.97, "softmax over one unit"),
            ("mse", 2, 1.0, 1.0, True, True, "softmax", None, ""),
            ("mse", 1, 1.0, 1.0, False, True, "softmax", None, ""),
            ("mse", 1, 0.5, 0.5, True, False, "sigmoid", None, ""),
            ("mse", 1, 1.0, 1.5, True, False, "sigmoid", None, ""),
            ("cross_entropy", 3, 0.0, 1.0, False, False, "sigmoid", 0.94, "fall below 0.5514"),
            ("cross_entropy", 3, 0.0, 1.0, False, True, "sigmoid", None, ""),
            ("cross_entropy", 3, -0.1, 1.0, False, False, "sigmoid", None, ""),
            ("cross_entropy", 3, 0.0, 1.1, False, False, "sigmoid", None, ""),
            ("cross_entropy", 3, -1, 1.0, False, False, "tanh", 0.94, "between −1 and 1."),
            ("cross_entropy", 3, 0.0, 9.0, False, False, "relu", 0.94, "between 0 and 9."),
            ("cross_entropy", 3, 0.0, 1.0, False, False, "linear", None, ""),
            ("bce_with_logits", 1, 0.0, 1.0, False, False, "sigmoid", 0.94, "σ(1) = 0.731"),
            ("bce_with_logits", 1, 0.0, 1.1, False, False, "sigmoid", None, ""),
            ("bce_with_logits", 1, 0.0, 1.0, False, False, "linear", None, ""),
            ("bce", 1, 0.0, 1.0, False, False, "sigmoid", None, ""),
            ("nll", 3, 0.0, 1.0, False, True, "softmax", 0.94, "is given the probabilities"),
            ("nll", 3, -0.1, 1.0, False, True, "softmax", None, ""),
            ("nll", 3, 0.0, 1.0, False, False, "softmax", None, ""),
            ("mse", 3, 0.0, 1.0, False, True, "softmax", None, ""),
        )
    ),
    *(
        (
            "labels_out_of_line",
            replace(
                ILL,
                targets=targets,
                scores=replace(
                    POOR,
                    baseline=0.2,
                    neighbours_train=inside,
                    neighbours_validation=outside,
                    within_validation=own,
                ),
            ),
            sure,
            "",
        )
        for targets, inside, outside, own, sure in (
            (HEALTHY.targets, 0.39, 0.39, 0.49, 0.88),
            (HEALTHY.targets, 0.41, 0.2, 0.49, None),
            (HEALTHY.targets, 0.2, 0.41, 0.49, None),
            (HEALTHY.targets, 0.2, 0.2, 0.47, None),
            (NUMBERS, 0.2, 0.2, 0.9, None),
            (HEALTHY.targets, None, 0.2, 0.9, None),
            (HEALTHY.targets, 0.2, None, 0.9, None),
            (HEALTHY.targets, 0.2, 0.2, None, None),
            (replace(HEALTHY.targets, rarest=0.2, classes=1), 0.2, 0.2, 0.9, None),
            (replace(HEALTHY.targets, rarest=0.21, classes=1), 0.2, 0.2, 0.9, 0.88),
            (replace(HEALTHY.targets, rarest=0.1, classes=None), 0.2, 0.2, 0.9, None),
            (replace(HEALTHY.targets, rarest=0.11, classes=None), 0.2, 0.2, 0.9, 0.88),
            (replace(HEALTHY.targets, rarest=None), 0.2, 0.2, 0.9, 0.88),
        )
    ),
    *(
        ("data_leakage", replace(ILL, features=Features(9, columns, 1, 1, shared=shared)), sure, "")
        for columns, shared, sure in (
            (2, 0.31, 0.9),
            (2, 0.3, 0.7),
            (2, 0.11, 0.7),
            (2, 0.1, None),
            (1, 0.9, None),
            (2, None, None),
        )
    ),
    *(
        (
            "data_leakage",
            replace(ILL, leaky_column=told, scores=replace(POOR, baseline=base)),
            sure,
            says,
        )
        for told, base, sure, says in (
            (
                (4, 0.97, 0.5),
                0.34,
                0.85,
                "column 4 alone predicts 97 % of the labels; all other col",
            ),
            ((4, 0.96, 0.5), 0.34, None, ""),
            ((4, 1.0, 0.875), 0.5, 0.85, "88 %"),
            ((4, 1.0, 0.9), 0.5, None, ""),
            ((4, 1.0, 0.91), 0.905, None, ""),
        )
    ),
    *(
        ("overfitting", replace(OVER, **more), sure, "")
        for more, sure in (
            ({"best_validation": (7, 1.0), "validation_losses": (1.0,) * 9 + (1.5,)}, 0.85),
            ({"best_validation": (8, 1.0), "validation_losses": (1.0,) * 9 + (1.5,)}, None),
            ({"best_validation": (1, 1.0), "validation_losses": (1.0,) * 9 + (1.49,)}, None),
            ({"best_validation": None}, None),
            ({"scores": replace(OVER.scores, train=0.5, validation=0.42)}, 0.85),
            ({"scores": replace(OVER.scores, train=0.5, validation=0.43)}, None),
            ({"scores": replace(OVER.scores, train_loss=0.8, validation_loss=2.0)}, 0.85),
            ({"scores": replace(OVER.scores, train_loss=0.81, validation_loss=2.0)}, None),
            ({"scores": replace(OVER.scores, train_loss=None)}, None),
            ({"scores": replace(OVER.scores, validation_loss=None)}, None),
            ({"scores": replace(OVER.scores, validation=None)}, None),
        )
    ),
    *(
        (
            "label_noise",
            replace(
                HEALTHY,
                targets=targets,
                features=rows and Features(rows, 9, 1, 1, shared=shared),
                scores=replace(SCORES, neighbours_train=inside, neighbours_validation=outside),
            ),
            sure,
            says,
        )
        for targets, rows, shared, inside, outside, sure, says in (
            (HEALTHY.targets, 150, None, 0.25, 0.5, 0.88, "about 25 % of"),
            (HEALTHY.targets, 150, None, 0.25, 0.41, 0.88, ""),
            (HEALTHY.targets, 150, None, 0.25, 0.39, None, ""),
            (HEALTHY.targets, 149, None, 0.25, 0.5, None, ""),
            (HEALTHY.targets, None, None, 0.25, 0.5, None, ""),
            (HEALTHY.targets, 150, 0.1, 0.25, 0.5, 0.88, ""),
            (HEALTHY.targets, 150, 0.11, 0.25, 0.5, None, ""),
            (HEALTHY.targets, 150, None, None, 0.5, None, ""),
            (HEALTHY.targets, 150, None, 0.25, None, None, ""),
            (NUMBERS, 150, None, 0.25, 0.5, 0.88, "of how the ranks vary of validation labels"),
            (NUMBERS, 150, None, 0.25, 0.44, None, ""),
            (NUMBERS, 150, None, 0.1, 0.4, 0.88, ""),
            (NUMBERS, 150, None, 0.1, 0.39, None, ""),
        )
    ),
    *(
        ("dead_relu", lacking(missing, first=first, last=last), sure, says)
        for missing, first, last, sure, says in (
            (
                0.31,
                None,
                widths(9, dead=0.5),
                0.8,
                "50 % of the units of 0a are 0 on every probe row",
            ),
            (0.29, None, widths(9, dead=0.5), None, ""),
            (0.9, None, widths(9, dead=0.49), None, ""),
            (0.9, None, widths(3, dead=0.5), 0.8, "(0 % at the start)"),
            (0.9, None, widths(2, dead=0.5), None, ""),
            (0.9, None, widths(9), None, ""),
            (0.9, widths(9, dead=0.5), widths(9, dead=0.9), 0.8, "(from the start)"),
            (0.9, widths(9, dead=0.49), widths(9, dead=0.9), 0.8, "(49 % at the start)"),
            (0.9, widths(9, dead=0.7), None, 0.8, "70 % of the units of 0a"),
        )
    ),
    *(
        (
            "unnormalised_inputs",
            lacking(missing, features=Features(600, 16, largest, ratio, cell), trials=trials),
            sure,
            says,
        )
        for missing, largest, ratio, cell, trials, sure, says in (
            (1.0, 20.0, 1.0, None, {}, 0.7, "the largest feature has a size of 20,"),
            (1.0, 19.9, 1.0, None, {}, None, ""),
            (1.0, 0.02, 1.0, None, {}, 0.7, ""),
            (1.0, 0.021, 1.0, None, {}, None, ""),
            (1.0, 1.0, 1000.0, None, {}, 0.7, "by a factor of 1000"),
            (1.0, 1.0, 999.0, None, {}, None, ""),
            (1.0, 99.0, 1.0, (0, 0), {}, None, ""),
            (0.16, 99.0, 1.0, None, {}, 0.7, ""),
            (0.14, 99.0, 1.0, None, {}, None, ""),
            (1.0, 99.0, 1.0, None, {"standard_inputs": 0.34 + 0.63 * 0.41}, 0.9, "41 %"),
            (1.0, 99.0, 1.0, None, {"standard_inputs": 0.34 + 0.63 * 0.39}, None, ""),
            (
                1.0,
                99.0,
                1.0,
                None,
                {"standard_inputs": 0.97, "control": 0.34 + 0.63 * 0.91},
                None,
                "",
            ),
            (
                1.0,
                99.0,
                1.0,
                None,
                {"standard_inputs": 0.97, "control": 0.34 + 0.63 * 0.89},
                0.9,
                "",
            ),
        )
    ),
    *(
        (
            "unscaled_targets",
            lacking(missing, targets=Targets(task, low, high, 0, 1), trials=trials, broke=broke),
            sure,
            says,
        )
        for missing, task, low, high, trials, broke, sure, says in (
            (1.0, "numbers", 0, 20, {}, None, 0.6, "targets reach 20 and"),
            (1.0, "numbers", 0, 19.9, {}, None, None, ""),
            (1.0, "numbers", -20, 0, {}, None, 0.6, "weights by 0.003 of"),
            (1.0, "classes", 0, 99, {}, None, None, ""),
            (1.0, "numbers", 0, 99, {}, BROKE, None, ""),
            (0.31, "numbers", 0, 99, {}, None, 0.6, ""),
            (0.29, "numbers", 0, 99, {}, None, None, ""),
            (1.0, "numbers", 0, 99, {"standard_targets": 0.34 + 0.63 * 0.41}, None, 0.88, "41 %"),
            (1.0, "numbers", 0, 99, {"standard_targets": 0.34 + 0.63 * 0.39}, None, None, ""),
            (
                1.0,
                "numbers",
                0,
                99,
                {"standard_targets": 0.97, "lr_down_10": 0.34 + 0.63 * 0.51},
                None,
                None,
                "",
            ),
            (
                1.0,
                "numbers",
                0,
                99,
                {"standard_targets": 0.97, "lr_down_10": 0.34 + 0.63 * 0.49},
                None,
                0.88,
                "49 %",
            ),
        )
    ),
    *(
        (
            "output_activation_range_mismatch",
            lacking(
                missing,
                targets=Targets(task, low, high, 0, 1),
                last=probe(Layer("0", end, 1, 1.0, 1.0, 1.0)),
            ),
            sure,
            "",
        )
        for missing, task, end, low, high, sure in (
            (0.06, "numbers", "sigmoid", 0, 1.31, 0.94),
            (0.04, "numbers", "sigmoid", 0, 1.31, None),
            (0.9, "numbers", "sigmoid", 0, 1.29, None),
            (0.9, "numbers", "softmax", -0.31, 1, 0.94),
            (0.9, "numbers", "tanh", -1.31, 1, 0.94),
            (0.9, "numbers", "tanh", -1.29, 1.29, None),
            (0.9, "numbers", "tanh", 0, 1.31, 0.94),
            (0.9, "numbers", "relu", -0.31, 99, 0.94),
            (0.9, "numbers", "relu", -0.29, 99, None),
            (0.9, "numbers", "linear", -9, 99, None),
            (0.9, "classes", "sigmoid", -9, 99, None),
        )
    ),
    *(
        ("exploding_gradient", lacking(missing, first=probe(*layers(*gradients))), sure, says)
        for missing, gradients, sure, says in (
            (0.31, (100.0, 1.0, 1.0), 0.85, "forward and the gradient 100-fold backward"),
            (0.29, (100.0, 1.0, 1.0), None, ""),
            (0.9, (99.0, 1.0, 1.0), None, ""),
            (0.9, (100.0, 1.0), None, ""),
            (0.9, (100.0, 1.0, 0.0), None, ""),
        )
    ),
    *(
        ("wrong_sign_of_objective", m, sure, says)
        for m, sure, says in (
            (replace(ILL, audits=still(ILL, 0.1, agreement=-0.51)), 0.95, "(cosine −0.51)"),
            (replace(ILL, audits=still(ILL, 0.1, agreement=-0.5)), None, ""),
            (replace(ILL, audits=(replace(AUDIT, agreement=-1.0),)), None, ""),
            (replace(ILL, audits=(replace(AUDIT, agreement=-1.0),) * 2 + (AUDIT,) * 2), None, ""),
            (replace(ILL, audits=(replace(AUDIT, agreement=-1.0),) * 2 + (AUDIT,)), 0.95, ""),
            (replace(ILL, losses=((1, -0.5), (2, -1.0))), 0.95, "its sign turned"),
            (replace(ILL, losses=((1, 0.0), (2, -1.0))), None, ""),
            (replace(ILL, losses=((1, -0.5), (2, -1.0)), loss_name=""), None, ""),
            (replace(ILL, losses=()), None, ""),
            (replace(ILL, optimizer=rate(maximize=True)), 0.95, "its sign turned"),
        )
    ),
    *(
        ("eval_mode_in_training", m, sure, says)
        for m, sure, says in (
            (EVALS, 0.9, "360 updates were made in evaluation mode"[:3]),
            (replace(EVALS, dropout=0.0), None, ""),
            (replace(EVALS, dropout=0.0, batch_norm=True), 0.9, ": batch normalisation uses"),
            (replace(EVALS, batch_norm=True), 0.9, "dropout of 0.5 rests and batch normalisation"),
            (
                replace(
                    EVALS, loop=Loop(9, 9, True, stepped_in_eval_mode=1, first_step_in_eval_mode=2)
                ),
                None,
                "",
            ),
            (
                replace(
                    EVALS, loop=Loop(9, 9, True, stepped_in_eval_mode=2, first_step_in_eval_mode=2)
                ),
                0.9,
                "2 of 9 updates",
            ),
            (replace(EVALS, loop=Loop(9, 9, True, stepped_in_eval_mode=2)), None, ""),
            (
                lacking(
                    0.16,
                    EVALS,
                    loop=Loop(9, 9, True, stepped_in_eval_mode=9, first_step_in_eval_mode=1),
                ),
                0.8,
                "",
            ),
            (
                lacking(
                    0.14,
                    EVALS,
                    loop=Loop(9, 9, True, stepped_in_eval_mode=9, first_step_in_eval_mode=1),
                ),
                None,
                "",
            ),
        )
    ),
    *(
        ("numerical_instability", replace(ILL, broke=Break(3, *told)), sure, says)
        for told, sure, says in (
            (
                (True, True, 9.0, 100.0, 0.5),
                0.93,
                "(largest 9); through log-softmax the same outputs",
            ),
            ((None, True, None, 1.0, None), 0.75, "(largest 0)."),
            ((False, True, 9.0, 1.0, 0.5), None, ""),
            ((True, None, 9.0, 1.0, 0.5), None, ""),
            ((True, True, 9.0, 101.0, 0.5), None, ""),
        )
    ),
    ("nan_in_data", replace(ILL, broke=Break(3, False, None, None, 1, None)), 0.95, "iteration 3,"),
    ("nan_in_data", replace(ILL, broke=Break(3, None, None, None, 1, None)), None, ""),
    ("nan_in_data", replace(ILL, targets=replace(NUMBERS, bad=True)), 0.95, "a target is not a"),
    (
        "nan_in_data",
        replace(
            FIRES["nan_in_data"],
            bad_op=BadOp("linear", "0"),
            broke=Break(7, False, None, None, 1, None),
        ),
        0.98,
        "row 3, column 1 (counted from 0) of the inputs is not a number, the first of 0 such rows; "
        "through Wx it reaches every unit of its row. The first op it spoils is linear in layer 0. "
        "The loss is NaN from iteration 7.",
    ),
    (
        "graph_broken",
        replace(
            ILL,
            loop=replace(ILL.loop, loss_has_graph=False),
            parameters=(tensor(got_gradient=False),),
        ),
        0.97,
        "none of 1",
    ),
    ("graph_broken", replace(ILL, parameters=(replace(weight(), got_gradient=False),)), None, ""),
    (
        "graph_broken",
        replace(
            ILL, parameters=(weight("2.weight"), replace(weight("0.weight"), got_gradient=False))
        ),
        0.95,
        "0.weight takes part in the forward pass, and no gradient ever reaches it: the graph is "
        "cut after it. 1 of 2",
    ),
    (
        "graph_broken",
        replace(
            ILL, parameters=(weight("2.weight"), replace(weight("77.weight"), got_gradient=False))
        ),
        None,
        "",
    ),
    *(
        (
            "saturated_activation",
            lacking(missing, last=probe(*layers(1, 1, op=op, saturated=flat))),
            sure,
            says,
        )
        for missing, op, flat, sure, says in (
            (
                0.31,
                "tanh",
                0.5,
                0.78,
                "50 % of the outputs of 1 lie at the flat ends of tanh, where its slope is "
                "below 0.02",
            ),
            (0.31, "sigmoid", 0.5, 0.78, "below 0.01"),
            (0.29, "tanh", 0.5, None, ""),
            (0.9, "tanh", 0.49, None, ""),
            (0.9, "tanh", None, None, ""),
            (0.9, "relu", 0.9, None, ""),
        )
    ),
    *(
        (
            "class_imbalance",
            replace(
                HEALTHY,
                targets=Targets(task, 0, 1, 0.5, 0.5, rarest, classes, True),
                scores=replace(SCORES, recall=recall),
            ),
            sure,
            "",
        )
        for task, rarest, classes, recall, sure in (
            ("binary", 0.1, 2, 0.3, 0.85),
            ("binary", 0.1, 2, 0.31, None),
            ("binary", 0.11, 2, 0.3, None),
            ("binary", 0.1, None, 0.3, 0.85),
            ("classes", 0.02, 10, 0.0, 0.85),
            ("classes", 0.1, 3, 0.0, None),
            ("numbers", 0.1, 2, 0.0, None),
            ("binary", None, 2, 0.0, None),
            ("binary", 0.1, 2, None, None),
        )
    ),
    *(
        ("no_shuffling", lacking(missing, loop=Loop(9, 9, True, class_run=run)), sure, "")
        for missing, run, sure in (
            (0.11, 0.5, 0.92),
            (0.09, 0.5, None),
            (0.9, 0.49, None),
            (0.9, None, None),
        )
    ),
    (
        "missing_zero_grad",
        replace(ILL, audits=(AUDIT, replace(AUDIT, step=5, stale=True, applied=2.0))),
        0.97,
        "At iteration 5 the update used a gradient of norm 2 where this batch's is 1.",
    ),
    (
        "missing_zero_grad",
        replace(ILL, audits=(replace(AUDIT, stale=True, applied=None),)),
        0.97,
        "the sum of all earlier batches.",
    ),
    *(
        ("frozen_layers", lacking(missing, parameters=made), sure, says)
        for missing, made, sure, says in (
            (
                0.09,
                (tensor(trainable=False), weight("2.weight")),
                0.6 + 0.35 / 2,
                "1 of 2 layers' weights are frozen (50 % of",
            ),
            (0.07, (tensor(trainable=False), weight("2.weight")), None, ""),
            (0.9, (tensor(trainable=False, size=16), weight("2.weight")), None, ""),
            (
                0.9,
                (tensor(trainable=False, size=192), weight("2.weight")),
                0.6 + 0.35 * 0.75,
                "75 %",
            ),
        )
    ),
    *(
        (
            "missing_backward",
            replace(ILL, parameters=made, audits=(AUDIT,) * audits, loop=Loop(9, 9, graph)),
            sure,
            "",
        )
        for made, audits, graph, sure in (
            ((tensor(got_gradient=False),), 2, True, 0.9),
            ((tensor(got_gradient=False),), 1, True, None),
            ((tensor(got_gradient=False),), 2, False, None),
            ((tensor(got_gradient=False),), 2, None, None),
            ((tensor(got_gradient=False), weight()), 2, True, None),
            ((tensor(got_gradient=None),), 2, True, None),
            ((tensor(got_gradient=False), tensor(trainable=False)), 2, True, 0.9),
        )
    ),
    *(
        ("missing_optimizer_step", replace(ILL, audits=audits, loop=Loop(9, steps, True)), sure, "")
        for audits, steps, sure in (
            (still(ILL, 0.0), 0, 0.97),
            (still(ILL, 0.0), 1, None),
            (still(ILL, 0.0)[:1], 0, None),
            (still(ILL, 0.0)[:2], 0, 0.97),
            (still(ILL, 0.0, arrived=0.0), 0, None),
            ((*still(ILL, 0.0)[:2], AUDIT), 0, None),
        )
    ),
    *(
        ("optimizer_parameter_mismatch", replace(ILL, parameters=made), sure, says)
        for made, sure, says in (
            ((tensor(owned=False),), 0.95, "1 of 1 trainable tensors get gradients"),
            ((tensor(owned=False), weight()), 0.8, "(50 % of the numbers)"),
            ((tensor(owned=False, size=65), weight()), 0.95, "(50 % of the numbers)"),
            ((tensor(owned=False, got_gradient=False), weight()), None, ""),
            ((tensor(owned=False, trainable=False), weight()), None, ""),
        )
    ),
    *(
        (
            "train_mode_at_evaluation",
            replace(
                HEALTHY,
                loop=replace(
                    HEALTHY.loop, judged_in_train_mode=trained, judged_in_eval_mode=judged
                ),
                reported_validation=told,
                scores=replace(SCORES, validation_loss=own),
            ),
            sure,
            "",
        )
        for trained, judged, told, own, sure in (
            (1, 0, 1.12, 1.0, 0.93),
            (1, 0, 1.1, 1.0, None),
            (1, 0, 1.0, 1.12, 0.93),
            (1, 0, -1.12, -1.0, 0.93),
            (0, 0, 2.0, 1.0, None),
            (1, 1, 2.0, 1.0, None),
            (1, 0, None, 1.0, None),
            (1, 0, 2.0, None, None),
        )
    ),
    *(
        (
            "batchnorm_small_batch",
            lacking(missing, batch_norm=norm, loop=Loop(9, 9, True, batch=batch), trials=trials),
            sure,
            says,
        )
        for missing, norm, batch, trials, sure, says in (
            (0.09, True, 4, {}, 0.9, "come from 4 rows"),
            (0.07, True, 4, {}, None, ""),
            (0.9, True, 5, {}, None, ""),
            (0.9, True, None, {}, None, ""),
            (0.9, False, 4, {}, None, ""),
            (1.0, True, 4, {"larger_batch": 0.34 + 0.63 * 0.21}, 0.9, "it regains 21 % of"),
            (1.0, True, 4, {"larger_batch": 0.34 + 0.63 * 0.19}, 0.6, "it regains 19 % of"),
            (1.0, True, 4, {"larger_batch": 0.1}, 0.6, "it regains 0 % of"),
        )
    ),
    *(
        (
            "double_softmax",
            replace(ILL, loss_name=loss, outputs=Outputs(width, 0, 1, False, sums, 0.0)),
            sure,
            says,
        )
        for loss, width, sums, sure, says in (
            ("cross_entropy", 2, True, 0.96, "with 2 classes the loss cannot fall below 0.3133"),
            ("cross_entropy", 1, True, None, ""),
            ("cross_entropy", 2, False, None, ""),
            ("nll", 2, True, None, ""),
        )
    ),
    *(
        (
            cause,
            replace(ILL, outputs=Outputs(3, 0, 1, False, False, 0.0, gap, 0.5, finite, again)),
            sure,
            "",
        )
        for cause, gap, again, finite, sure in (
            ("batch_dependence", 0.02, 0.0, True, 0.95),
            ("batch_dependence", 0.019, 0.0, True, None),
            ("batch_dependence", None, 0.0, True, None),
            ("batch_dependence", 0.5, 0.0, False, None),
            ("batch_dependence", 0.5, 0.02, True, 0.95),
            ("batch_dependence", 0.5, 0.021, True, None),
            ("random_evaluation", 0.0, 0.02, True, 0.95),
            ("random_evaluation", 0.0, 0.019, True, None),
            ("random_evaluation", 0.0, 0.5, False, None),
        )
    ),
    *(
        (
            "missing_activation",
            lacking(
                missing,
                first=probe(*(Layer(str(n), op, 9, 1.0, 1.0, 1.0) for n, op in enumerate(ops))),
                outputs=Outputs(3, 0, 1, False, False, 0.0, 0.0, gap),
            ),
            sure,
            says,
        )
        for missing, ops, gap, sure, says in (
            (0.11, ("linear", "linear"), 1e-3, 0.95, "2 linear layers and nothing that bends"),
            (0.09, ("linear", "linear"), 1e-3, None, ""),
            (0.9, ("linear", "linear"), 1.1e-3, None, ""),
            (0.9, ("linear",), 0.0, None, ""),
            (0.9, ("linear", "relu", "linear"), 0.0, None, ""),
            (0.9, ("linear", "linear"), None, None, ""),
        )
    ),
    ("input_layout_scrambled", replace(ILL, layout=Layout(0.5, 0.75)), 0.92, "share 50 % of"),
    ("input_layout_scrambled", replace(ILL, layout=Layout(0.5, 0.74)), None, ""),
    ("input_layout_scrambled", replace(ILL, layout=Layout(-0.5, 0.25)), 0.92, "share 0 % of"),
    *(
        (
            "train_val_preprocessing_mismatch",
            replace(ILL, features=Features(9, 9, 1, 1, shift=shift, stretch=stretch)),
            sure,
            "",
        )
        for shift, stretch, sure in (
            (1.5, 1.0, 0.95),
            (1.4, 2.5, 0.95),
            (1.4, 2.4, None),
            (None, 9.0, None),
            (9.0, None, None),
        )
    ),
    (
        "parameters_outside_module",
        replace(ILL, parameters=(weight(),), outside=(("a", 32), ("b", 32))),
        0.94,
        "2 tensors, 50 % of the numbers",
    ),
]


# A run of which all is missing, and replays regain exactly what they score.
NOTHING = replace(ILL, scores=replace(POOR, train=0.0, baseline=0.0, reference_train=1.0))
MOVES = still(ILL, 0.2)
EDGES += [
    (cause, replace(NOTHING, **more, trials=trials), sure, "")
    for cause, more, trials, sure in (
        ("learning_rate_too_high", {"audits": MOVES}, {"lr_down_10": 0.5}, 0.9),
        ("learning_rate_too_high", {"audits": MOVES}, {"lr_down_10": 0.7, "control": 0.5}, 0.9),
        ("learning_rate_too_low", {"audits": still(ILL, 1e-4)}, {"lr_up": 0.5}, 0.88),
        *(
            (
                "over_regularisation",
                {"optimizer": rate(decay=0.5), "audits": still(ILL, 0.1, decay=0.9)},
                trials,
                None,
            )
            for trials in ({"no_decay": 0.4}, {"no_decay": 0.7, "control": 0.5})
        ),
        ("over_regularisation", {"dropout": 0.9}, {"no_dropout": 0.3}, None),
        *(
            ("unnormalised_inputs", {"features": Features(600, 16, 99.0, 1.0)}, trials, 0.9)
            for trials in ({"standard_inputs": 0.4}, {"standard_inputs": 0.6, "control": 0.5})
        ),
        *(
            ("unscaled_targets", {"targets": Targets("numbers", 0, 99, 0, 1)}, trials, 0.88)
            for trials in ({"standard_targets": 0.4}, {"standard_targets": 0.4, "lr_down_10": 0.2})
        ),
        *(
            (
                "bad_initialisation",
                {"parameters": (weight(start_rms=9.0), weight("2.weight", start_rms=9.0))},
                trials,
                0.9,
            )
            for trials in ({"fresh_weights": 0.3}, {"fresh_weights": 0.6, "control": 0.5})
        ),
        ("oscillating_loss", {"loop": Loop(9, 9, True, batch=2)}, {"larger_batch": 0.5}, 0.86),
        ("underfitting", {}, {"control": 0.4}, 0.6),
        (
            "batchnorm_small_batch",
            {"loop": Loop(9, 9, True, batch=2), "batch_norm": True},
            {"larger_batch": 0.2},
            0.6,
        ),
    )
]


@pytest.mark.parametrize(
    ("cause", "m", "sure", "says"), EDGES, ids=[f"{n}-{row[0]}" for n, row in enumerate(EDGES)]
)
def test_where_a_rule_begins_and_ends(
    cause: str, m: Measurements, sure: float | None, says: str
) -> None:
    found = ROWS[cause].find(m)
    assert (found and found.confidence) == (sure and pytest.approx(sure))
    assert found is None or says in found.mechanism
