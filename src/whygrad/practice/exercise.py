"""Exercises made from a seed: small networks with numbers that are friendly to hand and head.

An exercise is a tape with values hidden. Everything about it follows from its id, so a link or a
seed gives the same exercise anywhere.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np

from whygrad.engine import random
from whygrad.errors import UnknownName, WhygradError, unknown
from whygrad.practice.features import FEATURES, Draw, Spec
from whygrad.practice.questions import (
    FADING,
    KINDS,
    QUESTIONS,
    TRAINED,
    Ask,
    Losses,
    Named,
    Number,
    Setting,
    earlier,
    leaves,
    notes,
    story,
)
from whygrad.practice.solution import Solution, worked_out
from whygrad.spec import spec_from_dict
from whygrad.tape.run import Run
from whygrad.training.start import Training, start
from whygrad.training.study import Study, study
from whygrad.whatif import MakeMistake, compare

MAX_SEED = 2**31
DIFFICULTIES = (1, 2, 3, 4)
_LARGEST, _SMALLEST = 200.0, 0.01  # of what is worked out, but for 0 itself
_DRAWS = 500
VERSION = 2  # of exercises: their numbers and words follow from it and the rest of their ids
#: what version 2 makes otherwise; ids of version 1, which say no version, mean the rest as before
CHANGED_KINDS = ("fill_blanks", "find_the_mistake", "choose_the_remedy")
CHANGED_FEATURES = ("chain",)
_ID = re.compile(
    r"(\w+)\.(\w+)\.(\w+)\.([0-9]{1,10})(?:\.([2-9]))?(?:\.v([1-9][0-9]{0,3}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question about one small tape.

    Attributes:
        id: says everything about it: kind, feature, fading, seed, difficulty if above 1, and the
            version of exercises; the same id makes the same exercise anywhere.
        kind: one of KINDS.
        feature: what the tape has that is worth practising.
        fading: how much is worked out already; one of FADING.
        seed: which one.
        spec: what is traced.
        question: the whole question in words.
        given: names and numbers that are told.
        asks: what is asked, in the order it is worked out.
        mistake: the planted mistake, if there is one.
        difficulty: how long the way to the loss is: 1 is the feature at its shortest.
    """

    id: str
    kind: str
    feature: str
    fading: str
    seed: int
    spec: Spec
    question: str
    given: Named
    asks: tuple[Ask, ...]
    mistake: str = ""
    difficulty: int = 1

    @property
    def run(self) -> Run:
        """The numbers of the exercise's tape, done rightly."""
        return _run(json.dumps(self.spec), self.iteration)

    @property
    def solution(self) -> Solution:
        """The exercise's tape and the mistakes that fit it; made anew each time."""
        return _solution(json.dumps(self.spec), self.iteration)

    @property
    def says(self) -> str:
        """What there is to practise."""
        return FEATURES[self.feature].says

    @property
    def iteration(self) -> int:
        """Which iteration of its training the exercise is about, from 1."""
        return FEATURES[self.feature].iteration

    @property
    def notes(self) -> list[str]:
        """What has to be known besides the formulas and numbers."""
        return notes(self.solution)

    @property
    def told(self) -> tuple[Number, ...]:
        """Numbers that are told of those that are worked out, right or wrong."""
        made = {self.run.label(value, at) for value, at in worked_out(self.run)}
        return tuple(Number(name, number) for name, number in self.given if name in made)

    @property
    def losses(self) -> Losses | None:
        """Of a remedy to choose, how training goes."""
        if self.kind != "choose_the_remedy":
            return None
        losses = compare(_training(self.spec), MakeMistake(self.mistake), TRAINED).training
        right, wrong = (
            tuple(loss if math.isfinite(loss) else None for loss in losses[which])
            for which in ("right", "wrong")
        )
        return Losses(right, wrong)

    @property
    def study(self) -> Study:
        """The tape it is about, and all there is to study of it."""
        return study(_training(self.spec))

    def to_json(self, *, with_answers: bool = False) -> dict[str, Any]:
        """Return the exercise as JSON data."""
        return {
            "id": self.id,
            "seed": self.seed,
            "question": self.question,
            "given": dict(self.given),
            "asks": [
                {"name": ask.name, "prompt": ask.prompt}
                | ({"choices": list(ask.choices)} if ask.choices else {})
                | ({"answer": ask.answer} if with_answers else {})
                for ask in self.asks
            ],
        }


@dataclass(frozen=True, slots=True)
class Topic:
    """What an exercise can be about."""

    name: str
    says: str


@dataclass(frozen=True, slots=True)
class Topics:
    """What exercises can be about, from easy to hard, and how difficult they can be."""

    features: tuple[Topic, ...]
    difficulties: tuple[int, ...]


def topics() -> Topics:
    """Return what exercises there can be."""
    features = (Topic(name, feature.says) for name, feature in FEATURES.items())
    return Topics(tuple(features), DIFFICULTIES)


