"""Rotation detection: features, detector, lifecycle, explanation. Pure: no I/O."""
