"""Block Kit's rules as far as messages need them: kinds of blocks, required parts, limits. Source: APIS.md 8.2."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

MAX_BLOCKS = 50
MAX_CHARACTERS = 13_000  # of all texts of a message; beyond it Slack answers msg_blocks_too_long
MAX_MARKDOWN = 12_000
_SECTION_TEXT, _FIELD_TEXT, _HEADER_TEXT, _CONTEXT_TEXT = 3000, 2000, 150, 3000
_ALT_TEXT, _TITLE, _URL, _BLOCK_ID, _ACTION_ID = 2000, 2000, 3000, 255, 255
_BUTTON_TEXT, _BUTTON_VALUE = 75, 2000
_FIELDS, _CONTEXT_ELEMENTS, _ACTION_ELEMENTS = 10, 10, 25

FileIsReady = Callable[[str], bool]
_KEYS: Mapping[str, frozenset[str]] = {
    "section": frozenset({"text", "fields", "accessory", "expand"}),
    "header": frozenset({"text", "level"}),
    "divider": frozenset(),
    "context": frozenset({"elements"}),
    "image": frozenset({"image_url", "slack_file", "alt_text", "title"}),
    "actions": frozenset({"elements"}),
    "markdown": frozenset({"text"}),
}


def characters(blocks: Sequence[Any]) -> int:
    """Characters of all texts in the blocks."""
    return sum(len(text) for block in blocks for text in _texts(block))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name in ("text", "alt_text") and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def problems(blocks: Any, file_is_ready: FileIsReady) -> list[str]:
    """What is wrong with them, one line each with where; empty when Slack would take them."""
    if not isinstance(blocks, list):
        return [f"blocks: found {type(blocks).__name__}, expected a list"]
    found: list[str] = []
    if len(blocks) > MAX_BLOCKS:
        found.append(f"blocks: found {len(blocks)}, at most {MAX_BLOCKS}")
    for number, block in enumerate(blocks):
        found += _block(block, f"blocks[{number}]", file_is_ready)
    ids = [b["block_id"] for b in blocks if isinstance(b, Mapping) and "block_id" in b]
    if len(ids) != len(set(ids)):
        found.append("blocks: a block_id comes twice")
    markdown = [b for b in blocks if isinstance(b, Mapping) and b.get("type") == "markdown"]
    if characters(markdown) > MAX_MARKDOWN:
        found.append(f"blocks: more than {MAX_MARKDOWN} characters of markdown")
    return found


def _block(block: Any, where: str, file_is_ready: FileIsReady) -> list[str]:
    if not isinstance(block, Mapping):
        return [f"{where}: found {type(block).__name__}, expected an object"]
    kind = str(block.get("type"))
    if kind not in _KEYS:
        return [f"{where}.type: found {kind!r}, expected one of {sorted(_KEYS)}"]
    found = [
        f"{where}.{name}: not a key of a {kind}"
        for name in sorted(set(block) - _KEYS[kind] - {"type", "block_id"})
    ]
    found += _length(block.get("block_id", "x"), _BLOCK_ID, f"{where}.block_id")
    if kind == "image":
        return found + _image(block, where, file_is_ready)
    check = _CHECKS.get(kind)
    return found + (check(block, where, file_is_ready) if check else [])


def _section(block: Mapping[str, Any], where: str, file_is_ready: FileIsReady) -> list[str]:
    found: list[str] = []
    if "text" not in block and "fields" not in block:
        found.append(f"{where}: has neither text nor fields")
    if "text" in block:
        found += _text_object(block["text"], _SECTION_TEXT, f"{where}.text")
    fields = block.get("fields", [])
    if len(fields) > _FIELDS:
        found.append(f"{where}.fields: found {len(fields)}, at most {_FIELDS}")
    for number, item in enumerate(fields):
        found += _text_object(item, _FIELD_TEXT, f"{where}.fields[{number}]")
    if "accessory" in block:
        found += _element(block["accessory"], f"{where}.accessory", file_is_ready)
    return found


def _header(block: Mapping[str, Any], where: str, file_is_ready: FileIsReady) -> list[str]:
    return _text_object(block.get("text"), _HEADER_TEXT, f"{where}.text", plain=True)


def _context(block: Mapping[str, Any], where: str, file_is_ready: FileIsReady) -> list[str]:
    elements = block.get("elements", [])
    found = _count(elements, _CONTEXT_ELEMENTS, f"{where}.elements")
    for number, element in enumerate(elements):
        at = f"{where}.elements[{number}]"
        if isinstance(element, Mapping) and element.get("type") == "image":
            found += _image(element, at, file_is_ready)
        else:
            found += _text_object(element, _CONTEXT_TEXT, at)
    return found


def _actions(block: Mapping[str, Any], where: str, file_is_ready: FileIsReady) -> list[str]:
    elements = block.get("elements", [])
    found = _count(elements, _ACTION_ELEMENTS, f"{where}.elements")
    for number, element in enumerate(elements):
        found += _element(element, f"{where}.elements[{number}]", file_is_ready)
    return found


def _markdown(block: Mapping[str, Any], where: str, file_is_ready: FileIsReady) -> list[str]:
    return _length(block.get("text"), MAX_MARKDOWN, f"{where}.text")


_CHECKS: Mapping[str, Callable[[Mapping[str, Any], str, FileIsReady], list[str]]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "markdown": _markdown,
}


def _image(image: Mapping[str, Any], where: str, file_is_ready: FileIsReady) -> list[str]:
    found = _length(image.get("alt_text"), _ALT_TEXT, f"{where}.alt_text")
    if ("image_url" in image) == ("slack_file" in image):
        found.append(f"{where}: needs image_url or slack_file, one of them")
    if "image_url" in image:
        found += _length(image["image_url"], _URL, f"{where}.image_url")
    if "slack_file" in image:
        file = image["slack_file"]
        file_id = file.get("id") if isinstance(file, Mapping) else None
        if not isinstance(file_id, str) or not file_is_ready(file_id):
            found.append(f"{where}.slack_file: {file!r} is not a file that is ready")
    if "title" in image:
        found += _text_object(image["title"], _TITLE, f"{where}.title", plain=True)
    return found


def _element(element: Any, where: str, file_is_ready: FileIsReady) -> list[str]:
    kind = element.get("type") if isinstance(element, Mapping) else None
    if kind == "image":
        return _image(element, where, file_is_ready)
    if kind != "button":
        return [f"{where}.type: found {kind!r}, expected image or button"]
    found = _text_object(element.get("text"), _BUTTON_TEXT, f"{where}.text", plain=True)
    found += _length(element.get("url", "x"), _URL, f"{where}.url")
    found += _length(element.get("value", "x"), _BUTTON_VALUE, f"{where}.value")
    return found + _length(element.get("action_id", "x"), _ACTION_ID, f"{where}.action_id")


def _text_object(text: Any, most: int, where: str, *, plain: bool = False) -> list[str]:
    if not isinstance(text, Mapping):
        return [f"{where}: found {type(text).__name__}, expected a text object"]
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    found = _length(text.get("text"), most, f"{where}.text")
    if text.get("type") not in kinds:
        found.append(f"{where}.type: found {text.get('type')!r}, expected {' or '.join(kinds)}")
    allowed = (
        {"type", "text", "emoji"}
        if text.get("type") == "plain_text"
        else {"type", "text", "verbatim"}
    )
    found += [f"{where}.{name}: not a key of a text" for name in sorted(set(text) - allowed)]
    return found


def _length(value: Any, most: int, where: str) -> list[str]:
    if not isinstance(value, str) or not value:
        return [f"{where}: found {value!r}, expected 1 to {most} characters"]
    if len(value) > most:
        return [f"{where}: found {len(value)} characters, at most {most}"]
    return []


def _count(items: Any, most: int, where: str) -> list[str]:
    if not isinstance(items, list) or not 1 <= len(items) <= most:
        return [f"{where}: expected a list of 1 to {most}"]
    return []
