"""The page of the OpenAPI document: every path, its parameters and what it answers, without a script."""

from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, Template


def document_page(document: dict[str, Any]) -> str:
    """As HTML that needs nothing else."""
    paths = [(path, methods["get"]) for path, methods in document["paths"].items()]
    return _template().render(
        title=document["info"]["title"],
        version=document["info"]["version"],
        description=document["info"]["description"],
        paths=[(path, operation, _example(path, operation)) for path, operation in paths],
        schemas=sorted(document["components"]["schemas"].items()),
        answer=_answer,
        kind=_kind,
    )


@cache
def _template() -> Template:
    source = resources.files("monitor.api.http").joinpath("document.html").read_text("utf-8")
    return Environment(autoescape=True).from_string(source)


def _example(path: str, operation: dict[str, Any]) -> str | None:
    """An address that can be followed as it stands; None for a path that needs an id."""
    if "{" in path:
        return None
    needed = [p for p in operation.get("parameters", []) if p.get("required")]
    told = "&".join(f"{p['name']}={_sample(p)}" for p in needed)
    return f"{path}?{told}" if told else path


def _sample(parameter: dict[str, Any]) -> str:
    return "memes" if parameter["name"] == "to" else str(parameter["schema"]["examples"][0])


def _answer(operation: dict[str, Any]) -> str | None:
    """The name of the schema of what is answered; None for what is no JSON."""
    content = operation["responses"]["200"].get("content", {})
    reference: str | None = content.get("application/json", {}).get("schema", {}).get("$ref")
    return reference.rpartition("/")[2] if reference else None


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words: ``number or null``, ``list of Token``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(_kind(part) for part in schema['prefixItems'])}]"
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type") or "any")
