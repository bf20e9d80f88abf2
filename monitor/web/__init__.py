"""The page, the JSON interface, metrics and health."""
