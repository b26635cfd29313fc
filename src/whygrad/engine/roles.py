"""What a value is for in an iteration, and the phases an iteration has."""

from __future__ import annotations

from typing import Literal, get_args

Phase = Literal["forward", "loss", "backward", "update"]
Role = Literal[
    "input",
    "target",
    "parameter",
    "buffer",
    "hyperparameter",
    "constant",
    "intermediate",
    "gradient",
    "optimizer state",
]
ParameterKind = Literal["weight", "bias", "scale", "shift", "embedding"]
"""What a parameter does: it multiplies an input, is added to a sum, stretches or moves what was
normalised, or is a table of rows that are looked up."""

PHASES: tuple[Phase, ...] = get_args(Phase)
ROLES: tuple[Role, ...] = get_args(Role)
PARAMETER_KINDS: tuple[ParameterKind, ...] = get_args(ParameterKind)
