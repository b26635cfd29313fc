"""Someone's own work, line by line."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from whygrad.engine.notation import symbol
from whygrad.errors import WhygradError
from whygrad.explain.said import Said, say
from whygrad.practice import PastedLine, check_lines
from whygrad.practice.numbers import grade_numbers
from whygrad.practice.pasted import MAX_LINES
from whygrad.practice.solution import ElementKey, Held, Solution, SwitchedTape
from whygrad.spec import spec_from_dict
from whygrad.tape.player import Player
from whygrad.training.start import start

FLOW = start("flow").iteration.run
CORNERS = start("xor-corners").iteration.run


def only(line: str) -> PastedLine:
    (found,) = check_lines(FLOW, line)
    return found


@pytest.mark.parametrize(
    "line",
    [
        "dL/dw2 = -1.75",
        "dL/dw2: −1,75",
        "∂L/∂w₂ ≈ -1.75",
        "dL / dW2 = -3.5 * 0.5 = -7/4",
        "dw2 = -1.75",
        "  w1' = 0.675  ",
        "w₁′ = 0.675",
        "w1_new=0.675",
    ],
)
def test_a_line_is_read_as_people_write_it(line: str) -> None:
    found = only(line)
    assert found.mark is not None
    assert found.mark.correct
    assert found.typed == line.strip()
    assert not found.trouble


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("hello", say("pasted.not_a_line")),
        ("z1 =", say("pasted.not_a_line")),
        ("= 3", say("pasted.unknown", name="")),
        ("x = 1", say("pasted.given", name="x")),
        ("dL/dw9 = 1", say("pasted.near", name="dL/dw9", near="dL/dw2")),
        ("q" * 500 + " = 1", say("pasted.unknown", name="q" * 60)),
    ],
)
def test_a_line_without_a_number_to_grade_says_what_is_missing(line: str, says: Said) -> None:
    found = only(line)
    assert found.mark is None
    assert found.trouble == str(says)
    assert len(found.trouble) < 200


def test_an_array_needs_an_index_and_a_name_stands_once() -> None:
    whole, first, again = check_lines(CORNERS, "dL/dW1 = 3\n\ndL/dW1[0,1]=3\n dL/dW1[0, 1]: 4")
    assert whole.trouble == str(say("pasted.several", name="dL/dW1", one="dL/dW1[0,0]"))
    assert first.mark is not None
    assert again.trouble == str(say("pasted.twice", x=symbol("dL/dW1[0,1]")))


def test_a_slip_is_carried_in_the_order_of_work_not_of_lines() -> None:
    update, slip = check_lines(FLOW, "dL/dw2 = -0.875\ndL/dyhat = -1.75")
    assert update.mark is not None
    assert slip.mark is not None
    assert (update.mark.correct, update.mark.carried) == (True, True)
    assert slip.mark.mistakes[0] == "forget_factor_two"


def test_what_is_not_a_number_is_said_and_kept() -> None:
    found = only("z1 = about half")
    assert found.mark is not None
    assert found.mark.correct is None
    assert found.mark.says == (say("read.not_a_number", typed="about half"),)


def test_too_many_lines_are_refused() -> None:
    assert check_lines(FLOW, "\n" * 10_000) == []
    with pytest.raises(WhygradError, match="at most 500"):
        check_lines(FLOW, "z1 = 1\n" * 501)


def test_only_the_steps_that_a_number_depends_on_are_played() -> None:
    # `whygrad bench overheads` says how long it takes; to play everything took 1.7 million steps.
    run = start(spec_from_dict({"network": {"layers": [2, 12, 12, 1]}, "data": {"name": "xor"}}))
    work = Solution(run.iteration.run)
    wrong = [(work.label(p), f"{1.1 * work.number(p) + 0.01:.4g}") for p in work.order[:MAX_LINES]]
    marks = list(grade_numbers(work.run, wrong, solution=work))
    assert len(marks) == MAX_LINES
    assert sum(mark.correct is False for mark in marks) > 0.7 * MAX_LINES
    assert 0 < work.played < 30 * MAX_LINES


@pytest.mark.parametrize("preset", ["fanout", "xor-corners", "xor"])
def test_what_is_played_in_part_gives_what_playing_everything_gives(
    preset: str, request: pytest.FixtureRequest
) -> None:
    draw = Random(f"{request.config.getoption('randomly_seed', 0)}/{preset}")
    work = Solution(start(preset).iteration.run)
    held = Held(work)
    for _ in range(60):
        for _ in range(draw.randrange(4)):
            place = draw.choice(work.order)
            held.hold(place, draw.choice((None, draw.uniform(-2, 2))))
        if draw.random() < 0.2:  # a whole value, so that nothing before it counts
            name = draw.choice(work.order)[0]
            for place in work.order:
                if place[0] == name:
                    held.hold(place, draw.uniform(-2, 2))
        mistake = draw.choice(("", *(mistake.name for mistake in work.mistakes)))
        place = draw.choice(work.order)
        played = held.tape(mistake).number(place)
        whole = fully(work.switched(mistake), held, place)
        np.testing.assert_equal(played, whole, f"{mistake} {place}")
        if mistake:
            number = held.mistaken(mistake, place)
            right = fully(work.switched(""), held, place)
            changed = not np.isclose(played, right, rtol=1e-9, atol=1e-12)
            np.testing.assert_equal(number, whole if changed else None, f"{mistake} {place}")


def fully(switched: SwitchedTape, held: Held, place: ElementKey) -> float:
    """Play every step, from the start, with all that is held."""
    player = Player(switched.tape, switched.leaves)
    for (name, at), number in held.numbers.items():
        if name in switched.switches and (name, at) != place:
            switch = switched.switches[name]
            if at < player.buffers[switch.on].size:
                player.buffers[switch.on].flat[at] = True
                player.buffers[switch.held].flat[at] = number
    player.play()
    array = player.buffers[switched.tape.by_name[place[0]]]
    return float(array.flat[place[1]])


def test_as_many_lines_as_may_be_are_graded() -> None:
    assert len(check_lines(FLOW, "z1 = 1\n" * 500)) == 500
