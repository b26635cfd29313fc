"""What can be examined of a program in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from whygrad.clinic.examinations.shown import Fact
from whygrad.clinic.numpy_case import NumpyRun
from whygrad.clinic.patient import Patient
from whygrad.doctor import rows
from whygrad.explain.display import number


def _scores(patient: Patient, run: NumpyRun) -> Iterator[Fact]:
    learned = rows.rows(run.x, run.y, "classes")
    known = rows.left_out(learned, "classes")[0]
    base = rows.baseline(learned.y, learned.y, "classes")
    score = run.score(run.x, run.y)
    yield Fact(
        "scores.training",
        f"On training rows the run reaches {number(score)} (accuracy), the best constant answer "
        f"{number(base)}; nearest neighbours or a linear fit reach {number(known)} on rows left "
        "out.",
        "At least what something simple reaches.",
        score < known - 0.3 * (known - base),
    )


def _nudges(patient: Patient, run: NumpyRun) -> Iterator[Fact]:
    wrong = [f for f in patient.report.findings if f.cause == "wrong_backward"]
    says = wrong[0].mechanism if wrong else (
        "Weights were nudged to either side: the loss moves at the rate that backward says."
    )  # fmt: skip
    yield Fact(
        "nudges.agree",
        says[0].upper() + says[1:],
        "They agree to about eight digits.",
        bool(wrong),
        ("wrong_backward",),
    )


def _parameters(patient: Patient, run: NumpyRun) -> Iterator[Fact]:
    kind = run.start["W0"].dtype
    yield Fact(
        "parameters.kind",
        f"Weights are kept as {kind}.",
        "As floating-point numbers: an update is a small part of a weight.",
        kind.kind in "iu",
        ("dtype_truncation",),
    )
    count = sum(p.size for p in run.start.values())
    now = run.network.parameters
    moved = sum(int((now[name] != p).sum()) for name, p in run.start.items())
    zeros = sum(int((p == 0).sum()) for p in now.values())
    yield Fact(
        "parameters.moved",
        f"{moved} of {count} numbers are others than at the start; {zeros} are 0 now.",
        "All that get a gradient have moved, and hardly any is 0.",
        zeros > count / 2,
        ("dtype_truncation",),
    )


FACTS: Mapping[str, Callable[[Patient, NumpyRun], Iterator[Fact]]] = {
    "scores": _scores,
    "nudges": _nudges,
    "parameters": _parameters,
}
