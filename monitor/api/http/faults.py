"""What is answered where there is no answer: JSON that says what was found and what is expected."""

from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.api.errors import NotStoredError, WrongQuestionError
from monitor.api.http.bodies import json_body
from monitor.model.errors import SHOWN, MonitorError, shortened


def error_body(error: str, found: str, expected: Any) -> dict[str, Any]:
    """The one shape of an error."""
    return {"error": error, "found": found, "expected": expected}


async def _wrong_question(_: Request, error: Any) -> Response:
    body = error_body(error.error, error.found, error.expected)
    return json_body(body, error.status)


async def _unreadable(request: Request, error: Any) -> Response:
    """The first fault that was found among the parameters."""
    fault = error.errors()[0]
    name = str(fault["loc"][-1])
    if fault["type"] == "extra_forbidden":
        known = _known(request)
        return json_body(error_body("no such parameter", shortened(name), known), 400)
    if fault["type"] == "missing":
        return json_body(error_body(f"{name} is missing", "nothing", _hint(fault, name)), 400)
    found = shortened(str(fault.get("input")))
    return json_body(
        error_body(f"{shortened(name)} cannot be read", found, _hint(fault, name)), 400
    )


def _known(request: Request) -> list[str]:
    """Parameters of the path that was asked."""
    route = request.scope["route"]
    fields = route.dependant.query_params[0].field_info.annotation.model_fields
    return [field.alias or name for name, field in fields.items()]


def _hint(fault: dict[str, Any], name: str) -> str:
    if name in ("since", "until", "at"):
        return (
            "a time such as 2025-01-19T05:00:00Z, a date, or a length before now such as 36h or 7d"
        )
    if name == "every":
        return "a length of time such as 1h"
    return str(fault["msg"])[: 4 * SHOWN]


async def _refused(request: Request, error: Any) -> Response:
    """Paths and methods that are not there."""
    if error.status_code == 405:
        answer = json_body(error_body("nothing can be changed here", request.method, "GET"), 405)
        answer.headers.update(error.headers or {"Allow": "GET"})
        return answer
    found = shortened(request.url.path)
    return json_body(
        error_body("no such path", found, "a path of /openapi.json"), error.status_code
    )


async def _not_answered(_: Request, error: Any) -> Response:
    """Nothing is stored yet, or the store is gone, locked or of another version."""
    body = error_body(str(error), "nothing", error.remedy or "try again")
    return json_body(body, error.status if isinstance(error, NotStoredError) else 503)


HANDLERS: tuple[tuple[type[Exception], Any], ...] = (
    (WrongQuestionError, _wrong_question),
    (RequestValidationError, _unreadable),
    (HTTPException, _refused),
    (MonitorError, _not_answered),
)
