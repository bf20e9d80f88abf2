"""Mail through a real SMTP server: what arrives, for whom, in which conversation."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from monitor.delivery.channel import Sending
from monitor.delivery.errors import DeliveryFailed
from monitor.delivery.mail.smtp import probe
from monitor.model.notice import Act, NoticeKind
from tests.integration.delivery.mail_desk import (
    HOW,
    NOW,
    PASSWORD,
    PNG,
    SENDER,
    USER,
    channel_to,
    entry,
    notice,
)
from tests.kit.smtp_server import SmtpServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SmtpServer]:
    """STARTTLS and a login are demanded."""
    with SmtpServer(tmp_path, username=USER, password=PASSWORD) as running:
        yield running


LOGIN = (USER, PASSWORD)


async def test_a_mail_goes_encrypted_and_logged_in_with_both_parts_and_its_picture(
    server: SmtpServer,
) -> None:
    receipt = await channel_to(server, login=LOGIN).send(notice(), HOW)
    (mail,) = server.mails
    assert (mail.tls, mail.user) == (True, USER)
    assert (mail.sender, mail.recipients) == (SENDER, ("desk@example.net",))
    assert receipt == {"message_id": mail.message["Message-ID"]}
    assert mail.subject == "preview of n"
    assert mail.part("text/plain") == "preview of n, told at 07:00 UTC: AI agents → Memes\n"
    assert '<p style="color:#111">preview of n</p>' in mail.part("text/html")
    (picture,) = [p for p in mail.message.walk() if p.get_content_type() == "image/png"]
    assert picture.get_content() == PNG
    assert f"cid:{str(picture['Content-ID'])[1:-1]}" in mail.part("text/html")
    assert [ok for _, ok in server.logins] == [True]


@pytest.mark.parametrize(("security", "server_is"), [("tls", "tls"), ("none", "plain")])
async def test_a_mail_goes_by_tls_from_the_first_byte_or_in_the_clear_where_told(
    security: Literal["tls", "none"], server_is: str, tmp_path: Path
) -> None:
    with SmtpServer(tmp_path, security=server_is) as server:
        await channel_to(server, security).send(notice(), HOW)
        assert [mail.tls for mail in server.mails] == [security == "tls"]


async def test_one_refused_recipient_hinders_no_other(server: SmtpServer) -> None:
    server.faults.refused["gone@example.net"] = "550 5.1.1 <gone@example.net>: mailbox unknown"
    channel = channel_to(server, login=LOGIN)
    to = ["desk@example.net", "gone@example.net", "ops@example.net"]
    failed: list[DeliveryFailed] = []
    for recipient in to:
        try:
            await channel.send(notice(recipient=recipient), HOW)
        except DeliveryFailed as error:
            failed.append(error)
    assert [mail.recipients for mail in server.mails] == [(to[0],), (to[2],)]
    (refusal,) = failed
    assert str(refusal) == "mail: 550 5.1.1 (address) mailbox unknown"
    assert (refusal.kind, refusal.permanent) == ("recipient", True)
    ids = {mail.message["Message-ID"] for mail in server.mails}
    assert len(ids) == 2


async def test_a_rotations_mails_are_one_conversation(server: SmtpServer) -> None:
    channel = channel_to(server, login=LOGIN)
    receipts: list[dict[str, str]] = []
    for key, act in (("opened", Act.SAY), ("confirmed", Act.REPLY), ("over", Act.REPLY)):
        how = replace(HOW, earlier=tuple(receipts))
        receipts.append(await channel.send(notice(key, act=act), how))
    first, second, third = (mail.message for mail in server.mails)
    ids = [receipt["message_id"] for receipt in receipts]
    assert first["In-Reply-To"] is None
    assert (second["In-Reply-To"], second["References"]) == (ids[0], ids[0])
    assert third["In-Reply-To"] == ids[1]
    assert third["References"].split() == ids[:2]


async def test_receipts_without_an_id_are_no_part_of_the_conversation(server: SmtpServer) -> None:
    earlier = ({"left_out": "why"}, {"message_id": "<a@example.org>"}, {"edited": "1.2"})
    await channel_to(server, login=LOGIN).send(notice(), replace(HOW, earlier=earlier))
    assert server.mails[0].message["References"] == "<a@example.org>"


@pytest.mark.parametrize("act", [Act.EDIT, Act.PICTURE])
async def test_what_would_change_an_earlier_mail_is_left_out(act: Act, server: SmtpServer) -> None:
    receipt = await channel_to(server, login=LOGIN).send(notice(act=act), HOW)
    assert list(receipt) == ["left_out"]
    assert server.mails == []


async def test_a_report_says_how_to_stop_it(server: SmtpServer) -> None:
    channel = channel_to(server, login=LOGIN, unsubscribe="mailto:desk@example.org")
    await channel.send(notice(kind=NoticeKind.REPORT), HOW)
    message = server.mails[0].message
    assert message["List-Unsubscribe"] == "<mailto:desk@example.org>"
    assert message["Precedence"] == "bulk"
    assert message["Date"].datetime == NOW


async def test_a_hostile_name_in_the_subject_adds_no_header_and_no_recipient(
    server: SmtpServer,
) -> None:
    text = "WARNING 🐸\r\nBcc: all@example.net\r\n\r\n.\r\nQUIT \u202eMemes\u202c =?utf-8?q?=0A?="
    await channel_to(server, login=LOGIN).send(notice(text=text), HOW)
    (mail,) = server.mails
    assert mail.recipients == ("desk@example.net",)
    assert mail.message["Bcc"] is None
    assert mail.subject == "WARNING 🐸 Bcc: all@example.net . QUIT Memes = ?utf-8?q?=0A?="
    assert "\n.\nQUIT" in mail.part("text/plain")


@pytest.mark.parametrize(
    "address",
    ["", "desk", "a@b, c@example.net", "desk@example.net\r\nRCPT TO:<x@y>", "<a@b>", '"a b"@c'],
)
async def test_what_is_no_address_is_refused_without_asking_the_server(
    address: str, server: SmtpServer
) -> None:
    with pytest.raises(DeliveryFailed, match="address is not one") as caught:
        await channel_to(server, login=LOGIN).send(notice(recipient=address), HOW)
    assert (caught.value.kind, caught.value.permanent) == ("recipient", True)
    assert server.logins == []


async def test_an_address_outside_of_ascii_goes_where_the_server_takes_it(
    server: SmtpServer,
) -> None:
    await channel_to(server, login=LOGIN).send(notice(recipient="büro@example.net"), HOW)
    assert server.mails[0].recipients == ("büro@example.net",)


async def test_the_time_of_the_try_is_the_letters_and_the_mails(server: SmtpServer) -> None:
    later = Sending(NOW + timedelta(hours=2), attempt=3)
    await channel_to(server, login=LOGIN).send(notice(), later)
    (mail,) = server.mails
    assert "told at 09:00 UTC" in mail.part("text/plain")
    assert mail.message["Date"].datetime == later.now


async def test_a_probe_logs_in_and_sends_nothing(server: SmtpServer) -> None:
    words = await probe(entry(server, login=LOGIN), server.client_context())
    assert words.startswith("answers; encrypted (TLSv1.")
    assert words.endswith("; logged in")
    assert server.logins == [(USER, True)]
    assert server.mails == []
