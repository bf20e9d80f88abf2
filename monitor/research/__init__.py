"""Baselines, labelled and synthetic episodes, scoring."""
