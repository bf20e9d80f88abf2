"""Answers as bodies: JSON and CSV."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

CSV = "text/csv; charset=utf-8"


def json_body(value: Any, status: int = 200) -> Response:
    """Compact, in the given order, no NaN."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode(), status_code=status, media_type="application/json")


def csv_body(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], as_of: str | None
) -> Response:
    """A header, also where nothing follows; blank is unknown. ``as_of`` goes into the header X-As-Of."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(_cell(row[name]) for name in columns)
    return Response(out.getvalue().encode(), media_type=CSV, headers={"X-As-Of": as_of or ""})


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
