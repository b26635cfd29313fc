"""What a learner chooses from, in words that give nothing away. Nothing here needs PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

from whygrad import clinic
from whygrad.clinic.messages import ClinicChoice, ClinicInfo, ClinicOffer
from whygrad.doctor.remedies.table import PARTS, REMEDIES
from whygrad.doctor.rules import CAUSES, ROWS
from whygrad.errors import WhygradError

ONE_BATCH = 200  # updates on the same rows

# In the order in which one question follows from another.
EXAMINATIONS: Mapping[str, ClinicOffer] = {
    key: ClinicOffer(key, title, asks, does)
    for key, title, asks, does in (
        ("scores", "Scores and baselines",
         "Does it fail on the rows it learns from, or only on others?",
         "Judges these weights on both sets of rows, beside a constant answer, nearest neighbours "
         "and a linear fit."),
        ("one_batch", "Memorising one batch",
         "Can this network, with this loss and these settings, learn a few rows at all?",
         f"Trains a copy {ONE_BATCH} times on the same rows, in a plain loop."),
        ("own", "The loop's gradient",
         "Is what the optimizer uses this batch's gradient?",
         "Computes the gradient of single batches anew and compares it with .grad."),
        ("nudges", "Nudges",
         "Is what backward says the rate at which the loss moves?",
         "Nudges single weights to either side and watches the loss."),
        ("parameters", "Parameters",
         "Is everything that should move the optimizer's, and does it move?",
         "Lists every tensor: who owns it, whether a gradient reaches it, where it began."),
        ("updates", "Steps",
         "How far does a step go, next to the size of the weights?",
         "Compares the weights before and after single steps."),
        ("gradients", "Gradients, layer by layer",
         "Does a gradient still arrive at the first layer?",
         "Sends a few hundred rows through and notes ∂L/∂h at every layer."),
        ("activations", "Activations, layer by layer",
         "What does each layer pass on: anything, or nothing?",
         "Sends a few hundred rows through and looks for units that are shut or flat."),
        ("outputs", "Outputs and loss",
         "Do outputs, targets and loss fit each other, and does a row always get the same answer?",
         "Looks at what comes out, in evaluation mode, alone and in batches."),
        ("inputs", "Inputs",
         "Are the inputs numbers of a usual size, prepared alike for both sets of rows?",
         "Looks at every column, and at validation's beside training's."),
        ("labels", "Targets",
         "Are the targets in line with the inputs, and balanced?",
         "Counts them, and asks each row's neighbours."),
        ("split", "The split",
         "Is what it is judged on really new?",
         "Looks for rows in both sets, and for a column that gives the answer away."),
        ("replay", "One change at a time",
         "What single change lets it learn?",
         "Plays the run's beginning again, in a plain loop, with one thing changed. Say first what "
         "you expect."),
    )
}  # fmt: skip

HEALTHY, CANNOT_TELL, LEAVE = "healthy", "cannot_tell", "leave"

CAUSE_CHOICES: Mapping[str, str] = {
    HEALTHY: "Nothing is wrong: it learns what can be learned.",
    CANNOT_TELL: "It cannot be told from what was seen.",
    **{cause: ROWS[cause].summary for cause in CAUSES},
}

# Each remedy under what it changes, in the words of its row, which give no cause away.
REMEDY_CHOICES: Mapping[str, tuple[str, str]] = {
    LEAVE: ("nothing", "Leave the run as it is"),
    **{
        row.key: (part, row.name) for part in PARTS for row in REMEDIES.values() if row.part == part
    },
}


def info() -> ClinicInfo:
    """Return all that can be chosen from."""
    try:
        clinic.require()
        missing = ""
    except WhygradError as error:
        missing = error.message
    return ClinicInfo(
        causes=tuple(ClinicChoice(key, says, "") for key, says in CAUSE_CHOICES.items()),
        remedies=tuple(
            ClinicChoice(key, says, group) for key, (group, says) in REMEDY_CHOICES.items()
        ),
        examinations=tuple(EXAMINATIONS.values()),
        missing=missing,
    )


def words(key: str) -> str:
    """Write a name as it is read."""
    return key.replace("_", " ")
