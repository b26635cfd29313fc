"""The page trains in compiled stretches as it does step by step: presets, optimizers, schedules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from whygrad.optim.base import OPTIMIZERS
from whygrad.optim.schedule import SCHEDULES
from whygrad.spec import Spec, load_spec, preset_names, spec_from_dict
from whygrad.training.start import start
from whygrad.training.study import study
from whygrad.wire.messages import to_json

WEB = Path(__file__).parent.parent / "web"


def specs() -> Iterator[tuple[str, Spec]]:
    yield from ((name, load_spec(name)) for name in preset_names())
    sections: list[Mapping[str, Any]] = [
        *({"optimizer": {"name": name}} for name in OPTIMIZERS),
        {"optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}},
        {"optimizer": {"name": "sgd", "clip_norm": 0.1}},
        *({"schedule": {"name": name}} for name in SCHEDULES),
    ]
    for section in sections:
        network = {"layers": [2, 5, 3, 1], "activation": ["tanh", "leaky_relu"]}
        data = {"name": "moons", "points": 23, "batch": 4}  # the last batch is smaller
        yield str(section), spec_from_dict({"network": network, "data": data, **section})


@pytest.mark.slow
def test_compiled_stretches_are_what_stepping_gives(tmp_path: Path) -> None:
    traces = [{"name": name, "trace": to_json(study(start(spec)))} for name, spec in specs()]
    file = tmp_path / "traces.json"
    file.write_text(json.dumps(traces), encoding="utf-8")
    # the environment's own Node.js is found first
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [
            shutil.which("npx", path=path) or "npx",
            "vitest",
            "run",
            "src/training/stepping.check.ts",
        ],
        cwd=WEB,
        env={**os.environ, "PATH": path, "WHYGRAD_TAPES": str(file), "CI": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert f"{len(traces)} passed" in done.stdout, done.stdout[-2000:]
