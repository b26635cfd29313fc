"""Mistakes that people make in backpropagation, each one that can be played.

The tutoring field calls them mal-rules; Brown & Burton's BUGGY (1978) is the ancestor. Each row
says why people make it, what it breaks and how to notice it, and ``build`` turns a tape into the
rule that makes the mistake on it (or None where there is nothing on the tape to make it on).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from whygrad.errors import UnknownName, unknown
from whygrad.tape import Step, Tape, Value
from whygrad.whatif.rewrite import (
    Rewriter,
    Rule,
    fits_in_place,
    is_accumulation,
    is_chain,
    reversed_step,
)

_ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "softplus")
_LOSSES = (
    "mse_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake that can be played.

    Attributes:
        name: its stable snake_case name.
        title: what is done wrong, in a few words.
        people: why people make it.
        breaks: what goes wrong then.
        notice: how to notice it.
        asks: the question that tells it from others with the same number.
        build: the rule that makes it on a tape; None where it does not fit.
    """

    name: str
    title: str
    people: str
    breaks: str
    notice: str
    asks: str
    build: Callable[[Tape], Rule | None]


def _at(steps: list[Step], do: Callable[[Step, Rewriter], None]) -> Rule | None:
    """Return the rule that does something else at some steps; None if there are none."""
    if not steps:
        return None
    chosen = {step.id for step in steps}

    def rule(step: Step, new: Rewriter) -> bool:
        if step.id not in chosen:
            return False
        do(step, new)
        return True

    return rule


def _through(tape: Tape, *ops: str) -> list[Step]:
    """Return the ``upstream x local`` steps that go back through some ops."""
    return [
        step
        for step in tape.steps
        if is_chain(step) and (back := reversed_step(tape, step)) is not None and back.op in ops
    ]


def _backward(tape: Tape, op: str, *through: str) -> list[Step]:
    """Return the backward steps of an op that belong to going back through some ops."""
    return [
        step
        for step in tape.steps
        if step.op == op
        and (back := reversed_step(tape, step)) is not None
        and (back.op in through or not through)
    ]


def _pass_upstream(step: Step, new: Rewriter) -> None:
    new.finish(step, "identity", [new.id(step.inputs[0])])


def _with_local(make: Callable[[Step, Rewriter], int]) -> Callable[[Step, Rewriter], None]:
    """Return what multiplies the upstream by another local derivative."""
    return lambda step, new: new.finish(step, "mul", [new.id(step.inputs[0]), make(step, new)])


def _undo(step: Step, new: Rewriter) -> None:
    new.finish(step, "identity", [new.id(step.inputs[0])])


# --- activations ------------------------------------------------------------------------------


def _skip_relu_mask(tape: Tape) -> Rule | None:
    return _at(_through(tape, "relu"), _pass_upstream)


def _mask_by_gradient(tape: Tape) -> Rule | None:
    def local(step: Step, new: Rewriter) -> int:
        return new.emit(step, "heaviside", [new.id(step.inputs[0])], at_zero=0.0)

    return _at(_through(tape, "relu"), _with_local(local))


def _mask_of_wrong_layer(tape: Tape) -> Rule | None:
    chains = _through(tape, "relu")
    other: dict[int, int] = {}
    for step in chains:
        back = reversed_step(tape, step)
        assert back is not None
        own = back.inputs[0]
        for candidate in tape.steps:
            if candidate.op == "relu" and candidate.inputs[0] != own:
                shape = tape.values[candidate.inputs[0]].shape
                if fits_in_place(shape, tape.values[own].shape):
                    other[step.id] = candidate.inputs[0]

    def local(step: Step, new: Rewriter) -> int:
        return new.emit(step, "heaviside", [new.id(other[step.id])], at_zero=0.0)

    return _at([step for step in chains if step.id in other], _with_local(local))


def _relu_open_at_zero(tape: Tape) -> Rule | None:
    def open_at_zero(step: Step, new: Rewriter) -> None:
        new.finish(step, "heaviside", [new.id(step.inputs[0])], at_zero=1.0)

    return _at(_backward(tape, "heaviside", "relu"), open_at_zero)


