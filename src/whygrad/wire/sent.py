"""What the front end is sent: which fields of which domain objects, and under which names.

A message is a domain object. ``SENT`` has a row for each class whose message has a name of its own
or leaves something out; ``MESSAGES`` lists what a request may be answered with. The types in
``web/src/wire.ts`` are generated from both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from whygrad.clinic import messages as clinic
from whygrad.data.csv_file import ColumnSummary, CsvSummary
from whygrad.data.dataset import Dataset
from whygrad.engine.op import Op, Reason
from whygrad.errors import WhygradError
from whygrad.explain.principles import Analogy, Principle
from whygrad.explain.worked import WorkedStep
from whygrad.practice.accepted import Accepted, Posed
from whygrad.practice.exercise import Topic, Topics
from whygrad.practice.numbers import Mark
from whygrad.practice.pasted import PastedLine
from whygrad.practice.questions import Ask, Losses, Number
from whygrad.spec import Spec
from whygrad.training.study import Study
from whygrad.whatif.mistakes import Mistake
from whygrad.whatif.tapes import MistakenTape, MistakenTapes


@dataclass(frozen=True)
class Sent:
    """How objects of one class are sent.

    Attributes:
        name: what the message is called in TypeScript.
        fields: the attribute that each key of the JSON object holds, with dots for an attribute of
            an attribute.
    """

    name: str
    fields: Mapping[str, str]


def _sent(name: str, *keys: str) -> Sent:
    """Return a row; ``train=samples`` sends the attribute samples under the key train."""
    pairs = (key.partition("=") for key in keys)
    return Sent(name, {key: path or key for key, _, path in pairs})


def _whole(name: str, kind: type[Any]) -> Sent:
    return _sent(name, *(field.name for field in fields(kind)))


_IN_WORDS = ("name", "title", "done", "description", "people", "breaks", "notice", "asks")
_OF_EXERCISE = (
    *("id", "kind", "feature", "fading", "difficulty", "seed", "says", "notes", "iteration"),
    *("told", "asks", "losses"),
)

SENT: Mapping[type[Any], Sent] = {
    WhygradError: _sent("ErrorMessage", "message", "source", "line"),
    Spec: _sent("PresetInfo", "name", "title", "description"),
    # a trace
    Study: _whole("TraceMessage", Study),
    WorkedStep: _whole("StepInfo", WorkedStep),
    Op: _sent(
        "OpInfo",
        *("name", "title", "reads", "kinks", "side", "aligned", "silent", "purpose", "reasons"),
        "formula",
    ),
    Reason: _whole("ReasonInfo", Reason),
    Principle: _whole("PrincipleInfo", Principle),
    Analogy: _whole("AnalogyInfo", Analogy),
    Dataset: _sent(
        "DatasetInfo",
        *("name", "task", "train=samples", "feature_names", "target_names", "flipped"),
        *("evaluation=evaluation.samples", "classes", "note"),
    ),
    ColumnSummary: _whole("ColumnInfo", ColumnSummary),
    CsvSummary: _sent("CsvInfo", "name=source", "rows", "columns", "target=likely_targets"),
    # what if
    Mistake: _sent("SlipInfo", *_IN_WORDS),
    MistakenTape: _sent(
        "MistakeInfo",
        *(f"{name}=mistake.{name}" for name in _IN_WORDS),
        *("tape", "leaves", "origins"),
    ),
    MistakenTapes: _sent("MistakesMessage", "mistakes", "ops"),
    # practice
    Topics: _whole("PracticeInfo", Topics),
    Topic: _whole("FeatureInfo", Topic),
    Posed: _sent(
        "ExerciseMessage",
        *(f"{name}=exercise.{name}" for name in _OF_EXERCISE),
        *("trace=exercise.study", "accepted"),
    ),
    Accepted: _whole("AcceptedInfo", Accepted),
    Ask: _sent("AskInfo", "name", "prompt", "choices"),
    Number: _whole("NumberInfo", Number),
    Losses: _whole("LossesInfo", Losses),
    Mark: _sent(
        "MarkMessage",
        *("name", "symbol", "typed", "correct", "expected", "mistakes=slips", "feedback"),
        *("carried", "step"),
    ),
    PastedLine: _whole("LineMessage", PastedLine),
}
"""How objects of a class are sent; those of any other dataclass are sent with all fields."""

MESSAGES: tuple[type[Any], ...] = (
    Spec,
    Study,
    MistakenTapes,
    WhygradError,
    CsvSummary,
    Topics,
    Posed,
    Mark,
    PastedLine,
    *clinic.MESSAGES,
)
