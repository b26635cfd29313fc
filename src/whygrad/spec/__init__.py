"""Specs: a small TOML file that says what to trace, on which data, and how to train it.

A spec has a `[network]` (layers of numbers) or a `[formula]` (arithmetic, statement by statement);
everything else but the data has a default. Reading one checks every key, type, range and shape,
and refuses what it does not know: a mistake is met here, with file and line, and not later as an
odd number. Text is only ever parsed, never run.

`load_spec` reads a preset or a file, `parse_spec` a text, `spec_from_dict` a mapping such as the
page sends; `resolve` loads the data and fills in what depends on it.
"""

from whygrad.spec.fit import boundary, resolve
from whygrad.spec.model import (
    ON_LOGITS,
    DataSpec,
    FormulaSpec,
    InitSpec,
    LossSpec,
    NetworkSpec,
    OptimizerSpec,
    Spec,
    Statement,
    TrainSpec,
    shape_of,
)
from whygrad.spec.read import load_spec, parse_spec, preset_names, spec_from_dict
from whygrad.spec.write import spec_to_dict

__all__ = [
    "ON_LOGITS",
    "DataSpec",
    "FormulaSpec",
    "InitSpec",
    "LossSpec",
    "NetworkSpec",
    "OptimizerSpec",
    "Spec",
    "Statement",
    "TrainSpec",
    "boundary",
    "load_spec",
    "parse_spec",
    "preset_names",
    "resolve",
    "shape_of",
    "spec_from_dict",
    "spec_to_dict",
]
