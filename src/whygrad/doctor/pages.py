"""The causes as pages, made from the rules' docstrings: the table of ``docs/doctor.md``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from whygrad.doctor import backward
from whygrad.doctor.remedies import MASKS, REMEDIES
from whygrad.doctor.rules import RULES

BEGIN, END = "<!-- causes: made by scripts/make_doctor_docs.py -->", "<!-- end of causes -->"


def pages() -> Iterator[tuple[str, str]]:
    """Yield each cause with its page in Markdown."""
    for rule in sorted(RULES.values(), key=lambda rule: rule.code):
        remedies = [f"- {r.name}: {r.why}. Predicts: {r.predicts}." for r in REMEDIES[rule.cause]]
        masks = [f"- Would only mask it: {mask}." for mask in MASKS.get(rule.cause, ())]
        yield rule.cause, _page(rule.cause, rule.code, rule.page, remedies + masks)
    for cause, code, told in (
        ("wrong_backward", "B01", backward.wrong_backward),
        ("dtype_truncation", "B02", backward.dtype_truncation),
    ):
        yield cause, _page(cause, code, inspect.getdoc(told) or "", [])


def _page(cause: str, code: str, text: str, items: list[str]) -> str:
    body = text
    for part in ("Why:", "Seen:", "Example:"):
        body = body.replace(f"\n{part}", f"\n**{part[:-1]}.**")
    return "\n".join([f"### {cause}", "", f"`{code}` {body}", "", *items]).rstrip() + "\n"


def table() -> str:
    """Return all pages, between the marks they stand between in the docs."""
    return "\n".join([BEGIN, "", *(page for _, page in pages()), END])
