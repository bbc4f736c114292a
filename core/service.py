"""What people can ask: submit, cancel, jobs, quota, receipt. Each is one transaction."""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from core import allowances, communities, door, drafts, jobs, ledger, people
from core.budget import Budget
from core.catalogue import Catalogue
from core.db import Database, Turn, take_turn
from core.drafts import Draft
from core.errors import Refusal, RefusalReason
from core.fairness import Caps
from core.line import Place, in_order, interrupted, join, stand
from core.model import (
    Address,
    GenerationRequest,
    Habits,
    Job,
    JobId,
    JobState,
    Receipt,
    Requester,
    Video,
    Visibility,
    Wishes,
)
from core.moderation import Moderation
from core.policy import Policy
from core.quota import Allowances

__all__ = ["Line", "Policy", "Service"]

REASON_LIMIT: Final = 500
"""Characters of what somebody says about a video that they report."""
HABITS_KEPT: Final = 10_000
"""People whose habits are known without asking the database."""
TIMINGS_LIFE: Final = timedelta(seconds=30)
TIMINGS_LEAST: Final = 3
"""Videos of a kind that must have been made before anything is said about how long they take."""

_SAME_MOMENT: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """The line as somebody sees it: how many wait, how many are being made, and their own with their places."""

    waiting: int
    running: int
    mine: tuple[tuple[Job, int], ...]


