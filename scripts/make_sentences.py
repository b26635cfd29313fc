"""Writes the page's sentences, ``web/src/text/sentences.ts``, from ``explain/sentences.py``.

Run it after a change there: ``python scripts/make_sentences.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from whygrad.explain import formulas, sentences

TARGET = Path(__file__).parent.parent / "web" / "src" / "text" / "sentences.ts"
HEADER = """\
// The sentences of the ladder, the grader and the comparisons, and what their choice hangs on.
// Written by scripts/make_sentences.py from src/whygrad/explain/sentences.py; do not edit.
"""


def text() -> str:
    """Return the file: every constant under its name, the sentences and their principles."""
    numbers = {
        name: value
        for module in (formulas, sentences)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int | float)
    }
    said = {
        key: says
        for key, says in sentences.SENTENCES.items()
        if key.partition(".")[0] not in sentences.SAID_HERE
    }
    words = {
        name: value
        for name, value in vars(sentences).items()
        if name.isupper() and name != "SAID_HERE" and isinstance(value, tuple)
    }
    parts = [
        *(f"export const {name} = {value:_}" for name, value in numbers.items()),
        *(
            f"export const {name}: ReadonlySet<string> = new Set({_text(list(value))})"
            for name, value in words.items()
        ),
        f"export const READ_AS: Readonly<Record<string, string>> = {_text(sentences.READ_AS)}",
        f"export const PRINCIPLES_OF: Readonly<Record<string, string>> = "
        f"{_text(sentences.PRINCIPLES_OF)}",
        f"export const SENTENCES = {_text(said)} as const",
        "export type Key = keyof typeof SENTENCES",
    ]
    return f"{HEADER}\n" + "\n\n".join(parts) + "\n"


def _text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
