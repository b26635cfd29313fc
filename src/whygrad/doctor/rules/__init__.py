"""All rules; importing this fills the table."""

from whygrad.doctor.rule import RULES
from whygrad.doctor.rules import flow, generalise, loop, objective, optimise, rows

__all__ = ["CAUSES", "RULES", "flow", "generalise", "loop", "objective", "optimise", "rows"]

# Causes that are named by `check_backward`, which looks at a backward pass and not at a run.
BY_HAND = ("wrong_backward", "dtype_truncation")
CAUSES = (*sorted(RULES), *BY_HAND)
