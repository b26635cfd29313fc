"""Answers: messages of ``wire`` as JSON, and refusals that say what was wrong."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from whygrad.errors import WhygradError
from whygrad.wire.messages import ErrorMessage, to_json


class Refused(WhygradError):
    """A request the server does not serve; ``status`` is the HTTP status."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def coded(message: Any) -> bytes:
    """Return a message, or a list of them, as JSON text."""
    data = [to_json(item) for item in message] if isinstance(message, list) else to_json(message)  # pyright: ignore
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def reply(content: bytes, *, status: int = 200) -> Response:
    """Answer with JSON text, which no cache keeps."""
    return Response(
        content, status, headers={"cache-control": "no-store"}, media_type="application/json"
    )


def refusal(error: WhygradError) -> Response:
    """Answer with what was wrong."""
    message = ErrorMessage(error.message, error.source, error.line)
    return reply(coded(message), status=error.status if isinstance(error, Refused) else 400)
