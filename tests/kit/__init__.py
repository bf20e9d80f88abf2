"""Builders and loopback servers that every test shares."""
