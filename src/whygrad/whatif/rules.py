"""The rules that make the mistakes: each takes a tape and says which steps to do differently.

A rule is None where there is nothing on the tape to make the mistake on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

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


def skip_relu_mask(tape: Tape) -> Rule | None:
    """Pass the gradient through a shut ReLU."""
    return _at(_through(tape, "relu"), _pass_upstream)


def mask_by_gradient(tape: Tape) -> Rule | None:
    """Mask by the sign of what arrives, not of z."""

    def local(step: Step, new: Rewriter) -> int:
        return new.emit(step, "heaviside", [new.id(step.inputs[0])], at_zero=0.0)

    return _at(_through(tape, "relu"), _with_local(local))


def mask_of_wrong_layer(tape: Tape) -> Rule | None:
    """Use another layer's ReLU mask."""
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


def relu_open_at_zero(tape: Tape) -> Rule | None:
    """Take the ReLU's slope at 0 as 1."""

    def open_at_zero(step: Step, new: Rewriter) -> None:
        new.finish(step, "heaviside", [new.id(step.inputs[0])], at_zero=1.0)

    return _at(_backward(tape, "heaviside", "relu"), open_at_zero)


def sigmoid_of_activation(tape: Tape) -> Rule | None:
    """Take the sigmoid's slope at a, not at z."""

    def local(step: Step, new: Rewriter) -> int:
        back = reversed_step(new.old, step)
        assert back is not None
        again = new.emit(step, "sigmoid", [new.id(back.output)])
        rest = new.emit(step, "sub", [new.constant(1.0), again])
        return new.emit(step, "mul", [again, rest])

    return _at(_through(tape, "sigmoid"), _with_local(local))


def forget_squash_slope(tape: Tape) -> Rule | None:
    """Forget the activation's slope."""
    return _at(_through(tape, "sigmoid", "tanh", "softplus"), _pass_upstream)


def tanh_without_square(tape: Tape) -> Rule | None:
    """Take tanh's slope as 1 − a."""
    return _at(_backward(tape, "square", "tanh"), _undo)


def detach_in_the_middle(tape: Tape) -> Rule | None:
    """Cut the graph in the middle."""
    hidden = [step for step in _through(tape, *_ACTIVATIONS) if not _feeds_loss(tape, step)]

    def cut(step: Step, new: Rewriter) -> None:
        new.finish(step, "mul", [new.id(step.inputs[0]), new.constant(0.0)])

    return _at(hidden[:1], cut)


def _feeds_loss(tape: Tape, step: Step) -> bool:
    back = reversed_step(tape, step)
    assert back is not None
    return any(user.op in _LOSSES for user, _ in tape.uses.get(back.output, ()))


# --- the loss ---------------------------------------------------------------------------------