def exercise(
    seed: int,
    *,
    feature: str | None = None,
    kind: str = "next_number",
    fading: str = "solo",
    difficulty: int = 1,
) -> Exercise:
    """Make an exercise. The same arguments make the same exercise anywhere.

    Args:
        seed: a whole number from 0 on.
        feature: one of FEATURES; by default the seed chooses.
        kind: one of KINDS.
        fading: "worked" (only the last number is asked), "completion" (the second half), "solo"
            (all). Blanks come more often the less is worked out.
        difficulty: one of DIFFICULTIES: 1 is the feature at its shortest, each one more puts one
            more step (in a network, one more layer) before the loss.

    Raises:
        WhygradError: an unknown name, or a seed out of range.
    """
    if not 0 <= seed < MAX_SEED:
        raise WhygradError(f"the seed is {seed}; it must be from 0 to {MAX_SEED - 1}")
    if difficulty not in DIFFICULTIES:
        raise WhygradError(
            f"the difficulty is {difficulty}; it must be from {DIFFICULTIES[0]} to "
            f"{DIFFICULTIES[-1]}"
        )
    if feature is None:
        feature = tuple(FEATURES)[int(random.bits(seed, "exercise/feature", 1)[0]) % len(FEATURES)]
    for what, name, allowed in (
        ("kind", kind, KINDS),
        ("fading", fading, FADING),
        ("feature", feature, FEATURES),
    ):
        if name not in allowed:
            raise UnknownName(unknown(what, name, allowed))
    return _make(seed, feature, kind, fading, difficulty)


def from_id(id_: str) -> Exercise:
    """Return the exercise an id stands for.

    An id without a version is of version 1, whose exercises are made as they were, or refused.

    Raises:
        WhygradError: it is not an exercise's id, or is of another version.
    """
    match = _ID.fullmatch(id_)
    if match is None:
        raise WhygradError(
            f"{id_!r:.100} is not an exercise's id; "
            f"one looks like next_number.fanout.solo.7.v{VERSION}"
        )
    kind, feature, fading, seed, difficulty, version = match.groups(default="1")
    if int(version) > VERSION:
        raise WhygradError(
            f"{id_} is an exercise of version {version}; this whygrad makes those of versions up "
            f"to {VERSION}: bring it up to date, or make another exercise"
        )
    if int(version) < VERSION and (kind in CHANGED_KINDS or feature in CHANGED_FEATURES):
        raise WhygradError(
            f"{id_} is an exercise of version {version}; version {VERSION} makes such exercises "
            f"otherwise, so it may be another now. Make it anew: "
            f"{id_.partition('.v')[0]}.v{VERSION}"
        )
    return exercise(
        int(seed), feature=feature, kind=kind, fading=fading, difficulty=int(difficulty)
    )


def from_json(data: Any) -> Exercise:
    """Return the exercise that JSON data of ``Exercise.to_json`` stands for.

    Raises:
        WhygradError: it is something else, or was altered.
    """
    given = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    if not isinstance(given.get("id"), str):
        raise WhygradError(
            "this is not an exercise: it has no id; make one with whygrad exercise --format json"
        )
    made = from_id(given["id"])
    for key, own in made.to_json(with_answers=True).items():
        if key in given and key != "id" and not _same(given[key], own):
            raise WhygradError(
                f"the exercise's {key} is not that of {made.id}: the file was altered, or made by "
                f"another version; make it anew with whygrad exercise --format json"
            )
    return made


def _same(given: Any, own: Any) -> bool:
    """Compare JSON data: numbers may differ in their last bits, and answers may be left out."""
    if isinstance(own, dict):
        wanted = cast("dict[str, Any]", own)
        return isinstance(given, dict) and all(
            key in given and _same(given[key], item)
            for key, item in wanted.items()
            if key != "answer"
        )
    if isinstance(own, list):
        return isinstance(given, list) and (
            len(cast("list[Any]", given)) == len(cast("list[Any]", own))
            and all(map(_same, cast("list[Any]", given), cast("list[Any]", own)))
        )
    if isinstance(own, float):
        return isinstance(given, int | float) and math.isclose(
            given, own, rel_tol=1e-9, abs_tol=1e-12
        )
    return given == own


@lru_cache(maxsize=256)
def _make(seed: int, feature: str, kind: str, fading: str, difficulty: int) -> Exercise:
    draw, about = Draw(seed), FEATURES[feature]
    for _ in range(_DRAWS):
        spec = about.make(draw, difficulty - 1)
        solution = _solution(json.dumps(spec), about.iteration)
        if not (_is_friendly(solution) and about.holds(solution.run)):
            continue
        found = QUESTIONS[kind](Setting(spec, solution, fading, draw))
        if found is not None:
            break
    else:
        raise AssertionError(f"no friendly numbers for {feature} in {_DRAWS} draws")
    return Exercise(
        f"{kind}.{feature}.{fading}.{seed}{f'.{difficulty}' * (difficulty > 1)}.v{VERSION}",
        kind,
        feature,
        fading,
        seed,
        spec,
        f"{story(solution)}\n{found.text}",
        (*leaves(solution.run), *earlier(solution), *found.told),
        found.asks,
        found.mistake,
        difficulty,
    )


def _solution(spec: str, iteration: int) -> Solution:
    before = _run(spec, iteration - 1) if iteration > 1 else None
    return Solution(_run(spec, iteration), before)


@lru_cache(maxsize=64)
def _run(spec: str, iteration: int) -> Run:
    return _training(json.loads(spec)).iteration.play(iteration)


def _training(spec: Spec) -> Training:
    return start(spec_from_dict(dict(spec), "exercise"))


def _is_friendly(solution: Solution) -> bool:
    """Refuse what nobody would set: a loss of nothing, gradients of nothing, huge or tiny numbers.

    Numbers so close to 0 that two decimals do not show them are tiny.
    """
    run = solution.run
    numbers = np.abs([solution.number(place) for place in solution.order])
    gradients = [
        run.arrays[g]
        for value, g in run.tape.gradients.items()
        if run.tape.values[value].role == "parameter"
    ]
    return (
        run.arrays[run.tape.loss].item() != 0
        and any(bool(np.any(g != 0)) for g in gradients)
        and bool(np.all((numbers < _LARGEST) & ((numbers == 0) | (numbers >= _SMALLEST))))
    )
