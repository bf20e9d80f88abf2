"""What a day's report is rendered from, gathered from the store."""

from monitor.reporting.compose import day_facts
from monitor.reporting.gather import Imprint, gather_day
from monitor.reporting.window import day_window, due_time

__all__ = ["Imprint", "day_facts", "day_window", "due_time", "gather_day"]
