"""The alert: one rotation told to people, as a document that Slack, mail and terminal render."""

from monitor.content.alert.facts import Around, PastFlags, around_from_json, around_to_json
from monitor.content.alert.mail import alert_letter
from monitor.content.alert.message import AlertMessage, alert_message
from monitor.content.alert.names import Names, name_of, pair_of
from monitor.content.alert.payload import first_facts, parse_change, told_facts
from monitor.content.alert.preview import PREVIEW, preview_line
from monitor.content.alert.replies import reminder_text, reply_text
from monitor.content.alert.sentences import sentences
from monitor.content.alert.spark import spark_line
from monitor.content.alert.text import alert_text

__all__ = [
    "PREVIEW",
    "AlertMessage",
    "Around",
    "Names",
    "PastFlags",
    "alert_letter",
    "alert_message",
    "alert_text",
    "around_from_json",
    "around_to_json",
    "first_facts",
    "name_of",
    "pair_of",
    "parse_change",
    "preview_line",
    "reminder_text",
    "reply_text",
    "sentences",
    "spark_line",
    "told_facts",
]
