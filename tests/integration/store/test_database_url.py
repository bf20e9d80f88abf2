"""URLs of databases: what is accepted, and that no password is shown."""

from pathlib import Path

import pytest

from monitor.store.database import _parse as parse
from monitor.store.database import mask_url, open_database
from monitor.store.errors import StoreError


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://monitor:hunter2@localhost:1/monitor",
        "postgres://monitor:hunter2@localhost:1/monitor",
        "postgresql+psycopg://localhost:1/monitor?password=hunter2&sslpassword=hunter2",
    ],
)
def test_an_unreachable_server_is_named_without_its_password(url: str) -> None:
    assert "hunter2" not in mask_url(parse(url))
    with pytest.raises(StoreError, match="does not answer") as caught:
        open_database(url)
    assert "hunter2" not in str(caught.value)
    assert "localhost" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("hunter2", "no database URL"),
        ("", "no database URL"),
        ("postgresql://user:hunter2@host:notaport/x", "no database URL"),
        ("mysql://user:hunter2@host/x", "'mysql', expected sqlite or postgresql"),
        ("sqlite://", "in memory, expected a file"),
        ("sqlite:///:memory:", "in memory, expected a file"),
    ],
)
def test_a_wrong_url_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        open_database(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.remedy


def test_a_missing_directory_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist") as caught:
        open_database(f"sqlite:///{tmp_path / 'no' / 'monitor.db'}")
    assert caught.value.remedy == f"mkdir -p {tmp_path / 'no'}"


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "monitor.db"
    file.write_text("this is a text file, not a database\n" * 100)
    with pytest.raises(StoreError, match="not an SQLite database"):
        open_database(f"sqlite:///{file}")


def test_a_tilde_is_the_user_s_own_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    open_database("sqlite:///~/monitor.db").close()
    assert [file.name for file in tmp_path.iterdir()] == ["monitor.db"]


def test_a_tilde_of_nobody_is_said() -> None:
    with pytest.raises(StoreError, match="names no user's directory") as caught:
        open_database("sqlite:///~nobody-by-that-name/monitor.db")
    assert "whole path" in str(caught.value.remedy)


def test_an_at_sign_in_a_password_is_refused_before_the_driver_can_name_it() -> None:
    with pytest.raises(StoreError, match="an @ inside the password") as caught:
        open_database("postgresql://joe:hunter@2@localhost:1/monitor")
    assert "hunter" not in str(caught.value)
    assert caught.value.remedy == "write each @ of the password as %40"
