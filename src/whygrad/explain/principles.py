"""The named principles, each once: every reason rests on one, down to "nudge it and see"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Analogy:
    """A likeness that helps, and where it breaks."""

    like: str
    breaks: str


@dataclass(frozen=True, slots=True)
class Principle:
    """A fact about how changes travel.

    Attributes:
        name: its short name, used everywhere.
        says: what it says.
        see: how to see it for oneself.
        rests_on: the principles it follows from; none for one that is simply looked at.
        analogy: a likeness, if there is a good one.
    """

    name: str
    says: str
    see: str
    rests_on: tuple[str, ...] = ()
    analogy: Analogy | None = None


_DOOR = Analogy(
    "a door, open or shut: an open one lets everything through, a shut one nothing.",
    "a door can be ajar; this one cannot.",
)
_GEARS = Analogy(
    "gears in a train: 3 turns of the second for one of the first, 2 of the third for one of the "
    "second, makes 6.",
    "gears have one path; in a network a value may act along several, and then the effects add.",
)
_BLAME = Analogy(
    "a company finding out who is to blame for a loss: each department answers for what it passed "
    "on.",
    "blame is shared out and adds up to one; gradients add up to nothing in particular, and can be "
    "negative.",
)
_FOG = Analogy(
    "walking downhill in fog, feeling the slope underfoot.",
    "a hillside has two directions; a loss has one for every parameter, and only the slope right "
    "here is known.",
)
_WHISPER = Analogy(
    "a word whispered down a line, fainter at each step.",
    "a whisper is lost in noise; a gradient stays exact, it is only small.",
)
_EXAM = Analogy(
    "a student who memorises last year's exam.",
    "a network has no intent, and can memorise and still do well on what it has not seen.",
)

PRINCIPLES: dict[str, Principle] = {
    principle.name: principle
    for principle in (
        Principle(
            "rate",
            "A derivative is a rate: change out per unit of change in, for small changes.",
            "Nudge the input by ε, look how far the output moves, divide by ε. Halve ε: the "
            "quotient settles.",
        ),
        Principle(
            "rates multiply",
            "3 units of loss per unit of g, times 2 units of g per unit of x, is 6 units of loss "
            "per unit of x. This is the chain rule.",
            "Small changes pass through: x by 0.01 moves g by 0.02, and that moves the loss by "
            "0.06.",
            ("rate",),
            _GEARS,
        ),
        Principle(
            "contributions add",
            "A value that is used twice moves the loss through both uses, and small effects add "
            "up.",
            "Nudge both uses by ε: beside the two effects there is one of the size ε². At ε = 0.1, "
            "0.01, 0.001 it is 0.01, 0.0001, 0.000001 of them: it vanishes.",
            ("rate",),
            _BLAME,
        ),
        Principle(
            "local",
            "A step needs only what arrives at it and its own inputs.",
            "Cover the rest of the graph: the same number comes out.",
        ),
        Principle(
            "save",
            "The forward pass keeps what the local derivatives will ask for.",
            "Forget z, and try to say whether the ReLU was open.",
            ("local",),
        ),
        Principle(
            "complete before passing on",
            "A gradient may be passed down only when every use of its value has reported.",
            "Pass it on early in b = a + a, c = b + b, and see the total come out wrong.",
            ("contributions add",),
        ),
        Principle(
            "the other factor",
            "For z = w·x the rate of z per unit of w is x: a weight counts as much as its input.",
            "Set x to 0: the weight cannot be blamed, and does not move.",
            ("rate",),
        ),
        Principle(
            "gate",
            "A gate passes all or nothing, by which side of its corner the input is on.",
            "Slide the input through the corner and watch the slope jump.",
            ("rate",),
            _DOOR,
        ),
        Principle(
            "slope of the squash",
            "A squashing curve is steepest in its middle and flat at its ends; the sigmoid's slope "
            "is σ(1 − σ), never above ¼.",
            "Read the slope off the curve at a few places. Multiply eight of them.",
            ("rate",),
        ),
        Principle(
            "slope of a surprise",
            "The surprise −log p at what has happened is the steeper, the smaller the share p it "
            "was given: its slope is −1/p.",
            "Halve the share: the surprise always rises by the same log 2, over half the way.",
            ("rate",),
        ),
        Principle(
            "average",
            "A mean divides by how many there are, so each one's say is 1/n.",
            "Copy every example twice: the mean, and every gradient, stays as it was.",
            ("rate",),
        ),
        Principle(
            "used by all",
            "A weight or bias serves every example, so its gradient is a sum over them.",
            "Take one example away: its contribution is missing from the sum.",
            ("contributions add",),
        ),
        Principle(
            "same shape",
            "A gradient has its value's shape: one rate for each number.",
            "Count them.",
            ("rate",),
        ),
        Principle(
            "rows meet columns",
            "∂L/∂W = xᵀ·g, since W[i,j] meets x[n,i] once for each example n.",
            "Write one element out.",
            ("the other factor", "used by all"),
        ),
        Principle(
            "meet and cancel",
            "A sigmoid (or softmax) followed by cross-entropy leaves prediction minus target.",
            "Multiply the two local derivatives: (ŷ − y)/(ŷ(1 − ŷ)) times ŷ(1 − ŷ).",
            ("rates multiply",),
        ),
        Principle(
            "downhill",
            "Step against the gradient; the learning rate says how far the straight-line story is "
            "trusted.",
            "Compare the loss after the step with what the gradient promised.",
            ("rate",),
            _FOG,
        ),
        Principle(
            "shared work",
            "One walk gives every gradient, since all paths below a value share what arrived "
            "there.",
            "Count: one forward pass per parameter, and one more, against one backward pass of "
            "about two.",
            ("local", "complete before passing on"),
        ),
        Principle(
            "products shrink or grow",
            "A product of many factors below 1 vanishes, of many above 1 explodes.",
            "Watch the product as a bar that shortens layer by layer.",
            ("rates multiply",),
            _WHISPER,
        ),
        Principle(
            "room to memorise",
            "More freedom than evidence fits the noise too.",
            "Same network, fewer points: the gap between training and new data opens.",
            (),
            _EXAM,
        ),
        Principle(
            "given",
            "Some numbers are not computed: examples, targets, starting weights, and what you "
            "choose, such as the learning rate.",
            "Change one, and everything computed from it changes.",
        ),
    )
}
