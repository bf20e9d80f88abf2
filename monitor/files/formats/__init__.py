"""Formats of files that people have: one module each, told apart by content."""
