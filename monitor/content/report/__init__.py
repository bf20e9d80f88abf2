"""The daily report: twelve sections of one day, as HTML and as text, from the same facts in the same order."""

from monitor.content.report.facts import (
    DataHealth,
    Outage,
    Refused,
    ReportFacts,
    WaitingNotices,
)
from monitor.content.report.html import report_html
from monitor.content.report.mail import report_mail
from monitor.content.report.pictures import ReportPicture, draw_pictures
from monitor.content.report.text import report_text
from monitor.content.report.verdict import report_subject

__all__ = [
    "DataHealth",
    "Outage",
    "Refused",
    "ReportFacts",
    "ReportPicture",
    "WaitingNotices",
    "draw_pictures",
    "report_html",
    "report_mail",
    "report_subject",
    "report_text",
]
