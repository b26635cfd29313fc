"""The explorer's routes.

``GET /`` is the page. ``GET /api/presets`` lists the specs that come with the package,
``GET /api/initial`` is the trace the page opens on, ``POST /api/trace`` traces another spec (with
"swap", one choice made differently), ``POST /api/mistakes`` gives the mistakes that fit a spec's
tape, and ``POST /api/csv`` says what an uploaded file holds. ``GET /api/practice`` lists what can
be practised; ``POST /api/exercise`` and ``/api/exercise/mistakes`` give an exercise and the
mistakes that fit it, and ``/api/homework`` checks someone's own numbers. Bodies are the dataclasses
named in ``questions``; answers are domain objects as ``wire`` sends them; what
cannot be served is an ``ErrorMessage`` with status 400 (413 for too much, 503 for too long).

``GET /api/clinic`` lists what can be chosen from in the clinic; ``POST /api/clinic/patient``,
``/api/clinic/examine`` and ``/api/clinic/grade`` train a patient, examine it and grade an answer.
While that takes its time they answer with status 202 and how far it is: ask again.

``GET /practice`` leads to the exercise of its query on the page, ``GET /practice/worksheet`` is a
short worksheet to print; ``POST`` there, with its query as JSON, gives longer ones.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from whygrad.app import practice, traces
from whygrad.app.body import read_body, read_query
from whygrad.app.clinic import JobQueue
from whygrad.app.guard import TRAINER_POLICY, Guard, body_of, hosts_for
from whygrad.app.questions import CLINIC, QUESTIONS, ClinicQuestion, PageQuestion, PatientBody
from whygrad.app.reply import Refused, coded, refusal, reply
from whygrad.app.work import ClientLeft, Workers
from whygrad.errors import WhygradError
from whygrad.spec import Spec, load_spec
from whygrad.training.study import study

STATIC = Path(__file__).parent / "static"
NOT_BUILT = """\
The explorer's page is not built.

In a clone of the repository run `make install`, then start this again.
An installed package always carries the page; if yours does not, please report it.
"""

SHORT = 200  # bytes of a body that is read without a worker
KEPT = 32  # answers

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Explorer:
    """What the handlers share.

    Attributes:
        opening: the trace the page opens on, as JSON text.
        memory: bytes that its numbers take.
        files: the CSV files that specs may use without sending them, by name.
        static: the built front end.
        workers: do what may take long.
        jobs: answers questions about patients.
    """

    opening: bytes
    memory: int
    files: traces.Files
    static: Path
    workers: Workers
    jobs: JobQueue


def create_app(
    initial: Spec | str = "xor",
    *,
    files: Mapping[str, bytes] | None = None,
    host: str = "127.0.0.1",
    static: Path = STATIC,
    names: Iterable[str] = (),
    token: str = "",
    workers: Workers | None = None,
) -> Starlette:
    """Return the server as an ASGI application.

    Args:
        initial: the spec the page opens on, or a preset's name.
        files: the CSV files that specs may use without sending them, by name.
        host: where the server will listen; it answers to loopback names and this one.
        static: the built front end.
        names: other names it answers to.
        token: what a client must know; empty for none.
        workers: do what may take long; by default as many as there are cores, up to four.

    Raises:
        WhygradError: the initial spec cannot be traced.
    """
    kept = dict(files or {})
    first = load_spec(initial) if isinstance(initial, str) else initial
    training = traces.ready(first, kept)
    memory = sum(array.nbytes for array in training.iteration.run.arrays)
    opening = coded(study(training))
    app = Starlette(
        routes=[
            Route("/", page),
            Route("/practice", to_practice),
            Route("/practice/worksheet", worksheet, methods=["GET", "POST"]),
            Mount("/api", routes=list(API)),
            Mount("/", _Static(directory=static, check_dir=False)),
        ],
        middleware=[
            Middleware(GZipMiddleware, compresslevel=5),
            Middleware(Guard, hosts=hosts_for(host, names), token=token),
        ],
        exception_handlers={
            WhygradError: _refused,
            HTTPException: _http_refused,
            ClientLeft: _not_answered,
        },
        lifespan=_lifespan,
    )
    app.state.explorer = Explorer(opening, memory, kept, static, workers or Workers(), JobQueue())
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncGenerator[None]:
    yield
    explorer: Explorer = app.state.explorer
    await anyio.to_thread.run_sync(explorer.jobs.close)


def _explorer(request: Request) -> Explorer:
    return request.app.state.explorer


# --- the page ---------------------------------------------------------------------------------


async def page(request: Request) -> Response:
    """Give out the page, or say that it is not built."""
    index = _explorer(request).static / "index.html"
    if not index.exists():
        return Response(NOT_BUILT, 503, media_type="text/plain")
    return FileResponse(index, headers={"cache-control": "no-cache"})


async def to_practice(request: Request) -> Response:
    """Lead to an exercise on the page."""
    query = [("room", "practice"), *request.query_params.multi_items()]
    return RedirectResponse(f"/#{urlencode(query)}")


async def worksheet(request: Request) -> Response:
    """Give out a worksheet to print; by an address alone, which others can send, a short one."""
    run = _explorer(request).workers.run
    if request.method == "POST":
        content = await json_of(request)
        return HTMLResponse(await run(request, practice.asked_sheet, content))
    body = read_query(dict(request.query_params), practice.SheetBody)
    if body.count > practice.MAX_BY_ADDRESS:
        raise Refused(
            f"an address gives at most {practice.MAX_BY_ADDRESS} exercises; for more, POST"
        )
    return HTMLResponse(await run(request, practice.sheet, body))


class _Static(StaticFiles):
    """The built front end. A file in ``assets`` has its content's hash in its name."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        hashed = path.startswith(("assets/", "trainer/"))
        if path.startswith("trainer/"):
            response.headers["content-security-policy"] = TRAINER_POLICY
        response.headers["cache-control"] = (
            "public, max-age=31536000, immutable" if hashed else "no-cache"
        )
        return response


