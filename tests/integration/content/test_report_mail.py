"""The report as a mail, with the pictures that it draws."""

from monitor.content.report import report_mail
from tests.unit.content.report import days


def test_the_parts_of_a_mail_are_drawn_once_and_agree() -> None:
    mail = report_mail(days.rotating())
    assert [p.key for p in mail.pictures] == ["indices", "shares", "flows", "relative"]
    assert all(p.png.startswith(b"\x89PNG") for p in mail.pictures)
    assert mail.subject in " ".join(mail.text.split())
    for picture in mail.pictures:
        assert f"cid:{picture.key}" in mail.html
        assert picture.alt in " ".join(mail.text.split())
    assert "(1) MELANIA announced, 19 Jan 2025, 21:00 UTC" in " ".join(mail.text.split())
