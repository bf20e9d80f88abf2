"""The message as it travels: its tree, its headers, and nothing in them that a name could smuggle in."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.content.mail import Inline, Mail
from monitor.delivery.mail.message import (
    LONGEST_SUBJECT,
    Heading,
    domain_of,
    heading,
    mail_message,
    message_id,
    subject_line,
)
from monitor.model.notice import Notice, NoticeKind

NOW = datetime(2025, 1, 20, 7, 0, tzinfo=UTC)
SENDER = "monitor@example.org"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LETTER = Mail(
    subject="[rotation] 19 Jan 2025: AI agents → Memes confirmed",
    text="AI agents → Memes\n.a line that begins with a dot\nFrom here on\n",
    html="<style>p{color:#111}</style><p>AI agents → Memes</p>"
    "<img src=\"cid:indices\" alt='a'><img src='cid:shares' alt='b'>",
    pictures=(Inline("indices", PNG, "a"), Inline("shares", PNG + b"2", "b")),
)


def notice(**changes: Any) -> Notice:
    """A daily report's, to one desk."""
    standing: dict[str, Any] = {
        "dedup_key": "report|2025-01-19",
        "channel": "report",
        "kind": NoticeKind.REPORT,
        "text": "the report",
        "event_at": NOW,
        "due_at": NOW,
        "thread": "report|2025-01-19",
        "recipient": "desk@example.net",
    }
    return Notice(**(standing | changes))


def head(
    earlier: tuple[str, ...] = (),
    unsubscribe: str | None = None,
    sender: str = SENDER,
    **changes: Any,
) -> Heading:
    return heading(notice(**changes), sender, NOW, earlier, unsubscribe)


def travelled(mail: EmailMessage) -> EmailMessage:
    """As another program reads it."""
    return message_from_bytes(mail.as_bytes(policy=policy.SMTP), policy=policy.default)


def parts(mail: EmailMessage) -> list[EmailMessage]:
    return cast("list[EmailMessage]", list(mail.iter_parts()))


def words(part: EmailMessage) -> str:
    """A text part, its lines ended by LF."""
    return str(part.get_content()).replace("\r\n", "\n")


def test_the_tree_is_text_beside_html_with_its_pictures() -> None:
    mail = travelled(mail_message(LETTER, head()))
    assert mail.get_content_type() == "multipart/alternative"
    text, related = parts(mail)
    assert (text.get_content_type(), related.get_content_type()) == (
        "text/plain",
        "multipart/related",
    )
    assert [part.get_content_type() for part in parts(related)] == [
        "text/html",
        "image/png",
        "image/png",
    ]
    assert words(text) == LETTER.text
    assert "AI agents → Memes" in parts(related)[0].get_content()


def test_each_picture_is_named_in_the_html_by_its_content_id() -> None:
    _, related = parts(travelled(mail_message(LETTER, head())))
    html, *pictures = parts(related)
    for picture, sent in zip(pictures, LETTER.pictures, strict=True):
        content_id = str(picture["Content-ID"])
        assert content_id.startswith("<")
        assert f'src="cid:{content_id[1:-1]}"' in html.get_content()
        assert picture.get_content() == sent.png
        assert picture.get_content_disposition() == "inline"
        assert picture.get_filename() == f"{sent.key}.png"
    assert 'cid:indices"' not in html.get_content()


def test_a_repeat_is_the_same_mail_but_for_its_date() -> None:
    later = Heading(SENDER, "desk@example.net", head().message_id, NOW.replace(hour=9), bulk=True)
    first, second = (travelled(mail_message(LETTER, h)) for h in (head(), later))
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] != second["Date"]
    assert [p["Content-ID"] for p in first.walk()] == [p["Content-ID"] for p in second.walk()]


def test_ids_differ_by_event_and_by_recipient_and_name_the_kind() -> None:
    one = message_id(notice(), SENDER)
    assert one.startswith("<report.")
    assert one.endswith("@example.org>")
    others = {
        message_id(notice(recipient="ops@example.net"), SENDER),
        message_id(notice(dedup_key="report|2025-01-20"), SENDER),
    }
    assert len(others | {one}) == 3
    assert message_id(notice(text="worded anew"), SENDER) == one


def test_the_plain_form_is_the_text_alone_under_the_same_id() -> None:
    mail = travelled(mail_message(LETTER, head(), plain=True))
    assert mail.get_content_type() == "text/plain"
    assert words(mail) == LETTER.text
    assert mail["Message-ID"] == head().message_id


def test_the_headers_say_that_a_machine_sent_it_and_to_which_list_it_belongs() -> None:
    mail = travelled(mail_message(LETTER, head()))
    assert mail["From"] == "Sector rotation monitor <monitor@example.org>"
    assert mail["To"] == "desk@example.net"
    assert mail["Date"] == "Mon, 20 Jan 2025 07:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert mail["List-Id"] == "<reports.sector-rotation-monitor.example.org>"
    assert mail["List-Unsubscribe"] is None
    assert mail["References"] is None


