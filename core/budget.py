"""The host's money for a month, as its host hears of it: when half of it is spent, and when nearly all and all is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from core.errors import Refusal
from core.quota import ALERTS, Kind, Standing

_log = structlog.get_logger(__name__)


class Budget:
    """Tells the host once a window for each of `quota.ALERTS`; each process tells of what it saw itself."""

    def __init__(self) -> None:
        self.alarm: Callable[[int, Standing], None] = lambda _percent, _standing: None
        """Called beside the log, with how many percent are spent or held, and how it stands in minor units."""
        self._told: set[tuple[datetime | None, int]] = set()

    def spent(self, now: Standing | None, added: int) -> None:
        """The last `added` minor units were held; None where there is no budget."""
        if now is not None:
            for percent in now.passed(added):
                self._tell(percent, now)

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """A refusal for want of money means that all of it is gone, to the last video."""
        try:
            yield
        except Refusal as refusal:
            if refusal.details.get("rule") == Kind.BUDGET:
                told = refusal.details
                resets = datetime.fromisoformat(str(told["resets_at"])) if "resets_at" in told else None
                self._tell(ALERTS[-1], Standing(int(told["limit"]), int(told["used"]), resets))
            raise

    def _tell(self, percent: int, now: Standing) -> None:
        if (now.resets_at, percent) in self._told:
            return
        self._told.add((now.resets_at, percent))
        tell = _log.error if percent == ALERTS[-1] else _log.warning
        tell("the budget of the month is spent to", percent=percent, used=now.used, limit=now.limit)
        self.alarm(percent, now)
