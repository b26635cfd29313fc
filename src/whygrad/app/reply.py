"""Answers: domain objects as ``wire`` sends them, and refusals that say what was wrong."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from whygrad.errors import WhygradError
from whygrad.wire.messages import to_json


class Refused(WhygradError):
    """A request the server does not serve; ``status`` is the HTTP status."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Busy(Refused):
    """A request that is not served now and may be sent again."""

    def __init__(self) -> None:
        super().__init__(
            "the server is busy with other requests; try again in a moment", status=503
        )


def coded(message: Any) -> bytes:
    """Return a domain object, or a list of them, as JSON text."""
    return json.dumps(
        to_json(message), allow_nan=False, ensure_ascii=False, separators=(",", ":")
    ).encode()


def reply(content: bytes, *, status: int = 200) -> Response:
    """Answer with JSON text, which no cache keeps."""
    return Response(
        content, status, headers={"cache-control": "no-store"}, media_type="application/json"
    )


def refusal(error: WhygradError) -> Response:
    """Answer with what was wrong."""
    return reply(coded(error), status=error.status if isinstance(error, Refused) else 400)
