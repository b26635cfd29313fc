"""What must hold in every training loop, whatever is trained."""

from __future__ import annotations

from whygrad.doctor.finding import Finding
from whygrad.doctor.rule import cured, percent, rule, sick
from whygrad.doctor.signals import Chart
from whygrad.explain.display import number

AGAINST = -0.5  # cosine: what arrived points away from the loss's gradient
SMALL_BATCH = 4
ONE_SIDED = 0.5
WEIGHTS = ("Linear", "Conv", "RNN", "LSTM", "GRU", "Embedding", "Attention")


@rule("L01", "graph_broken")
def graph_broken(chart: Chart) -> Finding | None:
    """The chain of derivatives is cut between the loss and weights that should learn.

    Why: a tensor that is detached, or made anew from a plain number, has no record of where it came
    from. Backward stops there, and what lies before it gets no gradient.

    Seen: the loss is a leaf (it has no `grad_fn`), or no gradient ever reaches some trainable
    weights whose layer was used in the forward pass, while it reaches others.

    Example: `loss = torch.tensor(loss.item(), requires_grad=True)`; `head(encoder(x).detach())`.
    """
    trainable = [p for p in chart.parameters if p.trainable]
    looked = [p for p in trainable if p.got_gradient is not None]
    reached = [p for p in looked if p.got_gradient]
    if chart.loop.loss_is_leaf or (looked and not reached and chart.loop.loss_has_graph is False):
        return Finding(
            "", 0.97, "fatal",
            "the loss has no record of how it was computed, so backward ends at once: "
            f"none of {len(trainable)} trainable tensors gets a gradient.",
            {"trainable": len(trainable), "reached": len(reached)}, "the loss", 1,
            {"missing_optimizer_step": "without gradients a step would change nothing either"},
        )  # fmt: skip
    if not reached or chart.first is None:
        return None
    used = {layer.name for layer in chart.first.layers}
    cut = [p for p in looked if not p.got_gradient and p.name.rpartition(".")[0] in used]
    if not cut:
        return None
    return Finding(
        "", 0.95, "serious",
        f"{cut[0].name} takes part in the forward pass, and no gradient ever reaches it: the graph "
        f"is cut after it. {len(reached)} of {len(looked)} trainable tensors do get one, so only "
        "what lies behind the cut learns.",
        {"trainable": len(looked), "reached": len(reached)}, cut[0].name, 1,
        {"frozen_layers": "these tensors are trainable (requires_grad is set)",
         "dead_relu": "a closed gate gives a gradient of 0; here none comes at all"},
    )  # fmt: skip


@rule("L02", "missing_backward")
def missing_backward(chart: Chart) -> Finding | None:
    """`backward()` is never called.

    Why: gradients are worked out only when they are asked for.

    Seen: the loss has a graph, and no gradient reaches any parameter in several iterations.

    Example: a loop with `optimizer.step()` and no `loss.backward()`.
    """
    looked = [p for p in chart.parameters if p.trainable and p.got_gradient is not None]
    if len(chart.audits) < 2 or not looked or any(p.got_gradient for p in looked):
        return None
    if chart.loop.loss_has_graph is not True:
        return None
    return Finding(
        "", 0.9, "fatal",
        f"the loss has a graph, and in {len(chart.audits)} iterations that were watched no "
        "gradient "
        f"reached any of {len(looked)} trainable tensors: backward() is not called on it.",
        {"watched": len(chart.audits), "trainable": len(looked)}, "the loop", 1,
    )  # fmt: skip


@rule("L03", "missing_optimizer_step")
def missing_optimizer_step(chart: Chart) -> Finding | None:
    """`optimizer.step()` is never called.

    Why: backward only says how the loss moves with each weight; the step is what moves the weights.

    Seen: gradients arrive, the optimizer is never asked to step, and the weights stay as they were.

    Example: `loss.backward()` with nothing after it.
    """
    arrived = [a for a in chart.audits if a.arrived > 0]
    if chart.loop.steps or len(arrived) < 2 or any(a.moved > 0 for a in arrived):
        return None
    norm = number(arrived[0].arrived)
    return Finding(
        "", 0.97, "fatal",
        f"gradients arrive (norm {norm}), but step() was never called in {chart.loop.iterations} "
        "iterations, and no weight has moved.",
        {"iterations": chart.loop.iterations, "steps": 0, "gradient_norm": arrived[0].arrived},
        "the loop", 1,
        {"learning_rate_too_low": "a small rate still moves weights; here nothing moves",
         "vanishing_gradient": f"the gradient's norm is {norm}"},
    )  # fmt: skip


