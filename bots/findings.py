"""What a doctor finds: one line about one thing, and how that stands."""

from dataclasses import dataclass
from enum import StrEnum


class Found(StrEnum):
    """How something stands."""

    GOOD = "ok"
    BAD = "not ok"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's."""

    found: Found
    words: str
