"""The measuring process: prints what it found as JSON, on the last line."""

import json
import sys
from dataclasses import asdict

from whygrad.bench.measure import measure
from whygrad.bench.peers import CASES, PEERS


def _set_threads(threads: int) -> None:
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(threads)


def _main(asked: str) -> None:
    cases, peers, threads, rounds, seconds = json.loads(asked)
    _set_threads(threads)
    chosen = {name: PEERS[name] for name in dict.fromkeys(["whygrad", *peers])}
    found = [measure(CASES[name], chosen, rounds, seconds) for name in cases]
    print(json.dumps([asdict(one) for one in found]))


_main(sys.argv[1])
