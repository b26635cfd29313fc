"""Write the words of docs/glossary.md to web/src/text/glossary.ts, for the page to look them up."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
GLOSSARY = ROOT / "docs" / "glossary.md"
TARGET = ROOT / "web" / "src" / "text" / "glossary.ts"
HEAD = """\
// The words of docs/glossary.md. Written by scripts/make_glossary.py; do not edit.

export const GLOSSARY: Readonly<Record<string, string>> = """
ROW = re.compile(r"^\| (?P<word>[^|]+) \| (?P<meaning>[^|]+) \|")


def words(text: str) -> dict[str, str]:
    """Return the words of the glossary's tables, by what they mean."""
    rows = [match for line in text.splitlines() if (match := ROW.match(line))]
    return {
        row["word"].strip(): row["meaning"].strip()
        for row in rows
        if row["word"].strip() != "word" and not row["word"].startswith("--")
    }


def written() -> str:
    """Return the module's text."""
    found = words(GLOSSARY.read_text("utf-8"))
    return HEAD + json.dumps(found, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(), "utf-8")
