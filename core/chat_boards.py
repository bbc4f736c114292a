"""Boards that speak for many jobs of a chat, in verbs: which messages they are, and what each process says there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db import insertion
from core.model import JobId, JobState
from core.tables import board_lines, boards, jobs

_UNFINISHED = [JobState.WAITING, JobState.ACTIVE, JobState.DELIVERING]


@dataclass(frozen=True, slots=True)
class Board:
    """One message that is a board; `thread` is 0 where it is in no topic."""

    chat: int
    thread: int
    message: int


@dataclass(frozen=True, slots=True)
class Line:
    """What one process has to say of a job; `body` is the platform's own text."""

    job: JobId
    chat: int
    waits: bool
    """Whether it stands in line, by what that process knows."""
    body: str


async def put(tx: AsyncConnection, bot: str, board: Board) -> None:
    """This message is the board there."""
    row = {"bot": bot, "chat": board.chat, "thread": board.thread, "message": board.message}
    added = insertion(tx, boards).values(row)
    await tx.execute(
        added.on_conflict_do_update(index_elements=["bot", "chat", "thread"], set_={"message": board.message})
    )


async def drop(tx: AsyncConnection, bot: str, chat: int, *, thread: int | None = None) -> None:
    """There is no board in a topic any more, or in a whole chat."""
    gone = (boards.c.bot == bot) & (boards.c.chat == chat)
    if thread is not None:
        gone &= boards.c.thread == thread
    await tx.execute(delete(boards).where(gone))


async def known(tx: AsyncConnection, bot: str, chats: Collection[int] | None = None) -> list[Board]:
    """The boards of these chats, or all."""
    mine = boards.c.bot == bot
    if chats is not None:
        mine &= boards.c.chat.in_(chats)
    return [Board(row.chat, row.thread, row.message) for row in await tx.execute(select(boards).where(mine))]


async def write(tx: AsyncConnection, bot: str, owner: str, lines: Sequence[Line], *, now: datetime) -> set[JobId]:
    """Say these; the jobs of which by the books something else is so: who sees to them has the word."""
    rows = select(jobs.c.id, jobs.c.state).where(jobs.c.id.in_([line.job for line in lines]))
    states = {row.id: row.state for row in await tx.execute(rows)}
    true = [line for line in lines if line.job in states and line.waits == (states[line.job] == JobState.WAITING)]
    if true:
        added = insertion(tx, board_lines).values(
            [
                {"job": line.job, "bot": bot, "chat": line.chat, "owner": owner, "body": line.body, "at": now}
                for line in true
            ]
        )
        same = {name: added.excluded[name] for name in ("bot", "chat", "owner", "body", "at")}
        await tx.execute(added.on_conflict_do_update(index_elements=["job"], set_=same))
    return {line.job for line in lines} - {line.job for line in true}


async def take_back(tx: AsyncConnection, gone: Collection[JobId], *, owner: str | None = None) -> None:
    """Nothing is to be said of these any more; with an `owner`, of nothing that it had to say."""
    if gone:
        await tx.execute(delete(board_lines).where(board_lines.c.job.in_(gone)))
    if owner is not None:
        await tx.execute(delete(board_lines).where(board_lines.c.owner == owner))


async def read(tx: AsyncConnection, bot: str, chats: Collection[int], *, since: datetime) -> list[Line]:
    """What is said in these chats of jobs that are not over, as they came; older words do not count."""
    rows = await tx.execute(
        select(board_lines, jobs.c.state)
        .join(jobs, jobs.c.id == board_lines.c.job)
        .where(
            board_lines.c.bot == bot,
            board_lines.c.chat.in_(chats),
            board_lines.c.at > since,
            jobs.c.state.in_(_UNFINISHED),
        )
        .order_by(jobs.c.created_at, jobs.c.id)
    )
    return [Line(JobId(row.job), row.chat, row.state == JobState.WAITING, row.body) for row in rows]


async def sweep(tx: AsyncConnection, *, before: datetime) -> None:
    """Forget what was said before then."""
    await tx.execute(delete(board_lines).where(board_lines.c.at < before))
