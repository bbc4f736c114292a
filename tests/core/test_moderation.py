"""What moderators do holds for whoever asks next, stays in their community, and is in its log, once for each change."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import ledger, limits, line
from core.db import Database
from core.errors import Refusal, RefusalReason
from core.fairness import Caps
from core.limits import Action
from core.model import Address, GenerationRequest, Job, JobState, Requester
from core.moderation import Deed, read_duration
from core.quota import Limit, Source, Value
from core.service import Service
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import BEGINNING

pytestmark = pytest.mark.both_databases

HERE, THERE = "chat:-1", "chat:-2"
SAM, MIA = Requester("chat:1", HERE), Requester("chat:7", HERE)
BEN = Requester("chat:8", HERE)
POLICY_WITH_ROOM = replace(POLICY, waiting_per_person=9, waiting_total=20)


@dataclass
class Clock:
    """Shows what it was set to."""

    at: datetime = BEGINNING

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def service(database: Database) -> Service:
    return Service(database, catalogue(), POLICY_WITH_ROOM, now=lambda: BEGINNING)


async def ask(service: Service, who: Requester = MIA, *roles: str, where: tuple[str, ...] = ()) -> Job:
    request = GenerationRequest("a lighthouse", "standard", 5)
    return await service.submit(request, who, Address("chat", "-1"), roles=roles, where=where)


async def refused(service: Service, who: Requester = MIA, *roles: str, where: tuple[str, ...] = ()) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        await ask(service, who, *roles, where=where)
    return refusal.value


async def log_of(service: Service, who: Requester = SAM) -> list[str]:
    return [action.action for action in (await service.moderation.log(who)).actions]


async def test_a_limit_is_set_once_and_its_log_says_what_it_was_before(service: Service) -> None:
    moderation = service.moderation
    first = await moderation.set_limit(SAM, Limit.DAY, 2)
    assert first == Action("chat:1", "limit_set", "", BEGINNING, {"limit": "day", "source": "community", "value": 2})
    assert await moderation.set_limit(SAM, Limit.DAY, 2) is None
    again = await moderation.set_limit(SAM, Limit.DAY, 3)
    assert again is not None
    assert again.details["before"] == 2
    assert await log_of(service) == [Deed.LIMIT_SET] * 2


async def test_a_limit_that_is_unset_lets_the_next_in_the_order_be_heard(service: Service) -> None:
    moderation = service.moderation
    await moderation.set_limit(SAM, Limit.DAY, 2)
    assert (await moderation.overview(SAM)).held[Limit.DAY] == Value(2, Source.COMMUNITY)
    assert await moderation.clear_limit(SAM, Limit.DAY) is not None
    assert await moderation.clear_limit(SAM, Limit.DAY) is None
    assert (await moderation.overview(SAM)).held[Limit.DAY] == Value(5, Source.INSTALLATION)


@pytest.mark.parametrize(
    ("limit", "value"), [(Limit.DAY, -1), (Limit.DAY, 1_000_001), (Limit.POOL_SHARE, 0), (Limit.POOL_SHARE, 101)]
)
async def test_what_cannot_be_a_limit_is_refused_and_not_logged(service: Service, limit: Limit, value: int) -> None:
    with pytest.raises(Refusal) as refusal:
        await service.moderation.set_limit(SAM, limit, value)
    assert refusal.value.reason is RefusalReason.LIMIT_OUT_OF_RANGE
    assert await log_of(service) == []


async def test_a_role_is_heard_for_whoever_has_it_and_is_kept_with_their_job(service: Service) -> None:
    await service.moderation.set_limit(SAM, Limit.DAY, 0)
    await service.moderation.set_limit(SAM, Limit.DAY, 1, source=Source.ROLE, subject="chat:role:1")
    assert (await refused(service)).details["source"] == Source.COMMUNITY
    job = await ask(service, MIA, "chat:role:1", "chat:role:2")
    assert (await service.job(job.id)).roles == ("chat:role:1", "chat:role:2")
    assert (await refused(service, MIA, "chat:role:1")).details["source"] == Source.ROLE
    assert (await service.receipt(job)).allowance == 1, "a receipt is of what they were"


async def test_who_is_blocked_can_do_nothing_here_until_it_is_over_and_anything_elsewhere(database: Database) -> None:
    clock = Clock()
    service = Service(database, catalogue(), POLICY_WITH_ROOM, now=clock)
    await service.moderation.set_zone(SAM, "europe/berlin")
    await service.moderation.block(SAM, MIA.person, timedelta(days=7), "spam")
    refusal = await refused(service)
    assert refusal.reason is RefusalReason.BLOCKED
    assert refusal.details == {"reason": "spam", "resets_at": "2026-12-01T13:00:00+01:00"}
    await ask(service, replace(MIA, community=THERE))
    clock.at = BEGINNING + timedelta(days=7, microseconds=-1)
    assert (await refused(service)).reason is RefusalReason.BLOCKED
    clock.at = BEGINNING + timedelta(days=7)
    await ask(service)
    assert await service.moderation.unblock(SAM, MIA.person) is None, "it was over"


async def test_what_somebody_asked_for_before_is_theirs_still_when_they_are_blocked(service: Service) -> None:
    job = await ask(service)
    await service.moderation.block(SAM, MIA.person, None, "")
    assert (await refused(service)).details == {}
    assert (await service.cancel(job.id, by=MIA)).state is JobState.CANCELLED
    assert (await service.moderation.status(SAM)).blocks[0].until is None


async def test_a_pause_takes_nothing_new_and_is_known_to_whoever_lets_begin(
    service: Service, database: Database
) -> None:
    await service.moderation.pause(SAM, "a flood")
    assert (await refused(service)).details == {"reason": "a flood"}
    await ask(service, replace(MIA, community=THERE))
    async with database.read() as tx:
        assert await limits.paused(tx) == {HERE}
    assert await service.moderation.resume(SAM) is not None
    assert await service.moderation.resume(SAM) is None
    await ask(service)


async def test_channels_say_where_and_never_how_much(service: Service) -> None:
    moderation = service.moderation
    await moderation.set_limit(SAM, Limit.DAY, 1)
    await moderation.allow_channel(SAM, "chat:channel:1")
    assert (await refused(service, where=("chat:channel:2",))).details == {"channels": "chat:channel:1"}
    assert (await refused(service)).reason is RefusalReason.WRONG_CHANNEL, "where nobody says where, it is nowhere"
    await ask(service, where=("chat:channel:9", "chat:channel:1"))
    before = (await moderation.overview(SAM)).held
    await moderation.allow_channel(SAM, "chat:channel:2")
    assert await moderation.allow_channel(SAM, "chat:channel:2") is None
    await moderation.close_channel(SAM, "chat:channel:1")
    assert (await refused(service, where=("chat:channel:2",))).reason is RefusalReason.OVER_ALLOWANCE
    await moderation.open_channels(SAM)
    assert (await refused(service)).reason is RefusalReason.OVER_ALLOWANCE
    assert (await moderation.overview(SAM)).held == before


async def test_with_its_last_channel_closed_a_community_is_open_everywhere_and_says_so(service: Service) -> None:
    await service.moderation.allow_channel(SAM, "chat:channel:1")
    closed = await service.moderation.close_channel(SAM, "chat:channel:1")
    assert closed is not None
    assert closed.action == Deed.CHANNELS_OPENED
    assert await service.moderation.close_channel(SAM, "chat:channel:1") is None
    await ask(service)


async def test_what_the_host_says_of_videos_under_way_counts_everywhere_what_moderators_say_here(
    database: Database,
) -> None:
    service = Service(database, catalogue(), replace(POLICY, credits_per_day=9, waiting_per_person=2), now=Clock())
    await ask(service, replace(MIA, community=THERE))
    await ask(service)
    assert (await refused(service)).details == {"limit": 2}
    await service.moderation.set_limit(SAM, Limit.WAITING, 2)
    await ask(service)
    assert (await refused(service)).reason is RefusalReason.TOO_MANY_WAITING


async def test_a_community_may_have_only_so_many_under_way(service: Service) -> None:
    await service.moderation.set_limit(SAM, Limit.POOL_WAITING, 2)
    await ask(service)
    await ask(service, replace(MIA, community=THERE))
    job = await ask(service, BEN)
    assert (await refused(service, BEN)).reason is RefusalReason.COMMUNITY_FULL
    await service.cancel(job.id, by=BEN)
    await ask(service, BEN)


async def test_a_moderator_stops_any_job_of_the_community_and_none_of_another(
    service: Service, database: Database
) -> None:
    here, elsewhere = await ask(service), await ask(service, replace(MIA, community=THERE))
    assert (await service.moderation.cancel(SAM, here.id)).subject == MIA.person
    assert (await service.job(here.id)).state is JobState.CANCELLED
    assert (await service.quota(MIA)).used == 1, "it was given back"
    for job_id, reason in ((here.id, RefusalReason.ALREADY_OVER), (elsewhere.id, RefusalReason.NOT_FOUND)):
        with pytest.raises(Refusal) as refusal:
            await service.moderation.cancel(SAM, job_id)
        assert refusal.value.reason is reason
    assert await log_of(service) == [Deed.CANCELLED]
    async with database.read() as tx:
        assert await ledger.audit(tx) == []


async def test_gifts_and_pardons_are_for_this_community_and_say_how_much(service: Service) -> None:
    await service.moderation.set_limit(SAM, Limit.DAY, 1)
    given = await service.moderation.grant(SAM, MIA.person, 1)
    assert (given.details["credits"], given.details["left"]) == (1, 1)
    await ask(service)
    await ask(service)
    assert (await refused(service)).reason is RefusalReason.OVER_ALLOWANCE
    pardoned = await service.moderation.reset(SAM, MIA.person)
    assert pardoned.details["credits"] == 1
    await ask(service)
    for amount in (0, -1, 1_000_001):
        with pytest.raises(Refusal):
            await service.moderation.grant(SAM, MIA.person, amount)
    assert (await service.quota(replace(MIA, community=THERE))).bonus == 0


async def test_status_tells_what_goes_on_here_alone(service: Service) -> None:
    await service.moderation.set_limit(SAM, Limit.POOL_WEEK, 10)
    job = await ask(service)
    await ask(service, replace(MIA, community=THERE))
    state = await service.moderation.status(SAM)
    assert (state.waiting, state.running, [each.id for each in state.under_way]) == (1, 0, [job.id])
    ((rule, standing),) = state.pools
    assert (rule.limit, standing.used, standing.left) == (10, 1, 9)
    assert state.zone == ZoneInfo("UTC")


async def test_somebody_is_found_by_the_handle_that_was_last_seen_with_them(service: Service) -> None:
    moderation = service.moderation
    await moderation.meet("chat:7", "Mia\n\u202e", "Mia_M")
    assert await moderation.named("mia_m") == "chat:7"
    assert await moderation.names({"chat:7", "chat:9"}) == {"chat:7": "Mia"}
    await moderation.meet("chat:8", "Ben", "mia_m")
    assert await moderation.named("MIA_M") == "chat:8"
    await moderation.meet("chat:8", "Ben", None)
    assert await moderation.named("mia_m") is None


@pytest.mark.parametrize(
    ("text", "minutes"), [("30m", 30), ("12h", 720), ("7d", 10_080), ("2w", 20_160), (" 1 D ", 1440)]
)
def test_a_duration_is_read_as_people_write_it(text: str, minutes: int) -> None:
    assert read_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "7 years", "99999d", "1d2h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        read_duration(text)
    assert refusal.value.reason is RefusalReason.DURATION_UNKNOWN


async def test_who_bears_a_role_with_a_larger_part_of_the_line_is_served_so_much_more(
    service: Service, database: Database
) -> None:
    await service.moderation.set_limit(SAM, Limit.WEIGHT, 200, source=Source.ROLE, subject="chat:role:1")
    for _ in range(5):
        await ask(service, BEN)
        await ask(service, MIA, "chat:role:1")
    order = []
    for at_once in range(1, 7):
        async with database.begin() as tx:
            order += await line.admit(tx, service.providers, Caps(), at_once=at_once, now=BEGINNING)
    whose = [(await service.job(job)).requester.person for job in order]
    assert whose.count(MIA.person) == 2 * whose.count(BEN.person)


@pytest.mark.parametrize(("limit", "value"), [(Limit.WEIGHT, 0), (Limit.WEIGHT, 1001), (Limit.POOL_SHARE, 101)])
async def test_what_cannot_be_is_not_set(service: Service, limit: Limit, value: int) -> None:
    with pytest.raises(Refusal) as refusal:
        await service.moderation.set_limit(SAM, limit, value)
    assert refusal.value.reason is RefusalReason.LIMIT_OUT_OF_RANGE
    assert await log_of(service) == []
