"""The causes as pages, made from their rows: the table of ``docs/doctor.md``."""

from __future__ import annotations

from collections.abc import Iterator

from whygrad.doctor.cause import Cause, NoneBecause
from whygrad.doctor.rules import ROWS

BEGIN, END = "<!-- causes: made by scripts/make_doctor_docs.py -->", "<!-- end of causes -->"


def pages() -> Iterator[tuple[str, str]]:
    """Yield each cause's name with its page in Markdown; those told from no run come last."""
    for row in sorted(
        ROWS.values(), key=lambda row: (isinstance(row.check, NoneBecause), row.code)
    ):
        yield row.name, _page(row)


def _page(row: Cause) -> str:
    body = (row.page or "").strip()
    for part in ("Why:", "Seen:", "Example:"):
        body = body.replace(f"\n{part}", f"\n**{part[:-1]}.**")
    items = [f"- {r.name}: {r.why}. Predicts: {r.predicts}." for r in row.remedies]
    items += [f"- Would only mask it: {mask}." for mask in row.masking]
    return "\n".join([f"### {row.name}", "", f"`{row.code}` {body}", "", *items]).rstrip() + "\n"


def table() -> str:
    """Return all pages, between the marks they stand between in the docs."""
    return "\n".join([BEGIN, "", *(page for _, page in pages()), END])
