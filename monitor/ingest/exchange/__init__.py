"""An exchange through ccxt: instances, requests, paging, retries, health."""
