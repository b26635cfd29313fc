"""Write the causes into docs/doctor.md, from their rows."""

from __future__ import annotations

from pathlib import Path

from whygrad.doctor.docs_table import BEGIN, END, table

PAGE = Path(__file__).parent.parent / "docs" / "doctor.md"


def main() -> None:
    """Replace what stands between the marks."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(before + table() + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