def _sigmoid_of_activation(tape: Tape) -> Rule | None:
    def local(step: Step, new: Rewriter) -> int:
        back = reversed_step(new.old, step)
        assert back is not None
        again = new.emit(step, "sigmoid", [new.id(back.output)])
        rest = new.emit(step, "sub", [new.constant(1.0), again])
        return new.emit(step, "mul", [again, rest])

    return _at(_through(tape, "sigmoid"), _with_local(local))


def _forget_squash_slope(tape: Tape) -> Rule | None:
    return _at(_through(tape, "sigmoid", "tanh", "softplus"), _pass_upstream)


def _tanh_without_square(tape: Tape) -> Rule | None:
    return _at(_backward(tape, "square", "tanh"), _undo)


def _detach_in_the_middle(tape: Tape) -> Rule | None:
    hidden = [step for step in _through(tape, *_ACTIVATIONS) if not _feeds_loss(tape, step)]

    def cut(step: Step, new: Rewriter) -> None:
        new.finish(step, "mul", [new.id(step.inputs[0]), new.constant(0.0)])

    return _at(hidden[:1], cut)


def _feeds_loss(tape: Tape, step: Step) -> bool:
    back = reversed_step(tape, step)
    assert back is not None
    return any(user.op in _LOSSES for user, _ in tape.uses.get(back.output, ()))


# --- the loss ---------------------------------------------------------------------------------


def _forget_factor_two(tape: Tape) -> Rule | None:
    steps = [
        step
        for step in _backward(tape, "mul", "mse_loss", "square")
        if not is_chain(step) and tape.values[step.inputs[0]].role == "constant"
    ]

    def without(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return _at(steps, without)


def _forget_one_over_n(tape: Tape) -> Rule | None:
    return _at(_backward(tape, "divide_by_count", *_LOSSES, "mean"), _undo)


def _sum_for_mean(tape: Tape) -> Rule | None:
    """The loss, and with it every gradient, is as many times too large as were averaged."""
    losses = [step for step in tape.steps if step.op in _LOSSES or step.op == "mean"]
    losses = [step for step in losses if step.phase in ("forward", "loss")]
    shares = {s.id for s in _backward(tape, "divide_by_count", *_LOSSES, "mean")}
    if not losses or not shares:
        return None

    def rule(step: Step, new: Rewriter) -> bool:
        if step.id in shares:
            _undo(step, new)
            return True
        if step.id not in {s.id for s in losses}:
            return False
        mean = new.again(step)
        source = new.id(step.inputs[0])
        zero = new.emit(step, "sub", [source, source])
        ones = new.emit(step, "add", [zero, new.constant(1.0)])
        rank = len(new.shape(source))
        axes = step.params.get("axes", tuple(range(-rank, 0)))
        if step.op == "cross_entropy":  # averaged over samples, not over classes
            ones = new.emit(step, "amax", [ones], axes=(-1,), keepdims=False)
            axes = tuple(range(1 - rank, 0))
        keepdims = bool(step.params.get("keepdims", False))
        count = new.emit(step, "sum", [ones], axes=axes, keepdims=keepdims)
        new.finish(step, "mul", [mean, count])
        return True

    return rule


def _flip_the_error(tape: Tape) -> Rule | None:
    steps = [
        step
        for step in _backward(tape, "sub", *_LOSSES)
        if tape.values[step.inputs[1]].role == "target"
    ]

    def flipped(step: Step, new: Rewriter) -> None:
        new.finish(step, "sub", [new.id(i) for i in reversed(step.inputs)])

    return _at(steps, flipped)


def _softmax_twice(tape: Tape) -> Rule | None:
    losses = [step for step in tape.steps if step.op == "cross_entropy"]
    if len(losses) != 1:
        return None
    logits = losses[0].inputs[0]
    inner = {s.id for s in _backward(tape, "softmax", "cross_entropy")}
    chains = {s.id for s in _through(tape, "cross_entropy")}
    made: dict[str, int] = {}

    def rule(step: Step, new: Rewriter) -> bool:
        if step.id == losses[0].id:
            made["shares"] = new.emit(step, "softmax", [new.id(logits)], axis=-1)
            new.finish(step, step.op, [made["shares"], new.id(step.inputs[1])])
            return True
        if step.id in inner:
            new.finish(step, "softmax", [made["shares"]], axis=-1)
            return True
        if step.id in chains and step.reverses is not None and step.reverses.argument == 0:
            shares = made["shares"]
            arrived = new.again(step)
            weighted = new.emit(step, "mul", [arrived, shares])
            total = new.emit(step, "sum", [weighted], axes=(-1,), keepdims=True)
            rest = new.emit(step, "sub", [arrived, total])
            new.finish(step, "mul", [shares, rest])
            return True
        return False

    return rule


def _logits_as_probabilities(tape: Tape) -> Rule | None:
    """The loss is given the weighted sum where it expects the sigmoid of it."""
    losses = [step for step in tape.steps if step.op == "binary_cross_entropy"]
    if len(losses) != 1:
        return None
    squash = tape.makers.get(losses[0].inputs[0])
    if squash is None or squash.op != "sigmoid":
        return None
    chains = {s.id for s in _through(tape, "sigmoid") if _passes_to(tape, s, squash)}
    inside = {
        s.id
        for s in tape.steps
        if s.reverses is not None and s.reverses.step == losses[0].id and not is_chain(s)
    }

    def rule(step: Step, new: Rewriter) -> bool:
        def swapped() -> list[int]:
            return [
                new.id(squash.inputs[0] if i == squash.output else i)  # type: ignore[union-attr]
                for i in step.inputs
            ]

        if step.id == losses[0].id or step.id in inside:
            new.finish(step, step.op, swapped(), **step.params)
            return True
        if step.id in chains:
            _pass_upstream(step, new)
            return True
        return False

    return rule


def _passes_to(tape: Tape, step: Step, forward: Step) -> bool:
    return step.reverses is not None and step.reverses.step == forward.id


# --- the chain rule ---------------------------------------------------------------------------


def _add_rates(tape: Tape) -> Rule | None:
    steps = [s for s in tape.steps if is_chain(s) and not _is_seed(tape, s.inputs[0])]

    def added(step: Step, new: Rewriter) -> None:
        new.finish(step, "add", [new.id(i) for i in step.inputs])

    return _at(steps, added)


def _is_seed(tape: Tape, value: int) -> bool:
    return value not in tape.makers


def _doubling_and_tripling(tape: Tape) -> Rule | None:
    """Takes how many times larger for how much larger: output / input in place of the slope."""

    def local(step: Step, new: Rewriter) -> int:
        back = reversed_step(new.old, step)
        assert back is not None
        return new.emit(step, "div", [new.id(back.output), new.id(back.inputs[0])])

    return _at(_through(tape, *_ACTIVATIONS, "square", "exp", "sqrt"), _with_local(local))


def _overwrite_at_fan_out(tape: Tape) -> Rule | None:
    def last(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return _at([s for s in tape.steps if is_accumulation(tape, s)], last)


def _leave_out_a_use(tape: Tape) -> Rule | None:
    def first(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[0])])

    return _at([s for s in tape.steps if is_accumulation(tape, s)], first)


