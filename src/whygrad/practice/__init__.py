"""Practice: exercises from a seed, grading that understands wrong answers, worksheets."""

from whygrad.practice.accepted import Accepted, Posed, posed
from whygrad.practice.answer import TypedAnswer, agrees, read
from whygrad.practice.check import STARTERS, CheckResult, Wrong, check, starter
from whygrad.practice.exercise import DIFFICULTIES, Exercise, exercise, from_id, from_json
from whygrad.practice.features import FEATURES
from whygrad.practice.grade import RATING, grade, homework
from whygrad.practice.numbers import Mark, grade_numbers
from whygrad.practice.pasted import PastedLine, check_lines
from whygrad.practice.questions import FADING, KINDS, Ask, notes
from whygrad.practice.solution import Solution, worked_out
from whygrad.practice.worksheet import worksheet

__all__ = [
    "DIFFICULTIES",
    "FADING",
    "FEATURES",
    "KINDS",
    "RATING",
    "STARTERS",
    "Accepted",
    "Ask",
    "CheckResult",
    "Exercise",
    "Mark",
    "PastedLine",
    "Posed",
    "Solution",
    "TypedAnswer",
    "Wrong",
    "agrees",
    "check",
    "check_lines",
    "exercise",
    "from_id",
    "from_json",
    "grade",
    "grade_numbers",
    "homework",
    "notes",
    "posed",
    "read",
    "starter",
    "worked_out",
    "worksheet",
]