def forget_factor_two(tape: Tape) -> Rule | None:
    """Forget the 2 of the square."""
    steps = [
        step
        for step in _backward(tape, "mul", "mse_loss", "square")
        if not is_chain(step) and tape.values[step.inputs[0]].role == "constant"
    ]

    def without(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return _at(steps, without)


def forget_one_over_n(tape: Tape) -> Rule | None:
    """Forget to divide by n."""
    return _at(_backward(tape, "divide_by_count", *_LOSSES, "mean"), _undo)


def sum_for_mean(tape: Tape) -> Rule | None:
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


def flip_the_error(tape: Tape) -> Rule | None:
    """Take the error as t − ŷ, inside a loss or where the difference is written out."""
    inside = [
        step
        for step in _backward(tape, "sub", *_LOSSES)
        if tape.values[step.inputs[1]].role == "target"
    ]
    written_out = [
        step
        for step in _backward(tape, "neg", "sub") + _backward(tape, "identity", "sub")
        if _is_of_an_error(tape, step)
    ]

    def flipped(step: Step, new: Rewriter) -> None:
        if step.op == "sub":
            new.finish(step, "sub", [new.id(i) for i in reversed(step.inputs)])
        else:
            other = "neg" if step.op == "identity" else "identity"
            new.finish(step, other, [new.id(step.inputs[0])])

    return _at(inside + written_out, flipped)


def _is_of_an_error(tape: Tape, step: Step) -> bool:
    """Say whether a step goes back through a difference from the data that is then squared."""
    assert step.reverses is not None
    other = _forward_input(tape, step, 1 - step.reverses.argument)
    difference = tape.steps[step.reverses.step].output
    squared = any(user.op == "square" for user, _ in tape.uses.get(difference, ()))
    return squared and other.role in ("input", "target")


def softmax_twice(tape: Tape) -> Rule | None:
    """Put a softmax before a loss that has one."""
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


def logits_as_probabilities(tape: Tape) -> Rule | None:
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


def add_rates(tape: Tape) -> Rule | None:
    """Add rates where they multiply."""
    steps = [s for s in tape.steps if is_chain(s) and not _is_seed(tape, s.inputs[0])]

    def added(step: Step, new: Rewriter) -> None:
        new.finish(step, "add", [new.id(i) for i in step.inputs])

    return _at(steps, added)


def _is_seed(tape: Tape, value: int) -> bool:
    return value not in tape.makers


def doubling_and_tripling(tape: Tape) -> Rule | None:
    """Takes how many times larger for how much larger: output / input in place of the slope."""

    def local(step: Step, new: Rewriter) -> int:
        back = reversed_step(new.old, step)
        assert back is not None
        return new.emit(step, "div", [new.id(back.output), new.id(back.inputs[0])])

    return _at(_through(tape, *_ACTIVATIONS, "square", "exp", "sqrt"), _with_local(local))


def overwrite_at_fan_out(tape: Tape) -> Rule | None:
    """Overwrite where contributions add."""

    def last(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return _at([s for s in tape.steps if is_accumulation(tape, s)], last)


def leave_out_a_use(tape: Tape) -> Rule | None:
    """Leave out a use at a fan-out."""

    def first(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[0])])

    return _at([s for s in tape.steps if is_accumulation(tape, s)], first)


def pass_on_too_early(tape: Tape) -> Rule | None:
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


def max_to_all(tape: Tape) -> Rule | None:
    """Give the gradient of a maximum to all."""
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


def transpose_the_wrong_matrix(tape: Tape) -> Rule | None:
    """Transpose the wrong matrix."""
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


def weight_for_input(tape: Tape) -> Rule | None:
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


def forget_the_other_factor(tape: Tape) -> Rule | None:
    """Leave out the input in a weight's gradient."""
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


def input_before_activation(tape: Tape) -> Rule | None:
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


def bias_from_one_example(tape: Tape) -> Rule | None:
    """Take a bias's gradient from one example."""
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


def add_the_gradient(tape: Tape) -> Rule | None:
    """Add the gradient in place of subtracting it."""

    def added(step: Step, new: Rewriter) -> None:
        new.finish(step, "add", [new.id(i) for i in step.inputs])

    return _at(_updates(tape), added)


def forget_the_learning_rate(tape: Tape) -> Rule | None:
    """Step by the whole gradient."""
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


def leave_biases(tape: Tape) -> Rule | None:
    """Forget to update the biases."""
    biases = [s for s in _updates(tape) if tape.values[s.inputs[0]].name[:1] == "b"]

    def left(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[0])])

    return _at(biases, left)


def keep_old_gradients(tape: Tape) -> Rule | None:
    """Keep old gradients (no zeroing)."""
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


def forget_the_velocity(tape: Tape) -> Rule | None:
    """Let momentum forget."""
    carried = {b for a, b in tape.carries if tape.values[a].name.startswith("velocity")}
    steps = [s for s in tape.steps if s.output in carried and s.op == "add"]

    def only_now(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return _at(steps, only_now)


def update_before_propagating(tape: Tape) -> Rule | None:
    """Update a layer before going back through it."""
    return _with_updated_weights(tape, cascade=True)


def updated_weight_in_backward(tape: Tape) -> Rule | None:
    """Go back through weights that were updated meanwhile."""
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