# --- what the page asks -----------------------------------------------------------------------


async def initial(request: Request) -> Response:
    """Answer with the trace the page opens on."""
    return reply(_explorer(request).opening)


def answers(question: PageQuestion, kind: type[Any]) -> Endpoint:
    """Return the endpoint that answers a question about a body of class ``kind``."""

    @functools.lru_cache(maxsize=KEPT)
    def at_once(content: bytes) -> bytes:
        return _answer(content, kind, question.answer, *([{}] if question.with_files else []))

    async def endpoint(request: Request) -> Response:
        explorer, content = _explorer(request), await json_of(request)
        if (
            question.at_once is not None
            and len(content) <= SHORT
            and question.at_once(read_body(content, kind))
        ):
            return reply(await anyio.to_thread.run_sync(at_once, content))
        more = (explorer.files,) if question.with_files else ()
        run = explorer.workers.run
        return reply(await run(request, _answer, content, kind, question.answer, *more))

    return endpoint


def _answer(content: bytes, kind: type[Any], work: Callable[..., Any], *more: Any) -> bytes:
    return coded(work(read_body(content, kind), *more))


def lists(question: PageQuestion) -> Endpoint:
    """Return the endpoint that answers a question about nothing, whose answer never changes."""
    listed = functools.cache(lambda: coded(question.answer()))

    async def endpoint(_: Request) -> Response:
        return reply(listed())

    return endpoint


# --- the clinic -------------------------------------------------------------------------------


async def clinic_offers(request: Request) -> Response:
    """Answer with what can be chosen from in the clinic."""
    return reply(await anyio.to_thread.run_sync(_explorer(request).jobs.offers))


def asks_the_clinic(question: ClinicQuestion) -> Endpoint:
    """Return the endpoint that puts a question to the clinic, which may answer "not yet"."""

    async def endpoint(request: Request) -> Response:
        explorer, content = _explorer(request), await json_of(request)
        body: PatientBody = await explorer.workers.run(request, read_body, content, question.body)
        answer, status = await anyio.to_thread.run_sync(
            question.answer, explorer.jobs, dataclasses.asdict(body)
        )
        return reply(answer, status=status)

    return endpoint


# --- what is refused --------------------------------------------------------------------------


async def json_of(request: Request) -> bytes:
    """Return the body of a request that says it is JSON, which another site's form cannot."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused("send JSON, with Content-Type: application/json", status=415)
    return await body_of(request)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, WhygradError)
    return refusal(error)


async def _http_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = f"{request.method} {request.url.path}: {error.detail.lower()}"
    return refusal(Refused(said, status=error.status_code))


async def _not_answered(_: Request, error: Exception) -> Response:
    return Response(status_code=499)  # nobody reads it


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"])


def _route(name: str, question: PageQuestion) -> Route:
    if question.body is None:
        return Route(f"/{name}", lists(question))
    return _post(f"/{name}", answers(question, question.body))


API = (
    Route("/initial", initial),
    *(_route(name, question) for name, question in QUESTIONS.items()),
    Route("/clinic", clinic_offers),
    *(_post(f"/{name}", asks_the_clinic(question)) for name, question in CLINIC.items()),
)