def test_an_alert_is_no_bulk_mail() -> None:
    mail = travelled(mail_message(LETTER, head(kind=NoticeKind.ROTATION)))
    assert mail["Precedence"] is None
    assert mail["List-Id"] == "<alerts.sector-rotation-monitor.example.org>"


@pytest.mark.parametrize(
    ("where", "post"),
    [
        ("mailto:desk@example.org", None),
        ("https://example.org/" + "u" * 120 + "?a=1&b=2", "List-Unsubscribe=One-Click"),
    ],
)
def test_a_reader_can_ask_to_be_left_out(where: str, post: str | None) -> None:
    raw = mail_message(LETTER, head(unsubscribe=where)).as_bytes(policy=policy.SMTP)
    assert f"List-Unsubscribe: <{where}>\r\n".encode() in raw
    assert message_from_bytes(raw, policy=policy.default)["List-Unsubscribe-Post"] == post


def test_an_address_to_be_left_out_cannot_carry_a_header() -> None:
    hostile = "https://example.org/ü\r\nBcc: all@example.org"
    mail = travelled(mail_message(LETTER, head(unsubscribe=hostile)))
    assert mail["Bcc"] is None
    assert mail["List-Unsubscribe"] == "<https://example.org/%C3%BC%0D%0ABcc:%20all@example.org>"


def test_a_conversation_names_its_last_mail_and_all_before_it() -> None:
    ids = ("<a.1@example.org>", "<a.2@example.org>", "<a.1@example.org>", "<a.3@example.org>")
    mail = travelled(mail_message(LETTER, head(ids)))
    assert mail["In-Reply-To"] == "<a.3@example.org>"
    assert mail["References"].split() == [ids[0], ids[1], ids[3]]


def test_a_long_conversation_names_its_first_mail_and_the_last_ten() -> None:
    ids = tuple(f"<rotation.{n:060}@example.org>" for n in range(30))
    raw = mail_message(LETTER, head(ids)).as_bytes(policy=policy.SMTP)
    assert b"=?utf-8" not in raw.split(b"References:")[1].split(b"Auto-Submitted")[0]
    named = message_from_bytes(raw, policy=policy.default)["References"].split()
    assert named == [ids[0], *ids[-10:]]


def test_ids_of_a_sender_with_a_long_name_are_not_encoded() -> None:
    sender = f"monitor@{'deep.' * 30}example.org"
    raw = mail_message(LETTER, head(sender=sender)).as_bytes(policy=policy.SMTP)
    headers = [line for line in raw.splitlines() if b"-ID:" in line]
    assert len(headers) == 3  # of the mail and of its two pictures
    assert all(line.endswith(b"example.org>") for line in headers)


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("m@example.org", "example.org"),
        ("m@bücher.example", "xn--bcher-kva.example"),
        ("m@" + "a" * 70 + ".example", "localhost"),  # no label may be so long
        ("m@", "localhost"),
    ],
)
def test_the_domain_of_ids_is_ascii(sender: str, domain: str) -> None:
    assert domain_of(sender) == domain


HOSTILE = {
    "a line break": "AI\r\nBcc: all@example.org",
    "a line separator": "AI\u2028Bcc: all@example.org",
    "an encoded word": "=?utf-8?q?AI=0ABcc:_all@example.org?=",
    "right to left": "AI \u202eagents\u202c → \u2067Memes\u2069",
    "emoji": "🐸 Memes → 🤖 AI agents 👩\u200d💻",
    "nul and bell": "A\x00I\x07 agents",
    "half a pair": "AI \ud83d agents",
    "long": "é→🐸" * 200,
    "empty": "",
}


@pytest.mark.parametrize("subject", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_subject_is_one_harmless_line(subject: str) -> None:
    mail = travelled(mail_message(Mail(subject, "text", "<p>text</p>"), head()))
    assert mail["Bcc"] is None
    assert str(mail["Subject"]) == subject_line(subject)
    assert len(mail["Subject"]) <= LONGEST_SUBJECT
    assert str(mail["Subject"]).isprintable()


@settings(deadline=None)  # no claim about the speed of the machine
@given(st.text(max_size=300))
def test_any_subject_arrives_as_it_was_sent_and_adds_no_header(subject: str) -> None:
    mail = travelled(mail_message(Mail(subject, "text", ""), head()))
    assert str(mail["Subject"]) == subject_line(subject)
    assert set(mail.keys()) == set(mail_message(Mail("s", "text", ""), head()).keys())


@settings(deadline=None)  # no claim about the speed of the machine
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_any_text_arrives(text: str) -> None:
    sent = f"{text}\n.{text}\nFrom {text}\n"
    assert words(travelled(mail_message(Mail("s", sent, ""), head()))) == sent


def test_half_a_surrogate_pair_does_not_stop_a_mail() -> None:
    sent = Mail("s", "a \ud83d b", "<p>a \ud83d b</p>")
    mail = travelled(mail_message(sent, head()))
    assert words(parts(mail)[0]) == "a ? b\n"