def _pass_on_too_early(tape: Tape) -> Rule | None:
    """Below a value that is used twice, what its first use reported is passed on alone."""
    first: dict[int, int] = {}
    for step in tape.steps:
        if is_accumulation(tape, step):
            first[step.output] = first.get(step.inputs[0], step.inputs[0])
    steps = [
        step
        for step in tape.steps
        if step.reverses is not None
        and step.reverses.upstream in first
        and step.reverses.upstream in step.inputs
    ]

    def early(step: Step, new: Rewriter) -> None:
        inputs = [new.id(first.get(i, i)) for i in step.inputs]
        new.finish(step, step.op, inputs, **step.params)

    return _at(steps, early)


def _max_to_all(tape: Tape) -> Rule | None:
    larger = _through(tape, "maximum", "minimum")
    largest = [s for s in _backward(tape, "mul", "amax")]

    def all_of_it(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[0])])

    return _at(larger + largest, all_of_it)


# --- weights ----------------------------------------------------------------------------------


def _weight_products(tape: Tape, argument: int) -> list[Step]:
    """Return the backward matrix products that give one argument of a forward one its gradient."""
    return [
        step
        for step in _backward(tape, "matmul", "matmul")
        if step.reverses is not None and step.reverses.argument == argument
    ]


def _transposed_from(tape: Tape, value: int) -> int:
    """Return what a transpose was made of."""
    maker = tape.makers.get(value)
    return maker.inputs[0] if maker is not None and maker.op == "permute" else value


