"""A line that has not ended yet, and how much of it was understood."""

from collections.abc import Callable

from core.dialects.words import Marker


class Growing:
    """A channel's line that has not ended yet."""

    __slots__ = ("dull", "echo", "end", "marker", "parts", "settled")

    def __init__(self, end: Callable[[str], None]) -> None:
        self.end = end
        """What reads a line that has ended."""
        self.clear()

    def clear(self) -> None:
        self.parts: list[str] = []
        self.settled = 0  # how many of the parts were understood, up to `marker`
        self.marker: Marker | None = None
        self.echo: str | None = ""  # letters of the settled parts, as long as they could be the person's
        self.dull = False  # no marker at its head: nothing to read before it ends

    def rest(self) -> str:
        """What was not understood yet."""
        parts = self.parts
        return "".join(parts[self.settled :]) if self.settled else "".join(parts)
