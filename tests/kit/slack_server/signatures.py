"""Arguments of the Web API methods: required or not, of which type, and the scope that the token needs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Signature:
    """One method. Types: ``str``, ``int``, ``bool``, ``list``, ``dict``; lists and objects may come as JSON text."""

    required: Mapping[str, type]
    optional: Mapping[str, type] = field(default_factory=dict)
    scope: str | None = None
    takes_json: bool = True


_SAY = {
    "text": str,
    "blocks": list,
    "attachments": list,
    "metadata": dict,
    "parse": str,
    "link_names": bool,
    "reply_broadcast": bool,
}
_PAGE = {"cursor": str, "limit": int, "oldest": str, "latest": str, "inclusive": bool}
_PAGE["include_all_metadata"] = bool

SIGNATURES: Mapping[str, Signature] = {
    "auth.test": Signature({}),
    "chat.postMessage": Signature(
        {"channel": str},
        {
            **_SAY,
            "thread_ts": str,
            "mrkdwn": bool,
            "unfurl_links": bool,
            "unfurl_media": bool,
            "username": str,
            "icon_emoji": str,
            "icon_url": str,
        },
        "chat:write",
    ),
    "chat.update": Signature({"channel": str, "ts": str}, {**_SAY, "file_ids": list}, "chat:write"),
    "chat.getPermalink": Signature({"channel": str, "message_ts": str}),
    "conversations.history": Signature({"channel": str}, _PAGE, "channels:history"),
    "conversations.replies": Signature({"channel": str, "ts": str}, _PAGE, "channels:history"),
    "conversations.info": Signature(
        {"channel": str}, {"include_locale": bool, "include_num_members": bool}, "channels:read"
    ),
    "files.getUploadURLExternal": Signature(
        {"filename": str, "length": int},
        {"alt_txt": str, "snippet_type": str},
        "files:write",
        takes_json=False,
    ),
    "files.completeUploadExternal": Signature(
        {"files": list},
        {"channel_id": str, "thread_ts": str, "initial_comment": str, "blocks": list},
        "files:write",
    ),
    "files.info": Signature(
        {"file": str}, {"count": int, "page": int, "limit": int, "cursor": str}, "files:read"
    ),
}


def checked(
    method: str, raw: Mapping[str, Any], *, as_json: bool
) -> tuple[dict[str, Any], list[str]]:
    """The arguments in their types, and what is wrong with them."""
    signature = SIGNATURES[method]
    types = {**signature.required, **signature.optional}
    problems = [
        f"missing required argument: {name}" for name in signature.required if name not in raw
    ]
    problems += [f"unknown argument: {name}" for name in raw if name not in types]
    if as_json and not signature.takes_json:
        problems.append("this method does not take JSON")
    arguments: dict[str, Any] = {}
    for name, value in raw.items():
        kind = types.get(name)
        if kind is None or value is None:
            continue
        try:
            arguments[name] = _typed(value, kind, as_json=as_json)
        except ValueError:
            problems.append(f"{name}: found {value!r}, expected {kind.__name__}")
    return arguments, problems


def _typed(value: Any, kind: type, *, as_json: bool) -> Any:
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    if not isinstance(value, str) or (as_json and kind in (int, bool)):
        raise ValueError(value)
    if kind is bool:
        return _BOOLEANS[value.lower()] if value.lower() in _BOOLEANS else _fail(value)
    if kind is int:
        return int(value)
    parsed = json.loads(value)
    return parsed if isinstance(parsed, kind) else _fail(value)


_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _fail(value: Any) -> Any:
    raise ValueError(value)
