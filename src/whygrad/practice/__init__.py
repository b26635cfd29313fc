"""Practice: exercises from a seed, grading that understands wrong answers, worksheets."""

from whygrad.practice.answer import Answer, agrees, read
from whygrad.practice.exercise import FADING, FEATURES, KINDS, Ask, Exercise, exercise, from_id
from whygrad.practice.grade import Mark, grade, grade_numbers, homework
from whygrad.practice.worksheet import worksheet

__all__ = [
    "FADING",
    "FEATURES",
    "KINDS",
    "Answer",
    "Ask",
    "Exercise",
    "Mark",
    "agrees",
    "exercise",
    "from_id",
    "grade",
    "grade_numbers",
    "homework",
    "read",
    "worksheet",
]
