"""What the simulator remembers of each generation: story, ticket, addresses. Bounded; the oldest goes first."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from core.simulator.orders import Order
from core.simulator.script import draw
from core.simulator.story import FAILED, FINISHED, Telling, Turn, tell

Role = Literal["video", "preview", "poster"]
_ROLES: tuple[Role, ...] = ("video", "preview", "poster")


@dataclass(slots=True)
class Job:
    """One generation. It goes on by the clock, whoever listens."""

    order: Order
    telling: Telling
    values: Mapping[str, str]
    """What was drawn for it: ids, and addresses as links name them."""
    paths: Mapping[str, Role]
    """Where this server has its files."""
    created: datetime
    born: float
    """The loop's time when it began."""
    polls: int = 0

    @property
    def ticket(self) -> str | None:
        """What it can be asked for by; None in a dialect that tells none."""
        return self.values.get("task")

    def turn(self, elapsed: float) -> Turn:
        """Where it stands `elapsed` seconds (at speed 1) after it began."""
        return next(turn for turn in reversed(self.telling.turns) if turn.at <= elapsed)

    def answer_to_poll(self, elapsed: float) -> Turn:
        """Where `/source` says that it stands, which the fault `pending` delays. Each call counts as one poll."""
        self.polls += 1
        turn = self.turn(elapsed)
        late = turn.status in {FINISHED, FAILED} and self.polls <= self.order.faults.get("pending", 0)
        return self.telling.turns[-2] if late else turn


def begin(order: Order, base: str, created: datetime, born: float) -> Job:
    """Make a job of an order: draw its ids and addresses, and tell its story.

    `base` is this server's address, `created` the moment in UTC, `born` the same on the loop's clock.
    """
    values = {name: draw(pattern, created) for name, pattern in order.script.ids.items()}
    paths: dict[str, Role] = {}
    host = order.faults.get("private_link")
    for role in _ROLES:
        if role in values:
            path = urlsplit(values[role]).path
            paths[path] = paths[_download(path)] = role
            values[role] = (f"http://{host}" if host else base) + values[role]
            values[f"{role}_download"] = _download(values[role])
    values["base"] = base
    return Job(order, tell(order, values, created), values, paths, created, born)


def _download(address: str) -> str:
    """The twin of an address under which the same file comes as a download."""
    return address.replace("/cdn/", "/cdn/download/", 1)


class JobBook:
    """The latest jobs by ticket and by the paths of their files."""

    def __init__(self, *, jobs_kept: int) -> None:
        self._jobs: OrderedDict[int, Job] = OrderedDict()
        self._by_ticket: dict[str, Job] = {}
        self._by_path: dict[str, Job] = {}
        self._jobs_kept = jobs_kept

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> None:
        """Remember a job; beyond the limit the oldest is forgotten, with its ticket and its files."""
        self._jobs[id(job)] = job
        if job.ticket:
            self._by_ticket[job.ticket] = job
        self._by_path |= dict.fromkeys(job.paths, job)
        while len(self._jobs) > self._jobs_kept:
            _, oldest = self._jobs.popitem(last=False)
            if oldest.ticket:
                del self._by_ticket[oldest.ticket]
            for path in oldest.paths:
                del self._by_path[path]

    def by_ticket(self, ticket: str) -> Job | None:
        """The job that was named so in a stream."""
        return self._by_ticket.get(ticket)

    def by_path(self, path: str) -> Job | None:
        """The job whose file this path names."""
        return self._by_path.get(path)
