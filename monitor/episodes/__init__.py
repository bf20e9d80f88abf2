"""The bundled January 2025 reconstruction and its loader."""
