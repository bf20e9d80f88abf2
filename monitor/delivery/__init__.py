"""How it gets there: the outbox's sender and one module a channel."""
