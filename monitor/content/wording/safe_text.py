"""Names from outside made safe for one line of text."""

import unicodedata

LONGEST_NAME = 40
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MARKUP = str.maketrans({"*": "\u2217", "_": "\u2017", "~": "\u223c", "`": "\u2032"})


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """Without control, direction and zero-width characters, white space folded, cut with an ellipsis."""
    kept = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    folded = " ".join(kept.split())
    return folded if len(folded) <= longest else folded[: longest - 1].rstrip() + "…"


def neutral_name(text: str, longest: int = LONGEST_NAME) -> str:
    """A name for one line of a message: its formatting characters replaced by look-alikes, nothing escaped yet."""
    return one_line(text, longest).translate(_MARKUP)


def slack_safe(text: str) -> str:
    """For Slack's mrkdwn: ``&``, ``<``, ``>`` escaped, so no mention or link can be made."""
    return text.translate(_ESCAPES)
