"""The explorer's routes.

``GET /`` is the page. ``GET /api/presets`` lists the specs that come with the package,
``GET /api/initial`` is the trace the page opens on, ``POST /api/trace`` traces another spec (with
"swap", one choice made differently), ``POST /api/mistakes`` gives the mistakes that fit a spec's
tape, and ``POST /api/csv`` says what an uploaded file holds. ``GET /api/practice`` lists what can
be practised; ``POST /api/exercise``, ``/api/grade`` and ``/api/homework`` make an exercise, grade
answers, and check someone's own numbers. Messages are those of ``wire``; what cannot be served is
an ``ErrorMessage`` with status 400 (413 for too much, 503 for too long).

``GET /api/clinic`` lists what can be chosen from in the clinic; ``POST /api/clinic/patient``,
``/api/clinic/examine`` and ``/api/clinic/grade`` train a patient, examine it and grade an answer.
While that takes its time they answer with status 202 and how far it is: ask again.

``GET /practice`` leads to the exercise of its query on the page, ``GET /practice/worksheet`` is one
to print.

Nothing that a request names is read from disk: files travel in the request.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeGuard, TypeVar
from urllib.parse import urlencode

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from whygrad.app import practice
from whygrad.app.clinic import GRADE_KEYS, JobQueue
from whygrad.app.guard import Guard, body, hosts_for
from whygrad.app.reply import Refused, coded, refusal, reply
from whygrad.data import describe_csv
from whygrad.errors import WhygradError, unknown
from whygrad.spec import Spec, load_spec, parse_spec, preset_names, spec_from_dict
from whygrad.training.start import Training, start
from whygrad.whatif import parse_swap, swapped
from whygrad.wire.messages import ColumnInfo, CsvInfo, PresetInfo, mistakes_message, trace_message

STATIC = Path(__file__).parent / "static"
SECONDS = 20.0  # for one trace; a person is waiting
MAX_NUMBERS = 1_000_000  # parameters, inputs and targets that a trace may carry to a page
SPEC_KEYS = ("preset", "spec", "toml", "files")  # what a request says a spec with
NOT_BUILT = """\
The explorer's page is not built.

In a clone of the repository run `make install`, then start this again.
An installed package always carries the page; if yours does not, please report it.
"""

Endpoint = Callable[[Request], Awaitable[Response]]
Clinical = Callable[[Mapping[str, Any]], tuple[bytes, int]]
T = TypeVar("T")


def create_app(
    initial: Spec | str = "xor",
    *,
    files: Mapping[str, bytes] | None = None,
    host: str = "127.0.0.1",
    static: Path = STATIC,
    seconds: float = SECONDS,
) -> Starlette:
    """Return the server as an ASGI application.

    Args:
        initial: the spec the page opens on, or a preset's name.
        files: the CSV files that specs may use without sending them, by name.
        host: where the server will listen; it answers to loopback names and this one.
        static: the built front end.
        seconds: how long a request may take.

    Raises:
        WhygradError: the initial spec cannot be traced.
    """
    kept = dict(files or {})
    first = load_spec(initial) if isinstance(initial, str) else initial
    opening = _traced(first, kept)
    limited = functools.partial(_in_time, seconds, anyio.CapacityLimiter(4))
    jobs = JobQueue()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        yield
        await anyio.to_thread.run_sync(jobs.close)

    async def page(_: Request) -> Response:
        index = static / "index.html"
        if not index.exists():
            return Response(NOT_BUILT, 503, media_type="text/plain")
        return FileResponse(index, headers={"cache-control": "no-cache"})

    async def presets(_: Request) -> Response:
        return reply(await limited(_presets))

    async def opens_on(_: Request) -> Response:
        return reply(opening)

    async def trace(request: Request) -> Response:
        asked = _mapping(await body(request), (*SPEC_KEYS, "swap"))
        return reply(await limited(_trace, asked, kept))

    async def mistakes(request: Request) -> Response:
        asked = _mapping(await body(request), SPEC_KEYS)
        return reply(await limited(_mistakes, asked, kept))

    async def csv(request: Request) -> Response:
        asked = _mapping(await body(request), ("name", "text"))
        return reply(await limited(_csv, asked))

    async def practised(_: Request) -> Response:
        return reply(await limited(practice.choices))

    async def exercise(request: Request) -> Response:
        asked = _mapping(await body(request), practice.EXERCISE_KEYS)
        return reply(await limited(practice.made, asked))

    async def grade(request: Request) -> Response:
        asked = _mapping(await body(request), ("id", "answers"))
        return reply(await limited(practice.graded, asked))

    async def homework(request: Request) -> Response:
        asked = _mapping(await body(request), (*SPEC_KEYS, "lines"))
        return reply(await limited(_homework, asked, kept))

    async def offers(_: Request) -> Response:
        return reply(await limited(jobs.offers))

    def clinical(ask: Clinical, *keys: str) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            content, status = await limited(ask, _mapping(await body(request), ("seed", *keys)))
            return reply(content, status=status)

        return _as_json(endpoint)

    async def to_practice(request: Request) -> Response:
        query = [("room", "practice"), *request.query_params.multi_items()]
        return RedirectResponse(f"/#{urlencode(query)}")

    async def worksheet(request: Request) -> Response:
        return HTMLResponse(await limited(practice.sheet, dict(request.query_params)))

    api = [
        Route("/presets", presets),
        Route("/initial", opens_on),
        Route("/trace", _as_json(trace), methods=["POST"]),
        Route("/mistakes", _as_json(mistakes), methods=["POST"]),
        Route("/csv", _as_json(csv), methods=["POST"]),
        Route("/practice", practised),
        Route("/exercise", _as_json(exercise), methods=["POST"]),
        Route("/grade", _as_json(grade), methods=["POST"]),
        Route("/homework", _as_json(homework), methods=["POST"]),
        Route("/clinic", offers),
        Route("/clinic/patient", clinical(jobs.patient), methods=["POST"]),
        Route("/clinic/examine", clinical(jobs.examine, "examination"), methods=["POST"]),
        Route("/clinic/grade", clinical(jobs.grade, *GRADE_KEYS), methods=["POST"]),
    ]
    return Starlette(
        routes=[
            Route("/", page),
            Route("/practice", to_practice),
            Route("/practice/worksheet", worksheet),
            Mount("/api", routes=api),
            Mount("/", _Static(directory=static, check_dir=False)),
        ],
        middleware=[Middleware(Guard, hosts=hosts_for(host))],
        exception_handlers={WhygradError: _refused, HTTPException: _http_refused},
        lifespan=lifespan,
    )


class _Static(StaticFiles):
    """The built front end. A file in ``assets`` has its content's hash in its name."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        hashed = path.startswith("assets/")
        response.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if hashed else "no-cache"
        )
        return response


