"""The fold over analytics and detection."""

from monitor.engine.core import Engine, Moved
from monitor.engine.state import EngineState

__all__ = ["Engine", "EngineState", "Moved"]
