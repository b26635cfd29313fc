"""``whygrad clinic``: examine a training run, say what is wrong with it, and see what cures it."""

from __future__ import annotations

import json
import math
import random
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

import click
from rich.console import Console
from rich.padding import Padding
from rich.progress import Progress as Bar
from rich.syntax import Syntax
from rich.table import Table

from whygrad import clinic
from whygrad.cli.options import FORMAT
from whygrad.clinic.choices import CAUSE_CHOICES, EXAMINATIONS, LEAVE, REMEDY_CHOICES, info
from whygrad.clinic.messages import (
    ClinicCourse,
    ClinicJudged,
    ClinicPicture,
    ClinicSeries,
    ExaminationMessage,
    GradeMessage,
    PatientMessage,
)
from whygrad.clinic.progress import Progress
from whygrad.doctor.finding import leads
from whygrad.errors import WhygradError, unknown
from whygrad.explain.display import number
from whygrad.wire.messages import to_json

if TYPE_CHECKING:
    from whygrad.clinic.grade import Grade, LearnerAnswer
    from whygrad.clinic.patient import Patient

_T = TypeVar("_T")
BLOCKS = "▁▂▃▄▅▆▇█"
WIDE = 40
VERDICTS = {
    "right": "right", "supports": "supports it", "cures": "cures", "left": "left as it is",
    "undecided": "it can be told", "symptom": "the complaint itself", "silent": "does not tell",
    "consequence": "a consequence", "helps": "helps in part", "missed": "missed",
    "other": "something else", "against": "speaks against it", "masks": "only masks",
    "nothing": "does nothing", "impossible": "cannot be made",
}  # fmt: skip
AGREED = ("right", "supports", "cures")


@click.command("clinic", short_help="Say what is wrong with a training run, and why.")
@click.option(
    "--seed", type=click.IntRange(0), help="Which patient; any one is picked if left out."
)
@click.option("--examine", "ordered", multiple=True, metavar="NAME", help="Make an examination.")
@click.option(
    "--answer",
    metavar="TEXT",
    help="Grade this answer: cause=NAME,evidence=FACT+FACT,remedy=NAME.",
)
@click.option("--words", "why", default="", metavar="TEXT", help="Why, in a sentence of yours.")
@click.option("--list", "listed", is_flag=True, help="List examinations, causes and remedies.")
@FORMAT
def clinic_command(
    seed: int | None,
    ordered: tuple[str, ...],
    answer: str | None,
    why: str,
    listed: bool,
    style: str,
) -> None:
    """Examine a training run and say what is wrong with it.

    A patient is a small PyTorch run, trained here and now: ill, or healthy and only looking ill.
    You see its program and its curves, order examinations, and name cause, evidence and first
    remedy. Then your answer is held to the doctor's, and your remedy is made to the run.

    \b
    Examples:
      whygrad clinic --seed 7
      whygrad clinic --seed 7 --examine gradients --examine updates
      whygrad clinic --seed 7 --answer cause=healthy,remedy=leave
      whygrad clinic --seed 7 --format json > patient.json
    """
    if listed:
        _list(style)
        return
    clinic.require()
    console = Console(highlight=False, markup=False)
    asking = style == "text" and not ordered and answer is None and console.is_terminal
    from whygrad.clinic import patient, to_messages
    from whygrad.clinic.examine import order

    chosen = random.randrange(patient.patients()) if seed is None else seed
    answered = None if answer is None else _read(answer, why)
    for key in ordered:
        if key not in EXAMINATIONS:
            raise WhygradError(unknown("examination", key, EXAMINATIONS))
    here = _with_bar("training the patient", lambda progress: patient.admit(chosen, progress))
    seen = [to_messages.examination_message(order(here, key)) for key in ordered]
    graded = None
    if answered is not None:
        graded = to_messages.grade_message(here, _graded(here, answered))
    message = to_messages.patient_message(here)
    if style == "json":
        parts = {"patient": to_json(message), "examinations": [to_json(one) for one in seen]}
        graded_too = {"grade": to_json(graded)} if graded is not None else {}
        click.echo(json.dumps({**parts, **graded_too}, indent=2, ensure_ascii=False))
        return
    if not ordered and answer is None:
        _print_patient(console, message)
        if asking:
            _consult(console, here)
        else:
            _print_code(console, message)
            console.print("\nTo examine it: --examine NAME. To answer: --answer. Names: --list.")
    for one in seen:
        _print_examination(console, one)
    if graded is not None:
        _print_grade(console, message, graded)


def _read(text: str, why: str) -> LearnerAnswer:
    from whygrad.clinic.grade import LearnerAnswer

    fields: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or name.strip() not in ("cause", "evidence", "remedy"):
            raise WhygradError(
                f"--answer has no {part.strip()!r}; write it as "
                "cause=NAME,evidence=FACT+FACT,remedy=NAME"
            )
        fields[name.strip()] = value.strip()
    if "cause" not in fields:
        raise WhygradError("--answer names no cause: write cause=NAME first (see --list)")
    facts = tuple(fact.strip() for fact in fields.get("evidence", "").split("+") if fact.strip())
    return LearnerAnswer(fields["cause"], facts, fields.get("remedy", LEAVE), why)


