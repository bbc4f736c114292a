"""The conversation in the terminal: a status is drawn, a film is handed over by its path."""

from bots.console.limits import LIMITS
from bots.console.screen import Screen
from core.errors import DeliveryError, DeliveryReason
from core.model import Status, Video
from core.ports import Limits, Messenger


class ConsoleMessenger:
    """One terminal is one conversation; it ends where nothing can be written any more."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    @property
    def limits(self) -> Limits:
        """What this terminal can take."""
        return LIMITS

    async def turn(self) -> None:
        """A terminal takes an edit at any time."""

    async def show(self, status: Status) -> None:
        """Draw the status line anew."""
        self._screen.show(status)
        self._check()

    async def shows(self, _status: Status) -> bool:
        """What a terminal has shown stays."""
        return True

    async def deliver(self, video: Video, status: Status) -> None:
        """Say where the film lies and what it cost."""
        self._screen.hand_over(video, status)
        self._check()

    def _check(self) -> None:
        if self._screen.lost:
            raise DeliveryError(DeliveryReason.CHAT_GONE, permanent=True)


def build(screen: Screen) -> Messenger:
    """The messenger of this terminal."""
    return ConsoleMessenger(screen)
