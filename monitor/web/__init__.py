"""The page, metrics and health, and the server that also carries the API. Nothing here changes what is stored."""
