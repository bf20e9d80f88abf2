"""Watches sectors of the crypto market and tells when capital rotates from one into another."""

__version__ = "0.1.0"
