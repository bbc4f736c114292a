"""What somebody may have where they ask: the host's policy and what moderators set, told by the books."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from core import ledger, limits
from core.model import Job, Receipt, Requester
from core.policy import Policy
from core.quota import Allowances, Rule


async def rules_of(tx: AsyncConnection, policy: Policy, who: Requester, roles: Collection[str] = ()) -> list[Rule]:
    """What binds somebody, in the order in which it is asked."""
    settings = await limits.settings_of(tx, who.community)
    zone = (await limits.community_of(tx, who.community)).zone
    return policy.rules(who, roles, settings, zone)


async def allowances(
    tx: AsyncConnection, policy: Policy, who: Requester, now: datetime, roles: Collection[str] = ()
) -> Allowances:
    """What somebody has used and has left, rule by rule."""
    rules = await rules_of(tx, policy, who, roles)
    standings = await ledger.standings(tx, rules, now)
    return Allowances(tuple(zip(rules, standings, strict=True)), await ledger.bonus_left(tx, who))


async def receipt(tx: AsyncConnection, policy: Policy, job: Job, now: datetime) -> Receipt:
    """What a job costs by the books, and what its person has left of what leaves them least."""
    state, amount = await ledger.state_of(tx, job.id), await ledger.amount_of(tx, job.id)
    theirs = await allowances(tx, policy, job.requester, now, job.roles)
    returned = state is ledger.Hold.RELEASED
    return Receipt(
        cost=0 if returned else amount,
        refunded=amount if returned else 0,
        left=theirs.left,
        allowance=theirs.limit,
        window=theirs.window.value,
    )
