"""Asks Telegram for updates, and confirms them by asking for the next only once they are kept."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import structlog
import telegram
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest
from typing_extensions import override

from bots.telegram.updates import HEARD
from core.db import DatabaseUnavailableError
from core.errors import ConfigurationError

LONG_POLL_SECONDS: Final = 50
"""How long Telegram waits for something to tell: its longest (server: MAX_LONG_POLL_TIMEOUT)."""
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0
QUICK_SECONDS: Final = 1.0
"""An answer without news that came sooner is no waiting: we wait ourselves."""
CONFLICTS: Final = 4
"""How often somebody else may fetch the updates before we, who never did so undisturbed, give way."""

_log = structlog.get_logger(__name__)


class UpdatesRequest(HTTPXRequest):
    """The connection for getUpdates. It keeps the updates as they came and gives none to the library.

    The library would make objects of a whole batch or of nothing: one update that it does not understand would stop
    all that come after it. `parse_json_payload` is the place that it leaves to its users.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(connection_pool_size=1, **options)
        self.latest: list[object] = []

    @override
    def parse_json_payload(self, payload: bytes) -> Any:  # type: ignore[override] # it is called on the instance
        answer = HTTPXRequest.parse_json_payload(payload)
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        if "result" not in answer:
            return answer
        if not isinstance(answer["result"], list):
            raise TelegramError("Invalid server response")
        self.latest = answer["result"]
        return {**answer, "result": []}


class Poller:
    """Fetches a bot's updates over `request` and hands them to `receive`, which keeps them and counts the new ones."""

    def __init__(
        self,
        bot: telegram.Bot,
        request: UpdatesRequest,
        receive: Callable[[Sequence[object]], Awaitable[int]],
    ) -> None:
        self._bot = bot
        self._request = request
        self._receive = receive
        self._undisturbed = False
        self._conflicts = 0

    async def run(self) -> None:
        """Ask until called off. Raises `ConfigurationError` where the token is refused, or is another program's too."""
        offset: int | None = None
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                offset = await self._ask(offset)
            except InvalidToken:
                raise refused_token() from None
            except Conflict as error:
                await self._make_room(error)
                reason, least = "another program fetches this bot's updates", 0.0
            except RetryAfter as error:
                wait = error.retry_after
                reason = "it wants to be left alone"
                least = float(wait) if isinstance(wait, int) else wait.total_seconds()
            except TelegramError as error:
                reason, least = type(error).__name__, 0.0
            except DatabaseUnavailableError as error:
                reason, least = f"what it told cannot be kept ({error})", 0.0
            else:
                pause = FIRST_PAUSE_SECONDS
                continue
            pause = max(pause, least)
            _log.warning("Telegram's updates cannot be fetched; trying again", reason=reason, seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _ask(self, offset: int | None) -> int | None:
        """One question; from where on to ask the next. Whatever lies below that is confirmed by asking so."""
        clock = asyncio.get_running_loop().time
        began = clock()
        self._request.latest = []
        await self._bot.get_updates(offset=offset, timeout=LONG_POLL_SECONDS, allowed_updates=HEARD)
        updates, self._request.latest = self._request.latest, []
        self._undisturbed, self._conflicts = True, 0
        new = await self._receive(updates) if updates else 0
        if not new and clock() - began < QUICK_SECONDS:
            await asyncio.sleep(QUICK_SECONDS)
        numbers = [
            number for raw in updates if isinstance(raw, dict) and isinstance(number := raw.get("update_id"), int)
        ]
        # After a week of silence Telegram counts anew, perhaps from below: where nothing is left to confirm, we ask
        # for all there is.
        return max(numbers) + 1 if numbers else None

    async def _make_room(self, error: Conflict) -> None:
        """Take away a webhook that stands in the way; give way to another program, unless we were there first."""
        if "webhook" in str(error):
            await self._bot.delete_webhook(drop_pending_updates=False)
            _log.info("a webhook was taken away, so that updates can be fetched")
            return
        self._conflicts += 1
        if not self._undisturbed and self._conflicts >= CONFLICTS:
            raise ConfigurationError(
                "MATINEE_TELEGRAM_TOKEN: another program fetches this bot's updates (409 Conflict); stop it, or make a "
                "bot of its own for this host with @BotFather, for example MATINEE_TELEGRAM_TOKEN=123456789:AAH…"
            )


def refused_token() -> ConfigurationError:
    """What is said where Telegram does not know the token; never with the token in it, as the library would."""
    return ConfigurationError(
        "MATINEE_TELEGRAM_TOKEN: Telegram does not accept this token; take the one that @BotFather shows under "
        "/mybots, API Token, for example MATINEE_TELEGRAM_TOKEN=123456789:AAH…"
    )
