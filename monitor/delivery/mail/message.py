"""A letter as a MIME message: text beside HTML, pictures inside it, and the headers that mail programs go by."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from typing import cast
from urllib.parse import quote

from monitor.content.mail import Inline, Mail
from monitor.content.wording.safe_text import one_line
from monitor.delivery.mail.styles import inlined
from monitor.model.notice import Notice, NoticeKind

FROM_NAME = "Sector rotation monitor"
LONGEST_SUBJECT = 200
LONGEST_DOMAIN = 60
REFERENCES = 11
"""Of a long conversation its first mail and the last ten are named."""
_OF_TOKENS = (
    "message-id",
    "in-reply-to",
    "references",
    "list-id",
    "list-unsubscribe",
    "content-id",
)
_ASCII = "".join(map(chr, range(33, 127)))


@dataclass(frozen=True, slots=True)
class Heading:
    """What the headers say besides the subject. ``earlier``: ids of the conversation's mails to this recipient, oldest
    first. ``unsubscribe``: a ``mailto:`` or ``https:`` address. ``date`` is an aware time.
    """

    sender: str
    recipient: str
    message_id: str
    date: datetime
    earlier: Sequence[str] = ()
    bulk: bool = False
    unsubscribe: str | None = None


def message_id(notice: Notice, sender: str) -> str:
    """The same for every try of a notice, so that stores and readers can tell a repeat: ``<kind.digest@domain>``."""
    told = f"{notice.dedup_key}\n{notice.recipient}"
    digest = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:32]
    return f"<{notice.kind.value}.{digest}@{domain_of(sender)}>"


def heading(
    notice: Notice, sender: str, now: datetime, earlier: Sequence[str], unsubscribe: str | None
) -> Heading:
    """Of one notice to its recipient."""
    return Heading(
        sender=sender,
        recipient=notice.recipient,
        message_id=message_id(notice, sender),
        date=now,
        earlier=tuple(dict.fromkeys(earlier)),
        bulk=notice.kind is NoticeKind.REPORT,
        unsubscribe=unsubscribe,
    )


def mail_message(letter: Mail, head: Heading, *, plain: bool = False) -> EmailMessage:
    """``multipart/alternative(text/plain, multipart/related(text/html, image/png, ...))``; ``plain``: the text alone."""
    mail = EmailMessage(policy=_POLICY)
    _address(mail, head)
    mail["Subject"] = subject_line(letter.subject)
    _mark(mail, head)
    # Quoted-printable keeps every line short and in ASCII, which no server on the way has a reason to change.
    mail.set_content(_encodable(letter.text), cte="quoted-printable")
    if not plain and letter.html:
        _add_html(mail, letter, head)
    return mail


def subject_line(subject: str) -> str:
    """One line; what looks like an encoded word is broken up, or it would be decoded into whatever it hides."""
    return one_line(subject.replace("=?", "= ?"), LONGEST_SUBJECT)


def domain_of(sender: str) -> str:
    """In ASCII, without leading labels where it is long: an id must fit a line."""
    try:
        domain = sender.rpartition("@")[2].encode("idna").decode()
    except UnicodeError:
        return "localhost"
    while len(domain) > LONGEST_DOMAIN and "." in domain:
        domain = domain.partition(".")[2]
    return domain or "localhost"


def on_the_wire(address: str) -> str:
    """Its domain in ASCII, as every server knows it: only a user's name of other letters asks for a server that takes those."""
    user, at, domain = address.rpartition("@")
    try:
        return f"{user}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


class _Tokens(UnstructuredHeader, BaseHeader):
    """A header of ids or addresses in angle brackets: folded between them, never encoded.

    The library's own folding turns a token longer than a line into an encoded word, which no mail program reads there.
    """

    def fold(self, *, policy: Policy) -> str:
        """The library's hook."""
        return f"{self.name}: " + f"{policy.linesep} ".join(str(self).split()) + policy.linesep


def _registry() -> HeaderRegistry:
    registry = HeaderRegistry()
    for name in _OF_TOKENS:
        registry.map_to_type(name, _Tokens)
    return registry


_POLICY = policy.SMTP.clone(header_factory=_registry())


def _address(mail: EmailMessage, head: Heading) -> None:
    mail["From"] = _mailbox(on_the_wire(head.sender), FROM_NAME)
    mail["To"] = _mailbox(on_the_wire(head.recipient))


def _mailbox(address: str, name: str = "") -> Address:
    user, _, domain = address.rpartition("@")
    return Address(name, user, domain)


def _mark(mail: EmailMessage, head: Heading) -> None:
    mail["Date"] = head.date
    mail["Message-ID"] = head.message_id
    if head.earlier:
        mail["In-Reply-To"] = head.earlier[-1]
        mail["References"] = " ".join(_bounded(head.earlier))
    mail["Auto-Submitted"] = "auto-generated"
    what = "reports" if head.bulk else "alerts"
    mail["List-Id"] = f"<{what}.sector-rotation-monitor.{domain_of(head.sender)}>"
    if head.bulk:
        mail["Precedence"] = "bulk"
    if head.unsubscribe:
        mail["List-Unsubscribe"] = f"<{quote(head.unsubscribe, safe=_ASCII)}>"
        if head.unsubscribe.startswith("https:"):
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _bounded(earlier: Sequence[str]) -> Sequence[str]:
    if len(earlier) <= REFERENCES:
        return earlier
    return [earlier[0], *earlier[1 - REFERENCES :]]


def _add_html(mail: EmailMessage, letter: Mail, head: Heading) -> None:
    ids = {picture.key: _content_id(picture, head) for picture in letter.pictures}
    html = inlined(_named(_encodable(letter.html), ids))
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    body = cast("list[EmailMessage]", mail.get_payload())[1]
    for picture in letter.pictures:
        body.add_related(
            picture.png,
            maintype="image",
            subtype="png",
            cid=f"<{ids[picture.key]}>",
            filename=f"{_file_word(picture.key)}.png",
            disposition="inline",
        )


def _content_id(picture: Inline, head: Heading) -> str:
    """Unique to the mail and the same for every try of it."""
    return f"{_file_word(picture.key)}.{head.message_id.strip('<>')}"


def _file_word(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", key)[:40] or "picture"


def _named(html: str, ids: dict[str, str]) -> str:
    """Each ``src="cid:<key>"`` under the name that its picture has in this mail."""

    def name(match: re.Match[str]) -> str:
        return f"{match[1]}{ids.get(match[2], match[2])}{match[3]}"

    return re.sub(r"""(["']cid:)([^"']+)(["'])""", name, html)


def _encodable(text: str) -> str:
    """Half of a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