def _transpose_the_wrong_matrix(tape: Tape) -> Rule | None:
    back = {  # g @ Wᵀ becomes g @ W, where W is square
        step.id: (step.inputs[0], _transposed_from(tape, step.inputs[1]))
        for step in _weight_products(tape, 0)
        if _is_square(tape, step.inputs[1])
    }
    own = {  # xᵀ @ g becomes gᵀ @ x, where the weight is square
        step.id: (step.inputs[1], _transposed_from(tape, step.inputs[0]))
        for step in _weight_products(tape, 1)
        if _is_square(tape, step.output)
    }
    chosen = [s for s in tape.steps if s.id in back or s.id in own]

    def transposed(step: Step, new: Rewriter) -> None:
        if step.id in back:
            new.finish(step, "matmul", [new.id(i) for i in back[step.id]])
            return
        upstream, x = own[step.id]
        flipped = new.emit(step, "permute", [new.id(upstream)], axes=(-1, -2))
        new.finish(step, "matmul", [flipped, new.id(x)])

    return _at(chosen, transposed)


def _is_square(tape: Tape, value: int) -> bool:
    shape = tape.values[value].shape
    return len(shape) == 2 and int(shape[0]) == int(shape[1]) and int(shape[0]) > 1


def _weight_for_input(tape: Tape) -> Rule | None:
    """The gradient of w in w·x is given the factor w in place of x."""
    products = [
        step
        for step in _weight_products(tape, 1)
        if _forward_input(tape, step, 1).role == "parameter" and _one_number(tape, step)
    ]
    plain = [
        step
        for step in _through(tape, "mul")
        if step.reverses is not None
        and _forward_input(tape, step, step.reverses.argument).role == "parameter"
    ]
    chosen = {s.id for s in products}

    def own(step: Step, new: Rewriter) -> None:
        assert step.reverses is not None
        weight = _forward_input(tape, step, step.reverses.argument)
        if step.id in chosen:
            new.finish(step, "matmul", [new.id(weight.id), new.id(step.inputs[1])])
        else:
            new.finish(step, "mul", [new.id(step.inputs[0]), new.id(weight.id)])

    return _at(products + plain, own)


def _forget_the_other_factor(tape: Tape) -> Rule | None:
    products = [step for step in _weight_products(tape, 1) if _one_number(tape, step)]
    chosen = {s.id for s in products}
    plain = [
        step
        for step in _through(tape, "mul")
        if step.reverses is not None
        and _forward_input(tape, step, step.reverses.argument).role == "parameter"
    ]

    def alone(step: Step, new: Rewriter) -> None:
        arrived = step.inputs[1] if step.id in chosen else step.inputs[0]
        new.finish(step, "identity", [new.id(arrived)])

    return _at(products + plain, alone)


def _one_number(tape: Tape, step: Step) -> bool:
    shapes = [tape.values[v].shape for v in (*step.inputs, step.output)]
    return all(int(np.prod(shape)) == 1 for shape in shapes)


def _forward_input(tape: Tape, step: Step, argument: int) -> Value:
    assert step.reverses is not None
    return tape.values[tape.steps[step.reverses.step].inputs[argument]]


def _input_before_activation(tape: Tape) -> Rule | None:
    """A weight's gradient is given z, the sum before the activation, in place of a."""
    before: dict[int, int] = {}
    for step in _weight_products(tape, 1):
        flipped = tape.makers.get(step.inputs[0])
        if flipped is None or flipped.op != "permute":
            continue
        maker = tape.makers.get(flipped.inputs[0])
        if maker is not None and maker.op in _ACTIVATIONS:
            before[flipped.id] = maker.inputs[0]

    def earlier(step: Step, new: Rewriter) -> None:
        new.finish(step, "permute", [new.id(before[step.id])], **step.params)

    return _at([s for s in tape.steps if s.id in before], earlier)


def _bias_from_one_example(tape: Tape) -> Rule | None:
    steps = [
        step
        for step in _backward(tape, "sum_like", "add")
        if len(tape.values[step.inputs[0]].shape) == len(tape.values[step.output].shape) + 1
    ]

    def only_last(step: Step, new: Rewriter) -> None:
        source = new.id(step.inputs[0])
        whole = (None, None, None)
        index = (-1, *([whole] * (len(new.shape(source)) - 1)))
        new.finish(step, "getitem", [source], index=index)

    return _at(steps, only_last)