@rule("L04", "optimizer_parameter_mismatch")
def optimizer_parameter_mismatch(chart: Chart) -> Finding | None:
    """Weights that are used and trainable are not the optimizer's.

    Why: an optimizer moves the tensors it was given. A model that was copied, or a layer that was
    put in afterwards, has others.

    Seen: a trainable tensor gets a gradient and is in none of the optimizer's parameter groups.

    Example: `optimizer = Adam(model.parameters()); model = copy.deepcopy(model)`.
    """
    apart = [p for p in chart.parameters if p.trainable and p.got_gradient and not p.owned]
    if not apart:
        return None
    used = [p for p in chart.parameters if p.trainable and p.got_gradient]
    share = sum(p.size for p in apart) / sum(p.size for p in used)
    return Finding(
        "", 0.95 if share > 0.5 else 0.8, "fatal" if share == 1 else "serious",
        f"{len(apart)} of {len(used)} trainable tensors get gradients and belong to no parameter "
        f"group ({percent(share)} of the numbers); step() moves other tensors. First: "
        f"{apart[0].name}.",
        {"apart": len(apart), "trainable": len(used), "share": share}, apart[0].name, 1,
        {"missing_optimizer_step": f"step() was called {chart.loop.steps} times"},
    )  # fmt: skip


@rule("L05", "frozen_layers")
def frozen_layers(chart: Chart) -> Finding | None:
    """Layers are frozen, and the run is worse for it.

    Why: with `requires_grad` off, ∂L/∂W is not worked out and W stays where it began. What is
    trained behind it can only make the best of those features.

    Seen: weights of layers are not trainable and the training rows are learned clearly less well
    than nearest neighbours or a linear fit would. Freezing on purpose that does no harm is no
    fault.

    Example: a backbone with random weights, frozen as if it had been trained before.
    """
    layers = [p for p in chart.parameters if p.kind.startswith(WEIGHTS) and p.size > p.fan_in]
    still = [p for p in layers if not p.trainable]
    if not still or not sick(chart, 0.08):
        return None
    share = sum(p.size for p in still) / sum(p.size for p in layers)
    return Finding(
        "", 0.6 + 0.35 * share, "serious",
        f"{len(still)} of {len(layers)} layers' weights are frozen ({percent(share)} of the "
        "numbers), so they keep their first values; the rest cannot make up for it: "
        f"{percent(chart.shortfall or 0)} of what can be learned is missing.",
        {"frozen": len(still), "layers": len(layers), "share": share}, still[0].name, 1,
        {"underfitting": "the network is large enough; most of it does not take part"},
    )  # fmt: skip


@rule("L06", "missing_zero_grad")
def missing_zero_grad(chart: Chart) -> Finding | None:
    """Gradients are not set to zero between updates, so they add up.

    Why: backward adds to what is there. Without zero_grad() the update uses the sum of all
    gradients since the beginning: momentum that never fades.

    Seen: when backward begins, the gradient still holds what a step has already used. Adding up
    over several small batches before one step is not that, and is not reported.

    Example: a loop without `optimizer.zero_grad()`.
    """
    stale = [a for a in chart.audits if a.stale]
    if not stale:
        return None
    last = stale[-1]
    used = f" At iteration {last.step} the update used a gradient of norm "
    compared = "" if last.applied is None else (
        f"{used}{number(last.applied)} where this batch's is {number(last.arrived)}."
    )  # fmt: skip
    return Finding(
        "", 0.97, "serious",
        "backward adds to gradients that a step has already used: the update follows the sum of "
        f"all earlier batches.{compared}",
        {"stale_audits": len(stale), "audits": len(chart.audits),
         "arrived": last.arrived, "applied": last.applied or 0.0},
        "the loop", stale[0].step,
        {"learning_rate_too_high": "the rate acts on a sum that keeps growing",
         "gradient_accumulation": "a step lay between the additions"},
    )  # fmt: skip


