"""The doors of the core: what it asks of an upstream, of one conversation, and of a platform."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from core.events import GenerationEvent, ResultUrl
from core.model import Address, GenerationRequest, Status, Ticket, Video


@dataclass(frozen=True, slots=True)
class Limits:
    """What one conversation can take, stated by its platform and obeyed by the core."""

    upload_bytes: int
    """The largest file that can be handed over."""
    edit_interval: timedelta
    """The least time between two progress edits of one message."""
    step_percent: int = 5
    """The least change of the percentage that is worth an edit by itself."""
    stale_after: timedelta = timedelta(seconds=15)
    """After this long, any change is worth an edit."""


class Provider(Protocol):
    """One upstream. Implementations live in `core.providers`; the catalogue names them."""

    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent]:
        """Ask for a video and yield what is told, ending with `Completed` or raising `ProviderError`.

        Closing the generator early frees the connection. A ticket is yielded before anything is awaited after it.
        """
        ...

    def resume(self, ticket: Ticket) -> AsyncGenerator[GenerationEvent]:
        """Ask on after a restart, without a second submission; ends as `generate` does.

        Raises `ProviderError(INTERRUPTED)` at once where this upstream cannot be asked by ticket.
        """
        ...

    def download(self, result: ResultUrl) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open the result's bytes through the safe fetcher, bounded in size and time.

        Raises `ProviderError` (`RESULT_NOT_ALLOWED`, `RESULT_UNREACHABLE`, `RESULT_TOO_LARGE`).
        """
        ...

    def may_show(self, url: str) -> bool:
        """Whether people may be given this address of a result: one on a public host that the operator named."""
        ...

    async def aclose(self) -> None:
        """Free all connections."""
        ...


class Messenger(Protocol):
    """One conversation. The platform library's exceptions end here; what comes out is `DeliveryError`."""

    @property
    def limits(self) -> Limits:
        """What this conversation can take now."""
        ...

    async def turn(self) -> None:
        """Return once this conversation takes another progress edit; what is shown then is the newest by that time."""
        ...

    async def show(self, status: Status) -> None:
        """Make the one status message look like this. Repeating it is harmless."""
        ...

    async def deliver(self, video: Video, status: Status) -> None:
        """Hand the film over with its final status. Repeating it shows it once. Raises `DeliveryError`."""
        ...

    async def shows(self, status: Status) -> bool:
        """Whether the message still shows this ending, as far as that can be seen. Raises `DeliveryError`."""
        ...


class Platform(Protocol):
    """One place where people talk. `build(...)` in each platform's package returns one."""

    @property
    def name(self) -> str:
        """The word before the colon in its ids and addresses."""
        ...

    async def run(self) -> None:
        """Stay connected and turn commands into requests, until cancelled or the conversation is over."""
        ...

    def messenger(self, address: Address) -> Messenger:
        """Reopen a conversation from what was stored with a job."""
        ...
