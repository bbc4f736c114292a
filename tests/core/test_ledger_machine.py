"""The ledger against somebody who counts by hand: any order of events, crashes and leaping clocks included."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection
from typing_extensions import override

from core import jobs, ledger
from core.db import open_database
from core.errors import Refusal
from core.model import Address, GenerationRequest, Job, JobId, JobState, Requester
from core.quota import Account, Kind, Rule, Window
from core.tables import jobs as job_rows
from tests.core.by_hand import FIRST, ByHand, Entry, Said, on_the_wall

# The machine

RARELY = some.sampled_from([False, False, False, True])
PEOPLE, COMMUNITIES = ["t:mia", "t:ben"], ["t:here", "t:there"]
WHO = (some.sampled_from(PEOPLE), some.sampled_from(COMMUNITIES))
LATEST = some.integers(0, 3)
ASK = some.tuples(
    some.just("ask"), *WHO, some.lists(some.integers(0, 4), min_size=1, max_size=4), some.sampled_from([0, 7]), RARELY
)
END = some.one_of(
    some.tuples(some.just("capture"), LATEST, RARELY, some.sampled_from([1, 2])),
    some.tuples(some.just("release"), LATEST, RARELY, some.booleans()),
    some.tuples(some.just("capture_what_was_given_back"), LATEST),
)
LEAP = some.one_of(
    some.tuples(
        some.just("leap"), some.sampled_from([-25, -2, 1, 4, 5, 25, 6 * 24, 30 * 24]), some.sampled_from([0, 0, 59])
    ),
    some.tuples(some.just("leap_to_midnight"), some.sampled_from([0, 0, 1])),
)
MODERATE = some.one_of(
    some.tuples(some.just("reset"), *WHO, RARELY),
    some.tuples(some.just("grant"), *WHO, some.integers(1, 3), RARELY),
    some.tuples(some.just("change_a_limit"), some.sampled_from(list(FIRST)), some.integers(0, 12), some.booleans()),
)
ACTS = some.sampled_from([ASK, ASK, ASK, ASK, END, END, END, LEAP, LEAP, MODERATE]).flatmap(lambda act: act)
_Result = TypeVar("_Result")


class Crash(Exception):
    """The process dies here."""


@cache
def template() -> Path:
    """A file with all tables; copied for each run."""
    file = Path(tempfile.mkdtemp(prefix="ledger")) / "matinee.sqlite"

    async def make() -> None:
        async with open_database(f"sqlite:///{file}"):
            """Opened is made."""

    asyncio.run(make())
    return file


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "matinee.sqlite"
        shutil.copyfile(template(), file)
        self.loop = asyncio.new_event_loop()
        self.opened = open_database(f"sqlite:///{file}")
        self.database = self.do(self.opened.__aenter__())
        self.hand = ByHand()
        self.clock = datetime(2026, 10, 24, 20, tzinfo=UTC)
        self.number = self.looks = 0

    def do(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        return self.loop.run_until_complete(work)

    @override
    def teardown(self) -> None:
        self.do(self.opened.__aexit__(None, None, None))
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()

    def write(self, work: Callable[[AsyncConnection], Awaitable[_Result]], *, crash: bool) -> _Result | None:
        """One transaction; it dies at its end where it is to crash."""

        async def transaction() -> _Result:
            async with self.database.begin() as tx:
                result = await work(tx)
                if crash:
                    raise Crash
                return result

        with suppress(Crash):
            return self.do(transaction())
        return None

    def theirs(self, person: str, community: str) -> list[Rule]:
        accounts = {
            "person": Account(person=person),
            "community": Account(community),
            "person community": Account(community, person),
            "": Account(),
        }
        return [
            Rule(
                Kind(said.kind),
                accounts[said.scope],
                said.limit,
                said.window,
                ZoneInfo("Europe/Berlin" if said.berlin else "UTC"),
            )
            for said in self.hand.rules()
        ]

    @initialize(at=some.sampled_from(["2026-03-28T20", "2026-10-24T20", "2026-12-31T22", "2028-02-28T23"]))
    def begin_near_a_change(self, at: str) -> None:
        self.clock = datetime.fromisoformat(f"{at}:00+00:00")

    @rule(act=ACTS)
    def act(self, act: tuple[Any, ...]) -> None:
        """One rule for all, since of several some would be left out for the length of a run."""
        name, *words = act
        getattr(self, name)(*words)

    def ask(self, person: str, community: str, prices: list[int], money: int, crash: bool) -> None:
        for price in prices:
            self.ask_once(person, community, price, money, crash=crash)

    def ask_once(self, person: str, community: str, price: int, money: int, *, crash: bool) -> None:
        now = self.hand.time(self.clock)
        bonus, no = self.hand.ask(person, community, price, money, now)
        self.number += 1
        job = Job(
            id=JobId(f"{self.number:08}"),
            requester=Requester(person, community),
            address=Address("t", "x"),
            request=GenerationRequest("a dog", "standard", 5),
            state=JobState.WAITING,
            price=price,
            fence=0,
            starts=0,
            postponed=0,
            created_at=self.clock,
        )

        async def hold(tx: AsyncConnection) -> ledger.Held:
            await jobs.add(tx, job)
            rules = self.theirs(person, community)
            return await ledger.hold(tx, job.id, job.requester, ledger.Price(price, money), rules, self.clock)

        refusal = held = None
        try:
            held = self.write(hold, crash=crash)
        except Refusal as told:
            refusal = told
        assert (refusal is None) == (no is None), (refusal and refusal.details, no)
        if refusal is not None and no is not None:
            self.check_the_refusal(refusal, no, person, community, (price, bonus, money), now)
        if held is not None:
            assert held.bonus == bonus
            self.hand.entries.append(Entry(job.id, person, community, price, bonus, money, now))

    def check_the_refusal(
        self, refusal: Refusal, no: Said, person: str, community: str, asked: tuple[int, int, int], now: datetime
    ) -> None:
        price, bonus, money = asked
        event(f"{no.kind} {no.window} says no")
        told, used = refusal.details, self.hand.used(no, person, community, now)
        gift = self.hand.gift_left(person, community) if no.kind == "person" else 0
        assert (told["rule"], told["window"], told["limit"]) == (no.kind, no.window.value, no.limit)
        assert (told["used"], told["left"]) == (used, max(0, no.limit - used) + gift)
        wanted = money if no.kind == "budget" else price - bonus if no.kind in {"person", "share"} else price
        opens = told.get("resets_at")
        if wanted > no.limit:
            assert opens is None
            return
        at = datetime.fromisoformat(str(opens)).astimezone(UTC)
        before = at - timedelta(microseconds=1)
        assert at > now
        assert self.hand.used(no, person, community, at) + wanted <= no.limit
        assert self.hand.used(no, person, community, before) + wanted > no.limit

    def capture(self, which: int, crash: bool, times: int) -> None:
        entry = self.one(which)
        if entry is None or entry.state == "released":
            return

        async def capture(tx: AsyncConnection) -> bool:
            for _ in range(times):
                await ledger.capture(tx, entry.id, self.clock)
            await end(tx, entry.id, JobState.DELIVERED)
            return True

        if self.write(capture, crash=crash):
            entry.state = "captured"

    def release(self, which: int, crash: bool, lost: bool) -> None:
        entry = self.one(which)
        if entry is None:
            return
        due = entry.price if entry.state == "held" else 0
        lost = lost and entry.state != "captured"

        async def release(tx: AsyncConnection) -> int:
            back = await ledger.release(tx, entry.id, self.clock)
            if lost:
                await ledger.write_off(tx, entry.id, 1, self.clock)
            if entry.state != "captured":
                await end(tx, entry.id, JobState.FAILED)
            return back

        back = self.write(release, crash=crash)
        if back is not None:
            assert back == due
            if entry.state == "held":
                entry.state = "released"
            entry.lost = entry.lost or lost

    def capture_what_was_given_back(self, which: int) -> None:
        entry = self.one(which)
        if entry is None or entry.state != "released":
            return

        async def capture(tx: AsyncConnection) -> None:
            with pytest.raises(ledger.LedgerError):
                await ledger.capture(tx, entry.id, self.clock)

        self.write(capture, crash=False)

    def reset(self, person: str, community: str, crash: bool) -> None:
        now = self.hand.time(self.clock)

        async def reset(tx: AsyncConnection) -> int:
            return await ledger.reset(tx, Requester(person, community), self.clock)

        if self.write(reset, crash=crash) is not None:
            for entry in self.hand.entries:
                mine = (entry.person, entry.community) == (person, community) and entry.state != "released"
                if mine and (now - entry.at).total_seconds() < 32 * 86400:
                    entry.forgiven = True

    def grant(self, person: str, community: str, amount: int, crash: bool) -> None:
        async def grant(tx: AsyncConnection) -> int:
            return await ledger.grant(tx, Requester(person, community), amount, by="t:mod", now=self.clock)

        has = self.write(grant, crash=crash)
        if has is not None:
            self.hand.gifts[person, community] = self.hand.gifts.get((person, community), 0) + amount
            assert has == self.hand.gift_left(person, community)

    def change_a_limit(self, which: tuple[str, str, Window], limit: int, berlin: bool) -> None:
        self.hand.limits[which] = limit * (10 if which[0] == "budget" else 1)
        self.hand.berlin = berlin

    def leap(self, hours: int, minutes: int) -> None:
        self.clock += timedelta(hours=hours, minutes=minutes)

    def leap_to_midnight(self, short_of: int) -> None:
        wall = on_the_wall(self.clock, self.hand.berlin)
        gone = timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
        self.clock += timedelta(days=1) - gone - timedelta(microseconds=short_of)

    @invariant()
    def the_books_are_right(self) -> None:
        now, self.looks = self.hand.time(self.clock), self.looks + 1
        person, community = PEOPLE[self.looks % 2], COMMUNITIES[self.looks // 6 % 2]

        async def look() -> None:
            async with self.database.read() as tx:
                assert await ledger.audit(tx) == []
                if self.looks % 3:
                    return
                found = await ledger.standings(tx, self.theirs(person, community), self.clock)
                expected = [self.hand.used(said, person, community, now) for said in self.hand.rules()]
                assert [each.used for each in found] == expected

        self.do(look())

    def one(self, which: int) -> Entry | None:
        """One of the latest."""
        return self.hand.entries[-1 - which] if which < len(self.hand.entries) else None


async def end(tx: AsyncConnection, job_id: JobId, state: JobState) -> None:
    await tx.execute(update(job_rows).where(job_rows.c.id == job_id).values(state=state))


LedgerMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=30, deadline=None)
TestLedger = LedgerMachine.TestCase


def test_the_calendar_on_the_wall_is_the_one_that_people_have() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for year in (2024, 2026, 2028, 2100):
        for hours in range(0, 366 * 24, 5):
            at = datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
            assert on_the_wall(at, berlin=True) == at.astimezone(berlin).replace(tzinfo=None)
