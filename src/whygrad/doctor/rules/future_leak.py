"""A model that is to say the next token sees it.

Why: without a causal mask (or with it the wrong way round) the answer at one place depends on the
tokens behind it, and the target is one of them. The loss falls far below what can be known, and
when tokens are generated, where nothing is behind, the model has learned nothing of use.

Seen: targets are the input one place on, and answers at earlier places change when only the last
tokens are changed, by more than a hundredth of their spread.

Example: `nn.TransformerEncoder(...)(x)` without `mask=`; `triu` for `tril`.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, NoneBecause, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

NEXT = 0.9
SEES = 0.01


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    s = m.sequence
    if s is None or s.next < NEXT or s.ahead is None or s.ahead < SEES:
        return None
    return Finding(
        "", 0.95, "serious",
        "the target is the next token, and answers at earlier places change by "
        f"{percent(s.ahead)} of their spread when only the last tokens are changed: the model sees "
        "what it is asked for.",
        {"next": s.next, "ahead": s.ahead}, "the attention's mask", None,
        {"healthy": "a low loss is what looking ahead gives, too",
         "overfitting": "held-out text is predicted as well, for its future is seen, too"},
    )  # fmt: skip


CAUSE = Cause(
    code="L14",
    name="future_leak",
    page=__doc__,
    check=check,
    group=NoneBecause("it is written into the network, and nothing else brings it about"),
    explains=("overfitting", "batch_dependence"),
    remedies=(
        use(
            "causal_mask",
            why="an answer then depends on what stands before it alone",
            predicts="answers do not change when later tokens do, and the loss rises",
        ),
    ),
    masks=NoneBecause("the loss is low already; nothing is left to hide"),
    demo=NoneBecause("whygrad's presets predict one row at a time"),
    in_training=False,
)
