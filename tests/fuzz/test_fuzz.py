"""Whatever is typed, uploaded or sent ends well or with whygrad's own words.

`make fuzz` puts 10,000 inputs; this puts a sample. Each input is drawn from the printed seed, the
surface's name and a number, which a fault names: the same three give the same input.
"""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Generator, Iterator
from random import Random
from types import FrameType

import pytest
from surfaces import NEEDS_A_SERVER, POSTS, SURFACES, Server, put, serving

from whygrad.app.server import API
from whygrad.errors import WhygradError

INPUTS = int(os.environ.get("WHYGRAD_FUZZ", "300"))
SECONDS = 30  # for one input: what hangs is named, and does not hang the suite


class Hung(Exception):
    """An input that is being read for ever."""


@contextlib.contextmanager
def given_up_when_it_hangs() -> Generator[None]:
    """Raise Hung inside, if it takes too long."""

    def give_up(_: int, __: FrameType | None) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.mark.parametrize("name", SURFACES)
def test_hostile_input_is_refused_in_words(name: str, request: pytest.FixtureRequest) -> None:
    seed = request.config.getoption("randomly_seed", 0)
    with_server = [request.getfixturevalue("server")] if name in NEEDS_A_SERVER else []
    shares = sum(share for _, share in SURFACES.values())
    faults: dict[str, str] = {}
    count = max(4, round(INPUTS * SURFACES[name][1] / shares))
    for n in range(count):
        draw = Random(f"{seed}/{name}/{n}")
        try:
            with given_up_when_it_hangs():
                put(name, draw, *with_server)
        except WhygradError:
            continue
        except Exception as fault:
            where = traceback.extract_tb(fault.__traceback__)[-1]
            place = f"{type(fault).__name__} at {where.filename}:{where.lineno}"
            said = "".join(traceback.format_exception(fault))[-3000:]
            faults.setdefault(place, f"input {seed}/{name}/{n}: {place}: {fault!s:.300}\n{said}")
    assert not faults, f"{len(faults)} faults\n" + "\n\n".join(faults.values())


def test_every_question_that_is_posted_is_fuzzed() -> None:
    posted = {f"/api{route.path}" for route in API if "POST" in (route.methods or ())}
    assert set(POSTS) == posted | {"/practice/worksheet"}
