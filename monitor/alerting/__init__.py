"""Who hears what of a rotation, when, and why not.

Over content (the words) and store (what was said before), under delivery: what is decided here becomes rows of the
outbox, in the transaction that stores the step.
"""
