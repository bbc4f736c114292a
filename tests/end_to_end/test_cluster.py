"""Two gateways and three workers at one PostgreSQL, while processes die and freeze and the server goes away.

Two hundred jobs of forty people in five communities, on both platforms. Each ends once, with one film in its one
message; no cap is exceeded at any instant, by the upstream's own record; and while several communities want something,
each gets its share.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core import ledger
from core.db import DatabaseUnavailableError
from core.model import JobState
from core.tables import jobs
from tests.emulators.discord import Channel as Room
from tests.emulators.discord import Interaction, Person
from tests.emulators.telegram import Chat
from tests.emulators.telegram import Person as Writer
from tests.end_to_end.city import City, city, film_of, most_at_once, until

AT_ONCE = 10
EACH_PERSON = 2
EACH_COMMUNITY = 5
WANTED = {"large": 88, "middle": 52, "small": 48, "group one": 6, "group two": 6}
"""How many films each community wants: Discord's three, and two of Telegram, where a group hears little a minute."""
PEOPLE = {"large": 12, "middle": 10, "small": 10, "group one": 4, "group two": 4}
JOBS = sum(WANTED.values())
SECONDS = 150.0
"""After so long what should have happened is given up."""


class Crowd:
    """The people of all communities, what they ask for, and what they see of it."""

    def __init__(self, town: City) -> None:
        self.town = town
        self.asked: dict[str, Interaction] = {}
        self.groups: dict[str, tuple[Chat, list[Writer]]] = {}
        self._rooms: dict[str, tuple[list[Person], list[Room]]] = {}
        for name in ("large", "middle", "small"):
            people = [town.discord.person(f"{name} {number}") for number in range(PEOPLE[name])]
            guild = town.discord.guild(name, *people)
            self._rooms[name] = people, [guild.channel(f"videos {number}") for number in range(4)]
        for name in ("group one", "group two"):
            writers = [town.telegram.person(f"{name} {number}", started=True) for number in range(PEOPLE[name])]
            self.groups[name] = town.telegram.supergroup(name, *writers), writers

    async def ask(self) -> None:
        """Everybody asks for everything, as fast as they can write."""
        for name, (group, writers) in self.groups.items():
            for number in range(WANTED[name]):
                writers[number % len(writers)].command(group, "video", f"{name} {number}")
        async with asyncio.TaskGroup() as tasks:
            for name, (people, rooms) in self._rooms.items():
                tasks.create_task(self._ask(name, people, rooms))

    async def _ask(self, name: str, people: Sequence[Person], rooms: Sequence[Room]) -> None:
        for number in range(WANTED[name]):
            prompt = f"{name} {number}"
            while True:
                asked = await people[number % len(people)].slash(rooms[number % len(rooms)], "video", prompt=prompt)
                if asked.acknowledged:
                    self.asked[prompt] = asked
                    break
                prompt += " again"  # who got no answer asks once more; both may have been heard

    def films(self) -> dict[str, list[bytes]]:
        """By what was asked for, all films that anybody sees."""
        seen: dict[str, list[bytes]] = {}
        for _, rooms in self._rooms.values():
            for message in (message for room in rooms for message in room.messages):
                for file in message.files:
                    seen.setdefault(_named(file.data), []).append(file.data)
        for group, _ in self.groups.values():
            for shown in group.videos:
                assert shown.video is not None
                seen.setdefault(_named(shown.video.data), []).append(shown.video.data)
        return seen


def _named(film: bytes) -> str:
    """What a film was asked for with."""
    return film.rpartition(b"free")[2].decode()


class Watch:
    """Counts what is over, all the time, and what runs at each look."""

    def __init__(self, town: City) -> None:
        self._town = town
        self.most: Counter[str] = Counter()
        self.over = self.taken = 0
        self.left: list[object] = []
        """The latest look at what was under way, for whoever wonders why it still is."""

    async def run(self) -> None:
        runs, over = jobs.c.state == JobState.ACTIVE, [state for state in JobState if state.terminal]
        while True:
            try:
                async with self._town.database.read() as tx:
                    for name, groups in ("all", []), ("person", [jobs.c.person]), ("community", [jobs.c.community]):
                        counted = await tx.scalars(select(func.count()).where(runs).group_by(*groups))
                        self.most[name] = max([self.most[name], *counted])
                    self.over = await tx.scalar(select(func.count()).where(jobs.c.state.in_(over))) or 0
                    columns = (
                        jobs.c.id,
                        jobs.c.state,
                        jobs.c.owner,
                        jobs.c.lease_until,
                        jobs.c.postponed,
                        jobs.c.starts,
                    )
                    rest = select(*columns).where(jobs.c.state.not_in(over), jobs.c.started_at.is_not(None))
                    self.left = [tuple(map(str, row)) for row in await tx.execute(rest)]
                    self.taken = await tx.scalar(select(func.count()).select_from(jobs)) or 0
            except DatabaseUnavailableError:
                pass
            await asyncio.sleep(0.1)


