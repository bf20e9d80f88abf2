"""The fold over analytics and detection."""

from monitor.engine.core import Engine
from monitor.engine.state import EngineState

__all__ = ["Engine", "EngineState"]
