"""Life signs to a service manager that listens on a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from monitor.service_manager import ServiceManager


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """(the socket that it listens on, its address)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        address = str(tmp_path / "notify")
        listening.bind(address)
        listening.settimeout(60)
        yield listening, address


def test_it_hears_ready_each_good_poll_and_the_stop(manager: tuple[socket.socket, str]) -> None:
    listening, address = manager
    told = ServiceManager({"NOTIFY_SOCKET": address})
    told.ready()
    told.good_poll("polled 4 of 5 venues")
    told.stopping()
    heard = [listening.recv(1000).decode() for _ in range(3)]
    assert heard == [
        "READY=1\nSTATUS=started",
        "WATCHDOG=1\nSTATUS=polled 4 of 5 venues",
        "STOPPING=1",
    ]


def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0monitor-test-notify")
        ServiceManager({"NOTIFY_SOCKET": "@monitor-test-notify"}).ready()
        assert listening.recv(1000).startswith(b"READY=1")


def test_without_a_manager_nothing_is_said(manager: tuple[socket.socket, str]) -> None:
    listening, _ = manager
    with structlog.testing.capture_logs() as logged:
        ServiceManager({}).ready()
    assert logged == []
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(1000)


def test_a_manager_that_is_gone_costs_a_line_in_the_log(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logged:
        ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    assert [(line["event"], line["error"]) for line in logged] == [
        ("service manager not reached", "FileNotFoundError")
    ]
