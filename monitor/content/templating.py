"""The pages that mails are made from: strict, and all that is put into them is escaped."""

from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from monitor.content.report.phrases import kept_together


@cache
def template(name: str) -> Template:
    """The template of that file name; a name that it uses and is not given raises UndefinedError."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["kept"] = kept_together
    folder = resources.files("monitor.content").joinpath("templates")
    return environment.from_string(folder.joinpath(name).read_text(encoding="utf-8"))
