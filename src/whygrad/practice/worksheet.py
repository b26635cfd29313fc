"""A worksheet to print: exercises with blanks, and an answer key on a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from whygrad.display import number as shown
from whygrad.names import symbol
from whygrad.practice.exercise import Exercise
from whygrad.practice.features import FEATURES

_STYLE = """
@page { margin: 16mm 18mm 18mm }
@page { @bottom-right { content: counter(page) " / " counter(pages); font: 11px system-ui } }
:root { color-scheme: light }
* { box-sizing: border-box }
body { font: 15px/1.45 system-ui, sans-serif; color: #1c2330; background: #fff; margin: 0 auto;
  max-width: 46rem; padding: 24px }
h1 { font-size: 26px; margin: 0 } h2 { font-size: 18px; margin: 26px 0 8px; break-after: avoid }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 24px }
.name { flex: 0 1 18rem; border-bottom: 1.5px solid #1c2330 }
.id { color: #5b6472; font-size: 12px; font-weight: 400; margin-left: 8px }
pre { font: 14px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; background: #f6f4ee;
  border-radius: 6px; padding: 10px 14px; white-space: pre-wrap; margin: 0; break-inside: avoid }
.asks { columns: 2; column-gap: 28px; margin-top: 8px }
.asks.words { columns: 1 }
.ask { break-inside: avoid; display: flex; align-items: flex-end; gap: 10px; padding-top: 10px }
.ask i { flex: 1; border-bottom: 1.2px solid #1c2330; min-width: 4rem; height: 1.3em }
.words .ask { display: block } .words .ask i { display: block; height: 2em }
.key { break-before: page }
.key ol { columns: 3; column-gap: 28px; margin: 0; padding: 0; list-style: none; font-size: 13px }
.key ol.words { columns: 1 }
.key li { break-inside: avoid; padding: 2px 0; font-variant-numeric: tabular-nums }
.key h2 { font-size: 15px; margin: 16px 0 4px }
@media print {
  body { padding: 0; max-width: none }
  pre { background: none; border: 1px solid #b8bcc4 }
}
"""
_LINES = 3  # to write words on


def worksheet(exercises: Sequence[Exercise]) -> str:
    """Return a complete HTML page with the exercises and their answer key."""
    sheets = "".join(_sheet(n, exercise) for n, exercise in enumerate(exercises, 1))
    keys = "".join(_key(n, exercise) for n, exercise in enumerate(exercises, 1))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Backpropagation worksheet</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<header><h1>Backpropagation by hand</h1><span class="name">Name:</span></header>\n'
        f"{sheets}"
        f'<div class="key">\n<h1>Answer key</h1>\n{keys}</div>\n</body>\n</html>\n'
    )


def _in_words(exercise: Exercise) -> bool:
    """Say whether an answer is written in words: a line, not a number."""
    return any(isinstance(ask.answer, str) and len(ask.answer) > 20 for ask in exercise.asks)


def _sheet(n: int, exercise: Exercise) -> str:
    words = _in_words(exercise)
    lines = "<i></i>" * (_LINES if words else 1)
    asks = "".join(
        f'<div class="ask"><span>{escape(_label(ask.name, ask.prompt))}</span>{lines}</div>\n'
        for ask in exercise.asks
    )
    blanks = "" if exercise.kind == "fill_blanks" else _asks(asks, words)
    return (
        f"<section>\n<h2>{n}. {escape(_title(exercise))}"
        f'<span class="id">{escape(exercise.id)}</span></h2>\n'
        f"<pre>{escape(exercise.question)}</pre>\n{blanks}</section>\n"
    )


def _asks(asks: str, words: bool) -> str:
    return f'<div class="asks{" words" if words else ""}">\n{asks}</div>\n'


def _label(name: str, prompt: str) -> str:
    """Name what is asked: a number by its symbol, anything else by its question."""
    return prompt if " " in name or name in ("order", "graph", "remedy") else f"{symbol(name)} ="


def _key(n: int, exercise: Exercise) -> str:
    rows = "".join(
        f"<li>{escape(symbol(ask.name))} = {escape(_answer(ask.answer))}</li>\n"
        for ask in exercise.asks
    )
    words = ' class="words"' if _in_words(exercise) else ""
    return (
        f'<section>\n<h2>{n}. {escape(_title(exercise))}<span class="id">{escape(exercise.id)}'
        f"</span></h2>\n<ol{words}>\n{rows}</ol>\n</section>\n"
    )


def _answer(answer: float | str) -> str:
    return answer if isinstance(answer, str) else shown(answer)


def _title(exercise: Exercise) -> str:
    says = FEATURES[exercise.feature].says
    return says[:1].upper() + says[1:]