@rule("L07", "wrong_sign_of_objective")
def wrong_sign_of_objective(chart: Chart) -> Finding | None:
    """The update goes uphill.

    Why: with the sign of the loss turned, backward brings minus the gradient, and the step against
    it is a step up.

    Seen: the gradient that arrives is opposite to that of the loss worked out anew on the same
    batch (cosine below −0.5), or the loss is one that cannot be negative and is.

    Example: `(-loss).backward()`; a reward taken for a loss; `maximize=True`.
    """
    known = [a.agreement for a in chart.audits if a.agreement is not None]
    against = [a for a in known if a < AGAINST]
    negative = chart.loss_name != "" and chart.losses and max(v for _, v in chart.losses) < 0
    opposite = len(against) >= 2 and len(against) > len(known) / 2
    if not (opposite or negative or chart.optimizer.maximize):
        return None
    text = (
        f"what backward brings is opposite to the loss's gradient (cosine {number(against[0])}): "
        "each step raises the loss it should lower."
        if against
        else "the objective is the loss with its sign turned, or is maximised: each step raises it."
    )
    evidence = {"cosine": against[0]} if against else {"losses": len(chart.losses)}
    return Finding(
        "", 0.95, "fatal", text, evidence, "the loss", 1,
        {"learning_rate_too_high": "the direction is wrong at the very first step, at any rate"},
    )  # fmt: skip


@rule("L08", "no_shuffling")
def no_shuffling(chart: Chart) -> Finding | None:
    """Batches come in the order of their labels.

    Why: the gradient of a batch of one class pulls all answers towards that class, and the next
    class's undoes it. The network ends up where the last batches pulled it.

    Seen: within a batch the targets vary far less than over batches (more than half of the variance
    lies between batches), and the run learns badly.

    Example: a data set sorted by class with `shuffle=False`.
    """
    run = chart.loop.class_run
    if run is None or run < ONE_SIDED or not sick(chart, 0.1):
        return None
    return Finding(
        "", 0.92, "serious",
        f"{percent(run)} of the targets' variance lies between batches (0 when shuffled): each "
        "batch teaches one answer and unteaches the others.",
        {"variance_between_batches": run}, "the order of the batches", 1,
        {"learning_rate_too_high": "the gradients disagree from batch to batch, at any rate"},
    )  # fmt: skip


@rule("L09", "train_mode_at_evaluation")
def train_mode_at_evaluation(chart: Chart) -> Finding | None:
    """The model is judged in training mode.

    Why: in training mode dropout drops units and batch normalisation uses the batch at hand, so the
    same row gets another answer each time, and one that depends on its neighbours.

    Seen: forward passes without gradients were made in training mode and none in evaluation mode,
    and the validation loss that was reported is not the one these weights have in evaluation mode.

    Example: a validation loop without `model.eval()`.
    """
    s = chart.scores
    if chart.loop.judged_in_train_mode == 0 or chart.loop.judged_in_eval_mode > 0:
        return None
    told = chart.reported_validation
    own = None if s is None else s.validation_loss
    if told is None or own is None:
        return None
    if abs(told - own) < 0.1 * max(abs(told), abs(own)):
        return None
    return Finding(
        "", 0.93, "serious",
        f"validation was judged {chart.loop.judged_in_train_mode} times in training mode and never "
        f"in evaluation mode: it reported a loss of {number(told)} where these weights have "
        f"{number(own)} in evaluation mode.",
        {"reported": told, "in_evaluation_mode": own,
         "in_training_mode": chart.loop.judged_in_train_mode},
        "the validation loop", None,
        {"overfitting": "the weights do well on the same rows in evaluation mode"},
    )  # fmt: skip


