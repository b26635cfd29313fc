"""What earlier versions wrote is read as it was, or refused with the sentence that is told."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whygrad.errors import SpecError, TapeError, WhygradError
from whygrad.practice import KINDS, exercise, from_id, from_json
from whygrad.practice.exercise import CHANGED_FEATURES, CHANGED_KINDS, VERSION
from whygrad.spec import load_spec, parse_spec
from whygrad.tape.player import Player
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape
from whygrad.training.start import start
from whygrad.training.study import VERSION as STUDY_VERSION

ROOT = Path(__file__).parent.parent
KEPT = Path(__file__).parent / "kept"
PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
TOLD = {
    " ".join(quote.replace("\n>", " ").split())
    for quote in re.findall(r"^> (.*(?:\n> .*)*)", PAGE, re.M)
}


def kept(name: str) -> Any:
    return json.loads((KEPT / name).read_text(encoding="utf-8"))


def told(error: pytest.ExceptionInfo[WhygradError]) -> bool:
    return error.value.message in TOLD


# --- specs ------------------------------------------------------------------------------------


def test_a_kept_spec_trains_to_the_losses_it_trained_to() -> None:
    training = start(str(KEPT / "spec-1.toml"))
    training.iteration.play(20)
    np.testing.assert_allclose(training.iteration.losses, kept("spec-1.losses.json"), rtol=1e-12)


def test_a_spec_may_say_its_version_and_another_is_refused() -> None:
    text = (KEPT / "spec-1.toml").read_text(encoding="utf-8")
    marked = f'format = "whygrad-spec/1"\n{text}'
    assert parse_spec(marked, "spec-1.toml") == load_spec(KEPT / "spec-1.toml")
    with pytest.raises(SpecError) as error:
        parse_spec(marked.replace("/1", "/2"))
    assert told(error)
    with pytest.raises(SpecError, match="formt"):
        parse_spec(f'formt = "whygrad-spec/1"\n{text}')


# --- tapes ------------------------------------------------------------------------------------


def test_a_kept_tape_is_played_to_the_numbers_it_had() -> None:
    data = kept("tape-1.json")
    tape = Tape.from_json(data["tape"])
    run = Run.from_json(tape, data["run"])
    player = Player(tape, {leaf.id: run.arrays[leaf.id] for leaf in tape.leaves})
    player.play()
    for n, array in enumerate(run.arrays):
        np.testing.assert_array_equal(player.buffers[n], array)


def test_a_tape_of_another_version_is_refused() -> None:
    data = kept("tape-1.json")["tape"] | {"format": "whygrad-tape/2"}
    with pytest.raises(TapeError) as error:
        Tape.from_json(data)
    assert told(error)


# --- exercises --------------------------------------------------------------------------------


@pytest.mark.parametrize("data", kept("exercises-1.json"), ids=lambda data: data["id"])
def test_a_kept_exercise_is_what_it_was_or_refused(data: Any) -> None:
    kind, feature, *_ = data["id"].split(".")
    if kind in CHANGED_KINDS or feature in CHANGED_FEATURES:
        with pytest.raises(WhygradError, match="of version 1; version 2 makes such"):
            from_json(data)
        assert from_id(f"{data['id']}.v{VERSION}").kind == kind
    else:
        made = from_json(data).to_json(with_answers=True)
        assert made["question"] == data["question"]
        for ask, was in zip(made["asks"], data["asks"], strict=True):
            assert ask.keys() == was.keys()
            if isinstance(was["answer"], float):
                assert math.isclose(ask["answer"], was["answer"], rel_tol=1e-12)
            else:
                assert ask["answer"] == was["answer"]


def test_every_kind_has_a_kept_exercise() -> None:
    assert {data["id"].split(".")[0] for data in kept("exercises-1.json")} == set(KINDS)


@pytest.mark.parametrize("id_", ["fill_blanks.fanout.solo.7", "next_number.fanout.solo.7.v3"])
def test_an_id_of_another_version_is_refused_as_told(id_: str) -> None:
    with pytest.raises(WhygradError) as error:
        from_id(id_)
    assert told(error)


# --- what is told -----------------------------------------------------------------------------


def test_the_page_tells_the_versions_there_are() -> None:
    assert exercise(7, feature="fanout").id == "next_number.fanout.solo.7.v2"
    assert f"`.v{VERSION}`" in PAGE
    assert "`whygrad-spec/1`" in PAGE or 'format = "whygrad-spec/1"' in PAGE
    for name in (*CHANGED_KINDS, *CHANGED_FEATURES):
        assert f"`{name}`" in PAGE
    assert f'trace (what the server sends to the page) | `"version": {STUDY_VERSION}`' in PAGE
    store = (ROOT / "web/src/learner/store.svelte.ts").read_text(encoding="utf-8")
    newer = "This file was saved by a newer whygrad. Update whygrad, and read it then."
    assert newer in store
    assert newer in TOLD
    assert "const VERSION = 1" in store
    router = (ROOT / "web/src/hosts/router.ts").read_text(encoding="utf-8")
    assert "${table} is not kept in this browser any more: open it again." in router
    assert "mine is not kept in this browser any more: open it again." in TOLD
    assert len(TOLD) == 6
    report = (ROOT / "src/whygrad/doctor/report.py").read_text(encoding="utf-8")
    assert 'FORMAT = "whygrad-doctor/1"' in report
    assert '"format": "whygrad-doctor/1"' in PAGE
