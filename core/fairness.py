"""Who is next: fair between communities first, then between the people of each; pure.

Self-clocked fair queueing (Golestani, INFOCOM 1994) on two levels. Every community, and in it every person, carries a
tag: how much service it has had, divided by its weight. Whoever would have the lowest tag after its next video is
next, and a clock follows the tags that were served. Who comes back after a pause begins at the clock, so that nobody
saves up turns; and each video that is served moves the clock on, so that no stream of newcomers, all with an empty
past, keeps a regular waiting for ever.
"""

import heapq
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from core.model import JobId

UNIT: Final = 1_000_000
"""What one credit of service adds to a tag at weight 1: tags are integers, so that they are the same everywhere."""
INSTALLATION: Final = ""
"""The level on which communities are flows."""
WHOLE: Final = 1000
"""The weight of somebody without a special role who has not used anything lately, in thousandths."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One job in line."""

    job: JobId
    community: str
    person: str
    provider: str
    cost: int
    """Credits; a free one counts as 1, since it takes its place all the same."""
    since: datetime
    cap: int | None = None
    """How many its person may have running in its community, where that was said; None: as many as everybody."""
    weight: int = WHOLE
    """Of its person among the people of the community, in thousandths."""
    relaxed: bool = False
    """Whether it stands in the relaxed lane: served only when nobody of its community waits in the standard one."""
    first: bool = False
    """Whether it was interrupted by us: it goes before everything else."""


HALF_LIFE: Final = timedelta(hours=6)
"""After so long half of what somebody had counts no more."""


def decayed(amount: int, since: timedelta) -> int:
    """What still counts of an amount of service; a clock that stepped back makes it no more than it was."""
    return int(amount * 0.5 ** (max(since, timedelta(0)) / HALF_LIFE))


