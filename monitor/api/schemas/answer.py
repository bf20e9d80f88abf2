"""What every answer has in common."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Every answer says as of when it is."""

    model_config = ConfigDict(extra="forbid")
    as_of: datetime | None = Field(
        description="Close of the last interval that was stepped; null before the first."
    )


class ErrorAnswer(BaseModel):
    """What was wrong with the question, or what keeps it from being answered."""

    error: str
    found: str
    expected: str | list[str]


class Part(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid")
