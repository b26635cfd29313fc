"""The explorer as a widget, for Jupyter and whatever else shows anywidgets.

The page asks by messages what it asks of the server, and is answered by the same functions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import anywidget
import traitlets

from whygrad.app import traces
from whygrad.app.body import checked
from whygrad.app.clinic import JobQueue
from whygrad.app.questions import CLINIC, QUESTIONS
from whygrad.app.reply import Refused
from whygrad.app.server import STATIC
from whygrad.clinic.choices import info
from whygrad.errors import WhygradError, unknown
from whygrad.spec import Spec, load_spec
from whygrad.training.study import study
from whygrad.wire.messages import to_json

ASKED = ("initial", *QUESTIONS, "clinic", *CLINIC)


class ExplorerWidget(anywidget.AnyWidget):
    """The explorer in a cell of a notebook.

    Attributes:
        trace: what is shown, as ``wire`` sends it.
        place: where the person stands: the iteration, from 0, and how many steps are shown.
        go: set it to such a place to lead them there.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    trace = traitlets.Dict().tag(sync=True)
    place = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    go = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    answers = traitlets.Bool(True, read_only=True).tag(sync=True)

    def __init__(self, spec: Spec | str = "xor", *, files: Mapping[str, bytes] | None = None):
        """Open a spec.

        Args:
            spec: what to trace, or a preset's name.
            files: the CSV files that specs may use, by name.

        Raises:
            WhygradError: the spec cannot be traced, or the page is not built.
        """
        self._files = dict(files or {})
        self._jobs = JobQueue()
        first = load_spec(spec) if isinstance(spec, str) else spec
        super().__init__(
            _esm=_built("whygrad.js"),
            _css=_built("whygrad.css"),
            trace=to_json(study(traces.ready(first, self._files))),
        )
        self._opening = self.trace
        self.on_msg(self._hear)  # pyright: ignore[reportUnknownMemberType]

    def close(self) -> None:
        """Take the widget away, and end what its clinic is training."""
        self._jobs.close()
        super().close()

    def _hear(self, _: Any, message: Any, buffers: Any) -> None:
        """Answer a question: ``{"id", "ask", "payload"}``; anything else is not for us."""
        if not isinstance(message, dict) or "id" not in message:
            return
        sent = cast("dict[str, Any]", message)
        try:
            said = {"answer": self._answer(sent.get("ask"), sent.get("payload"))}
        except WhygradError as error:
            said = {"error": to_json(error)}
        answer = {"id": sent["id"], **said}
        self.send(answer)  # pyright: ignore[reportUnknownMemberType]

    def _answer(self, name: Any, payload: Any) -> Any:
        if not isinstance(name, str) or name not in ASKED:
            raise Refused(unknown("question", name, ASKED))
        if not isinstance(payload, dict):
            raise Refused("a question's payload must be an object")
        given = cast("dict[str, Any]", payload)
        if name == "initial":
            return self._opening
        if name == "clinic":
            return to_json(info())
        if name in CLINIC:
            patient = CLINIC[name]
            fields: dict[str, Any] = vars(cast("object", checked(given, patient.body)))
            answer, _ = patient.answer(self._jobs, fields)
            return json.loads(answer)
        question = QUESTIONS[name]
        more = (self._files,) if question.with_files else ()
        bodies = () if question.body is None else (checked(given, question.body),)
        return to_json(question.answer(*bodies, *more))


def _built(name: str) -> str:
    """Return the text of a file of the built page."""
    try:
        return (STATIC / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WhygradError(
            "the page is not built; in a clone of the repository run `make install`"
        ) from None
