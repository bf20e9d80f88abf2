"""The shape of every answer, for the OpenAPI document. Fields are added, never renamed; what is unknown is null."""

from monitor.api.schemas.answer import ErrorAnswer
from monitor.api.schemas.figures import Sectors, Series, Tokens
from monitor.api.schemas.health import CoverageAnswer, Report, StatusAnswer
from monitor.api.schemas.judgements import Conditions, WhyNotAnswer
from monitor.api.schemas.rotations import Rotations, RotationWhole

__all__ = [
    "Conditions",
    "CoverageAnswer",
    "ErrorAnswer",
    "Report",
    "RotationWhole",
    "Rotations",
    "Sectors",
    "Series",
    "StatusAnswer",
    "Tokens",
    "WhyNotAnswer",
]