def _graded(patient: Patient, answer: LearnerAnswer) -> Grade:
    from whygrad.clinic.grade import grade

    return _with_bar("trying the remedy", lambda progress: grade(patient, answer, progress))


def _with_bar(doing: str, work: Callable[[Progress], _T]) -> _T:
    """Work, with a progress bar on a terminal."""
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=1.0)
        return work(lambda share: bar.update(task, completed=share))


# --- a consultation ---------------------------------------------------------------------------


def _consult(console: Console, patient: Patient) -> None:
    from whygrad.clinic import grade, to_messages
    from whygrad.clinic.examine import order

    keys = list(EXAMINATIONS)
    seen: dict[str, ExaminationMessage] = {}
    console.print("\nWhat do you expect is wrong, before you look closer?", style="bold")
    _print_offers(console, seen)
    while True:
        typed = click.prompt("\n>", prompt_suffix=" ", default="", show_default=False).strip()
        if typed == "q":
            return
        if typed == "c":
            _print_code(console, to_messages.patient_message(patient))
        elif typed == "h":
            left = [EXAMINATIONS[key] for key in keys if key not in seen]
            console.print(
                f"A smaller question: {left[0].asks} ({keys.index(left[0].key) + 1})"
                if left
                else "You have seen all there is to see. What of it is unusual?"
            )
        elif typed == "a":
            break
        elif typed.isdecimal() and 1 <= int(typed) <= len(keys):
            key = keys[int(typed) - 1]
            seen[key] = to_messages.examination_message(order(patient, key))
            _print_examination(console, seen[key])
        else:
            _print_offers(console, seen)
    cause = _choose(console, "Which cause?", {k: (k, s) for k, s in CAUSE_CHOICES.items()})
    facts = [fact for one in seen.values() for fact in one.facts]
    evidence: tuple[str, ...] = ()
    if facts:
        console.print("\nWhat of what you saw tells it?", style="bold")
        for n, fact in enumerate(facts, 1):
            console.print(f"{n:3}  {fact.says}")
        numbers = click.prompt("numbers", default="", show_default=False)
        picked = [int(n) for n in numbers.replace(",", " ").split() if n.isdecimal()]
        evidence = tuple(facts[n - 1].key for n in picked if 1 <= n <= len(facts))
    remedy = _choose(console, "Which remedy first?", REMEDY_CHOICES)
    why = click.prompt("Why, in a sentence (Enter to leave it out)", default="", show_default=False)
    answer = grade.LearnerAnswer(cause, evidence[: grade.MOST_EVIDENCE], remedy, why)
    graded = to_messages.grade_message(patient, _graded(patient, answer))
    _print_grade(console, to_messages.patient_message(patient), graded)


def _choose(console: Console, asks: str, known: Mapping[str, tuple[str, str]]) -> str:
    """Let a person find one of many by a part of its name; the whole list is shown for a ?."""
    console.print(f"\n{asks}", style="bold")
    while True:
        typed = click.prompt("part of its name, or ? for all").strip().lower()
        if typed in known:
            return typed
        wanted = typed.replace(" ", "_")
        fits = [
            key
            for key, (group, says) in known.items()
            if typed == "?" or wanted in key or typed in says.lower() or typed in group.lower()
        ]
        if len(fits) == 1:
            console.print(f"  {fits[0]}: {known[fits[0]][1]}")
            return fits[0]
        console.print(_grid((key, known[key][1]) for key in fits))
        if not fits:
            console.print("  Nothing is called so.")


# --- words ------------------------------------------------------------------------------------


def _print_offers(console: Console, seen: Iterable[str]) -> None:
    offers = enumerate(EXAMINATIONS.values(), 1)
    console.print(
        _grid((f"{n} {'✓' if o.key in seen else ' '}", f"{o.title}: {o.asks}") for n, o in offers)
    )
    console.print("  c  its program   h  a smaller question   a  answer   q  leave")


def _print_patient(console: Console, message: PatientMessage) -> None:
    console.print(f"Patient {message.seed}", style="bold")
    console.print(message.task)
    console.print(message.rows)
    console.print()
    _print_course(console, message.score, message.course)


def _print_code(console: Console, message: PatientMessage) -> None:
    console.print()
    console.print(Syntax(message.listing.rstrip(), "python", background_color="default"))


def _print_course(console: Console, score: str, course: ClinicCourse) -> None:
    for name, values in (
        ("training loss", course.losses),
        ("validation loss", course.validation),
        (f"validation {score}", course.scores),
    ):
        known = [value for value in values if value is not None]
        ends = f"{number(known[0])} → {number(known[-1])}" if known else "never finite"
        console.print(f"{name:20} {_line(values)}  {ends}")
    if course.broke is not None:
        console.print(f"The training loss is not finite from iteration {course.broke} on.")


