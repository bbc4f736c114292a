"""The gateway: HELLO, heartbeats, IDENTIFY, RESUME, and everything that is told over it."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from tests.emulators.discord.events import PRIVILEGED, Intent, told_user
from tests.emulators.discord.payloads import guild_create_json
from tests.emulators.discord.sessions import Connection, Session
from tests.emulators.discord.world import World

HEARTBEAT_SECONDS = 41.25
IDENTIFY_SECONDS = 5.0
"""How long a place among those that may identify at once is taken."""


class Gateway:
    """Speaks with every shard of the bot."""

    def __init__(self, world: World, token: str, *, privileged: Intent, max_concurrency: int) -> None:
        self.url = ""
        self.max_concurrency = max_concurrency
        self.starts_left = 1000
        self.refuse_resumes = 0
        """How many of the next RESUMEs are answered with "invalid session"."""
        self.sessions: dict[str, Session] = {}
        self.listeners: list[Callable[[str, dict[str, Any]], object]] = []
        """Called with everything that is told, for tests that look over the gateway's shoulder."""
        self.identifies: list[tuple[float, int]] = []
        """When which shard has identified, the refused ones included."""
        self.resumes = 0
        self._world = world
        self._token = token
        self._privileged = privileged
        self._connections: list[Connection] = []
        self._identified: dict[int, float] = defaultdict(lambda: -IDENTIFY_SECONDS)

    @property
    def connections(self) -> list[Connection]:
        """Those that are open and have a session."""
        return [session.connection for session in self.sessions.values() if session.connection is not None]

    def dispatch(
        self,
        event: str,
        data: dict[str, Any],
        *,
        guild_id: int | None,
        intent: Intent | None = None,
        without_content: dict[str, Any] | None = None,
    ) -> bool:
        """Tell all whom it concerns; whether anybody was there to hear it at once."""
        for listener in self.listeners:
            listener(event, data)
        heard = False
        for session in self.sessions.values():
            if session.hears(guild_id, intent):
                hidden = without_content is not None and Intent.MESSAGE_CONTENT not in session.intents
                session.tell(event, without_content if hidden and without_content is not None else data)
                heard = heard or session.connection is not None
        return heard

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One WebSocket, from HELLO to its end."""
        socket = web.WebSocketResponse(max_msg_size=16384)
        await socket.prepare(request)
        connection = Connection(request, socket, asyncio.get_running_loop().time())
        self._connections.append(connection)
        helpers = [
            asyncio.create_task(connection.deliver(), name="gateway: deliver"),
            asyncio.create_task(self._watch(connection), name="gateway: heartbeats"),
        ]
        try:
            connection.send({"op": 10, "d": {"heartbeat_interval": round(HEARTBEAT_SECONDS * 1000)}})
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    connection.close(4002)
                    break
                self._heard(connection, message.data)
            if connection.closing:
                await asyncio.wait(helpers[:1], timeout=1)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self._leave(connection, socket.close_code)
        return socket

    def _leave(self, connection: Connection, code: int | None) -> None:
        self._connections.remove(connection)
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None
            if code in {1000, 1001} and not connection.closing:
                # the client itself has ended its session
                self.sessions.pop(session.id, None)

    async def _watch(self, connection: Connection) -> None:
        """Ask who has not shown a sign of life for one interval; part from who does not answer in another.

        The library's own beats come from a thread, in real time; where the clock jumps, it answers these instead.
        """
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            silent = asyncio.get_running_loop().time() - connection.last_beat
            if silent >= 2 * HEARTBEAT_SECONDS - 1:
                connection.close(4009)
            elif silent >= HEARTBEAT_SECONDS - 1:
                connection.send({"op": 1, "d": None})

    def _heard(self, connection: Connection, text: str) -> None:
        try:
            message = json.loads(text)
            op, data = message["op"], message.get("d")
        except (ValueError, KeyError, TypeError):
            connection.close(4002)
            return
        if op == 1:
            connection.last_beat = asyncio.get_running_loop().time()
            connection.beats += 1
            connection.send({"op": 11})
        elif op == 2:
            self._identify(connection, data)
        elif op == 6:
            self._resume(connection, data)
        elif op not in {3, 4, 8}:
            connection.close(4001)
        elif connection.session is None:
            connection.close(4003)

    def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        """A new session, or the reason why not."""
        shard, shards = data.get("shard", [0, 1])
        at = asyncio.get_running_loop().time()
        self.identifies.append((at, shard))
        if (code := self._refusal(connection, data, shard, shards)) is not None:
            connection.close(code)
            return
        place = shard % self.max_concurrency
        if at - self._identified[place] < IDENTIFY_SECONDS - 0.01 or self.starts_left == 0:
            connection.send({"op": 9, "d": False})
            return
        self._identified[place] = at
        self.starts_left -= 1
        session = Session(f"{self._world.ids.new():x}", Intent(data["intents"]), shard, shards, connection)
        self.sessions[session.id] = session
        connection.session = session
        self._welcome(session)

    def _refusal(self, connection: Connection, data: dict[str, Any], shard: int, shards: int) -> int | None:
        """The code with which Discord hangs up."""
        if connection.session is not None:
            return 4005
        if data.get("token") != self._token:
            return 4004
        if not 0 <= shard < shards:
            return 4010
        asked = data.get("intents")
        if not isinstance(asked, int) or asked < 0 or asked >= 1 << 26:
            return 4013
        return 4014 if Intent(asked) & PRIVILEGED & ~self._privileged else None

    def _welcome(self, session: Session) -> None:
        guilds = [
            guild
            for guild in self._world.guilds.values()
            if guild.has_bot and (guild.id >> 22) % session.shards == session.shard
        ]
        ready = {
            "v": 10,
            "user": told_user(self._world.bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": [session.shard, session.shards],
            "application": {"id": str(self._world.bot.id), "flags": 0},
            "private_channels": [],
            "relationships": [],
        }
        session.tell("READY", ready)
        if Intent.GUILDS in session.intents:
            for guild in guilds:
                session.tell("GUILD_CREATE", guild_create_json(guild, self._world.bot))

    def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        """Take a session up where it was left: all that it has missed, then RESUMED."""
        self.resumes += 1
        session = self.sessions.get(data.get("session_id", ""))
        if data.get("token") != self._token:
            connection.close(4004)
            return
        missed = None if session is None else session.told_since(data.get("seq") or 0)
        if session is None or missed is None or not session.resumable or self.refuse_resumes > 0:
            self.refuse_resumes = max(0, self.refuse_resumes - 1)
            if session is not None:
                del self.sessions[session.id]
            connection.send({"op": 9, "d": False})
            return
        session.connection = connection
        connection.session = session
        for told in missed:
            connection.send(told)
        session.tell("RESUMED", {})

    def disconnect(self, code: int | None = None, *, shard: int | None = None, resumable: bool = True) -> None:
        """Part from the bot: with a close code, or without a word (None: the line is cut)."""
        for connection in self.connections:
            session = connection.session
            if session is None or (shard is not None and session.shard != shard):
                continue
            session.resumable = resumable
            session.connection = None
            if code is not None:
                connection.close(code)
            else:
                connection.cut()

    def ask_to_reconnect(self) -> None:
        """Op 7: go and come back."""
        for connection in self.connections:
            connection.send({"op": 7, "d": None})

    def invalidate(self, *, resumable: bool) -> None:
        """Op 9: this session is no longer valid; `resumable` says whether a RESUME may be tried."""
        for connection in self.connections:
            session = connection.session
            if session is not None:
                session.resumable = resumable
            connection.send({"op": 9, "d": resumable})

    async def aclose(self) -> None:
        """Hang up on all."""
        for connection in list(self._connections):
            await connection.socket.close(code=1001)
