"""Sector analytics: consolidated price, index, share, flow, quality. Pure: no I/O."""
