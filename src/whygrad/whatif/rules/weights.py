"""Mistakes in the gradients of weights and biases."""

from __future__ import annotations

import numpy as np

from whygrad.tape.tape import Step, Tape
from whygrad.whatif.rewrite import (
    Rewrite,
    Rewriter,
)
from whygrad.whatif.rules.steps import (
    ACTIVATIONS,
    at_each,
    backward_of,
    forward_input,
    through,
    transposed_from,
    weight_products,
)


def transpose_the_wrong_matrix(tape: Tape) -> Rewrite | None:
    """Transpose the wrong matrix."""
    back = {  # g @ Wᵀ becomes g @ W, where W is square
        step.id: (step.inputs[0], transposed_from(tape, step.inputs[1]))
        for step in weight_products(tape, 0)
        if _is_square(tape, step.inputs[1])
    }
    own = {  # xᵀ @ g becomes gᵀ @ x, where the weight is square
        step.id: (step.inputs[1], transposed_from(tape, step.inputs[0]))
        for step in weight_products(tape, 1)
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

    return at_each(chosen, transposed)


def _is_square(tape: Tape, value: int) -> bool:
    shape = tape.values[value].shape
    return len(shape) == 2 and int(shape[0]) == int(shape[1]) > 1


def weight_for_input(tape: Tape) -> Rewrite | None:
    """The gradient of w in w·x is given the factor w in place of x."""
    products = [
        step
        for step in weight_products(tape, 1)
        if forward_input(tape, step, 1).role == "parameter" and _one_number(tape, step)
    ]
    plain = [
        step
        for step in through(tape, "mul")
        if step.reverses is not None
        and forward_input(tape, step, step.reverses.argument).role == "parameter"
    ]
    chosen = {s.id for s in products}

    def own(step: Step, new: Rewriter) -> None:
        assert step.reverses is not None
        weight = forward_input(tape, step, step.reverses.argument)
        if step.id in chosen:
            new.finish(step, "matmul", [new.id(weight.id), new.id(step.inputs[1])])
        else:
            new.finish(step, "mul", [new.id(step.inputs[0]), new.id(weight.id)])

    return at_each(products + plain, own)


def forget_the_other_factor(tape: Tape) -> Rewrite | None:
    """Leave out the input in a weight's gradient."""
    products = [step for step in weight_products(tape, 1) if _one_number(tape, step)]
    chosen = {s.id for s in products}
    plain = [
        step
        for step in through(tape, "mul")
        if step.reverses is not None
        and forward_input(tape, step, step.reverses.argument).role == "parameter"
    ]

    def alone(step: Step, new: Rewriter) -> None:
        arrived = step.inputs[1] if step.id in chosen else step.inputs[0]
        new.finish(step, "identity", [new.id(arrived)])

    return at_each(products + plain, alone)


def _one_number(tape: Tape, step: Step) -> bool:
    shapes = [tape.values[v].shape for v in (*step.inputs, step.output)]
    return all(int(np.prod(shape)) == 1 for shape in shapes)


def input_before_activation(tape: Tape) -> Rewrite | None:
    """A weight's gradient is given z, the sum before the activation, in place of a."""
    before: dict[int, int] = {}
    for step in weight_products(tape, 1):
        flipped = tape.makers.get(step.inputs[0])
        if flipped is None or flipped.op != "permute":
            continue
        maker = tape.makers.get(flipped.inputs[0])
        if maker is not None and maker.op in ACTIVATIONS:
            before[flipped.id] = maker.inputs[0]

    def earlier(step: Step, new: Rewriter) -> None:
        new.finish(step, "permute", [new.id(before[step.id])], **step.params)

    return at_each([s for s in tape.steps if s.id in before], earlier)


def bias_from_one_example(tape: Tape) -> Rewrite | None:
    """Take a bias's gradient from one example."""
    steps = [
        step
        for step in backward_of(tape, "sum_like", "add")
        if len(tape.values[step.inputs[0]].shape) == len(tape.values[step.output].shape) + 1
    ]

    def only_last(step: Step, new: Rewriter) -> None:
        source = new.id(step.inputs[0])
        whole = (None, None, None)
        index = (-1, *([whole] * (len(new.shape(source)) - 1)))
        new.finish(step, "getitem", [source], index=index)

    return at_each(steps, only_last)