# --- updates ----------------------------------------------------------------------------------


def _updates(tape: Tape) -> list[Step]:
    """Return the steps that make an updated parameter of the old one."""
    after = {b for a, b in tape.carries if tape.values[a].role == "parameter"}
    return [s for s in tape.steps if s.output in after and s.op == "sub"]


def _add_the_gradient(tape: Tape) -> Rule | None:
    def added(step: Step, new: Rewriter) -> None:
        new.finish(step, "add", [new.id(i) for i in step.inputs])

    return _at(_updates(tape), added)


def _forget_the_learning_rate(tape: Tape) -> Rule | None:
    steps = [
        step
        for step in tape.steps
        if step.op == "mul"
        and step.phase == "update"
        and tape.values[step.inputs[0]].name == "learning_rate"
    ]

    def without(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return _at(steps, without)


def _leave_biases(tape: Tape) -> Rule | None:
    biases = [s for s in _updates(tape) if tape.values[s.inputs[0]].name[:1] == "b"]

    def left(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[0])])

    return _at(biases, left)


def _keep_old_gradients(tape: Tape) -> Rule | None:
    parameters = {a for a, _ in tape.carries if tape.values[a].role == "parameter"}
    made = {tape.gradients[p]: p for p in parameters if p in tape.gradients}
    steps = [s for s in tape.steps if s.output in made]

    def kept(step: Step, new: Rewriter) -> None:
        gradient = new.again(step)
        parameter = new.old.values[made[step.output]]
        zeros = np.zeros(tuple(map(int, parameter.shape)), parameter.dtype)
        old = new.leaf(zeros, parameter.shape, "optimizer state", f"old_{parameter.name}")
        new.finish(step, "add", [old, gradient])
        new.carries.append((old, new.id(step.output)))

    return _at(steps, kept)


