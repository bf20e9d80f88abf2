"""Figures, safe text and phrases, shared by every surface."""
