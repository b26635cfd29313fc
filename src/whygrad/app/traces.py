"""What the page asks of specs: traces, the mistakes that fit, and what a CSV file holds.

Nothing that a request names is read from disk: files travel in the request.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from whygrad.app.reply import Refused
from whygrad.data import describe_csv
from whygrad.data.csv_file import CsvSummary
from whygrad.errors import unknown
from whygrad.spec import Spec, load_spec, parse_spec, preset_names, spec_from_dict
from whygrad.training.start import Training, start
from whygrad.training.study import Study, study
from whygrad.whatif import parse_swap, swapped
from whygrad.whatif.tapes import MistakenTapes, mistaken_tapes

MAX_NUMBERS = 1_000_000  # parameters, inputs and targets that a trace may carry to a page
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class SpecBody:
    """A spec: one of a preset's name, a mapping or a TOML text; and the CSV files it names."""

    preset: str | None = None
    spec: Mapping[str, Any] | None = None
    toml: str | None = None
    files: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class TraceBody(SpecBody):
    """A spec to trace, perhaps with one choice made differently, such as ``relu=sigmoid``."""

    swap: str | None = None


@dataclass(frozen=True)
class CsvBody:
    """A CSV file."""

    name: str
    text: str


def presets() -> list[Spec]:
    """Return the specs that come with the package."""
    return [load_spec(name) for name in preset_names()]


def is_preset(body: TraceBody) -> bool:
    """Say whether nothing but a preset is asked for."""
    return body == TraceBody(preset=body.preset) and body.preset in preset_names()


def trace(body: TraceBody, kept: Files) -> Study:
    """Return all there is to study of a spec."""
    spec = _spec(body)
    if body.swap is not None:
        spec = swapped(spec, parse_swap(body.swap))
    return study(ready(spec, _files(body, kept)))


def mistakes(body: SpecBody, kept: Files) -> MistakenTapes:
    """Return the mistakes that fit a spec's tape."""
    return mistaken_tapes(started(body, kept).iteration.run)


def csv(body: CsvBody) -> CsvSummary:
    """Return what a CSV file holds."""
    return describe_csv(body.text, source=body.name)


def started(body: SpecBody, kept: Files) -> Training:
    """Return the training of the spec in a request, which may use the files the server keeps."""
    return ready(_spec(body), _files(body, kept))


def ready(spec: Spec, files: Files) -> Training:
    """Make a spec ready to train.

    Raises:
        WhygradError: it is too large for a page, or cannot be trained.
    """
    layers = spec.network.layers if spec.network else ()
    weights = sum(a * b for a, b in pairwise(layers))
    if weights > MAX_NUMBERS:
        raise _too_large(f"{weights:,} weights")
    training = start(spec, files=files)
    data = training.dataset
    numbers = 0 if data is None else math.prod(data.x.shape) + math.prod(data.y.shape)
    if numbers > MAX_NUMBERS:
        raise _too_large(f"{numbers:,} numbers of data")
    return training


def _too_large(what: str) -> Refused:
    return Refused(
        f"{what}: the page takes at most {MAX_NUMBERS:,}; train this with `whygrad train`"
    )


def _files(body: SpecBody, kept: Files) -> dict[str, bytes]:
    sent = {name: text.encode("utf-8", "replace") for name, text in body.files.items()}
    return {**kept, **sent}


def _spec(body: SpecBody) -> Spec:
    given = [what for what in (body.preset, body.spec, body.toml) if what is not None]
    if len(given) != 1:
        raise Refused('say one of "preset" (a name), "spec" (an object) or "toml" (a text)')
    if body.spec is not None:
        return spec_from_dict(body.spec, "spec")
    if body.toml is not None:
        return parse_spec(body.toml)
    if body.preset not in preset_names():
        raise Refused(unknown("preset", body.preset, preset_names()))
    return load_spec(body.preset)
