"""One session at the gateway: what it is told, numbered and kept so that it can be told again after a RESUME."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.emulators.discord.events import Intent


@dataclass(eq=False)
class Session:
    """What a bot's IDENTIFY has opened; it outlives its connections."""

    id: str
    intents: Intent
    shard: int
    shards: int
    connection: "Connection | None" = None
    resumable: bool = True
    sequence: int = 0
    told: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=1000))

    def hears(self, guild_id: int | None, intent: Intent | None) -> bool:
        """Whether an event is for it: by its shard, and by its intents."""
        shard = 0 if guild_id is None else (guild_id >> 22) % self.shards
        return shard == self.shard and (intent is None or intent in self.intents)

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """The next event."""
        self.sequence += 1
        told = {"op": 0, "t": event, "s": self.sequence, "d": data}
        self.told.append(told)
        if self.connection is not None:
            self.connection.send(told)

    def told_since(self, sequence: int) -> list[dict[str, Any]] | None:
        """What came after a number; None where that is forgotten, or was never told."""
        if sequence > self.sequence or (self.told and self.told[0]["s"] > sequence + 1):
            return None
        return [told for told in self.told if told["s"] > sequence]


@dataclass(eq=False)
class Connection:
    """One WebSocket; what it is sent leaves in order."""

    request: web.BaseRequest
    socket: web.WebSocketResponse
    last_beat: float
    session: Session | None = None
    beats: int = 0
    closing: bool = False
    """Whether Discord itself has hung up."""
    _outbox: "asyncio.Queue[dict[str, Any] | int]" = field(default_factory=asyncio.Queue)

    def send(self, payload: dict[str, Any]) -> None:
        self._outbox.put_nowait(payload)

    def close(self, code: int) -> None:
        """Close it once all that was sent before has left."""
        self.closing = True
        self._outbox.put_nowait(code)

    def cut(self) -> None:
        """End it without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def deliver(self) -> None:
        """Send what is in the outbox until it is closed."""
        while isinstance(payload := await self._outbox.get(), dict):
            await self.socket.send_str(json.dumps(payload))
        await self.socket.close(code=payload)