class Service:
    """The counter at which people ask; it knows no platform, and nothing here waits for an upstream."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        policy: Policy,
        *,
        now: Callable[[], datetime],
    ) -> None:
        """Raises `ConfigurationError` where there is a budget, and something on offer has no price to the host."""
        if policy.budget_per_month is not None:
            catalogue.require_costs()
        self._database = database
        self._catalogue = catalogue
        self._policy = policy
        self._now = now
        self.wake: Callable[[], None] = lambda: None
        """Called after each change; the worker's, once there is one."""
        self.forget: Callable[[Video], None] = lambda _: None
        """Called with the file of a video that was taken away."""
        self.link_of: Callable[[Job], str | None] = lambda _: None
        """Where people may fetch a job's film themselves; the worker's, which knows the upstreams."""
        self.budget = Budget()
        """Who hears of the host's money; its alarm is the host's."""
        self.moderation = Moderation(database, policy, now=now, changed=self._something_changed)
        """What moderators can ask; whoever asks it has made sure that they are."""
        self._draining = False
        self._latest: datetime | None = None
        self._habits: OrderedDict[str, Habits] = OrderedDict()
        self._timings: dict[tuple[str, int], tuple[datetime, tuple[int, int] | None]] = {}

    async def submit(
        self,
        request: GenerationRequest,
        requester: Requester,
        address: Address,
        *,
        job_id: JobId | None = None,
        wishes: Wishes = Wishes(),  # noqa: B008 - frozen
        asked_by: str | None = None,
        roles: Collection[str] = (),
        where: Collection[str] = (),
    ) -> Job:
        """Take a request: limits, price, hold and row in one transaction, or nothing at all.

        With a `job_id` that is known, the same request gives the job there is; `asked_by` names what somebody did to
        ask for it, and what was done once gives the same job however often it is told. What goes on from a job that we
        interrupted (`wishes.parent`) and asks for the same goes before everybody and costs nothing. `roles`: what they
        are where they ask, by names that limits are set for; `where`: the names of that place, as channels are allowed.
        Raises `Refusal`.
        """
        async with self._database.begin() as tx:
            await take_turn(tx, Turn.LINE)
            if asked_by is not None and (known := await jobs.asked(tx, asked_by)) is not None:
                return known
            if job_id is not None and (known := await jobs.get(tx, job_id)) is not None:
                if (known.request, known.requester) != (request, requester):
                    raise Refusal(RefusalReason.SAME_ID_OTHER_REQUEST)
                return known
            if self._draining:
                raise Refusal(RefusalReason.DRAINING)
            if await ledger.stopped(tx) is not None:
                raise Refusal(RefusalReason.BOOKS_CLOSED)
            now = self._now()
            await door.let_in(tx, requester, where, self._policy, now=now)
            lost, known = await interrupted(tx, request, requester, wishes)
            if known is not None:
                return known
            if lost is None:
                await door.find_room(tx, requester, roles, self._policy)
            place = await self._get_in_line(tx, requester, roles, now)
            job = Job(
                id=job_id or await jobs.free_id(tx),
                requester=requester,
                address=address,
                request=request,
                state=JobState.WAITING,
                price=self._catalogue.price(request) if lost is None else 0,
                fence=0,
                starts=0,
                postponed=0,
                created_at=self._arrival(now),
                wishes=wishes,
                relaxed=place.relaxed,
                front=lost is not None,
                tries=1 if lost is None else lost.tries + 1,
                roles=tuple(sorted(set(roles))),
            )
            await jobs.add(tx, job, asked_by=asked_by, weight=place.weight)
            await stand(tx, [(requester.community, requester.person)])
            if lost is None:
                rules = await allowances.rules_of(tx, self._policy, requester, roles)
            else:
                rules = self._policy.budget()
            price = ledger.Price(job.price, self._catalogue.cost(request))
            with self.budget.heeded():
                held = await ledger.hold(tx, job.id, requester, price, rules, now)
        self.budget.spent(held.budget, price.money)
        self.wake()
        return job

    async def cancel(self, job_id: JobId, *, by: Requester) -> Job:
        """Stop somebody's own job: one that waits is over at once, one that is being made a moment later.

        Raises `Refusal` (`NOT_FOUND`, `NOT_YOURS`, `ALREADY_OVER`).
        """
        async with self._database.begin() as tx:
            await take_turn(tx, Turn.LINE)
            job = await jobs.get(tx, job_id)
            if job is None:
                raise Refusal(RefusalReason.NOT_FOUND)
            if job.requester.person != by.person:
                raise Refusal(RefusalReason.NOT_YOURS)
            job = await door.show_out(tx, job, now=self._now())
        self.wake()
        return job

    async def jobs(self, requester: Requester, *, limit: int = 10, state: JobState | None = None) -> list[Job]:
        """Somebody's jobs, the newest first; with a `state`, those that stand so."""
        async with self._database.read() as tx:
            return await jobs.of_person(tx, requester.person, limit=limit, state=state)

    async def quota(self, requester: Requester, roles: Collection[str] = ()) -> Allowances:
        """What somebody has used and has left where they ask, rule by rule."""
        async with self._database.read() as tx:
            return await allowances.allowances(tx, self._policy, requester, self._now(), roles)

    async def receipts(self, requester: Requester, *, limit: int = 10) -> list[ledger.Booked]:
        """What somebody's latest jobs came to, the newest first."""
        async with self._database.read() as tx:
            return await ledger.latest(tx, requester.person, limit=limit)

    async def receipt(self, job: Job) -> Receipt:
        """What a job costs by the books, and what its person has left."""
        async with self._database.read() as tx:
            return await allowances.receipt(tx, self._policy, job, self._now())

    async def job(self, job_id: JobId) -> Job:
        """One job as it stands. Raises `Refusal(NOT_FOUND)`."""
        async with self._database.read() as tx:
            job = await jobs.get(tx, job_id)
        if job is None:
            raise Refusal(RefusalReason.NOT_FOUND)
        return job

    async def move(self, job_id: JobId, address: Address) -> None:
        """Its answer goes elsewhere from now on."""
        async with self._database.begin() as tx:
            await jobs.move(tx, job_id, address)

    async def move_community(self, old: str, new: str, readdress: Callable[[Address], Address]) -> None:
        """A community has another name now, and its answers go where `readdress` says. Repeating it changes nothing."""
        async with self._database.begin() as tx:
            await take_turn(tx, Turn.LINE)  # whoever asks there meanwhile is moved with the rest, or comes after it
            await communities.move(tx, old, new, readdress)

    async def show_again(self, job_id: JobId, address: Address, *, by: Requester) -> Job:
        """Bring a finished video to where its person asks for it now; nothing is charged for that.

        Raises `Refusal` (`NOT_FOUND`, `NOT_YOURS`, `NOT_MADE`).
        """
        async with self._database.begin() as tx:
            job = await self._own(tx, job_id, by)
            await jobs.move(tx, job_id, address)
            if job.state in {JobState.UNDELIVERED, JobState.DELIVERING}:
                await jobs.deliver_again(tx, job_id, now=self._now())
            job = await jobs.get(tx, job_id) or job
        self.wake()
        return job

    async def make_private(self, job_id: JobId, *, by: Requester, moderator: bool = False) -> Job:
        """Only its person is to see it from now on. Raises `Refusal` (`NOT_FOUND`, `NOT_YOURS`, `NOT_OVER_YET`)."""
        async with self._database.begin() as tx:
            job = await self._own_and_over(tx, job_id, by, moderator=moderator)
            await jobs.show_to(tx, job_id, Visibility.PRIVATE)
        return replace(job, wishes=replace(job.wishes, visibility=Visibility.PRIVATE))

    async def remove(self, job_id: JobId, *, by: Requester, moderator: bool = False) -> Job:
        """Take a finished video away, its file too. Raises `Refusal` (`NOT_FOUND`, `NOT_YOURS`, `NOT_OVER_YET`)."""
        async with self._database.begin() as tx:
            job = await self._own_and_over(tx, job_id, by, moderator=moderator)
            await jobs.remove(tx, job_id, now=self._now())
        if job.video is not None:
            self.forget(job.video)
        return replace(job, removed_at=self._now(), video=None)

    async def report(self, job_id: JobId, reason: str, *, by: Requester) -> bool:
        """Write down that somebody finds a video wrong; False where they had said so before.

        Raises `Refusal` (`NOT_FOUND`).
        """
        async with self._database.begin() as tx:
            if await jobs.get(tx, job_id) is None:
                raise Refusal(RefusalReason.NOT_FOUND)
            return await people.report(tx, job_id, by.person, reason[:REASON_LIMIT], now=self._now())

    async def line(self, requester: Requester) -> Line:
        """What the line looks like, and where somebody's own jobs stand in it."""
        async with self._database.read() as tx:
            waiting = await in_order(tx, self.providers)
            running = await jobs.running(tx)
            mine = await jobs.waiting_of(tx, requester.person)
        places = {job_id: place for place, job_id in enumerate(waiting, 1)}
        theirs = sorted(((job, places[job.id]) for job in mine), key=lambda each: each[1])
        return Line(waiting=len(waiting), running=running, mine=tuple(theirs))

    async def usually(self, model: str, seconds: int) -> tuple[int, int] | None:
        """Seconds that half, and nine of ten, of the latest videos of this kind took; None while there are too few."""
        known = self._timings.get((model, seconds))
        now = self._now()
        if known is None or now - known[0] > TIMINGS_LIFE:
            async with self._database.read() as tx:
                took = await jobs.durations(tx, model, seconds)
            spread = (took[len(took) // 2], took[len(took) * 9 // 10]) if len(took) >= TIMINGS_LEAST else None
            known = self._timings[model, seconds] = (now, spread)
        return known[1]

    async def habits(self, person: str) -> Habits:
        """What somebody gets when they do not say."""
        async with self._database.read() as tx:
            return self._remember(person, await people.habits_of(tx, person))

    def known_habits(self, person: str) -> Habits | None:
        """The same for what cannot wait; None where it is not known without asking anybody."""
        return self._habits.get(person)

    async def set_habits(self, person: str, habits: Habits) -> None:
        """Remember what somebody wants to get when they do not say."""
        async with self._database.begin() as tx:
            await people.set_habits(tx, person, habits)
        self._remember(person, habits)

    def _remember(self, person: str, habits: Habits) -> Habits:
        self._habits[person] = habits
        self._habits.move_to_end(person)
        if len(self._habits) > HABITS_KEPT:
            self._habits.popitem(last=False)
        return habits

    @property
    def database(self) -> Database:
        """Where all of it is, for a platform that keeps rows of its own."""
        return self._database

    async def mark(self, name: str) -> str | None:
        """What the program remembered under a name."""
        async with self._database.read() as tx:
            return await people.mark(tx, name)

    async def set_mark(self, name: str, value: str) -> None:
        """Remember something for the next start."""
        async with self._database.begin() as tx:
            await people.set_mark(tx, name, value)

    async def secret(self, name: str) -> bytes:
        """A key of 32 bytes that was drawn once and is the same from then on."""
        async with self._database.begin() as tx:
            known = await people.mark(tx, name)
            if known is None:
                known = secrets.token_hex(32)
                await people.set_mark(tx, name, known)
        return bytes.fromhex(known)

    async def keep_draft(self, draft: Draft) -> Draft:
        """Write down a request in the making; what is known under its id already stays as it is."""
        async with self._database.begin() as tx:
            return await drafts.keep(tx, draft)

    async def draft(self, draft_id: str) -> Draft | None:
        """A request in the making; None where there is none any more."""
        async with self._database.read() as tx:
            return await drafts.get(tx, draft_id)

    async def change_draft(self, draft_id: str, how: Callable[[Draft], Draft]) -> Draft | None:
        """Change a request in the making, in one step; None where there is none any more."""
        async with self._database.begin() as tx:
            return await drafts.change(tx, draft_id, how)

    async def drop_draft(self, draft_id: str) -> None:
        """Forget a request in the making."""
        async with self._database.begin() as tx:
            await drafts.drop(tx, draft_id)

    async def _own(self, tx: AsyncConnection, job_id: JobId, by: Requester, *, moderator: bool = False) -> Job:
        job = await jobs.get(tx, job_id)
        if job is None:
            raise Refusal(RefusalReason.NOT_FOUND)
        if job.requester.person == by.person:
            return job
        if not moderator:
            raise Refusal(RefusalReason.NOT_YOURS)
        if job.requester.community != by.community:
            raise Refusal(RefusalReason.NOT_FOUND)
        return job

    async def _own_and_over(self, tx: AsyncConnection, job_id: JobId, by: Requester, *, moderator: bool) -> Job:
        job = await self._own(tx, job_id, by, moderator=moderator)
        if not job.state.terminal:
            raise Refusal(RefusalReason.NOT_OVER_YET)
        return job

    def worth(self, job: Job) -> int:
        """What a job is priced at, in credits, whatever its person paid; 0 where the catalogue has it no longer."""
        model = self._catalogue.models.get(job.request.model)
        return model.lengths.get(job.request.seconds, 0) if model is not None else 0

    @property
    def caps(self) -> Caps:
        """How much may run at once."""
        return self._policy.caps

    @property
    def providers(self) -> Mapping[str, str]:
        """The upstream of each model."""
        return {name: entry.provider for name, entry in self._catalogue.models.items()}

    def _arrival(self, now: datetime) -> datetime:
        """When a job came: of two at the same moment the one that was taken first came first."""
        if self._latest is None or not timedelta(0) <= self._latest - now < _SAME_MOMENT:
            self._latest = now
        else:
            self._latest += timedelta(microseconds=1)
        return self._latest

    def _something_changed(self) -> None:
        self.wake()

    def drain(self) -> None:
        """Take nothing new from now on; the program is about to stop."""
        self._draining = True

    async def _get_in_line(
        self, tx: AsyncConnection, requester: Requester, roles: Collection[str], now: datetime
    ) -> Place:
        typical, relaxed_after = self._policy.credits_per_day, self._policy.relaxed_after
        weight = await door.weight_of(tx, requester, roles)
        return await join(tx, requester, role=weight, typical=typical, relaxed_after=relaxed_after, now=now)