def _forget_the_velocity(tape: Tape) -> Rule | None:
    carried = {b for a, b in tape.carries if tape.values[a].name.startswith("velocity")}
    steps = [s for s in tape.steps if s.output in carried and s.op == "add"]

    def only_now(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return _at(steps, only_now)


def _update_before_propagating(tape: Tape) -> Rule | None:
    return _with_updated_weights(tape, cascade=True)


def _updated_weight_in_backward(tape: Tape) -> Rule | None:
    return _with_updated_weights(tape, cascade=False)


def _with_updated_weights(tape: Tape, *, cascade: bool) -> Rule | None:
    """Go back through the weights as they are after the update.

    With ``cascade``, each layer is updated by the gradient that came through the updated layers
    above it; without, by the right gradient.
    """
    plain = {a: b for a, b in tape.carries if tape.values[a].role == "parameter"}
    flips = {
        step.id: step.inputs[0]
        for step in tape.steps
        if step.op == "permute"
        and step.inputs[0] in plain
        and (back := reversed_step(tape, step)) is not None
        and back.op == "matmul"
    }
    rates = {
        s.inputs[1]: s.output
        for s in tape.steps
        if s.op == "mul" and tape.values[s.inputs[0]].name == "learning_rate"
    }
    flips = {n: w for n, w in flips.items() if tape.gradients.get(w) in rates}
    if not flips:
        return None
    rate = tape.by_name["learning_rate"]
    right: dict[int, int] = {}

    def rule(step: Step, new: Rewriter) -> bool:
        if step.id not in flips:
            return False
        weight = flips[step.id]
        gradient = _own_gradient(tape, new, weight, step) if cascade else None
        if gradient is None:
            gradient = _recomputed(tape, new, weight, step, right)
        move = new.emit(step, "mul", [new.id(rate), gradient])
        moved = new.emit(step, "sub", [new.id(weight), move])
        new.finish(step, "permute", [moved], **step.params)
        return True

    return rule


def _own_gradient(tape: Tape, new: Rewriter, weight: int, at: Step) -> int | None:
    """Return a weight's gradient from what has arrived on the new tape, made on the spot."""
    product = next(
        (
            s
            for s in _weight_products(tape, 1)
            if tape.steps[s.reverses.step].inputs[1] == weight  # type: ignore[union-attr]
        ),
        None,
    )
    if product is None or not new.known(product.inputs[1]):
        return None
    x = _transposed_from(tape, product.inputs[0])
    flipped = new.emit(at, "permute", [new.id(x)], axes=(-1, -2))
    made = new.emit(at, "matmul", [flipped, new.id(product.inputs[1])])
    if fits_in_place(new.shape(made), new.shape(new.id(weight))):
        return made
    return new.emit(at, "sum_like", [made, new.id(weight)])


def _recomputed(tape: Tape, new: Rewriter, weight: int, at: Step, right: dict[int, int]) -> int:
    """Return a weight's right gradient, by doing all steps that lead to it once more, rightly."""
    wanted = tape.gradients[weight]

    def made(value: int) -> int:
        maker = tape.makers.get(value)
        if maker is None or maker.phase in ("forward", "loss"):
            return new.id(value)
        if value not in right:
            inputs = [made(i) for i in maker.inputs]
            right[value] = new.emit(at, maker.op, inputs, **maker.params)
        return right[value]

    return made(wanted)


MISTAKES: dict[str, Mistake] = {
    mistake.name: mistake
    for mistake in (
        Mistake(
            "skip_relu_mask",
            "Pass the gradient through a shut ReLU",
            "The ReLU's slope is 1 so often that it is forgotten where it is 0.",
            "Units that were silent are blamed for a loss they had no part in.",
            "Nudge the sum before a shut ReLU: the loss does not move, but the gradient is not 0.",
            "Did you look at the sign of z?",
            _skip_relu_mask,
        ),
        Mistake(
            "mask_by_gradient",
            "Mask by the sign of what arrives, not of z",
            "The mask is remembered as 'keep what is positive', without of what.",
            "Negative gradients are lost, so nothing can ever be pushed up.",
            "Every gradient below a ReLU is 0 or more.",
            "The sign of which number decides whether the ReLU is open?",
            _mask_by_gradient,
        ),
        Mistake(
            "mask_of_wrong_layer",
            "Use another layer's ReLU mask",
            "In code the masks are kept in a list, and the index is off by one.",
            "Gradients pass where they were shut, and are shut where they passed.",
            "A shape that happens to fit hides it; a nudge of one z finds it.",
            "Which layer's z did you take the mask from?",
            _mask_of_wrong_layer,
        ),
        Mistake(
            "relu_open_at_zero",
            "Take the ReLU's slope at 0 as 1",
            "z >= 0 is written in place of z > 0.",
            "Usually nothing; where many sums are exactly 0 (zero weights), all of them pass.",
            "It only shows where some z is exactly 0.",
            "What slope did you take where z is exactly 0?",
            _relu_open_at_zero,
        ),
        Mistake(
            "sigmoid_of_activation",
            "Take the sigmoid's slope at a, not at z",
            "σ′ = σ(1−σ) is applied to the activation, which is a sigmoid already.",
            "The slope is always near 0.2, however flat the sigmoid really is there.",
            "Saturated units still learn; the gradient check fails by the same kind of factor "
            "everywhere.",
            "Did you put the activation through the sigmoid once more?",
            _sigmoid_of_activation,
        ),
        Mistake(
            "forget_squash_slope",
            "Forget the activation's slope",
            "The gradient is passed straight from a to z, as if they were the same.",
            "Gradients come out too large, four times or more per sigmoid.",
            "The nudge gives a fraction of what the backward pass says.",
            "By what did you multiply on the way from a to z?",
            _forget_squash_slope,
        ),
        Mistake(
            "tanh_without_square",
            "Take tanh's slope as 1 − a",
            "It is mixed up with the sigmoid's a(1 − a).",
            "Negative activations get a slope above 1.",
            "Look for a local derivative of tanh above 1: there can be none.",
            "Did you square the activation?",
            _tanh_without_square,
        ),
        Mistake(
            "detach_in_the_middle",
            "Cut the graph in the middle",
            "A number is taken out of the graph (.detach(), .numpy(), .item()) and used again.",
            "All layers below the cut stop learning, without a word.",
            "The gradients of the first layers are exactly 0, those above are right.",
            "Does the gradient still reach the layers below?",
            _detach_in_the_middle,
        ),
        Mistake(
            "forget_factor_two",
            "Forget the 2 of the square",
            "The derivative of (ŷ−t)² is written as ŷ−t, as for ½(ŷ−t)².",
            "Every gradient is half of what it should be: the learning rate is halved unseen.",
            "The gradient check fails by a factor of exactly 2, everywhere.",
            "What is the derivative of a square?",
            _forget_factor_two,
        ),
        Mistake(
            "forget_one_over_n",
            "Forget to divide by n",
            "The loss is a mean, but its derivative is taken of the sum.",
            "Gradients grow with the batch, so the learning rate depends on its size.",
            "Copy every example twice: the gradients double. They should not.",
            "How many numbers is the loss a mean of?",
            _forget_one_over_n,
        ),
        Mistake(
            "sum_for_mean",
            "Add up the losses in place of their mean",
            "reduction='sum' looks like a detail.",
            "Loss and gradients grow with the batch; the learning rate that worked diverges.",
            "The loss itself is n times as large, and the gradient check does not complain.",
            "Is the loss a sum or a mean?",
            _sum_for_mean,
        ),
        Mistake(
            "flip_the_error",
            "Take the error as t − ŷ",
            "'Target minus output' sounds like the natural order.",
            "Every gradient has the wrong sign, so each step goes uphill.",
            "The loss rises from the first step on; all gradients have the opposite sign of the "
            "nudge.",
            "Which way does the loss go if ŷ rises a little?",
            _flip_the_error,
        ),
        Mistake(
            "softmax_twice",
            "Put a softmax before a loss that has one",
            "The network ends in softmax, and the loss takes logits and applies it again.",
            "The shares are squeezed together, the loss cannot come near 0, gradients shrink.",
            "The loss stays above a floor however sure the network is; the gradient check is "
            "content.",
            "Does your loss take probabilities or logits?",
            _softmax_twice,
        ),
        Mistake(
            "logits_as_probabilities",
            "Give the loss logits where it expects probabilities",
            "The sigmoid at the end is left out, but the loss still takes a logarithm of what it "
            "is given.",
            "The logarithm of a number outside 0 to 1: NaN, or a loss held at its limit.",
            "NaN in the first iterations, or a loss of 100.",
            "Is the number you gave the loss between 0 and 1?",
            _logits_as_probabilities,
        ),
        Mistake(
            "add_rates",
            "Add rates where they multiply",
            "'Contributions add' is carried over to steps one after the other.",
            "Gradients are far off, and do not vanish where a step passes nothing.",
            "A shut ReLU still lets what arrives through.",
            "3 per unit, then 2 per unit: 5 or 6?",
            _add_rates,
        ),
        Mistake(
            "doubling_and_tripling",
            "Take how many times larger for how much larger",
            "'Doubling x triples g' sounds like a rate of 3; a rate is change per change.",
            "The slope of a curve is taken as the slope of the line from 0 to it.",
            "Right for straight lines through 0, wrong for every curve.",
            "Did you divide the output by the input, or its change by the input's change?",
            _doubling_and_tripling,
        ),
        Mistake(
            "overwrite_at_fan_out",
            "Overwrite where contributions add",
            "grad = … is written in place of grad += ….",
            "A value that is used twice hears only one of its uses.",
            "The gradient check fails exactly at values with several uses, and below them.",
            "In how many places is this value used?",
            _overwrite_at_fan_out,
        ),
        Mistake(
            "leave_out_a_use",
            "Leave out a use at a fan-out",
            "One path to the loss is seen, and the other is not.",
            "A value that is used twice hears only one of its uses.",
            "Draw the graph: count the arrows that leave the value.",
            "How many arrows leave this value?",
            _leave_out_a_use,
        ),
        Mistake(
            "pass_on_too_early",
            "Pass a gradient on before all uses have reported",
            "The walk is recursive: it goes down as soon as the first contribution arrives.",
            "The value's own gradient is right, those below it are short.",
            "b = a + a, c = b + b: the gradient of a comes out as 2 in place of 4.",
            "Had every use reported when you went on?",
            _pass_on_too_early,
        ),
        Mistake(
            "max_to_all",
            "Give the gradient of a maximum to all",
            "The maximum is treated like a sum.",
            "Numbers that did not win are moved as if they had.",
            "Nudge one that is not the largest: the loss does not move.",
            "Which of them did the output follow?",
            _max_to_all,
        ),
        Mistake(
            "transpose_the_wrong_matrix",
            "Transpose the wrong matrix",
            "Shapes are matched until the error message goes away; square matrices never complain.",
            "Each unit gets the blame of another.",
            "The gradient's transpose is right.",
            "Which index of W belongs to the input?",
            _transpose_the_wrong_matrix,
        ),
        Mistake(
            "weight_for_input",
            "Multiply by the weight in place of the input",
            "In w·x the two factors are mixed up: ∂/∂w is x, ∂/∂x is w.",
            "A weight is moved by its own size, not by what it met.",
            "With x = 0 the weight still gets a gradient.",
            "For z = w·x, what is the rate of z per unit of w?",
            _weight_for_input,
        ),
        Mistake(
            "forget_the_other_factor",
            "Leave out the input in a weight's gradient",
            "∂L/∂z is taken for ∂L/∂w.",
            "Weights learn as if every input were 1.",
            "The weight's gradient equals the bias's.",
            "By what does w reach z multiplied?",
            _forget_the_other_factor,
        ),
        Mistake(
            "input_before_activation",
            "Use z in place of a in the next weight's gradient",
            "The value from before the activation was the one at hand.",
            "Silent units give their outgoing weights a gradient.",
            "A unit at 0 still moves the weights that leave it.",
            "What did the weight meet: z, or what became of it?",
            _input_before_activation,
        ),
        Mistake(
            "bias_from_one_example",
            "Take a bias's gradient from one example",
            "The bias has no input, so the sum over the batch is forgotten.",
            "Biases learn from one example in each batch, and n times too slowly.",
            "With a batch of one it cannot be seen.",
            "How many examples does the bias serve?",
            _bias_from_one_example,
        ),
        Mistake(
            "add_the_gradient",
            "Add the gradient in place of subtracting it",
            "The gradient is thought to point where one wants to go.",
            "The loss climbs, faster and faster.",
            "The loss after the step is above the loss before it.",
            "Which way does the gradient point: up or down?",
            _add_the_gradient,
        ),
        Mistake(
            "forget_the_learning_rate",
            "Step by the whole gradient",
            "The gradient is taken for the step.",
            "The straight-line story is trusted far beyond where it holds.",
            "The loss jumps about or grows.",
            "How far did you go along the gradient?",
            _forget_the_learning_rate,
        ),
        Mistake(
            "leave_biases",
            "Forget to update the biases",
            "Only the weights are in the list of parameters.",
            "Every unit's threshold stays where it started.",
            "The biases are still exactly 0.",
            "Which parameters does the update go through?",
            _leave_biases,
        ),
        Mistake(
            "keep_old_gradients",
            "Keep old gradients (no zeroing)",
            "In PyTorch gradients are added to what is there; zero_grad() is forgotten.",
            "Each step goes along the sum of all gradients so far, like momentum without friction.",
            "The first step is right; then the loss overshoots and swings.",
            "Is this gradient only of this batch?",
            _keep_old_gradients,
        ),
        Mistake(
            "forget_the_velocity",
            "Let momentum forget",
            "The velocity is set to the gradient each time.",
            "Momentum does nothing.",
            "Training is as slow as without it.",
            "What is carried over from the last step?",
            _forget_the_velocity,
        ),
        Mistake(
            "update_before_propagating",
            "Update a layer before going back through it",
            "One loop does it all: gradient, update, pass on.",
            "The layers below are told about weights that did not make this output.",
            "The gradient check fails below the last layer, by little when the learning rate is "
            "small.",
            "Which weights made ŷ: those before or those after the update?",
            _update_before_propagating,
        ),
        Mistake(
            "updated_weight_in_backward",
            "Go back through weights that were updated meanwhile",
            "The optimizer steps between forward and backward.",
            "The local derivatives are those of another network.",
            "PyTorch says that a variable needed for gradient computation has been modified.",
            "Did all updates come before the walk back, or one after each layer?",
            _updated_weight_in_backward,
        ),
    )
}


def find_mistake(name: str) -> Mistake:
    """Return the mistake called ``name``.

    Raises:
        UnknownName: there is none; the nearest names come first.
    """
    if name not in MISTAKES:
        raise UnknownName(unknown("mistake", name, MISTAKES))
    return MISTAKES[name]


def fitting(tape: Tape) -> list[Mistake]:
    """Return the mistakes that can be made on a tape."""
    return [mistake for mistake in MISTAKES.values() if mistake.build(tape) is not None]