def _line(values: Sequence[float | None]) -> str:
    """Draw numbers as a row of blocks, the mean of each stretch."""
    size = max(1, len(values) // WIDE)
    parts = [values[n : n + size] for n in range(0, len(values), size)][:WIDE]
    means = [_mean([value for value in part if value is not None]) for part in parts]
    known = [value for value in means if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    step = (high - low) / (len(BLOCKS) - 1) or 1.0
    return "".join(" " if value is None else BLOCKS[round((value - low) / step)] for value in means)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _print_examination(console: Console, message: ExaminationMessage) -> None:
    console.print(f"\n{message.title}", style="bold")
    for fact in message.facts:
        console.print(f"  {fact.key}", style="cyan")
        console.print(Padding(fact.says, (0, 0, 0, 4), expand=False))
        console.print(Padding(f"Usual: {fact.usual}", (0, 0, 0, 4), expand=False), style="dim")
    if not message.facts:
        console.print("  There is nothing to be seen of it here.")
    for picture in message.pictures:
        console.print(f"  {picture.title}", style="dim")
        for series in picture.series:
            line = f"{series.name}: {_seen(picture, series)}"
            console.print(Padding(line, (0, 0, 0, 4), expand=False))


def _seen(picture: ClinicPicture, series: ClinicSeries) -> str:
    """Write a row of marks: bars one by one, a line as a row of blocks."""
    if picture.kind == "bars":
        pairs = zip(picture.labels, series.values, strict=True)
        return ", ".join(f"{name} {'–' if v is None else number(v)}" for name, v in pairs)
    known = [number(value) for value in series.values if value is not None]
    ends = f"{known[0]} … {known[-1]}" if known else "nothing finite"
    return f"{_line(_logs(series.values, picture.logarithmic))}  {ends}"


def _logs(values: Sequence[float | None], logarithmic: bool) -> Sequence[float | None]:
    if not logarithmic:
        return values
    return [None if value is None or value <= 0 else math.log10(value) for value in values]


def _print_grade(console: Console, patient: PatientMessage, message: GradeMessage) -> None:
    for title, judged in (
        ("Cause", [message.cause]),
        ("Evidence", message.evidence),
        ("Remedy", [message.remedy]),
    ):
        console.print(f"\n{title}", style="bold")
        for one in judged:
            _print_judged(console, one)
        if not judged:
            console.print("  You named none.")
    if message.telling:
        console.print("\nWhat tells it here", style="bold")
        for fact in message.telling:
            console.print(Padding(f"{fact.says} ({fact.key})", (0, 0, 0, 2), expand=False))
    if message.made is not None:
        console.print("\nAs it was, and with the remedy", style="bold")
        _print_course(console, patient.score, patient.course)
        console.print()
        _print_course(console, patient.score, message.made.course)
        for line in message.made.predictions:
            console.print(f"  {line}")
        console.print(f"  The doctor on the run with the remedy: {message.made.finds}")
    console.print(f"\nThe doctor: {message.verdict}", style="bold")
    for finding in message.findings:
        console.print(Padding(f"{finding.cause}: {finding.mechanism}", (1, 0, 0, 2), expand=False))
        lines = [f"not {other}: {why}" for other, why in finding.not_these]
        lines += [f"→ {r.name}: {r.why}. Predicts: {r.predicts}." for r in finding.remedies]
        lines += [f"would only mask it: {mask}" for mask in finding.masks]
        lines += [f"brings about {name}: {how}" for name, how in finding.under]
        lines += [leads(link) for link in finding.links]
        for line in lines:
            console.print(Padding(line, (0, 0, 0, 4), expand=False))
    if message.words:
        console.print("\nYou wrote", style="bold")
        console.print(textwrap.indent(message.words, "  "))


def _print_judged(console: Console, judged: ClinicJudged) -> None:
    sign = "✓" if judged.verdict in AGREED else "·"
    head = f"{sign} {judged.what} ({VERDICTS[judged.verdict]})"
    console.print(Padding(head, (0, 0, 0, 2), expand=False), style="bold" if sign == "✓" else "")
    for line in judged.says:
        console.print(Padding(line, (0, 0, 0, 4), expand=False))


def _list(style: str) -> None:
    message = info()
    if style == "json":
        click.echo(json.dumps(to_json(message), indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, markup=False)
    console.print("Examinations", style="bold")
    console.print(_grid((offer.key, offer.asks) for offer in message.examinations))
    console.print("\nCauses", style="bold")
    console.print(_grid((cause.key, cause.says) for cause in message.causes))
    for group, remedies in groupby(message.remedies, lambda remedy: remedy.group):
        console.print(f"\nRemedies: {group}", style="bold")
        console.print(_grid((remedy.key, remedy.says) for remedy in remedies))


def _grid(pairs: Iterable[tuple[str, str]]) -> Table:
    """Set names and what they mean in two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for name, says in pairs:
        table.add_row(f"  {name}", says)
    return table
