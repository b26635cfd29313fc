"""Every sentence of the ladder that states a rate, a number of ways, a total or an effect is so."""

from __future__ import annotations

import collections
import dataclasses
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
from random_tapes import example_runs, random_run
from truth import Element, Truth, near

from whygrad.engine.formula import leaves
from whygrad.engine.notation import symbol
from whygrad.engine.ops import OPS
from whygrad.errors import NonFiniteError
from whygrad.explain import Rung, why
from whygrad.explain.change import change, happened
from whygrad.explain.formulas import unchosen
from whygrad.explain.said import Named, Said
from whygrad.explain.sentences import NEARBY, SENTENCES, SMALL, SMALLER
from whygrad.spec import load_spec, spec_from_dict, spec_to_dict
from whygrad.tape.run import Run
from whygrad.training.start import start

TAPES = 300
SAMPLE = 60  # of them, where gates run on a sample
MOST_ASKED = 6  # numbers of a tape that are asked about, drawn from all
DEPTH = 3
#: at the very edge of what a logarithm is defined on the slope is PyTorch's, not the curve's
AT_AN_EDGE = {"binary_cross_entropy.2"}
Seen = collections.Counter[str]


def rungs(rung: Rung) -> Iterator[Rung]:
    yield rung
    for below in rung.because:
        yield from rungs(below)


# --- what a sentence says, read back from its text ---------------------------------------------


def read_number(text: str) -> float:
    plain = text.strip("().").replace("−", "-")
    return {"∞": math.inf, "-∞": -math.inf, "NaN": math.nan}.get(plain) or float(plain)


def read_back(said: Said) -> dict[str, float]:
    """Read a sentence's numbers out of its text, by slot."""
    parts = re.split(r"(\{\w+[#=]?\})", said.says)
    pattern, names = "", list[str]()
    for part in parts:
        slot = re.fullmatch(r"\{(\w+)([#=]?)\}", part)
        if not slot:
            pattern += re.escape(part)
        elif slot[2]:
            pattern += r"(?:\S.*? = )?" if slot[2] == "=" else ""
            pattern += r"(\(?−?[\d.∞]+(?:e−?\d+)?\)?|NaN)"
            names.append(slot[1])
        else:
            pattern += r".*?"
    match = re.fullmatch(pattern, str(said), re.DOTALL)
    assert match, f"{said} is not {said.says}"
    return {name: read_number(text) for name, text in zip(names, match.groups(), strict=True)}


# --- what a sentence says, held against the tape -----------------------------------------------

Numbers = Mapping[str, float]
Names = Mapping[str, Element]
Check = Callable[[Truth, Rung, Names, Numbers], bool]


