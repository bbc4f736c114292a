"""What can be typed: /video, /jobs, /quota, /cancel, /help, /quit; every refusal comes back as its sentence."""

import difflib
from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from bots.console import render
from core.catalogue import Catalogue
from core.db import DatabaseUnavailableError
from core.errors import Refusal
from core.model import Address, GenerationRequest, Habits, Job, JobId, Requester
from core.ordering import OptionError, fill_in, read_order
from core.service import Service
from core.texts import moment, refusal_sentence, say

_MANY = 100
"""More unfinished videos than anyone has."""


class Commands:
    """One person's commands in one conversation."""

    def __init__(
        self,
        service: Service,
        catalogue: Catalogue,
        requester: Requester,
        address: Address,
        *,
        zone: ZoneInfo,
        now: Callable[[], datetime],
        taken: Callable[[Job], None] = lambda _: None,
    ) -> None:
        """`taken` shows each request that is accepted, before anything becomes of it."""
        self._service = service
        self._catalogue = catalogue
        self._requester = requester
        self._address = address
        self._zone = zone
        self._now = now
        self._taken = taken
        self._verbs: dict[str, Callable[[str], Awaitable[str]]] = {
            "/video": self._video,
            "/jobs": self._jobs,
            "/quota": self._quota,
            "/cancel": self._cancel,
            "/help": self._help,
        }

    async def obey(self, line: str) -> str | None:
        """Do what a line says and return the answer; None means that the person wants to leave."""
        verb, _, rest = line.strip().partition(" ")
        if not verb:
            return ""
        if verb in {"/quit", "/exit"}:
            return None
        if not verb.startswith("/"):
            return say("not-a-command")
        if verb not in self._verbs:
            near = difflib.get_close_matches(verb, [*self._verbs, "/quit"], n=1)
            return say("unknown-command", command=verb[:40], near=near[0] if near else None)
        try:
            return await self._verbs[verb](rest.strip())
        except Refusal as refusal:
            return self._refused(refusal)
        except OptionError as wrong:
            return say("option-wrong", option=wrong.option[:40], kind=wrong.kind)
        except DatabaseUnavailableError:
            return say("database-away")

    async def submit(self, request: GenerationRequest) -> Job:
        """Ask for a video in this person's name. Raises `Refusal`."""
        job = await self._service.submit(request, self._requester, self._address)
        self._taken(job)
        return job

    async def job(self, job_id: JobId) -> Job:
        """One of this person's latest videos."""
        return next(job for job in await self._service.jobs(self._requester, limit=_MANY) if job.id == job_id)

    async def under_way(self) -> list[Job]:
        """This person's videos that are not finished, the newest first."""
        return [job for job in await self._service.jobs(self._requester, limit=_MANY) if not job.state.terminal]

    async def _video(self, rest: str) -> str:
        request = fill_in(read_order(rest), Habits(), self._catalogue)
        await self.submit(request)
        return ""

    async def _jobs(self, _: str) -> str:
        return render.jobs(await self._service.jobs(self._requester))

    async def _quota(self, _: str) -> str:
        standing = await self._service.quota(self._requester)
        return say("quota", left=standing.left, limit=standing.limit, resets=self._moment(standing.resets_at))

    async def _cancel(self, rest: str) -> str:
        jobs = [rest.upper()] if rest else [job.id for job in await self.under_way()]
        if len(jobs) != 1:
            return say("which-to-cancel", jobs=", ".join(jobs)) if jobs else say("nothing-to-cancel")
        job = await self._service.cancel(JobId(jobs[0]), by=self._requester)
        return say("cancelling", job=job.id)

    async def _help(self, _: str) -> str:
        return f"{say('help', model=self._catalogue.default.name)}\n\n{render.offers(self._catalogue)}"

    def _refused(self, refusal: Refusal) -> str:
        resets = refusal.details.get("resets_at")
        at = datetime.fromisoformat(resets) if isinstance(resets, str) else None
        return refusal_sentence(refusal, resets=self._moment(at))

    def _moment(self, at: datetime | None) -> str | None:
        return moment(at, self._now(), self._zone) if at else None
