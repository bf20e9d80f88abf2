"""How it gets there: the outbox's sender and one file or folder a channel.

The sender reads what a channel can do from its traits and knows no channel by name.
"""
