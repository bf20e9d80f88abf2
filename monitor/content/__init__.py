"""Words and pictures: alerts, reports, charts. Renders facts and computes nothing.

``wording`` holds figures, safe text and phrases; every surface takes them from there.
"""
