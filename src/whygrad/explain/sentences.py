"""Every sentence of the ladder, the grader and the comparisons, and what their choice hangs on.

Sentences are data: code picks a key and fills the slots (``said.py``), in Python and in the page,
whose ``web/src/text/sentences.ts`` is written from here (``scripts/make_sentences.py``). Slots are
as in reasons of ops: ``{x}`` is the name in a slot, ``{x#}`` its number, ``{x=}`` both. An op's own
sentences, its purpose and its reasons, stand in its row of the table.
"""

from __future__ import annotations

from collections.abc import Mapping

MOST = 4  # of many contributions, the largest are explained one by one
MOST_INPUTS = 8
MOST_PURPOSES = 3
MOST_NAMED = 12  # terms of a long sum are written, the largest
SMALL = 0.01  # the change used to show a rate
SMALLER = 0.001  # the change that must come closer
EXACT = 1e-9  # relative error up to which a rate is shown exactly
NEARBY = 1e-3  # relative error up to which a rate that a change shows is close to the true one
ROUND_OFF = 1e-13  # relative error that arithmetic leaves in a difference
MANY_RATES = 3  # so many multiply before a product is said to shrink or grow
SHRUNK = 0.1  # a product of rates below this has shrunk
GROWN = 10  # one above this has grown
LONGEST_CHAIN = 8  # steps between two named values that a reason is looked for in

#: ops that take a mean of what they compare, over the examples too
MEANS = (
    *("mean", "mse_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"),
    "cross_entropy",
)
#: ops through which a mean stays one
KEEPS_MEAN = ("neg", "identity", "reshape")

OFFERED = 3  # mistakes put into words at most
#: named last where others give the same number: they are made in code rather than by hand
SELDOM = (
    "detach_in_the_middle",
    "mask_of_wrong_layer",
    "relu_open_at_zero",
    "update_before_propagating",
    "updated_weight_in_backward",
    "softmax_twice",
    "logits_as_probabilities",
)

#: keys that begin so are said by Python alone: the page is sent the sentences with slots filled
SAID_HERE = (
    *("title", "nudge", "paths", "question", "planted", "slip", "remedy", "ordered"),
    *("pasted", "check"),
)

#: what comes out of a part of a network, by the part's name; activations have it in their row
OUTCOMES: Mapping[str, str] = {
    "linear": "Weighted sum",
    "conv1d": "Convolution",
    "conv2d": "Convolution",
    "maxpool1d": "Max pooling",
    "maxpool2d": "Max pooling",
    "avgpool1d": "Average pooling",
    "avgpool2d": "Average pooling",
    "residual": "Residual block",
    "transformer block": "Transformer block",
    "recurrent cell": "Recurrent cell",
    "gated recurrent cell": "Gated recurrent cell",
    "dropout": "Dropout",
    "embedding": "Embedding",
    "batch norm": "Batch norm",
    "layer norm": "Layer norm",
    "RMS norm": "RMS norm",
    "attention": "Attention",
    "multi-head attention": "Multi-head attention",
    "l1 loss": "Absolute error",
    "huber loss": "Huber loss",
    "smooth l1 loss": "Smooth L1 loss",
    "hinge loss": "Hinge loss",
    "nll loss": "Negative log-likelihood",
    "KL divergence": "KL divergence",
}

#: what a typed word is read as
READ_AS: Mapping[str, str] = {
    "zero": "zero",
    "nothing": "zero",
    "none": "zero",
    "positive": "positive",
    "plus": "positive",
    "+": "positive",
    "negative": "negative",
    "minus": "negative",
    "-": "negative",
    "larger": "larger",
    "bigger": "larger",
    "greater": "larger",
    "more": "larger",
    "smaller": "smaller",
    "less": "smaller",
    "same": "same",
    "equal": "same",
    "unchanged": "same",
}

