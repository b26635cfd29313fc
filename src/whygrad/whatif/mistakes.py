"""Mistakes that people make in backpropagation, each one that can be played.

The tutoring field calls them mal-rules; Brown & Burton's BUGGY (1978) is the ancestor. Each row
says why people make it, what it breaks and how to notice it, and ``build`` turns a tape into the
rewrite that makes the mistake on it (or None where there is nothing on the tape to make it on).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whygrad.errors import UnknownName, unknown
from whygrad.tape.tape import Tape
from whygrad.whatif import rules
from whygrad.whatif.rewrite import Rewrite

#: titles say what to do to make the mistake; this is what somebody did
_PAST = {
    "Add": "added",
    "Cut": "cut",
    "Forget": "forgot",
    "Give": "gave",
    "Go": "went",
    "Keep": "kept",
    "Leave": "left",
    "Let": "let",
    "Mask": "masked",
    "Multiply": "multiplied",
    "Overwrite": "overwrote",
    "Pass": "passed",
    "Put": "put",
    "Step": "stepped",
    "Take": "took",
    "Transpose": "transposed",
    "Update": "updated",
    "Use": "used",
}


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
        build: the rewrite that makes it on a tape; None where it does not fit.
    """

    name: str
    title: str
    people: str
    breaks: str
    notice: str
    asks: str
    build: Callable[[Tape], Rewrite | None]

    @property
    def done(self) -> str:
        """What somebody did who made it: "added the gradient in place of subtracting it"."""
        verb, _, rest = self.title.partition(" ")
        return f"{_PAST[verb]} {rest}"

    @property
    def description(self) -> str:
        """As ``done``, with a capital letter."""
        return self.done[0].upper() + self.done[1:]


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
            rules.skip_relu_mask,
        ),
        Mistake(
            "mask_by_gradient",
            "Mask by the sign of what arrives, not of z",
            "The mask is remembered as 'keep what is positive', without of what.",
            "Negative gradients are lost, so nothing can ever be pushed up.",
            "Every gradient below a ReLU is 0 or more.",
            "The sign of which number decides whether the ReLU is open?",
            rules.mask_by_gradient,
        ),
        Mistake(
            "mask_of_wrong_layer",
            "Use another layer's ReLU mask",
            "In code the masks are kept in a list, and the index is off by one.",
            "Gradients pass where they were shut, and are shut where they passed.",
            "A shape that happens to fit hides it; a nudge of one z finds it.",
            "Which layer's z did you take the mask from?",
            rules.mask_of_wrong_layer,
        ),
        Mistake(
            "relu_open_at_zero",
            "Take the ReLU's slope at 0 as 1",
            "z >= 0 is written in place of z > 0.",
            "Usually nothing; where many sums are exactly 0 (zero weights), all of them pass.",
            "It only shows where some z is exactly 0.",
            "What slope did you take where z is exactly 0?",
            rules.relu_open_at_zero,
        ),
        Mistake(
            "sigmoid_of_activation",
            "Take the sigmoid's slope at a, not at z",
            "σ′ = σ(1−σ) is applied to the activation, which is a sigmoid already.",
            "The slope is always near 0.2, however flat the sigmoid really is there.",
            "Saturated units still learn; the gradient check fails by the same kind of factor "
            "everywhere.",
            "Did you put the activation through the sigmoid once more?",
            rules.sigmoid_of_activation,
        ),
        Mistake(
            "forget_squash_slope",
            "Forget the activation's slope",
            "The gradient is passed straight from a to z, as if they were the same.",
            "Gradients come out too large, four times or more per sigmoid.",
            "The nudge gives a fraction of what the backward pass says.",
            "By what did you multiply on the way from a to z?",
            rules.forget_squash_slope,
        ),
        Mistake(
            "tanh_without_square",
            "Take tanh's slope as 1 − a",
            "It is mixed up with the sigmoid's a(1 − a).",
            "Negative activations get a slope above 1.",
            "Look for a local derivative of tanh above 1: there can be none.",
            "Did you square the activation?",
            rules.tanh_without_square,
        ),
        Mistake(
            "detach_in_the_middle",
            "Cut the graph in the middle",
            "A number is taken out of the graph (.detach(), .numpy(), .item()) and used again.",
            "All layers below the cut stop learning, without a word.",
            "The gradients of the first layers are exactly 0, those above are right.",
            "Does the gradient still reach the layers below?",
            rules.detach_in_the_middle,
        ),
        Mistake(
            "forget_factor_two",
            "Forget the 2 of the square",
            "The derivative of (ŷ−t)² is written as ŷ−t, as for ½(ŷ−t)².",
            "Every gradient is half of what it should be: the learning rate is halved unseen.",
            "The gradient check fails by a factor of exactly 2, everywhere.",
            "What is the derivative of a square?",
            rules.forget_factor_two,
        ),
        Mistake(
            "forget_one_over_n",
            "Forget to divide by n",
            "The loss is a mean, but its derivative is taken of the sum.",
            "Gradients grow with the batch, so the learning rate depends on its size.",
            "Copy every example twice: the gradients double. They should not.",
            "How many numbers is the loss a mean of?",
            rules.forget_one_over_n,
        ),
        Mistake(
            "sum_for_mean",
            "Add up the losses in place of their mean",
            "reduction='sum' looks like a detail.",
            "Loss and gradients grow with the batch; the learning rate that worked diverges.",
            "The loss itself is n times as large, and the gradient check does not complain.",
            "Is the loss a sum or a mean?",
            rules.sum_for_mean,
        ),
        Mistake(
            "flip_the_error",
            "Take the error as t − ŷ",
            "'Target minus output' sounds like the natural order.",
            "Every gradient has the wrong sign, so each step goes uphill.",
            "The loss rises from the first step on; all gradients have the opposite sign of the "
            "nudge.",
            "Which way does the loss go if ŷ rises a little?",
            rules.flip_the_error,
        ),
        Mistake(
            "softmax_twice",
            "Put a softmax before a loss that has one",
            "The network ends in softmax, and the loss takes logits and applies it again.",
            "The shares are squeezed together, the loss cannot come near 0, gradients shrink.",
            "The loss stays above a floor however sure the network is; the gradient check is "
            "content.",
            "Does your loss take probabilities or logits?",
            rules.softmax_twice,
        ),
        Mistake(
            "logits_as_probabilities",
            "Give the loss logits where it expects probabilities",
            "The sigmoid at the end is left out, but the loss still takes a logarithm of what it "
            "is given.",
            "The logarithm of a number outside 0 to 1: NaN, or a loss held at its limit.",
            "NaN in the first iterations, or a loss of 100.",
            "Is the number you gave the loss between 0 and 1?",
            rules.logits_as_probabilities,
        ),
        Mistake(
            "add_rates",
            "Add rates where they multiply",
            "'Contributions add' is carried over to steps one after the other.",
            "Gradients are far off, and do not vanish where a step passes nothing.",
            "A shut ReLU still lets what arrives through.",
            "3 per unit, then 2 per unit: 5 or 6?",
            rules.add_rates,
        ),
        Mistake(
            "doubling_and_tripling",
            "Take how many times larger for how much larger",
            "'Doubling x triples g' sounds like a rate of 3; a rate is change per change.",
            "The slope of a curve is taken as the slope of the line from 0 to it.",
            "Right for straight lines through 0, wrong for every curve.",
            "Did you divide the output by the input, or its change by the input's change?",
            rules.doubling_and_tripling,
        ),
        Mistake(
            "overwrite_at_fan_out",
            "Overwrite where contributions add",
            "grad = … is written in place of grad += ….",
            "A value that is used twice gets the gradient of only one of its uses.",
            "The gradient check fails exactly at values with several uses, and below them.",
            "In how many places is this value used?",
            rules.overwrite_at_fan_out,
        ),
        Mistake(
            "leave_out_a_use",
            "Leave out a use at a fan-out",
            "One path to the loss is seen, and the other is not.",
            "A value that is used twice gets the gradient of only one of its uses.",
            "Draw the graph: count the arrows that leave the value.",
            "How many arrows leave this value?",
            rules.leave_out_a_use,
        ),
        Mistake(
            "pass_on_too_early",
            "Pass a gradient on before all uses have reported",
            "The walk is recursive: it goes down as soon as the first contribution arrives.",
            "The value's own gradient is right, those below it are short.",
            "b = a + a, c = b + b: the gradient of a comes out as 2 in place of 4.",
            "Had every use reported when you went on?",
            rules.pass_on_too_early,
        ),
        Mistake(
            "max_to_all",
            "Give the gradient of a maximum to all",
            "The maximum is treated like a sum.",
            "Numbers that did not win are moved as if they had.",
            "Nudge one that is not the largest: the loss does not move.",
            "Which of them did the output follow?",
            rules.max_to_all,
        ),
        Mistake(
            "transpose_the_wrong_matrix",
            "Transpose the wrong matrix",
            "Shapes are matched until the error message goes away; square matrices never complain.",
            "Each unit gets the blame of another.",
            "The gradient's transpose is right.",
            "Which index of W belongs to the input?",
            rules.transpose_the_wrong_matrix,
        ),
        Mistake(
            "weight_for_input",
            "Multiply by the weight in place of the input",
            "In w·x the two factors are mixed up: ∂/∂w is x, ∂/∂x is w.",
            "A weight is moved by its own size, not by what it met.",
            "With x = 0 the weight still gets a gradient.",
            "For z = w·x, what is the rate of z per unit of w?",
            rules.weight_for_input,
        ),
        Mistake(
            "forget_the_other_factor",
            "Leave out the input in a weight's gradient",
            "∂L/∂z is taken for ∂L/∂w.",
            "Weights learn as if every input were 1.",
            "The weight's gradient equals the bias's.",
            "By what does w reach z multiplied?",
            rules.forget_the_other_factor,
        ),
        Mistake(
            "input_before_activation",
            "Use z in place of a in the next weight's gradient",
            "The value from before the activation was the one at hand.",
            "Silent units give their outgoing weights a gradient.",
            "A unit at 0 still moves the weights that leave it.",
            "What did the weight meet: z, or what became of it?",
            rules.input_before_activation,
        ),
        Mistake(
            "bias_from_one_example",
            "Take a bias's gradient from one example",
            "The bias has no input, so the sum over the batch is forgotten.",
            "Biases learn from one example in each batch, and n times too slowly.",
            "With a batch of one it cannot be seen.",
            "How many examples does the bias serve?",
            rules.bias_from_one_example,
        ),
        Mistake(
            "add_the_gradient",
            "Add the gradient in place of subtracting it",
            "The gradient is thought to point where one wants to go.",
            "The loss climbs, faster and faster.",
            "The loss after the step is above the loss before it.",
            "Which way does the gradient point: up or down?",
            rules.add_the_gradient,
        ),
        Mistake(
            "forget_the_learning_rate",
            "Step by the whole gradient",
            "The gradient is taken for the step.",
            "The straight-line story is trusted far beyond where it holds.",
            "The loss jumps about or grows.",
            "How far did you go along the gradient?",
            rules.forget_the_learning_rate,
        ),
        Mistake(
            "leave_biases",
            "Forget to update the biases",
            "Only the weights are in the list of parameters.",
            "Every unit's threshold stays where it started.",
            "Every bias is still what it was at the start.",
            "Which parameters does the update go through?",
            rules.leave_biases,
        ),
        Mistake(
            "keep_old_gradients",
            "Keep old gradients (no zeroing)",
            "In PyTorch gradients are added to what is there; zero_grad() is forgotten.",
            "Each step goes along the sum of all gradients so far, like momentum without friction.",
            "The first step is right; then the loss overshoots and swings.",
            "Is this gradient only of this batch?",
            rules.keep_old_gradients,
        ),
        Mistake(
            "forget_the_velocity",
            "Let momentum forget",
            "The velocity is set to the gradient each time.",
            "Momentum does nothing.",
            "Training is as slow as without it.",
            "What is carried over from the last step?",
            rules.forget_the_velocity,
        ),
        Mistake(
            "update_before_propagating",
            "Update a layer before going back through it",
            "One loop does it all: gradient, update, pass on.",
            "The layers below are told about weights that did not make this output.",
            "The gradient check fails below the last layer, by little when the learning rate is "
            "small.",
            "Which weights made ŷ: those before or those after the update?",
            rules.update_before_propagating,
        ),
        Mistake(
            "updated_weight_in_backward",
            "Go back through weights that were updated meanwhile",
            "The optimizer steps between forward and backward.",
            "The local derivatives are those of another network.",
            "PyTorch says that a variable needed for gradient computation has been modified.",
            "Did all updates come before the walk back, or one after each layer?",
            rules.updated_weight_in_backward,
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