def _moves(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    rate = truth.is_rate(names["x"], names["y"], told["rate"])
    return rate and near(truth.gradient(names["y"]), told["arrives"])


def _multiply(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    product = told["rate"] * told["arrives"]
    return _moves(truth, rung, names, told) and math.isclose(rung.value, product, rel_tol=1e-9)


def _effect(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    rate = told["moved"] / told["small"]
    return (
        truth.is_rate(names["x"], names["y"], rate)
        and near(told["effect"], told["moved"] * truth.gradient(names["y"]))
        and near(told["product"], rate * truth.gradient(names["y"]))
    )


def _ways(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    """Each way is an element that moves, or one that has a rate of 0 here."""
    x, gradient = names["x"], rung.value
    moving = truth.moved_by(x)
    uses = [r for r in rung.because if r.asks.key == "ask.through"]
    still = sum(r.value == 0 for r in uses)
    counted = (
        len(moving)
        <= told["count"]
        <= len(moving) + (still or told["count"] > len(uses)) * (told["count"])
    )
    total = told.get("total", gradient)
    return counted and near(total, gradient) and near(gradient, truth.gradient(x))


def _examples(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    return told["count"] == truth.batch and near(told.get("total", rung.value), rung.value)


def _rest(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    return near(told["total"], rung.value)


def _mean(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    return truth.is_mean and told["count"] == truth.batch


def _several(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    return truth.is_rate(names["x"], names["y"], told["rate"])


def _changed(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    by = told["after"] - told["before"]
    sign = 1 if rung.says[0].key == "small.raise" else -1
    before, after = (truth.at(names["x"], names["y"], b) for b in (0.0, sign * SMALL))
    noise = 1e-12 * max(abs(before), abs(after), abs(told["before"])) / SMALL
    quotient = (after - before) / (sign * SMALL)
    return (
        (abs(by - sign * SMALL) <= 1e-3 * max(abs(told["before"]), SMALL))
        and near(before, told["from"])
        and near(after, told["to"])
        and abs(quotient - rung.value) <= 1e-6 * abs(quotient) + noise
    )


def _closer(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    sign = 1 if rung.says[0].key == "small.raise" else -1
    x, y = names["x"], names["y"]
    smaller = (truth.at(x, y, sign * SMALLER) - truth.at(x, y, 0.0)) / (sign * SMALLER)
    rate = told["rate"]
    return truth.is_rate(x, y, rate) and abs(smaller - rate) < abs(rung.value - rate)


def _exact(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    x, y = names["x"], names["y"]
    return near(told["rate"], rung.value) and truth.is_rate(x, y, told["rate"])


def _near(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    rate = told["rate"]
    return truth.is_rate(names["x"], names["y"], rate) and abs(rung.value - rate) <= NEARBY * abs(
        rate
    )


def _corner(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    """A change of the same size the other way shows another slope, or half of it does."""
    x, y = names["x"], names["y"]
    here = truth.at(x, y, 0.0)
    slopes = [(truth.at(x, y, by) - here) / by for by in (SMALL, -SMALL, SMALL / 10, -SMALL / 10)]
    return truth.is_rate(x, y, told["rate"]) and max(slopes) - min(slopes) > 1e-3 * max(
        map(abs, slopes)
    )


def _downhill(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    x = names["x"]
    assert rung.element is not None
    moved = truth.run.number(*rung.element) - truth.run.number(*x)
    slope = truth.gradient(x)
    key = rung.says[1].key
    return (
        near(told.get("slope", 0.0), slope)
        and {
            "downhill.raises": slope > 0 > moved,
            "downhill.lowers": slope < 0 < moved,
            "downhill.against": slope * moved > 0,
            "downhill.stays": slope != 0 and moved == 0,
            "downhill.flat": slope == 0 and moved == 0,
            "downhill.memory": slope == 0 and moved != 0,
        }[key]
    )


def _minus(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    way = rung.says[0].slots["way"]
    slope = truth.gradient(names["x"])
    assert isinstance(way, Said)
    return {"way.up": slope > 0, "way.down": slope < 0, "way.nowhere": slope == 0}[way.key]


def _parts(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    parts = rung.says[0].slots["parts"]
    assert isinstance(parts, tuple)
    told_parts = [read_back(part)["part"] for part in parts]
    total = math.isclose(math.fsum(told_parts), told["rate"], rel_tol=2e-3, abs_tol=1e-9)
    return total and truth.is_rate(names["x"], names["y"], told["rate"])


def _product(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    """Walk from the parameter to the loss by small changes, always the way that gives most."""
    here, product = names["x"], 1.0
    while here != truth.loss:
        ways = {to: _slope(truth, here, to) for to in truth.moved_by(here)}
        ranked = sorted(ways, key=lambda to: -abs(ways[to] * truth.gradient(to)))
        sizes = [abs(ways[to] * truth.gradient(to)) for to in ranked[:2]]
        if len(sizes) == 2 and sizes[0] - sizes[1] < 1e-5 * sizes[0]:
            return True  # either may be followed
        here, product = ranked[0], product * ways[ranked[0]]
    small = rung.says[0].key == "product.shrinks"
    as_told = abs(rung.value) < 0.1 if small else abs(rung.value) > 10
    return as_told and math.isclose(product, rung.value, rel_tol=1e-3)


def _slope(truth: Truth, of: Element, to: Element) -> float:
    h = 1e-5 * max(1.0, abs(truth.run.number(*of)))
    return (truth.at(of, to, h) - truth.at(of, to, -h)) / (2 * h)


def _room(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    tape, arrays = truth.tape, truth.run.arrays
    updated = sum(arrays[before].size for before, _ in tape.carries)
    of_optimizer = sum(
        arrays[before].size for before, _ in tape.carries if before not in tape.gradients
    )
    targets = sum(arrays[v.id].size for v in tape.values if v.role == "target")
    return told["parameters"] == updated - of_optimizer >= told["targets"] == targets


def _value_named(truth: Truth, said: Said, slot: str) -> int:
    named = said.slots[slot]
    assert isinstance(named, Named)
    return truth.tape.find(named.name).id


def _shape(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    gradient, of = (_value_named(truth, rung.says[0], slot) for slot in ("gradients", "values"))
    arrays = truth.run.arrays
    return arrays[gradient].shape == arrays[of].shape and arrays[of].size == told["count"]


def _matrix(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    gradient, x, upstream = (
        truth.run.arrays[_value_named(truth, rung.says[0], slot)]
        for slot in ("gradients", "x", "upstream")
    )
    made = x.T @ upstream
    at = int(told["row"]), int(told["column"])
    return np.allclose(made, gradient) and near(gradient[at], rung.value)


def _shared(truth: Truth, rung: Rung, names: Names, told: Numbers) -> bool:
    value = _value_named(truth, rung.says[0], "gradient")
    tape, run = truth.tape, truth.run
    made = [g for g in tape.gradients.values() if tape.values[g].name and g in tape.makers]
    use = [
        g
        for g in made
        if any(
            value in {leaf for leaf, _ in leaves(unchosen(run, g, at))}
            for at in range(run.arrays[g].size)
        )
    ]
    named = rung.says[0].slots["others"]
    assert isinstance(named, Named)
    return told["count"] == len(use) and named.name == ", ".join(
        symbol(tape.label(g)) for g in sorted(use)
    )


CHECKS: dict[str, Check] = {
    "product.shrinks": _product,
    "product.grows": _product,
    "room": _room,
    "mean": _mean,
    "shape": _shape,
    "matrix": _matrix,
    "shared": _shared,
    "flow.seed": lambda t, r, n, told: t.is_rate(n["x"], t.loss, told["rate"]),
    "flow.unchanged": lambda t, r, n, told: _moves(t, r, n, {**told, "rate": 1.0}),
    "flow.still": lambda t, r, n, told: _moves(t, r, n, {**told, "rate": 0.0}),
    "flow.moves": _moves,
    "nothing": lambda t, r, n, told: not t.moved_by(n["x"]) and r.value == 0,
    "sum.examples": _examples,
    "total.examples": _examples,
    "sum.ways": _ways,
    "total.ways": _ways,
    "scope.parameter": _mean,
    "scope.mean": _mean,
    "local.mean": _mean,
    "rest": _rest,
    "local.several": _several,
    "local.ways": _several,
    "parts": _parts,
    "small.raise": _changed,
    "small.lower": _changed,
    "small.exact": _exact,
    "small.closer": _closer,
    "small.near": _near,
    "small.corner": _corner,
    "multiply": _multiply,
    "effect": _effect,
    "order.one": lambda t, r, n, told: t.uses(n["x"]) == 1,
    "order.several": lambda t, r, n, told: t.uses(n["x"]) == told["count"],
    "downhill.raises": _downhill,
    "downhill.lowers": _downhill,
    "downhill.against": _downhill,
    "downhill.stays": _downhill,
    "downhill.flat": _downhill,
    "downhill.memory": _downhill,
    "minus": _minus,
    "ask.rate": lambda t, r, n, told: near(told["rate"], r.value),
    "ask.no_rate": lambda t, r, n, told: r.value == 0,
}
# --- what is said of an update, held against a play with the new parameters ---------------------

Told = dict[str, dict[str, float]]


def _fell_or_rose(truth: Truth, told: Told, sign: int) -> bool:
    """The loss did, by what the two shown losses differ by."""
    by = next(numbers["by"] for key, numbers in told.items() if key.startswith("change."))
    before, after = truth.run.number(*truth.loss), truth.updated_loss()
    shown = next(numbers for key, numbers in told.items() if "before" in numbers)
    half = 0.5 * 10.0 ** (math.floor(math.log10(by)) - 3)
    return (
        sign * (after - before) > 0
        and near(by, abs(after - before))
        and near(shown["before"], before)
        and near(shown["after"], after)
        and abs(sign * (shown["after"] - shown["before"]) - by) <= half * (1 + 1e-6)
    )


def _stayed(truth: Truth, told: Told) -> bool:
    before, after = truth.run.number(*truth.loss), truth.updated_loss()
    return math.isclose(before, after, rel_tol=1e-12) and near(
        told["change.stayed"]["before"], before
    )


def _promised(truth: Truth, told: Told, key: str, sign: float) -> bool:
    return truth.is_promise(sign * told[key]["by"])


def _alike(truth: Truth, told: Told) -> bool:
    return _promised(truth, told, "promise.alike", 1.0 if "change.rose" in told else -1.0)


def _went(truth: Truth, told: Told) -> bool:
    by = truth.updated_loss() - truth.run.number(*truth.loss)
    return not math.isfinite(by)


CHANGES: dict[str, Callable[[Truth, Told], bool]] = {
    "change.fell": lambda truth, told: _fell_or_rose(truth, told, -1),
    "change.rose": lambda truth, told: _fell_or_rose(truth, told, 1),
    "change.stayed": _stayed,
    "change.went": _went,
    "promise.alike": _alike,
    "promise.fall": lambda truth, told: _promised(truth, told, "promise.fall", -1.0),
    "promise.rise": lambda truth, told: _promised(truth, told, "promise.rise", 1.0),
    "promise.none": lambda truth, told: truth.is_promise(0.0),
    "promise.unknown": lambda truth, told: not math.isfinite(truth.slope_of_update()[0]),
    "change.too_far": lambda truth, told: "change.rose" in told and "promise.fall" in told,
    "change.uphill": lambda truth, told: max(truth.slope_of_update()) > 0,
}


def parts_of(said: Said) -> Iterator[Said]:
    yield said
    for slot in said.slots.values():
        if isinstance(slot, Said):
            yield from parts_of(slot)


def faults_of_change(name: str, run: Run, seen: Seen) -> list[str]:
    """What is said of a run's update and is not so."""
    found = change(run)
    if found is None:
        return []
    said = [part for one in happened(found) for part in parts_of(one)]
    told = {one.key: read_back(one) for one in said if one.key != "change"}
    truth = Truth(run)
    seen.update(told.keys())
    wrong = [one for one in said if one.key in told and not CHANGES[one.key](truth, told)]
    return [f"{name}: {one.key}: {one}" for one in wrong]


#: what other rooms say
OTHER_ROOMS = {
    *("check", "graph", "nudge", "ordered", "pasted", "paths", "planted", "question", "remedy"),
    *("slip", "title"),
}
#: these state no rate, no count of what moves and no effect, or only in what they are filled with
NOT_CHECKED = {
    *(key for key in SENTENCES if key.startswith(("ask.", "name.", "formula.", "way.", "which."))),
    *(key for key in SENTENCES if key.startswith(("grade.", "read.", "compare.", "expect."))),
    *(key for key in SENTENCES if key.startswith(("given.", "parts.", "cost."))),
    *(key for key in SENTENCES if key.partition(".")[0] in OTHER_ROOMS),
    # held by tests/test_change.py
    *(key for key in SENTENCES if key.startswith(("course.", "change.of_"))),
    "change",
    *("computed", "gated", "updated", "flow.equation", "scope.example"),
    *("add", "order.first", "rate", "small.round_off"),
} - CHECKS.keys()

# --- what an op's reason says -------------------------------------------------------------------

NUMBER = r"\(?(−?(?:\d[\d.]*(?:e−?\d+)?|∞)|NaN)\)?"
#: the rates that reasons state in words
IN_WORDS = {
    r"one for one|one unit of \S+ is one unit of|rises by 0\.01(, one|\.)": 1.0,
    r"falls by 0\.01\.|lowers the other by as much|one unit up is one unit less": -1.0,
    r"does not depend on|nothing passes|flat: a small move|nothing to correct": 0.0,
    r"0, halfway, is used|0 is used here": 0.0,
    r"each is given half": 0.5,
}
#: the rates that they state in numbers, and how each is read
IN_NUMBERS: dict[str, Callable[[float], float]] = {
    rf"moves by 0\.01 × {NUMBER}": lambda n: n,
    rf"moves by 0\.01 / {NUMBER}|share 0\.01 / {NUMBER}": lambda n: 1 / n,
    rf"twice {NUMBER} per unit": lambda n: 2 * n,
    rf"(?:rises|moves|raises the loss,|lowers the loss,) by {NUMBER} per unit": lambda n: n,
    rf"(?:=|steeper:|one over it:|share:|moves:) {NUMBER}(?: per unit|\.$)": lambda n: n,
    rf"say: {NUMBER} of its own|averaged: {NUMBER} for each|is it; {NUMBER} of its": lambda n: n,
    rf"others are not: {NUMBER} of|a share of {NUMBER}|only the share {NUMBER}": lambda n: n,
    rf"= {NUMBER}: (?:at most|1 in)|that curve's height: at .* = \S+, {NUMBER}\.": lambda n: n,
    rf"(?:its target|the target|for the other), {NUMBER}\.": lambda n: n,
}
QUOTIENT = rf"falls by {NUMBER} / {NUMBER} for each unit"


def stated_rates(text: str) -> list[float]:
    """Read the rates that a reason states."""
    found = [rate for pattern, rate in IN_WORDS.items() if re.search(pattern, text)]
    for pattern, read in IN_NUMBERS.items():
        if match := re.search(pattern, text):
            number = next(group for group in match.groups() if group)
            found.append(read(read_number(number)))
    if match := re.search(QUOTIENT, text):
        found.append(-read_number(match[1]) / read_number(match[2]))
    return found


def close_enough(truth: Truth, of: Element, to: Element, stated: float, rate: float) -> bool:
    """A stated rate has four digits: it is the rung's, whose rate is held to small changes."""
    return near(stated, rate) and truth.is_rate(of, to, rate)


# --- the gate ----------------------------------------------------------------------------------


def faults(truth: Truth, rung: Rung, seen: Seen) -> Iterator[str]:
    """Yield what a rung says that is not so."""
    names = names_of(truth, rung)
    for said in (rung.asks, *rung.says):
        told = read_back(said)
        yield from misread(said, told)
        if said.key.startswith("reason."):
            if rung.asks.key not in ("ask.rate", "ask.no_rate"):
                continue  # it is held to the rate in the rung of its own
            rates = stated_rates(str(said))
            seen["reason"] += 1
            if not rates:
                yield f"no rate can be read in {said}"
            for rate in rates:
                if not close_enough(truth, names["x"], names["y"], rate, rung.value):
                    yield f"{said}: {rate}, not {rung.value}"
        elif said.key in CHECKS:
            seen[said.key] += 1
            exact = {**told, **exact_numbers(said)}
            if not CHECKS[said.key](truth, rung, names | names_in(truth, said), exact):
                yield f"{said.key}: {said}"
        else:
            assert said.key in NOT_CHECKED or said.key.startswith("purpose."), said.key


def misread(said: Said, told: Numbers) -> Iterator[str]:
    """Yield the numbers that stand in a sentence and are not those of its slots."""
    for name, number in exact_numbers(said).items():
        if name in told and not near(told[name], number):
            yield f"{said}: {name} is {number}"


def exact_numbers(said: Said) -> dict[str, float]:
    slots = said.slots.items()
    return {n: s.number for n, s in slots if isinstance(s, Named) and s.number is not None}


def names_in(truth: Truth, said: Said) -> dict[str, Element]:
    names = {n: s.name for n, s in said.slots.items() if isinstance(s, Named)}
    return {n: truth.elements[name] for n, name in names.items() if name in truth.elements}


def names_of(truth: Truth, rung: Rung) -> dict[str, Element]:
    """The elements that a rung is about, from all its sentences; of a rate from its name."""
    found: dict[str, Element] = {}
    for said in rung.says:
        if not said.key.startswith("reason."):
            found |= names_in(truth, said)
    rate = re.fullmatch(r"d(.+)/d(.+?)( by this use)?", rung.name)
    if rate and rung.asks.key in ("ask.rate", "ask.no_rate"):
        found |= {"y": truth.elements[rate[1]], "x": truth.elements[rate[2]]}
    return found


def walk(name: str, run: Run, asked: int, seen: Seen) -> list[str]:
    truth = Truth(run)
    named = [
        run.label(value.id, at)
        for value in run.tape.values
        if value.name and value.id in run.tape.makers
        for at in range(run.arrays[value.id].size)
        if run.arrays[value.id].dtype.kind == "f"
    ]
    rng = np.random.default_rng(asked)
    if len(named) > asked:
        named = [named[n] for n in rng.choice(len(named), asked, replace=False)]
    return [
        f"{name} {element}: {fault}"
        for element in named
        for rung in rungs(why(run, element, DEPTH))
        for fault in faults(truth, rung, seen)
    ]


def test_every_sentence_on_the_examples_of_every_op_is_so() -> None:
    seen = Seen()
    found = [
        fault
        for name, run in example_runs()
        if name not in AT_AN_EDGE
        for fault in walk(name, run, 2 * MOST_ASKED, seen)
    ]
    assert not found, f"{len(found)} of {seen.total()}: " + "\n".join(found[:20])
    assert seen.total() > 10_000


def test_every_sentence_on_random_tapes_is_so(
    sample: Callable[..., list[int]], whole: bool
) -> None:
    count = TAPES if whole else SAMPLE
    first = 0 if whole else sample(range(1_000_000), 1)[0]
    print(f"{count} tapes from seed {first} on")
    seen = Seen()
    found = [
        fault
        for seed in range(first, first + count)
        for fault in walk(f"seed {seed}", random_run(seed), MOST_ASKED, seen)
    ]
    assert not found, f"{len(found)} of {seen.total()}: " + "\n".join(found[:20])
    assert seen.total() > 20 * count


def without_names_within(run: Run) -> Run:
    """A run in which only layers have names."""
    values = (
        dataclasses.replace(value, name="" if "." in value.name else value.name)
        for value in run.tape.values
    )
    return Run(dataclasses.replace(run.tape, values=tuple(values)), run.arrays)


def test_what_is_said_of_an_update_is_so(sample: Callable[..., list[int]], whole: bool) -> None:
    count = TAPES if whole else SAMPLE
    first = 0 if whole else sample(range(1_000_000), 1)[0]
    print(f"{count} tapes from seed {first} on")
    seen = Seen()
    found = [
        fault
        for seed in range(first, first + count)
        for fault in faults_of_change(f"seed {seed}", random_run(seed), seen)
    ]
    assert not found, f"{len(found)} of {seen.total()}: " + "\n".join(found[:20])
    assert seen["change.fell"] > count // 4


OPTIMIZERS = {
    "sgd": {"learning_rate": 0.1},
    "too far": {"name": "sgd", "learning_rate": 5.0},
    "momentum": {"name": "sgd", "learning_rate": 0.3, "momentum": 0.95},
    "decay": {"name": "sgd", "learning_rate": 0.1, "weight_decay": 1.0},
    **{name: {"name": name, "learning_rate": 0.1} for name in ("adam", "adamw", "rmsprop")},
    "adagrad": {"name": "adagrad", "learning_rate": 0.1},
}


@pytest.mark.parametrize("preset", ["flow", "xor", "xor-corners", "moons", "spirals", "fanout"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_is_said_of_an_update_is_so_of_every_optimizer(preset: str, optimizer: str) -> None:
    spec = spec_to_dict(load_spec(preset))
    spec["optimizer"] = {"name": "sgd", **OPTIMIZERS[optimizer]}
    iteration = start(spec_from_dict(spec)).iteration
    seen = Seen()
    for _ in range(12):
        try:
            run = iteration.play(1)
        except NonFiniteError:
            break
        assert faults_of_change(preset, run, seen) == []
    assert {"change.fell", "change.rose"} & seen.keys()
    if preset == "flow":
        expected = {"too far": "change.too_far", "momentum": "change.uphill"}
        assert expected.get(optimizer, "change.fell") in seen


def test_the_gate_finds_a_change_of_the_loss_that_is_not_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = start("flow").iteration.run
    right = change(run)
    assert right
    assert faults_of_change("flow", run, Seen()) == []
    for wrong in ({"after": 1.2}, {"before": 3.1}, {"promised": -2.2}, {"promised": 2.14375}):
        found = dataclasses.replace(right, **wrong)
        monkeypatch.setattr(sys.modules[__name__], "change", lambda run, found=found: found)
        assert faults_of_change("flow", run, Seen()), wrong


def test_a_rate_that_a_smaller_change_happens_to_miss_by_more_has_no_corner() -> None:
    run = without_names_within(random_run(507338))  # the bends cancel at a change of 0.01
    seen = Seen()
    assert walk("seed 507338", run, 10_000, seen) == []
    rungs = [why(run, "dL/da1[0,1,0]", 4)]
    keys = set[str]()
    while rungs:
        rung = rungs.pop()
        rungs += rung.because
        keys |= {said.key for said in rung.says}
    assert "small.near" in keys
    assert "small.corner" not in keys


def test_no_sentence_is_left_out_of_the_gate() -> None:
    checked = CHECKS.keys() | CHANGES.keys()
    assert checked | NOT_CHECKED == SENTENCES.keys()
    assert not checked & NOT_CHECKED
    for op in OPS.values():
        for reason in (r for reasons in op.reasons for r in reasons or ()):
            filled = re.sub(r"\{(\w+)([#=]?)\}", _filled, reason.says)
            assert stated_rates(filled), reason.says


def _filled(slot: re.Match[str]) -> str:
    return {"#": "0.5", "=": "x = 0.5"}.get(slot[2], "x")


def test_the_gate_finds_a_sentence_that_is_not_so() -> None:
    run = start("flow").iteration.run
    rung = why(run, "dL/dw2", 1).because[0]
    assert not list(faults(Truth(run), rung, Seen()))
    assert list(faults(Truth(run), dataclasses.replace(rung, value=rung.value + 0.1), Seen()))