PRINCIPLES_OF: Mapping[str, str] = {
    "given.input": "given",
    "given.target": "given",
    "given.parameter": "given",
    "given.hyperparameter": "given",
    "given.optimizer state": "given",
    "given.gradient": "rate",
    "given.constant": "given",
    "computed": "local",
    "gated": "gate",
    "flow.seed": "rate",
    "flow.unchanged": "rate",
    "flow.moves": "rates multiply",
    "flow.still": "rates multiply",
    "nothing": "gate",
    "sum.examples": "used by all",
    "total.examples": "used by all",
    "sum.ways": "contributions add",
    "total.ways": "contributions add",
    "rest": "contributions add",
    "local.several": "rates multiply",
    "local.ways": "contributions add",
    "parts": "contributions add",
    "small.exact": "rate",
    "small.closer": "rate",
    "small.near": "rate",
    "small.corner": "gate",
    "small.round_off": "rate",
    "multiply": "rates multiply",
    "effect": "rate",
    "add": "contributions add",
    "order.first": "save",
    "order.one": "complete before passing on",
    "order.several": "complete before passing on",
    "product.shrinks": "products shrink or grow",
    "product.grows": "products shrink or grow",
    "mean": "average",
    "room": "room to memorise",
    "shape": "same shape",
    "matrix": "rows meet columns",
    "shared": "shared work",
    "updated": "downhill",
    "minus": "downhill",
    "rate": "downhill",
}
"""The principle that a rung rests on, by the key of the sentence that decides it."""

