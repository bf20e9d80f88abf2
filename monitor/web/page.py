"""The page for the second look: figures that need no script, the stale said at the top."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import resources

from jinja2 import Environment, Template, select_autoescape

from monitor.content.wording.cells import cell
from monitor.content.wording.figures import duration, money, net_flow, percent, points, pp, share
from monitor.content.wording.safe_text import one_line
from monitor.model.bars import VenueHealth, VenueState
from monitor.model.figures import Place, figures_at
from monitor.model.rotation import MARKET, Rotation
from monitor.model.state import MarketStep
from monitor.model.universe import Universe


@cache
def style() -> str:
    """The style of every page."""
    return resources.files("monitor.web").joinpath("style.css").read_text(encoding="utf-8")


@cache
def template(name: str) -> Template:
    """The page of that file name; all that is put into it is escaped."""
    environment = Environment(autoescape=select_autoescape(default=True, default_for_string=True))
    environment.filters |= {
        "duration": duration,
        "money": money,
        "net_flow": net_flow,
        "percent": percent,
        "points": points,
        "pp": pp,
        "share": share,
    }
    source = resources.files("monitor.web").joinpath(name).read_text(encoding="utf-8")
    return environment.from_string(source)


def render_page(
    step: MarketStep | None,
    found: Sequence[Rotation],
    universe: Universe,
    now: datetime,
    *,
    width: timedelta,
    health: Sequence[VenueHealth] = (),
    reasons: Sequence[str] = (),
) -> str:
    """The whole page as HTML; everything that came from outside is escaped.

    ``reasons``: why the daemon is not ready, shown in words at the top.
    """
    names = {s.id: one_line(s.name) or s.id for s in universe.sectors} | {MARKET: "market"}
    asked = [venue for venue in health if venue.state is not VenueState.DISABLED]
    age_s = (now - step.close_time).total_seconds() if step else None
    return template("page.html").render(
        style=style(),
        step=step,
        figures=list(figures_at(Place.PAGE)),
        cell=cell,
        names=names,
        colors={sector.id: sector.color for sector in universe.sectors},
        on=[r for r in found if r.is_on],
        past=[r for r in reversed(found) if not r.is_on][:20],
        now=now,
        reasons=reasons,
        venues_up=sum(v.state in (VenueState.UP, VenueState.DEGRADED) for v in asked),
        venues=len(asked),
        down=[v for v in asked if v.state not in (VenueState.UP, VenueState.DEGRADED)],
        age_min=None if age_s is None else age_s / 60,
        stale=age_s is not None and age_s > 3 * width.total_seconds(),
    )
