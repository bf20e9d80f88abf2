"""The questions over HTTP: JSON and CSV, the OpenAPI document and a page for it, a feed and a badge."""

from monitor.api.http.app import api_app

__all__ = ["api_app"]
