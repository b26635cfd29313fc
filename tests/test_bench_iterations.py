"""The benchmark of iterations: all contenders compute the same, and what is told of them."""

import sys

import pytest

from whygrad.bench import Measured, run, table
from whygrad.bench.cases import Skipped, Workload
from whygrad.bench.deep import Deep
from whygrad.bench.measure import measure
from whygrad.bench.peers import CASES, PEERS
from whygrad.errors import UnknownName, WhygradError

QUICK = {name: PEERS[name] for name in ("whygrad", "numpy-by-hand", "pytorch-eager")}


@pytest.mark.parametrize(
    "case",
    [CASES[name] for name in ("xor", "small", "convnet", "attention")]
    + [Workload((7, 5, 6, 3), 9, 1.0)],
)
def test_contenders_agree_and_are_measured(case: Workload | Deep) -> None:
    peers = dict(QUICK)
    if isinstance(case, Workload):
        peers["hips-autograd"] = PEERS["hips-autograd"]
    found = measure(case, peers, rounds=2, seconds=0.001)
    assert set(found.seconds) == set(peers)
    assert found.ratio["whygrad"] == 1.0
    assert not found.skipped


def test_micrograd_does_only_the_smallest() -> None:
    peers = {"whygrad": PEERS["whygrad"], "micrograd": PEERS["micrograd"]}
    assert "micrograd" in measure(CASES["xor"], peers, 1, 0.001).seconds
    assert "one number at a time" in measure(CASES["small"], peers, 1, 0.001).skipped["micrograd"]


def test_who_is_missing_or_fails_is_said() -> None:
    def absent(_: Workload) -> object:
        raise ImportError(name="jux")

    def unable(_: Workload) -> object:
        raise Skipped("cannot")

    def broken(_: Workload) -> object:
        raise ValueError("no\nclang")

    peers = {"whygrad": PEERS["whygrad"], "a": absent, "b": unable, "c": broken}
    found = measure(CASES["xor"], peers, 1, 0.001)  # type: ignore[arg-type]
    assert found.skipped == {
        "a": "not installed (jux)",
        "b": "cannot",
        "c": "does not work here: ValueError: no",
    }


def test_what_computes_something_else_is_refused() -> None:
    peers = {
        "whygrad": PEERS["whygrad"],
        "other": lambda case: PEERS["whygrad"](Workload(case.sizes, case.batch, 1.0, rate=5.0)),
    }
    with pytest.raises(WhygradError, match="other and whygrad disagree on W1"):
        measure(CASES["xor"], peers, 1, 0.001)


def test_a_fresh_process_measures() -> None:
    (found,) = run(["xor"], ["numpy-by-hand"], rounds=2, seconds=0.002)
    assert found.case == "2-4-1, batch 4"
    assert set(found.seconds) == {"whygrad", "numpy-by-hand"}


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean 'xor'"):
        run(["xorr"])
    with pytest.raises(UnknownName, match="unknown peer"):
        run(["xor"], ["PyTroch, eager"])


def test_a_process_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(WhygradError, match="exit status 1"):
        run(["xor"])


def test_the_table() -> None:
    shown = table(
        [Measured("one", {"pytorch-eager": 2e-6}, {"pytorch-eager": 2.0}, {"b": "cannot"}, 10.0)]
    )
    assert "2.0            2.00  (goal 10)" in shown
    assert "b                               cannot" in shown
