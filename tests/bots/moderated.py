"""What moderators can say, and a clock that tests set: for the tests of /videomod on either platform."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core import limits
from core.db import Database
from core.limits import Action
from core.quota import Limit

SUNDAY = datetime(2027, 3, 27, 23, 30, tzinfo=UTC)
"""Half past midnight in Berlin, on the day that has 23 hours there."""
MIDNIGHT = datetime(2027, 3, 28, 22, 0, tzinfo=UTC)
"""Where that day ends in Berlin, and with it the week."""
APRIL = datetime(2027, 3, 31, 22, 0, tzinfo=UTC)
OPENS = {
    Limit.DAY: MIDNIGHT,
    Limit.WEEK: MIDNIGHT,
    Limit.MONTH: APRIL,
    Limit.LAST_DAY: SUNDAY + timedelta(days=1),
    Limit.LAST_WEEK: SUNDAY + timedelta(days=7),
    Limit.LAST_MONTH: SUNDAY + timedelta(days=30),
    Limit.POOL_DAY: MIDNIGHT,
    Limit.POOL_WEEK: MIDNIGHT,
    Limit.POOL_MONTH: APRIL,
}
"""When there is more again of what was used up at `SUNDAY`, in Berlin."""
SAID = {
    Limit.DAY: "You have used 1 of 1 credits today, and this costs 1 credit. Nothing was charged. "
    "More at 00:00 (in 22 h).",
    Limit.WEEK: "You have used 1 of 1 credits this week, and this costs 1 credit. Nothing was charged. "
    "More at 00:00 (in 22 h).",
    Limit.MONTH: "You have used 1 of 1 credits this month, and this costs 1 credit. Nothing was charged. "
    "More on 2027-04-01 at 00:00.",
    Limit.LAST_DAY: "You have used 1 of 1 credits in the last 24 hours, and this costs 1 credit. Nothing was charged. "
    "More on 2027-03-29 at 01:30.",
    Limit.LAST_WEEK: "You have used 1 of 1 credits in the last 7 days, and this costs 1 credit. Nothing was charged. "
    "More on 2027-04-04 at 01:30.",
    Limit.LAST_MONTH: "You have used 1 of 1 credits in the last 30 days, and this costs 1 credit. Nothing was charged. "
    "More on 2027-04-27 at 01:30.",
    Limit.POOL_DAY: "This community has used 1 of its 1 credits today, and this costs 1 credit. Nothing was charged. "
    "More at 00:00 (in 22 h).",
    Limit.POOL_WEEK: "This community has used 1 of its 1 credits this week, and this costs 1 credit. "
    "Nothing was charged. More at 00:00 (in 22 h).",
    Limit.POOL_MONTH: "This community has used 1 of its 1 credits this month, and this costs 1 credit. "
    "Nothing was charged. More on 2027-04-01 at 00:00.",
}
"""What somebody reads who is refused then."""


@dataclass
class Clock:
    """Shows what it was set to."""

    at: datetime = SUNDAY

    def __call__(self) -> datetime:
        return self.at


async def log_of(database: Database, community: str) -> list[Action]:
    """What a community's log says, the newest first."""
    async with database.read() as tx:
        return await limits.log_of(tx, community, most=100)