async def test_two_hundred_jobs_end_once_each_whatever_becomes_of_those_who_work_on_them(tmp_path: Path) -> None:
    async with (
        city(
            tmp_path,
            speed=6,
            at_once=f"{AT_ONCE}",
            running_per_person=f"{EACH_PERSON}",
            running_per_community=f"{EACH_COMMUNITY}",
            waiting_per_person="20",
            waiting_total="300",
            credits_per_day="20",
            lease_seconds="4",
            drain_seconds="1",
        ) as town,
        AsyncExitStack() as running,
    ):
        crowd, watch = Crowd(town), Watch(town)
        watching = asyncio.create_task(watch.run())
        gateways = [await running.enter_async_context(town.process("run", "--role", "gateway")) for _ in range(2)]
        await town.gateway_hears(*gateways)
        asking = asyncio.create_task(crowd.ask())
        await until(lambda: watch.taken >= JOBS / 2, "half of them", SECONDS)
        workers = [await running.enter_async_context(town.process("worker")) for _ in range(3)]
        await until(lambda: watch.over >= 20, "the twentieth end", SECONDS)
        await workers[0].kill()
        await running.enter_async_context(town.process("worker"))
        await until(lambda: watch.over >= 60, "the sixtieth end", SECONDS)
        workers[1].freeze()
        await asyncio.gather(
            until(lambda: watch.over >= 90, "the ninetieth end", SECONDS, lambda: watch.left), asyncio.sleep(6)
        )  # past its lease
        workers[1].thaw()
        await asking
        await until(lambda: watch.over >= 110, "the hundred and tenth end", SECONDS)
        await asyncio.to_thread(town.server.restart)
        await until(lambda: watch.over >= 150, "the hundred and fiftieth end", SECONDS)
        assert await workers[2].stop() == 0, workers[2].log
        await until(lambda: watch.over == watch.taken >= JOBS, "the last end", SECONDS, lambda: watch.left)
        watching.cancel()
        await asyncio.wait([watching])
        async with town.database.read() as tx:
            assert await ledger.audit(tx) == []
            rows = {row.prompt: row for row in await tx.execute(select(jobs))}
        await until(lambda: len(crowd.films()) == _count(rows, JobState.DELIVERED), "the last film")
        _each_ended_once(rows, crowd)
        _no_cap_was_exceeded(rows, town, watch)
        assert _unfairness(rows) < 0.1
        assert town.discord.complaints == []


def _count(rows: Mapping[str, Any], state: JobState) -> int:
    return sum(row.state == state for row in rows.values())


def _each_ended_once(rows: Mapping[str, Any], crowd: Crowd) -> None:
    assert {row.state for row in rows.values()} <= {JobState.DELIVERED, JobState.INTERRUPTED}
    # What was being asked for as its worker died or froze, and nobody knows whether the upstream has heard it.
    assert _count(rows, JobState.INTERRUPTED) <= 2 * AT_ONCE
    delivered = {prompt for prompt, row in rows.items() if row.state == JobState.DELIVERED}
    assert crowd.films() == {prompt: [film_of(prompt)] for prompt in delivered}
    for prompt, asked in crowd.asked.items():
        assert asked.message is not None
        assert bool(asked.message.files) == (prompt in delivered)
    assert Counter(prompt for prompt, _ in crowd.town.upstream.asked).most_common(1)[0][1] == 1


def _no_cap_was_exceeded(rows: Mapping[str, Any], town: City, watch: Watch) -> None:
    """By the upstream's record: from its start to the moment when its film is fetched a job is one that runs."""
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for prompt, asked_at in town.upstream.asked:
        row = rows[prompt]
        # Whoever froze may fetch, once it goes on, what has ended meanwhile.
        span = min(row.started_at, asked_at), min(town.upstream.fetched.get(prompt, row.finished_at), row.finished_at)
        for name in ("all", f"person {row.person}", f"community {row.community}"):
            spans.setdefault(name, []).append(span)
    caps = {"all": AT_ONCE, "person": EACH_PERSON, "community": EACH_COMMUNITY}
    seen: Counter[str] = Counter()
    for name, most in most_at_once(spans).items():
        kind = name.partition(" ")[0]
        seen[kind] = max(seen[kind], most)
    assert all(seen[kind] <= cap for kind, cap in caps.items()), seen
    assert all(watch.most[kind] <= cap for kind, cap in caps.items()), watch.most
    assert seen["all"] > AT_ONCE / 2, "there was something to exceed"


def _unfairness(rows: Mapping[str, Any]) -> float:
    """How far the farthest community is from its share of what was begun while it wanted something.

    At each start every community in which somebody waits is owed an equal part of it.
    """
    owed: Counter[str] = Counter()
    had: Counter[str] = Counter()
    starts = sorted(rows.values(), key=lambda row: row.started_at)
    for start in starts:
        want = {row.community for row in starts if row.created_at < start.started_at <= row.started_at}
        if len(want) > 1:
            had[start.community] += 1
            owed.update(dict.fromkeys(want, 1 / len(want)))
    return max(abs(had[community] - owed[community]) for community in owed) / sum(had.values())