def weight_of(role: int, recent: int, typical: int) -> int:
    """A person's weight in thousandths: `role`'s, halved where they had `typical` credits of service `recent`ly.

    Never 0, so that nobody is shut out by having used much: they only get less while others want something.
    """
    return max(1, role * typical // (typical + recent)) if typical else max(1, role)


@dataclass(frozen=True, slots=True)
class Caps:
    """How much may run at once. None: no cap."""

    each_person: int | None = None
    """Everywhere together."""
    each_community: int | None = None
    provider: Mapping[str, int] = field(default_factory=dict)
    communities: Mapping[str, int] = field(default_factory=dict)
    """What some communities may have running, in the place of `each_community`."""
    paused: Collection[str] = ()
    """Communities of which nothing may begin."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What is remembered from one pick to the next: a tag a flow, a clock a level."""

    tags: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By level and flow: `(INSTALLATION, community)` and `(community, person)`."""
    clocks: Mapping[str, int] = field(default_factory=dict)
    """By level: the tag that was served last."""

    def joined(self, community: str, person: str, *, alone: bool, first_of_community: bool) -> "Shares":
        """Somebody gets in line. `alone`: nothing else of theirs waits; `first_of_community`: nothing of anybody's."""
        tags = dict(self.tags)
        if alone:
            _no_earlier_than_the_clock(tags, self.clocks, community, person)
        if first_of_community:
            _no_earlier_than_the_clock(tags, self.clocks, INSTALLATION, community)
        return replace(self, tags=tags)


def _no_earlier_than_the_clock(
    tags: dict[tuple[str, str], int], clocks: Mapping[str, int], level: str, flow: str
) -> None:
    tags[level, flow] = max(tags.get((level, flow), 0), clocks.get(level, 0))


@dataclass(frozen=True, slots=True)
class Choice:
    """Who begins now, in order, and what is to be remembered."""

    chosen: tuple[Candidate, ...]
    shares: Shares


Running = Mapping[tuple[str, str], int]
"""How many run, by `("person", name)`, `("member", member)`, `("community", name)` and `("provider", name)`."""


def member(community: str, person: str) -> str:
    """Somebody in a community, under one name."""
    return f"{community}\n{person}"


def running_of(candidates: Iterable[Candidate]) -> Counter[tuple[str, str]]:
    """What it comes to when all of these run."""
    counted: Counter[tuple[str, str]] = Counter()
    for each in candidates:
        counted.update(_counted(each))
    return counted


def _counted(candidate: Candidate) -> Iterator[tuple[str, str]]:
    """As what it counts while it runs."""
    yield "person", candidate.person
    yield "member", member(candidate.community, candidate.person)
    yield "community", candidate.community
    yield "provider", candidate.provider


def pick(waiting: Iterable[Candidate], running: Running, shares: Shares, caps: Caps, *, room: int) -> Choice:
    """Choose up to `room` of those who wait, so that no cap is exceeded with what runs already."""
    line = _Line(waiting, running, shares, caps)
    chosen: list[Candidate] = []
    while len(chosen) < room and (candidate := line.next()) is not None:
        chosen.append(candidate)
    return Choice(tuple(chosen), line.shares())


def order(waiting: Sequence[Candidate], shares: Shares, paused: Collection[str] = ()) -> tuple[Candidate, ...]:
    """All who wait in the order in which they will be served if nobody else comes: what a place in line means.

    Those of paused communities come last, since nobody knows when they go on; what they are owed is not forgotten.
    """
    served = pick(waiting, {}, shares, Caps(paused=paused), room=len(waiting)).chosen
    rest = [each for each in waiting if each.community in paused]
    return served + pick(rest, {}, shares, Caps(), room=len(rest)).chosen


def _flows_of(candidate: Candidate) -> tuple[tuple[str, str], tuple[str, str]]:
    return (INSTALLATION, candidate.community), (candidate.community, candidate.person)


class _Line:
    """The line while it is served: once somebody may not begin, nobody's end can change that before the next pick."""

    def __init__(self, waiting: Iterable[Candidate], running: Running, shares: Shares, caps: Caps) -> None:
        self._tags, self._clocks = dict(shares.tags), dict(shares.clocks)
        self._room = Room(caps, running)
        self._first: deque[Candidate] = deque()
        self._communities: dict[str, _Community] = {}
        for candidate in sorted(waiting, key=lambda each: (each.since, each.job)):
            for level, flow in _flows_of(candidate):
                self._tags.setdefault((level, flow), self._clocks.get(level, 0))
            if candidate.first:
                self._first.append(candidate)
            else:
                community = candidate.community
                if community not in self._communities:
                    self._communities[community] = _Community()
                self._communities[community].add(candidate)
        self._turns: list[tuple[int, datetime, str]] = []
        self._served: set[tuple[str, str]] = set()
        self._unordered = True

    def next(self) -> Candidate | None:
        """Serve one; None where nobody may begin."""
        while self._first:
            interrupted = self._first.popleft()
            if self._room.has(interrupted):
                return self._serve(interrupted)
        if self._unordered:
            self._put_in_order()
        while self._turns:
            *turn, name = heapq.heappop(self._turns)
            candidate = self._peek(name)
            if candidate is None:
                continue
            if [self._root_finish(candidate), candidate.since] != turn:  # the cap of its person was reached elsewhere
                self._line_up(name)
                continue
            self._communities[name].drop(candidate)
            self._serve(candidate)
            self._line_up(name)
            return candidate
        return None

    def shares(self) -> Shares:
        """What is remembered. Who was not served, waits no more and is not ahead would begin at the clock anyhow."""
        waiting = self._served | {
            flow
            for candidate in (*self._first, *(each for group in self._communities.values() for each in group.all()))
            for flow in _flows_of(candidate)
        }
        kept = {flow: tag for flow, tag in self._tags.items() if flow in waiting or tag > self._clocks.get(flow[0], 0)}
        return Shares(kept, self._clocks)

    def _put_in_order(self) -> None:
        for community in self._communities.values():
            community.put_in_order(self._finish)
        self._turns.clear()
        for name in self._communities:
            self._line_up(name)
        self._unordered = False

    def _line_up(self, name: str) -> None:
        candidate = self._peek(name)
        if candidate is not None:
            heapq.heappush(self._turns, (self._root_finish(candidate), candidate.since, name))

    def _peek(self, name: str) -> Candidate | None:
        return self._communities[name].peek(self._room.has, self._finish)

    def _root_finish(self, candidate: Candidate) -> int:
        return self._finish_of(INSTALLATION, candidate.community, candidate.cost, WHOLE)

    def _finish(self, candidate: Candidate) -> int:
        return self._finish_of(candidate.community, candidate.person, candidate.cost, candidate.weight)

    def _finish_of(self, level: str, flow: str, cost: int, weight: int) -> int:
        """The tag of a flow after this video."""
        return self._tags[level, flow] + max(cost, 1) * UNIT * WHOLE // weight

    def _serve(self, candidate: Candidate) -> Candidate:
        self._room.take(candidate)
        self._served.update(_flows_of(candidate))
        # What was next of somebody may be another, cheaper one now, which moves its person forward.
        self._unordered |= candidate.first or self._room.is_full(candidate.provider)
        for level, flow, tag in (
            (INSTALLATION, candidate.community, self._root_finish(candidate)),
            (candidate.community, candidate.person, self._finish(candidate)),
        ):
            self._tags[level, flow] = tag
            self._clocks[level] = max(self._clocks.get(level, 0), tag)
        return candidate


class _Community:
    """The people of one community who wait, by lane, each behind their own oldest job."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[bool, str], list[Candidate]] = {}
        self._lanes: dict[bool, list[tuple[int, datetime, str]]] = {False: [], True: []}

    def all(self) -> Iterator[Candidate]:
        """Everybody's jobs."""
        for theirs in self._jobs.values():
            yield from theirs

    def add(self, candidate: Candidate) -> None:
        """At the end of its person's jobs in its lane."""
        self._jobs.setdefault((candidate.relaxed, candidate.person), []).append(candidate)

    def put_in_order(self, finish: Callable[[Candidate], int]) -> None:
        """Give everybody their turn by the tag of their next job."""
        for turns in self._lanes.values():
            turns.clear()
        for (relaxed, person), theirs in self._jobs.items():
            if theirs:
                heapq.heappush(self._lanes[relaxed], (finish(theirs[0]), theirs[0].since, person))

    def peek(self, has_room: Callable[[Candidate], bool], finish: Callable[[Candidate], int]) -> Candidate | None:
        """Whose turn it is, of those who may begin; whoever may not has no more turn in this pick."""
        for relaxed, turns in self._lanes.items():
            while turns:
                tag, since, person = turns[0]
                candidate = next(filter(has_room, self._jobs[relaxed, person]), None)
                if candidate is None:
                    heapq.heappop(turns)
                elif (now := (finish(candidate), candidate.since)) != (tag, since):
                    heapq.heapreplace(turns, (*now, person))  # they were served since, or a provider is full
                else:
                    return candidate
        return None

    def drop(self, candidate: Candidate) -> None:
        """It is served."""
        self._jobs[candidate.relaxed, candidate.person].remove(candidate)


class Room:
    """What may still begin beside what runs."""

    def __init__(self, caps: Caps, running: Running) -> None:
        self.caps = caps
        self._running = Counter(running)

    def take(self, candidate: Candidate) -> None:
        """One more runs."""
        self._running.update(_counted(candidate))

    def is_full(self, provider: str) -> bool:
        """Whether nobody else may begin with this provider."""
        return self._reached(self.caps.provider.get(provider), "provider", provider)

    def is_at_cap(self, community: str) -> bool:
        """Whether nobody else of this community may begin."""
        most = self.caps.communities.get(community, self.caps.each_community)
        return community in self.caps.paused or self._reached(most, "community", community)

    def has(self, candidate: Candidate) -> bool:
        """Whether one more may begin."""
        if candidate.cap is not None:
            own = self._reached(candidate.cap, "member", member(candidate.community, candidate.person))
        else:
            own = self._reached(self.caps.each_person, "person", candidate.person)
        return not (own or self.is_at_cap(candidate.community) or self.is_full(candidate.provider))

    def _reached(self, cap: int | None, kind: str, name: str) -> bool:
        return cap is not None and self._running.get((kind, name), 0) >= cap
