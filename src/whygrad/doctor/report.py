"""The doctor's answer: what is wrong, most likely cause first; or that nothing is; or not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from whygrad.doctor.finding import Finding, leads
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.treat import Play, Treatment, treat
from whygrad.errors import WhygradError
from whygrad.explain.display import number
from whygrad.files import write_whole

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;
color:#1b1b1b;background:#fff}h2{margin-bottom:.2rem}table{border-collapse:collapse}
td,th{padding:.1rem 1rem .1rem 0;text-align:left}.under{margin-left:2rem}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#9cf}}"""


FORMAT = "whygrad-doctor/1"  # of to_dict


@dataclass(frozen=True)
class Report:
    """What was found in a run.

    Attributes:
        findings: root causes, the surest first, each with what it explains under it.
        notes: what the doctor could not do.
        iterations: how many it saw.
        certain: whether it could compare what was learned with what can be.
        measurements: the numbers behind it.
        play: plays the run's beginning again with a remedy, for ``treat``.
        examined: what whygrad's commands call the network; "" for one that is not whygrad's.
        about: which of a script's trainings it is about; "" where there is one.
        others: the reports on the others.
    """

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    iterations: int = 0
    certain: bool = True
    measurements: Measurements | None = field(default=None, repr=False)
    play: Play | None = field(default=None, repr=False, compare=False)
    examined: str = ""
    about: str = ""
    others: tuple[Report, ...] = ()

    @property
    def verdict(self) -> str:
        """One sentence: ill, healthy or uncertain."""
        if self.findings:
            first = self.findings[0]
            others = len(self.findings) - 1
            more = f", and {others} other finding{'s' * (others > 1)}" if others else ""
            return f"{_words(first.cause)} ({first.confidence:.0%} sure){more}"
        m = self.measurements
        if m is not None and m.moving:
            return (
                "uncertain: no fault was found in the loop; what it learns from changes with what "
                "is trained, so its answers cannot be held against anything that stays"
            )
        if not self.certain:
            return (
                "uncertain: no fault was found in the loop; it was not seen which outputs are held "
                "against which targets"
            )
        missing = None if self.measurements is None else self.measurements.shortfall
        s = None if self.measurements is None else self.measurements.scores
        known = None if s is None else s.reference_train
        if s is not None and known is not None and known - s.baseline < 0.05 and s.train < 0.9:
            return (
                "uncertain: no fault was found, but neither nearest neighbours nor a linear fit "
                "learn these rows, so there is nothing to compare with"
            )
        if missing is not None and missing > 0.3:
            return (
                f"uncertain: {missing:.0%} of what can be learned is missing, "
                "and no cause stands out"
            )
        if m is not None and not m.held_out:
            seen = (
                "all rows on which it was judged are training rows"
                if m.judged_training
                else "no rows were seen that it was not trained on"
            )
            return f"uncertain: nothing was found in training, and {seen}"
        return "healthy: nothing was found"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        of = f", of {self.about}" if self.about else ""
        yield f"After {self.iterations} iterations{of}: {self.verdict}"
        for place, finding in enumerate(self.findings, 1):
            yield ""
            where = f" — {_place(finding)}" if _place(finding) else ""
            since = f", since iteration {finding.since}" if finding.since else ""
            yield f"{place}. {_words(finding.cause)}{where}{since}"
            yield f"   {finding.mechanism}"
            for other, why in finding.rules_out.items():
                yield f"   not {_words(other)}: {why}"
            for remedy in finding.remedies:
                yield f"   → {remedy.name}: {remedy.why}. Predicts: {remedy.predicts}."
                if remedy.tried:
                    yield f"     Tried: {remedy.tried}."
            for mask in finding.masks:
                yield f"   would only mask it: {mask}"
            for link in finding.links:
                yield f"   {leads(link, self.examined)}"
            for under in finding.consequences:
                yield f"   · brings about {_words(under.cause)}: {under.mechanism}"
        for note in dict.fromkeys(self.notes):
            yield f"\nnote: {note}"
        for other in self.others:
            yield ""
            yield from str(other).split("\n")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "format": FORMAT,
            "verdict": self.verdict,
            "iterations": self.iterations,
            "findings": [finding.to_dict() for finding in self.findings],
            "notes": list(self.notes),
            "about": self.about,
            "others": [other.to_dict() for other in self.others],
        }

    def treat(self, finding: Finding, seeds: int = 3) -> Treatment:
        """Try a finding's remedies from where the run started, on several seeds.

        It says of each what it regains, whether what its mechanism predicts is seen, and whether
        the symptom is gone; beside the run as it was and a change picked at random.

        Raises:
            WhygradError: the run cannot be played again: loss or rows are not known.
        """
        if self.play is None:
            raise WhygradError(
                "this run cannot be played again: the doctor knows no loss or no rows. Give it "
                "Doctor(model, optimizer, loss=..., train=(X, y))."
            )
        return treat(finding, self.play, seeds)

    def to_html(self, path: str | Path) -> None:
        """Write one page that needs nothing else; it is there whole, or what was there stays.

        Raises:
            WhygradError: it cannot be written.
        """
        body = [f"<h1>{escape(self.verdict)}</h1>", f"<p>After {self.iterations} iterations.</p>"]
        body += [_section(finding, self.examined) for finding in self.findings]
        body += [f"<p>Note: {escape(note)}</p>" for note in self.notes]
        for other in self.others:
            body += [f"<h1>{escape(other.about)}: {escape(other.verdict)}</h1>"]
            body += [_section(finding, other.examined) for finding in other.findings]
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{escape(self.verdict)}</title><style>{STYLE}</style>{''.join(body)}</html>\n"
        )
        write_whole(path, page)


def _words(cause: str) -> str:
    return cause.replace("_", " ")


def _place(finding: Finding) -> str:
    """Return where it is, in words and as a line of the user's program."""
    return f"{finding.where} ({finding.source})" if finding.source else finding.where


def _section(finding: Finding, examined: str, under: bool = False) -> str:
    parts = [
        f"<h{2 + under}>{escape(_words(finding.cause))}</h{2 + under}>",
        f"<p>{escape(_place(finding))}</p>" if _place(finding) else "",
        f"<p>{escape(finding.mechanism)}</p>",
    ]
    if finding.evidence:
        rows = "".join(
            f"<tr><th>{escape(_words(name))}</th><td>{number(value)}</td></tr>"
            for name, value in finding.evidence.items()
        )
        parts.append(f"<table>{rows}</table>")
    lists = (
        ("What it is not", [f"{_words(o)}: {why}" for o, why in finding.rules_out.items()]),
        ("What to do", [f"{r.name}: {r.why}. Predicts: {r.predicts}." for r in finding.remedies]),
        ("What would only mask it", list(finding.masks)),
        ("Read on, and see it happen", [leads(link, examined) for link in finding.links]),
    )
    for title, items in lists:
        if items and not under:
            shown = "".join(f"<li>{escape(item)}</li>" for item in items)
            parts.append(f"<h3>{title}</h3><ul>{shown}</ul>")
    parts += [
        f'<div class="under">{_section(f, examined, True)}</div>' for f in finding.consequences
    ]
    return "".join(parts)
