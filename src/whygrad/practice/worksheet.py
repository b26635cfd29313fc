"""A worksheet to print: exercises with blanks, and an answer key on a page of its own."""

from __future__ import annotations

from html import escape

from whygrad.display import number as shown
from whygrad.names import symbol
from whygrad.practice.exercise import Exercise

_STYLE = """
@page { margin: 18mm }
:root { color-scheme: light }
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2330; background: #fff; margin: 0 auto;
  max-width: 46rem; padding: 24px }
h1 { font-size: 28px; margin: 0 0 4px } h2 { font-size: 20px; margin: 28px 0 8px }
.id { color: #626b7a; font-size: 13px } pre { font: 15px/1.6 ui-monospace, monospace;
  background: #f6f4ee; border-radius: 8px; padding: 12px 16px; white-space: pre-wrap; margin: 0 }
table { border-collapse: collapse; width: 100%; margin-top: 12px }
td { padding: 6px 8px; border-bottom: 1px solid #e4e1d9; vertical-align: bottom }
td.blank { width: 45%; border-bottom: 1.5px solid #1c2330 }
section { break-inside: avoid } .key { break-before: page }
.key td { font-family: ui-monospace, monospace; font-variant-numeric: tabular-nums }
@media print {
  body { padding: 0; max-width: none }
  pre { background: none; border: 1px solid #ccc }
}
"""


def worksheet(exercises: list[Exercise]) -> str:
    """Return a complete HTML page with the exercises and their answer key."""
    sheets = "".join(_sheet(n, exercise) for n, exercise in enumerate(exercises, 1))
    keys = "".join(_key(n, exercise) for n, exercise in enumerate(exercises, 1))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Backpropagation worksheet</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Backpropagation by hand</h1>\n<p>Name: ____________________</p>\n{sheets}"
        f'<div class="key"><h1>Answer key</h1>\n{keys}</div>\n</body>\n</html>\n'
    )


def _sheet(n: int, exercise: Exercise) -> str:
    rows = "".join(
        f'<tr><td>{escape(ask.prompt)}</td><td class="blank"></td></tr>' for ask in exercise.asks
    )
    return (
        f"<section><h2>{n}. {escape(_title(exercise))} "
        f'<span class="id">{escape(exercise.id)}</span>'
        f"</h2>\n<pre>{escape(exercise.question)}</pre>\n<table>{rows}</table></section>\n"
    )


def _key(n: int, exercise: Exercise) -> str:
    rows = "".join(
        f"<tr><td>{escape(symbol(ask.name))}</td><td>"
        f"{escape(ask.answer if isinstance(ask.answer, str) else shown(ask.answer))}</td></tr>"
        for ask in exercise.asks
    )
    return f"<section><h2>{n}. {escape(exercise.id)}</h2><table>{rows}</table></section>\n"


def _title(exercise: Exercise) -> str:
    return exercise.feature.replace("_", " ").capitalize()
