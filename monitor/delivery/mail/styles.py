"""Style rules on the elements themselves, for mail programs that drop ``<style>``."""

import re

import css_inline

LONGEST_HTML = 100_000
"""Bytes. Gmail clips what is a little longer, and a clipped mail loses its end."""
_INLINER = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.DOTALL | re.IGNORECASE)
_MEDIA = re.compile(r"@media[^{}]*\{(?:[^{}]*\{[^{}]*\})*\s*\}")
_OWN = re.compile(r'(<\w[^<>]* style=")([^"]*)')
_AROUND = re.compile(r"\s*([:;])\s*")
_DECLARED = re.compile(r"(:[^{};!]+)(?=[;}])")


def inlined(html: str) -> str:
    """The rules stay in ``<style>`` too: those of ``@media`` (dark mode, phones, print) work nowhere else.

    Unchanged where inlining fails or makes it too long: uglier in some programs, but whole in all.
    """
    try:
        styled = _INLINER.inline(_STYLE.sub(lambda style: _media_first(style[0]), html))
    except css_inline.InlineError:
        return html
    # blanks in some five hundred cells are what a large report has too many
    styled = _OWN.sub(lambda own: own[1] + _AROUND.sub(r"\1", own[2]).rstrip(";"), styled)
    return styled if len(styled.encode()) <= LONGEST_HTML else html


def _media_first(style: str) -> str:
    """An element's own style outranks every rule that is not marked as important, so those of ``@media`` are."""
    return _MEDIA.sub(lambda media: _DECLARED.sub(_important, media[0]), style)


def _important(declared: re.Match[str]) -> str:
    return f"{declared[1].rstrip()} !important"
