"""Several daemons on one store: whose turn it is, and what a standby does until it is its own."""
