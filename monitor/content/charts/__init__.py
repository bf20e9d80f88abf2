"""Charts that stand on a slide: solid ground, twice the size, fixed sector colours, readable at the width of a phone."""

from monitor.content.charts.alert_chart import render_alert_png
from monitor.content.charts.flows import flow_chart
from monitor.content.charts.levels import index_chart, share_chart
from monitor.content.charts.marks import Line, Marks, note_key
from monitor.content.charts.relative import Tail, relative_chart

__all__ = [
    "Line",
    "Marks",
    "Tail",
    "flow_chart",
    "index_chart",
    "note_key",
    "relative_chart",
    "render_alert_png",
    "share_chart",
]