def _as_json(endpoint: Endpoint) -> Endpoint:
    """Serve only requests that say they are JSON, which another site's form cannot."""

    async def serve(request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refused("send JSON, with Content-Type: application/json", status=415)
        return await endpoint(request)

    return serve


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, WhygradError)
    return refusal(error)


async def _http_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = f"{request.method} {request.url.path}: {error.detail.lower()}"
    return refusal(Refused(said, status=error.status_code))


async def _in_time(
    seconds: float, limiter: anyio.CapacityLimiter, work: Callable[..., T], *args: Any
) -> T:
    """Work in a thread, and give up waiting for it after some seconds."""
    done = functools.partial(work, *args)
    try:
        with anyio.fail_after(seconds):
            return await anyio.to_thread.run_sync(done, abandon_on_cancel=True, limiter=limiter)
    except TimeoutError:
        raise Refused(
            f"this took longer than {seconds:g} seconds and was given up; try a smaller network, "
            "or train it with `whygrad train`",
            status=503,
        ) from None


# --- what the requests ask for ----------------------------------------------------------------


def _presets() -> bytes:
    specs = [load_spec(name) for name in preset_names()]
    return coded([PresetInfo(spec.name, spec.title, spec.description) for spec in specs])


def _trace(asked: Mapping[str, Any], kept: Mapping[str, bytes]) -> bytes:
    spec = _spec(asked)
    if "swap" in asked:
        if not isinstance(asked["swap"], str):
            raise Refused('"swap" must be a text, such as "relu=sigmoid"')
        spec = swapped(spec, parse_swap(asked["swap"]))
    return _traced(spec, _files(asked, kept))


def _mistakes(asked: Mapping[str, Any], kept: Mapping[str, bytes]) -> bytes:
    return coded(mistakes_message(_started(_spec(asked), _files(asked, kept))))


def _homework(asked: Mapping[str, Any], kept: Mapping[str, bytes]) -> bytes:
    return practice.checked(_started(_spec(asked), _files(asked, kept)), asked.get("lines"))


def _files(asked: Mapping[str, Any], kept: Mapping[str, bytes]) -> dict[str, bytes]:
    files = asked.get("files", {})
    if not _is_mapping(files) or not all(isinstance(text, str) for text in files.values()):
        raise Refused('"files" must map the names of CSV files to their texts')
    return {**kept, **{name: text.encode("utf-8", "replace") for name, text in files.items()}}


def _spec(asked: Mapping[str, Any]) -> Spec:
    given = [key for key in ("preset", "spec", "toml") if key in asked]
    if len(given) != 1:
        raise Refused('say one of "preset" (a name), "spec" (a mapping) or "toml" (a text)')
    what = asked[given[0]]
    if given == ["spec"]:
        if not _is_mapping(what):
            raise Refused('"spec" must be a mapping, with the keys of a spec\'s TOML file')
        return spec_from_dict(what, "spec")
    if not isinstance(what, str):
        raise Refused(f'"{given[0]}" must be a text')
    if given == ["toml"]:
        return parse_spec(what)
    if what not in preset_names():
        raise Refused(unknown("preset", what, preset_names()))
    return load_spec(what)


def _traced(spec: Spec, files: Mapping[str, bytes]) -> bytes:
    return coded(trace_message(_started(spec, files)))


def _started(spec: Spec, files: Mapping[str, bytes]) -> Training:
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


def _csv(asked: Mapping[str, Any]) -> bytes:
    name, text = asked.get("name"), asked.get("text")
    if not isinstance(name, str) or not isinstance(text, str):
        raise Refused('say "name" (the file\'s name) and "text" (what it holds)')
    found = describe_csv(text, source=name)
    columns = [ColumnInfo(c.name, c.numeric, c.distinct, list(c.examples)) for c in found.columns]
    return coded(CsvInfo(name, found.rows, columns, list(found.likely_targets)))


def _mapping(content: bytes, keys: tuple[str, ...]) -> dict[str, Any]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise Refused(f"this is not JSON: {fault}"[:200]) from None
    if not _is_mapping(data):
        raise Refused(f"send a JSON object with the keys {', '.join(keys)}")
    for key in data:
        if key not in keys:
            raise Refused(unknown("key", key, keys))
    return data


def _is_mapping(data: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(data, dict)  # JSON's keys are texts
