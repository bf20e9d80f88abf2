"""Checks that every bar passes before it is stored."""
