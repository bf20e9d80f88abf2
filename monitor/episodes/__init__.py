"""The bundled January 2025 reconstruction and its loader."""

from monitor.episodes.january_2025 import Episode, load_episode

__all__ = ["Episode", "load_episode"]
