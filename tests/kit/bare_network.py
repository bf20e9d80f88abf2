"""An environment that says nothing of proxies and certificates, whatever this machine's own says."""

import pytest


def forget_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the length of a test."""
    for name in (
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
