"""What if it were done differently: edits, mistakes that can be played, and comparison."""

from whygrad.whatif.compare import Comparison, Difference, GradientCheck, compare, gradient_check
from whygrad.whatif.edits import (
    Drop,
    Edit,
    LearningRate,
    MakeMistake,
    SetNumber,
    Swap,
    edited,
    parse_set,
    parse_swap,
    swapped,
)
from whygrad.whatif.mistakes import MISTAKES, Mistake, find_mistake, fitting

__all__ = [
    "MISTAKES",
    "Comparison",
    "Difference",
    "Drop",
    "Edit",
    "GradientCheck",
    "LearningRate",
    "MakeMistake",
    "Mistake",
    "SetNumber",
    "Swap",
    "compare",
    "edited",
    "find_mistake",
    "fitting",
    "gradient_check",
    "parse_set",
    "parse_swap",
    "swapped",
]
