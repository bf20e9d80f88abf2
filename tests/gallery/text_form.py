"""A case as text: what is compared word by word."""

from dataclasses import replace

from tests.gallery.case import Case
from tests.gallery.channel_play import channel_of
from tests.gallery.mail_pages import text_letters_of
from tests.gallery.slack_layout import plain


def text_of(case: Case) -> str:
    """Channel and letters below each other; pictures are left out, so that nothing is drawn."""
    case = replace(case, draw=None)
    told = [f"== {case.title}"]
    for title, posts in channel_of(case):
        told.append(f"\n== Slack, {title}")
        told += [plain(post) for post in posts]
    for title, text in text_letters_of(case).items():
        told.append(f"\n== {title}, mail\n{text}")
    return "\n".join(told)
