"""The conversation in the terminal: a status is drawn, a film is handed over by its path."""

from bots.console.limits import LIMITS
from bots.console.screen import Screen
from core.model import Status, Video
from core.ports import Limits, Messenger


class ConsoleMessenger:
    """One terminal is one conversation; nothing that it is asked for can fail on the way."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    @property
    def limits(self) -> Limits:
        """What this terminal can take."""
        return LIMITS

    async def show(self, status: Status) -> None:
        """Draw the status line anew."""
        self._screen.show(status)

    async def deliver(self, video: Video, status: Status) -> None:
        """Say where the film lies and what it cost."""
        self._screen.hand_over(video, status)


def build(screen: Screen) -> Messenger:
    """The messenger of this terminal."""
    return ConsoleMessenger(screen)