@rule("L11", "eval_mode_in_training")
def eval_mode_in_training(chart: Chart) -> Finding | None:
    """The model is trained in evaluation mode.

    Why: in evaluation mode dropout rests, so nothing keeps the network from learning by heart, and
    batch normalisation divides by running means that are no longer brought up to date, or were
    never: nothing is normalised.

    Seen: the model has dropout or batch normalisation, at least two updates were made in
    evaluation mode, and either earlier ones in training mode (so it was meant), or the run learns
    badly. A model that is held in evaluation mode throughout and learns is no fault.

    Example: `model.eval()` for validation in the first epoch, and no `model.train()` after it.
    """
    made, steps = chart.loop.stepped_in_eval_mode, chart.loop.steps
    first = chart.loop.first_step_in_eval_mode
    if made < 2 or first is None or not (chart.batch_norm or chart.dropout > 0):
        return None
    if first == 1 and not sick(chart, 0.15):
        return None
    parts = [part for part, there in (
        (f"dropout of {number(chart.dropout)} rests", chart.dropout > 0),
        ("batch normalisation uses running means that stand still", chart.batch_norm),
    ) if there]  # fmt: skip
    return Finding(
        "", 0.9 if first > 1 else 0.8, "serious",
        f"{made} of {steps} updates were made in evaluation mode, from update {first} on: "
        f"{' and '.join(parts)}.",
        {"in_evaluation_mode": made, "steps": steps, "first": first}, "the loop", first,
        {"overfitting": "what should hold it back is switched off"} if chart.dropout > 0 else {},
    )  # fmt: skip


@rule("L12", "parameters_outside_module")
def parameters_outside_module(chart: Chart) -> Finding | None:
    """Layers or weights are used that the module does not know of.

    Why: a module registers the modules and parameters that are its attributes, not those in a
    plain list or dict, nor plain tensors. `parameters()` does not give them to the optimizer, so
    step() never moves them; `state_dict()`, `to()` and `eval()` pass them by, too.

    Seen: a tensor that is reached from the module's attributes got a gradient, is not among the
    module's parameters and is not the optimizer's.

    Example: `self.layers = [nn.Linear(8, 8), nn.Linear(8, 8)]` for `nn.ModuleList([...])`.
    """
    if not chart.outside:
        return None
    first, size = chart.outside[0][0], sum(numbers for _, numbers in chart.outside)
    share = size / (size + sum(p.size for p in chart.parameters))
    return Finding(
        "", 0.94, "serious",
        f"{first} got a gradient and is not one of the module's parameters, so no optimizer that "
        f"was given parameters() moves it: {len(chart.outside)} tensors, {percent(share)} of the "
        "numbers, keep their first values.",
        {"tensors": len(chart.outside), "share": share}, first, 1,
        {"frozen_layers": "these tensors are trainable and get gradients",
         "optimizer_parameter_mismatch": "parameters() does not hold them at all"},
    )  # fmt: skip


@rule("L10", "batchnorm_small_batch")
def batchnorm_small_batch(chart: Chart) -> Finding | None:
    """Batch normalisation over a batch of a few rows.

    Why: with two rows the normalised activation is +1 or −1: only the sign of a difference is left,
    and mean and variance are guesses that change with every batch.

    Seen: batch normalisation, batches of at most 4 rows, and a run that learns badly. Wu & He
    (2018, "Group Normalization") show the error rising as batches shrink below 16; 4 is where
    theirs was clearly worse.

    Example: `BatchNorm1d` with `batch_size=2`.
    """
    batch = chart.loop.batch
    if not chart.batch_norm or batch is None or batch > SMALL_BATCH or not sick(chart, 0.08):
        return None
    better = cured(chart, "larger_batch")
    helped = "" if better is None else (
        f" Replayed with batches of 32, it regains {percent(max(0.0, better))} of what is missing."
    )  # fmt: skip
    return Finding(
        "", 0.9 if better is None or better > 0.2 else 0.6, "serious",
        f"mean and variance come from {batch} rows, so a normalised activation says little more "
        f"than which row was larger.{helped}",
        {"batch": batch}, "batch normalisation", 1,
        {"oscillating_loss": "the noise is in the forward pass, not only in the step"},
    )  # fmt: skip
