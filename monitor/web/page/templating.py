"""Templates of the pages; all that is put into them is escaped."""

import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from monitor.content.wording.figures import duration, percent, pp
from monitor.content.wording.phrases import kept_together


@cache
def environment() -> Environment:
    """Loaded from the installed package."""
    made = Environment(
        loader=PackageLoader("monitor.web.page"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "duration": duration,
        "percent": percent,
        "pp": pp,
        "minute": _minute,
        "together": kept_together,
    }
    made.globals["static"] = static_address
    return made


@cache
def static_text(name: str) -> str:
    """A file of ours that pages load."""
    return resources.files("monitor.web.page").joinpath("static", name).read_text(encoding="utf-8")


@cache
def static_address(name: str) -> str:
    """Its address, another one for each content: it may be kept for good."""
    digest = hashlib.sha256(static_text(name).encode()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def render(name: str, *, banner: str = "", **values: object) -> str:
    """The page of that template. ``banner``: whose figures these are, where they are not the market's."""
    return environment().get_template(name).render(banner=banner, **values)


def _minute(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
