"""A worksheet to print: exercises with blanks, and an answer key on a page of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from whygrad.engine.notation import symbol
from whygrad.explain.display import number as shown
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
h1 { white-space: nowrap } .name { flex: 0 1 14rem; border-bottom: 1.5px solid #1c2330 }
section { break-inside: avoid }
.id { color: #5b6472; font-size: 12px; font-weight: 400; margin-left: 8px }
pre { font: 14px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; background: #f6f4ee;
  border-radius: 6px; padding: 10px 14px; white-space: pre-wrap; margin: 0; break-inside: avoid }
.asks { columns: 2; column-gap: 28px; margin-top: 8px }
.asks.many { columns: 4; column-gap: 18px } .many .ask {
  padding-top: 5px; gap: 5px; font-size: 13px; white-space: nowrap }
.many .ask i { min-width: 2rem }
.asks.rows { columns: auto }
.ask { break-inside: avoid; display: flex; align-items: flex-end; gap: 10px; padding-top: 10px }
.ask i { flex: 1; border-bottom: 1.2px solid #1c2330; min-width: 4rem; height: 1.3em }
.words .ask { display: block } .words .ask i { display: block; height: 2em }
.blank { display: inline-block; width: 8rem; height: 1.6em; border-bottom: 1.2px solid #1c2330 }
.numbers { display: block; columns: 2; column-gap: 28px }
.numbers.many { columns: 3; column-gap: 14px; font-size: 12.5px } .many .blank { width: 5rem }
.key { break-before: page }
.key ol { columns: 3; column-gap: 28px; margin: 0; padding: 0; list-style: none; font-size: 13px }
.key ol.words { columns: auto }
.key li { break-inside: avoid; padding: 2px 0; font-variant-numeric: tabular-nums }
.key h2 { font-size: 15px; margin: 16px 0 4px }
@media print {
  body { padding: 0; max-width: none }
  pre { background: none; border: 1px solid #b8bcc4; font-size: 13px; line-height: 1.4 }
}
"""
_LINES = {"order_the_steps": 2, "draw_the_graph": 4, "choose_the_remedy": 4}  # to write on
_MANY = 30  # numbers, or blanks, that take more columns
# lines that each hold one number or a blank, and no formula
_NUMBERS = re.compile(r"(?:^  \S+ = (?:____|[−\d.]+(?: × 10\S+)?)\n){10,}", re.MULTILINE)
_WORDS = {"order": "In order:", "graph": "The graph:", "remedy": "Your answer:"}


def worksheet(exercises: Sequence[Exercise]) -> str:
    """Return a complete HTML page with the exercises and their answer key."""
    sheets = "".join(_sheet(n, exercise) for n, exercise in enumerate(exercises, 1))
    keys = "".join(_key(n, exercise) for n, exercise in enumerate(exercises, 1))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>Backpropagation worksheet</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<header><h1>Backpropagation by hand</h1><span class="name">Name:</span></header>\n'
        f"{sheets}"
        f'<div class="key">\n<h1>Answer key</h1>\n{keys}</div>\n</body>\n</html>\n'
    )


def _in_words(exercise: Exercise) -> bool:
    """Say whether answers are written in words, on lines of their own."""
    return any(isinstance(ask.answer, str) for ask in exercise.asks)


def _sheet(n: int, exercise: Exercise) -> str:
    lines = "<i></i>" * _LINES.get(exercise.kind, 1)
    asks = "".join(
        f'<div class="ask"><span>{escape(_label(ask.name, ask.prompt))}</span>{lines}</div>\n'
        for ask in exercise.asks
    )
    question = _NUMBERS.sub(_in_columns, f"{escape(exercise.question)}\n")
    question = question.rstrip().replace("____", '<span class="blank"></span>')
    style = "rows" if _in_words(exercise) else "many" if len(exercise.asks) > _MANY else ""
    if exercise.kind in _LINES:
        style += " words"
    blanks = "" if exercise.kind == "fill_blanks" else f'<div class="asks {style}">\n{asks}</div>\n'
    return (
        f"<section>\n<h2>{n}. {escape(_title(exercise))}"
        f'<span class="id">{escape(exercise.id)}</span></h2>\n'
        f"<pre>{question}</pre>\n{blanks}</section>\n"
    )


def _in_columns(lines: re.Match[str]) -> str:
    many = " many" if lines[0].count("\n") > _MANY else ""
    return f'<span class="numbers{many}">{lines[0].rstrip()}</span>'


def _label(name: str, prompt: str) -> str:
    """Name what is asked: a number by its symbol, anything else by its question."""
    if name in _WORDS:
        return _WORDS[name]
    return prompt if " " in name else f"{symbol(name)} ="


def _key(n: int, exercise: Exercise) -> str:
    rows = "".join(f"<li>{escape(_answer(ask.name, ask.answer))}</li>\n" for ask in exercise.asks)
    words = ' class="words"' if _in_words(exercise) else ""
    return (
        f'<section>\n<h2>{n}. {escape(_title(exercise))}<span class="id">{escape(exercise.id)}'
        f"</span></h2>\n<ol{words}>\n{rows}</ol>\n</section>\n"
    )


def _answer(name: str, answer: float | str) -> str:
    if name in _WORDS:
        return str(answer)
    said = symbol(answer) if isinstance(answer, str) else shown(answer)
    return f"{name}: {said}" if " " in name else f"{symbol(name)} = {said}"


def _title(exercise: Exercise) -> str:
    says = FEATURES[exercise.feature].says
    return says[:1].upper() + says[1:]
