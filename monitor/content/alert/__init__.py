"""The alert: one rotation told to people, as a document that Slack, mail and terminal render."""

from monitor.content.alert.facts import (
    AlertFacts,
    PastFlags,
    facts_from_json,
    facts_to_json,
    first_facts,
    parse_change,
    told_facts,
)
from monitor.content.alert.mail import alert_mail
from monitor.content.alert.message import AlertMessage, alert_message
from monitor.content.alert.preview import PREVIEW, Names, name_of, pair_of, preview_line
from monitor.content.alert.replies import reminder_text, reply_text
from monitor.content.alert.sentences import sentences
from monitor.content.alert.spark import spark_line
from monitor.content.alert.text import alert_text

__all__ = [
    "PREVIEW",
    "AlertFacts",
    "AlertMessage",
    "Names",
    "PastFlags",
    "alert_mail",
    "alert_message",
    "alert_text",
    "facts_from_json",
    "facts_to_json",
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
