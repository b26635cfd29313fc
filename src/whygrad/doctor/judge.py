"""From findings to a diagnosis: one root cause first, with what it explains under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from whygrad.doctor.finding import Finding
from whygrad.doctor.links import LINKS
from whygrad.doctor.remedies import MASKS, remedies_for
from whygrad.doctor.rules import RULES
from whygrad.doctor.signals import Chart

LEAST = 0.5  # confidence, below which nothing is said

STEP = frozenset({"learning_rate_too_high", "learning_rate_too_low", "oscillating_loss"})
SYMPTOMS = STEP | {
    "vanishing_gradient",
    "exploding_gradient",
    "dead_relu",
    "saturated_activation",
    "numerical_instability",
    "underfitting",
    "overfitting",
    "class_imbalance",
}
STATE = frozenset(
    {"dead_relu", "saturated_activation", "exploding_gradient", "vanishing_gradient",
     "underfitting", "class_imbalance"}
)  # fmt: skip
DATA = frozenset({"unnormalised_inputs", "unscaled_targets"})
LOOP = SYMPTOMS | DATA | {"bad_initialisation", "over_regularisation", "frozen_layers"}

# What each cause can bring about; where both are found, the second is put under the first.
EXPLAINS: Mapping[str, frozenset[str]] = {
    "nan_in_data": LOOP | {"label_noise", "overfitting", "missing_activation"},
    "graph_broken": LOOP | {"missing_optimizer_step", "optimizer_parameter_mismatch"},
    "missing_backward": LOOP | {"missing_optimizer_step"},
    "missing_optimizer_step": LOOP | {"missing_zero_grad"},
    "optimizer_parameter_mismatch": LOOP | {"missing_optimizer_step", "missing_zero_grad"},
    "frozen_layers": SYMPTOMS,
    "parameters_outside_module": SYMPTOMS | {"missing_activation"},
    "eval_mode_in_training": frozenset({"overfitting", "underfitting", "batchnorm_small_batch"}),
    "missing_zero_grad": LOOP,
    "wrong_sign_of_objective": LOOP,
    "no_shuffling": LOOP,
    "labels_out_of_line": LOOP | {"label_noise"},
    "double_softmax": LOOP,
    "wrong_loss_activation_pair": LOOP,
    "output_activation_range_mismatch": LOOP,
    "batch_dependence": LOOP | {"train_mode_at_evaluation", "train_val_preprocessing_mismatch"},
    "input_layout_scrambled": LOOP,
    "batchnorm_small_batch": LOOP | {"train_mode_at_evaluation"},
    "random_evaluation": frozenset({"train_mode_at_evaluation", "underfitting"}),
    "wrong_dimension": LOOP,
    "missing_activation": frozenset({"underfitting", *STEP, "unnormalised_inputs"}),
    "numerical_instability": STEP | {"exploding_gradient", "underfitting", *DATA},
    "bad_initialisation": STATE | STEP | DATA,
    "unnormalised_inputs": STATE | STEP,
    "wrong_loss_for_task": STEP | STATE | {"unscaled_targets"},
    "unscaled_targets": STATE | STEP,
    "over_regularisation": STATE | STEP,
    "learning_rate_too_high": (STATE - {"exploding_gradient"}) | {"oscillating_loss"},
    "vanishing_gradient": frozenset({"learning_rate_too_low", "underfitting", "dead_relu"}),
    "exploding_gradient": frozenset({"learning_rate_too_high", "underfitting"}),
    "oscillating_loss": frozenset({"underfitting"}),
    "class_imbalance": frozenset({"overfitting", "underfitting"}),
    "learning_rate_too_low": frozenset({"underfitting", "class_imbalance"}),
    "train_val_preprocessing_mismatch": frozenset({"overfitting", "label_noise"}),
    "label_noise": frozenset({"overfitting", "underfitting"}),
    "data_leakage": frozenset({"overfitting"}),
    "saturated_activation": frozenset({"vanishing_gradient", "underfitting"}),
    "dead_relu": frozenset({"underfitting"}),
}


def judge(chart: Chart) -> tuple[Finding, ...]:
    """Return the findings, root causes first, the surest before the others."""
    found = [rule.check(chart) for rule in RULES.values()]
    known = {f.cause: f for f in found if f is not None and f.confidence >= LEAST}
    parents = {
        cause: [other for other in known if cause in EXPLAINS.get(other, ())] for cause in known
    }
    roots = sorted((f for f in known.values() if not parents[f.cause]), key=lambda f: -f.confidence)
    dressed = {cause: _dressed(f, chart) for cause, f in known.items()}
    return tuple(dressed[f.cause].with_consequences(_under(f, roots, dressed)) for f in roots)


def _under(
    root: Finding, roots: list[Finding], known: Mapping[str, Finding]
) -> tuple[Finding, ...]:
    """Return what a root explains and no surer root does."""
    before = roots[: roots.index(root)]
    taken = {cause for other in before for cause in EXPLAINS.get(other.cause, ())}
    below = EXPLAINS.get(root.cause, frozenset()) - taken
    return tuple(f for cause, f in known.items() if cause in below)


# Which lines of the user's program a place is, the first known one first.
LINES: Mapping[str, tuple[str, ...]] = {
    "the loop": ("backward", "loop"),
    "the loss": ("backward", "loop"),
    "the loss's reduction": ("backward", "loop"),
    "the schedule": ("optimizer", "step"),
    "gradient clipping": ("step",),
    "the validation loop": ("validation",),
    "the output": ("output",),
}


def _dressed(finding: Finding, chart: Chart) -> Finding:
    return replace(
        finding,
        source=_source(finding.where, chart.sources),
        remedies=remedies_for(finding, chart),
        masks=MASKS.get(finding.cause, ()),
        links=(*LINKS.get(finding.cause, ()), f"docs/doctor.md#{finding.cause}"),
    )


def _source(where: str, sources: Mapping[str, str]) -> str:
    """Return the line a place is at: a layer's, a parameter's layer's, or a part of the loop's."""
    usual = ("optimizer", "step") if where.startswith("optimizer.") else ()
    parts = (where, where.rpartition(".")[0], *LINES.get(where, usual))
    return next((sources[part] for part in parts if part and sources.get(part)), "")