SENTENCES: Mapping[str, str] = {
    # what a rung answers
    "ask.value": "Why {x=}?",
    "ask.source": "Where does {x} come from?",
    "ask.source_of_number": "Where does {x#} come from?",
    "ask.through": "What comes through {y}?",
    "ask.rest": "And the others?",
    "ask.rate": "Why {rate#} per unit?",
    "ask.no_rate": "Why nothing?",
    "ask.parts": "Of what is it made up?",
    "ask.numbers": "See it in numbers",
    "ask.multiply": "Why multiply?",
    "ask.add": "Why add?",
    "ask.order": "Why in this order?",
    "ask.minus": "Why minus?",
    "ask.learning_rate": "Why the learning rate?",
    "ask.small": "Why so small?",
    "ask.large": "Why so large?",
    "ask.mean": "Why a mean?",
    "ask.room": "What does it not say?",
    "ask.shape": "And the others of its kind?",
    "ask.matrix": "And all of them at once?",
    "ask.shared": "What else is it for?",
    # what a rung is called, and its arithmetic, where names of values do not do
    "name.use": "{gradient} through {y}",
    "name.rest": "{gradient} through {count#} more",
    "name.local": "d{y}/d{x}",
    "name.local_of_use": "d{y}/d{x} by this use",
    "name.parts": "d{y}/d{x} in parts",
    "name.change": "d{y}/d{x} by a change of {change#}",
    "name.effect": "effect of {small#} of {x}",
    "name.product": "{gradient} by the largest rates",
    "name.mean": "share of one example in {x}",
    "name.room": "parameters for each target of {x}",
    "formula.rest": "the other contributions",
    "formula.change": "({y} after - before) / {change}",
    "formula.effect": "{small#} * local * upstream",
    "formula.room": "parameters / targets",
    "formula.mean": "1 / examples",
    "formula.smaller": "[{count} smaller terms]",
    "formula.smaller_come_to": "[{count} smaller terms: {rest}]",
    "formula.product": "rate * rate * …",
    "formula.two": "contribution + contribution",
    "formula.more": "contribution + contribution + …",
    # numbers that are given
    "given.input": "{x=} comes with {which}; nothing computes it.",
    "given.target": "{x=} is what the output ought to be for {which}.",
    "given.parameter": "{x=} is a parameter: a number the network may change. It stands here "
    "as it was before this iteration's update.",
    "given.hyperparameter": "{x=} is chosen by you, not learned.",
    "given.optimizer state": "{x=} is what the optimizer remembers of the iterations before.",
    "given.gradient": "{x=}: the loss moves one for one with itself. Here the gradient begins "
    "to flow.",
    "given.constant": "{x#} is part of the formula.",
    "which.only": "the example",
    "which.one": "example {n#} of {count#}",
    # what is computed
    "computed": "{equation}.",
    "gated": "{equation}.",
    "scope.mean": "This is the mean over {count#} examples.",
    "scope.example": "This is for {which}.",
    # gradients
    "flow.equation": "{equation}.",
    "flow.seed": "One unit of {x} moves the loss by {rate#}, for small changes; the 1 stands "
    "for the loss itself, which moves one for one.",
    "flow.unchanged": "What arrives at {y} is {arrives#}; one unit of {x} is one unit of {y}, "
    "so it passes unchanged.",
    "flow.still": "What arrives at {y} is {arrives#}, but {x} does not move {y} here.",
    "flow.moves": "What arrives at {y} is {arrives#}; each unit of {x} moves {y} by {rate#}.",
    "nothing": "{gradient=}. Nothing passes: {x} does not take part in the branch that was "
    "chosen here, so moving it a little moves nothing.",
    "sum.examples": "As {x} serves every example, what the {count#} of them contribute is "
    "added up: {sum}.",
    "total.examples": "As {x} serves every example, what the {count#} of them contribute is "
    "added up, to {total#} in all.",
    "sum.ways": "There are {count#} ways in which {x} moves the loss; small effects add up: {sum}.",
    "total.ways": "There are {count#} ways in which {x} moves the loss; small effects add up, "
    "to {total#} in all.",
    "scope.parameter": "The loss is a mean over {count#} examples, so each has its share in this.",
    "rest": "The {count#} smaller contributions to {gradient} come to {total#} together.",
    "local.several": "Between {x} and {y} lie several steps; their rates multiply to {rate#}.",
    "local.ways": "Within this step {x} moves {y} in more ways than one; together they move it "
    "by {rate#} per unit.",
    "local.mean": "The loss is a mean over {count#} examples, so each has a say of 1/{count#}; "
    "that is in it.",
    "parts": "Within this step the rates of all ways from {x} to {y} add up to {rate#}: {parts}.",
    "parts.direct": "directly {part#}",
    "parts.sum": "through the sum {part#}",
    "parts.way": "one way {part#}",
    "parts.rest": "{count#} smaller ones {part#} together",
    "small.raise": "Raise {x} from {before#} to {after#}: {y} goes from {from#} to {to#}.",
    "small.lower": "Lower {x} from {before#} to {after#}: {y} goes from {from#} to {to#}.",
    "small.exact": "That is exactly {rate#} per unit.",
    "small.closer": "That is {quotient#} per unit; a smaller change comes closer to {rate#}.",
    "small.near": "That is {quotient#} per unit, close to {rate#}.",
    "small.corner": "That is {quotient#} per unit: there is a corner close by, and the rate of "
    "{rate#} holds on the other side of it or at it.",
    "small.round_off": "That is {quotient#} per unit, and {rate#} but for what is lost in "
    "rounding.",
    "multiply": "Each unit of {y} moves {loss} by {arrives#}; each unit of {x} moves {y} by "
    "{rate#}. Rates per unit multiply: {product}.",
    "effect": "{small#} more of {x} makes about {moved#} more of {y}, and that makes about "
    "{effect#} more of {loss}: {product#} per unit of {x}.",
    "add": "Move {x} by a small ε: each use moves {loss} by its own contribution times ε. What "
    "they do to each other is of the size ε², and vanishes against ε: at a tenth of ε it is a "
    "tenth as much beside them.",
    "order.first": "It comes first on the way back: it needs only the loss and numbers that "
    "the forward pass kept.",
    "order.one": "It needs {gradient} first; {x} has one use, so that was complete as soon as "
    "this use had reported.",
    "order.several": "It needs {gradient} first, and {x} is used {count#} times: passed on "
    "before all of them had reported, it would be short, and so would everything below it.",
    "product.shrinks": "Follow the largest contribution from each value to the next, from {x} to "
    "{loss}: the rates on that way multiply, {product}, which is less than a tenth. The more rates "
    "below 1 there are on it, the less is left.",
    "product.grows": "Follow the largest contribution from each value to the next, from {x} to "
    "{loss}: the rates on that way multiply, {product}, which is more than ten. The more rates "
    "above 1 there are on it, the larger it grows.",
    "mean": "{loss} is a mean over {count#} examples, so each has a say of 1/{count#} in it, and "
    "in every gradient: how many examples there are does not make the steps longer.",
    "room": "{loss} is measured on what is trained on, and there is room to memorise that: the "
    "parameters are {parameters#} numbers, the targets {targets#}. How it does on new examples, "
    "{loss} does not say.",
    "shape": "{gradients} has a number for each of {values}, {count#} in all: one rate for each.",
    "matrix": "{gradients} is a product of matrices: each row of {x}, turned so that examples run "
    "along it, meets each column of {upstream}. This one is where row {row#} meets column "
    "{column#}, counted from 0.",
    "shared": "{gradient} is worked out once, and {count#} further gradients are made of it: "
    "{others}.",
    # updates
    "updated": "{equation}.",
    "downhill.raises": "Raising {x} raises {loss} (its gradient is {slope#}), so {x} is lowered.",
    "downhill.lowers": "Raising {x} lowers {loss} (its gradient is {slope#}), so {x} is raised.",
    "downhill.against": "The gradient of {x} is {slope#}, which alone would move it the other "
    "way: what the optimizer adds of its own, such as its memory, outweighs it.",
    "downhill.stays": "The gradient of {x} is {slope#}, and yet {x} stays where it is.",
    "downhill.flat": "The gradient of {x} is 0: as far as small changes tell, moving {x} moves "
    "nothing. So it stays.",
    "downhill.memory": "The gradient of {x} is 0: as far as small changes tell, moving {x} "
    "moves nothing. What moves it is what the optimizer adds of its own, such as its memory.",
    "minus": "The gradient, {slope#}, says where {loss} goes as {x} rises: {way}. The aim is a "
    "smaller loss, so the step is taken the other way.",
    "way.up": "up",
    "way.down": "down",
    "way.nowhere": "nowhere",
    "rate": "The gradient says which way and how steep, for small changes only; it does not "
    "say how far. {x=} is how far the straight-line story is trusted.",
    # what an update did to the loss
    "change": "{what}; the gradient promised {promise}.",
    "change.fell": "The loss fell by {by#}, from {before#} to {after#}",
    "change.rose": "The loss rose by {by#}, from {before#} to {after#}",
    "change.stayed": "The loss stayed at {before#}",
    "change.went": "The loss went from {before#} to {after#}",
    "promise.alike": "{by#}",
    "promise.fall": "a fall of {by#}",
    "promise.rise": "a rise of {by#}",
    "promise.none": "no change",
    "promise.unknown": "no number",
    "change.too_far": "A gradient holds for small changes; this one was too large for it.",
    "change.uphill": "Together the parameters moved up the gradient, not down it, as an "
    "optimizer's memory of earlier gradients can make them.",
    "change.of_one": "Both losses are of example {n#} of {count#}, which this iteration saw.",
    "change.of_some": "Both losses are of the {seen#} of {count#} examples that this iteration "
    "saw.",
    "change.of_all": "Both losses are of all {count#} examples.",
    "course.one": "one iteration",
    "course.many": "{count#} iterations",
    "course.fell": "In {count} the loss fell by {by#}, from {before#} to {after#}.",
    "course.rose": "In {count} the loss rose by {by#}, from {before#} to {after#}.",
    "course.stayed": "After {count} the loss is {before#}, as at first.",
    "course.went": "In {count} the loss went from {before#} to {after#}.",
    "course.passes": "Over a pass of {pass#} iterations the mean loss was {before#} at first "
    "and is {after#} now.",
    # what was expected of a number before it is shown
    "expect.update": "{old=}.",
    "expect.update_by": "{old=} and {gradient=}.",
    "expect.one": "What arrives at {y} is {gradient=}.",
    "expect.many": "{count#} gradients arrive; the largest is {gradient=}.",
    "expect.right": "{x=}: {truth}, as you expected.",
    "expect.wrong": "{x=}: {truth}; you expected {answer}.",
    "expect.rises": "a rise",
    "expect.falls": "a fall",
    "expect.stays": "no change",
    "expect.zero": "zero",
    "expect.larger": "larger",
    "expect.larger_than": "larger than {y}",
    "expect.as_large": "as large",
    "expect.as_large_as": "as large as {y}",
    "expect.smaller": "smaller",
    "expect.smaller_than": "smaller than {y}",
    "expect.positive": "positive",
    "expect.negative": "negative",
    "expect.and_sign": "{size}, {sign}",
    # typed answers
    "read.too_long": "This is longer than {most#} characters; type a number.",
    "read.not_a_number": "“{typed}” is not read as a number; write it as 0.25, -1.5, 3/4 or 1e-3.",
    "read.zero_below": "A fraction cannot have 0 below the line.",
    "grade.blank": "Left blank. What would you need to know first?",
    "grade.nothing": "Nothing typed yet. What would you need to know first?",
    "grade.rounded": "Right, but for rounding on the way: {expected#} with more digits.",
    "grade.rough": "That is near, but too rough to tell it from others: write one more digit.",
    "grade.right": "Right.",
    "grade.right_carried": "Right, from your own numbers.",
    "grade.right_step": "Right, from your own numbers: {step}.",
    "grade.not_this": "Not this number.",
    "grade.again": "Try once more, or have it shown.",
    "grade.sign": "Its size is right, its sign is not.",
    "grade.point": "Its digits are right, its decimal point is not.",
    "grade.not_zero": "It is not 0.",
    "grade.step": "The step is {step}.",
    "grade.step_carried": "From your own numbers, the step is {step}.",
    "grade.step_of_own": "from your own numbers, {step}",
    "grade.mistake": "You get your number if you {mistakes}.",
    "grade.mistakes": "You get your number if you {mistakes}. To tell which:",
    "grade.asks": "{question}",
    "grade.or": "; or if you ",
    "grade.positive": "Positive: so it is. How large?",
    "grade.not_positive": "Positive: not so.",
    "grade.negative": "Negative: so it is. How large?",
    "grade.not_negative": "Negative: not so.",
    "grade.larger": "Larger than {x}: so it is. By how much?",
    "grade.not_larger": "Larger than {x}: not so.",
    "grade.smaller": "Smaller than {x}: so it is. By how much?",
    "grade.not_smaller": "Smaller than {x}: not so.",
    "grade.same": "Same as {x}: so it is. By how much?",
    "grade.not_same": "Same as {x}: not so.",
    "grade.larger_than_what": "Larger than what? Type the number, or its sign.",
    "grade.smaller_than_what": "Smaller than what? Type the number, or its sign.",
    "grade.same_than_what": "Same as what? Type the number, or its sign.",
    # arrows of a graph
    "graph.blank": "No arrows were found. Write them as x -> z, with commas between.",
    "graph.unknown": "“{typed}” is not one of its values: {names}.",
    "graph.right": "Right: every use has its arrow.",
    "graph.missing": "Missing: {arrows}.",
    "graph.extra": "Not there: {arrows}.",
    "graph.turned": "An arrow goes from what is used to what is made of it.",
    # the order of steps
    "ordered.blank": "Left blank. Which comes first?",
    "ordered.unknown": "“{typed}” is not one of them: {names}.",
    "ordered.twice": "{x} is there twice.",
    "ordered.missing": "Not there: {names}.",
    "ordered.early": "{x} comes too early: it rests on {needed}.",
    "ordered.right": "Right: each comes after all it rests on.",
    # where a planted mistake shows first, and which it was
    "planted.blank": "Left blank. Work the numbers out one by one, and stop at the first.",
    "planted.right": "Right. All before it is as it should be.",
    "planted.wrong_too": "That number is wrong too, but it is not the first.",
    "planted.right_number": "That number is right.",
    "planted.unknown": "No number here has that name.",
    "planted.first": "The first that is wrong is {x}.",
    "slip.blank": "Left blank. What was done here in place of the right step?",
    "slip.unknown": "No mistake has that name; whygrad mistakes lists them.",
    "slip.right": "Right. {people} {notice}",
    "slip.cannot": "That cannot be done here.",
    "slip.same": "That gives {x=} too, but not the numbers after it.",
    "slip.other": "That gives {x=}, not {planted#}.",
    "slip.made": "The mistake: {mistake}. {notice}",
    # an open answer
    "remedy.blank": "Left blank. Say what you would look at first, however rough.",
    "remedy.model": "Model answer: {model}",
    "remedy.rated": "You rate your own {rating#} of 5.",
    "remedy.lacks": "What does the model answer say that yours does not?",
    "remedy.rate": "Rate your own from 1 to 5: does it name the cause, say how to be sure of it, "
    "and what to do first?",
    "remedy.not_a_rating": "“{rating}” is not a whole number from 1 to 5.",
    # lines of someone's own work
    "pasted.not_a_line": "Write a name and a number, as in dL/dw1 = -1.75.",
    "pasted.twice": "{x} is checked in a line above; write each number once.",
    "pasted.given": "{name} is given, not worked out; there is nothing to check.",
    "pasted.several": "{name} has several numbers; say which one, as in {one}.",
    "pasted.unknown": "No number here is called “{name}”.",
    "pasted.near": "No number here is called “{name}”. Did you mean {near}?",
    # a learner's own function
    "check.exited": "it ended the process (exit code {code#})",
    "check.stopped": "it was stopped after {seconds#} seconds; is there a loop that never ends?",
    "check.ended": "it ended before it could answer",
    "check.given": "It was given {arguments}.",
    "check.computed": "{arguments}; it computed {steps}",
    "check.nothing": "it should return a dict, but returned nothing; is there a return?",
    "check.no_dict": "it should return a dict, but returned a {kind}",
    "check.missing": "the result has no {name}; it has {names}",
    "check.empty": "the result has no {name}; it has nothing",
    "check.no_numbers": "{name} is not a number or an array of numbers",
    "check.shape": "{name} has shape {shape}, but its value has {expected}: one rate per number",
    # what an exercise asks
    "question.story": "A small computation:\n{formulas}\nwith {given}.",
    "question.second": "It is the second iteration; the first had {gradients}.",
    "question.log": "log is the natural logarithm, exp its inverse.",
    "question.relu": "At exactly 0 the ReLU's slope is taken as 0.",
    "question.value": "What is {x}?",
    "question.gradient": "What is {x}, the rate of the loss per unit of {of}?",
    "question.update": "What is {x}, after the update?",
    "question.all": "Work out one training iteration, step by step.",
    "question.rest": "Part of it is worked out:\n{told}\nGo on from there.",
    "question.blanks": "Fill in the blanks:\n{lines}",
    "question.planted": "Someone worked it out so, and made one kind of mistake:\n{told}\n"
    "Which number is the first that is wrong, and what should it be?\n"
    "Which mistake was made? One of these:\n{choices}",
    "question.first": "Which number is the first that is wrong?",
    "question.right": "What should it be?",
    "question.slip": "Which mistake was made?",
    "question.order": "In which order can these be worked out: {names}?\n"
    "Write their names with commas, the first one first.",
    "question.put_in_order": "Put in order: {names}",
    "question.graph": "Draw its graph: for every value, an arrow from each value it is computed "
    "from. An array is one value.\nWrite the arrows with commas: x -> z, w -> z, ...",
    "question.arrows": "Which arrows are there?",
    "question.losses": "Someone trains it, and the loss goes {wrong}; done rightly it would go "
    "{right}.\nWhat is wrong, how would you find out, and what would you do first? Write it in "
    "your own words; then compare with the model answer and rate yourself from 1 to 5.",
    "question.remedy": "What is wrong, how would you find out, and what would you do first?",
    "question.model": "The slip: {mistake}. What that does: {breaks} How to find out: {notice} "
    "First of all, do that step rightly and train again from the same start.",
    # what a worked step is called
    "title.step": "{words}: {x}",
    "title.update": "Update: {x}",
    "title.several": "Contributions add: {x}",
    "title.parameter": "For the {kind}: {x}",
    "title.backward": "Backward: {x}",
    "title.loss": "From the loss: {x}",
    "title.weights": "Through the weights: {x}",
    "title.through": "Through the {op}: {x}",
    # a number moved a little, and the paths from it
    "nudge.by": "{x} from {value#} by {epsilon#} either way:",
    "nudge.losses": "the loss is {below#} below, {here#} here, {above#} above;",
    "nudge.backward": "the backward pass says {gradient#}",
    "nudge.undefined": "the loss is no number on one side: the nudge leaves where it is defined, "
    "such as a logarithm of numbers above 0; try a smaller epsilon",
    "nudge.corner": "{names} crossed a corner on the way: there is no one slope across it, so the "
    "two need not agree",
    "paths.one": "1 path leads from {x} to the loss; together they give {gradient#}",
    "paths.several": "{count} paths lead from {x} to the loss; together they give {gradient#}",
    "paths.rest": "the other {count} give {rest#}; those listed are {part} of all sizes",
    # what both ways to every gradient cost
    "cost.faster": "One walk back is {ratio#} times as fast here.",
    "cost.alike": "On so small a tape both take about as long.",
    "cost.slower": "On so small a tape nudging is {ratio#} times as fast.",
    "cost.grows": "Nudging takes one forward pass more than there are weights and biases: {passes} "
    "here, {gpt3} for GPT-3. Backpropagation takes one forward and one backward, however many "
    "there are: here as long as {back#} forward passes.",
    # what an edit does
    "compare.rate": "learning rate {rate#}",
    "compare.swap": "{new} in place of {old}",
    "compare.held": "{x=}, never updated",
    "compare.set": "{x=}",
    "compare.drop": "without {x}",
    "compare.mistake": "mistake {name}: {title}",
    "compare.differ": "{marks} differ",
    "compare.no_difference": "Here it makes no difference to this iteration.",
    "compare.same_number": "The number is what it was.",
    "compare.same_made": "Where it is made, both ways come to the same number.",
    "compare.tie": "{x} is {right}, and instead {wrong}: the same number.",
    "compare.broke_right": "Training the right one broke down: {fault}.",
    "compare.broke_wrong": "Training the wrong one broke down: {fault}.",
    "compare.trained_same": "In training it makes none either.",
    "compare.trained_later": "In training it does, from a later iteration on.",
    "compare.notice": "How to notice it elsewhere: {notice}",
    "compare.gradients_right": "The gradients are right; it is what is done with them that is not.",
    "compare.check_passes": "The gradient check passes: the gradients are right for what is "
    "computed, but something else is computed.",
}
"""The sentences, by key."""
