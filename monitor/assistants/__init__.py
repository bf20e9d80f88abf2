"""Read-only tools for assistants, by the Model Context Protocol: the questions of the API under the same names."""

from monitor.assistants.server import mcp_server

__all__ = ["mcp_server"]
