"""What moderators have set and done, and what is left to somebody, in words: the same on every platform.

A platform says how it calls those whom a subject names (`discord:1234`, `telegram:topic:5`), and makes the words of
people harmless.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from core.ledger import Booked
from core.limits import Action
from core.moderation import Deed, Log, Overview, State
from core.progress import PHASE_OF
from core.quota import Allowances, Kind, Limit, Rule, Setting, Source, Standing, Value
from core.texts import moment, say

OF_PEOPLE: Final = tuple(limit for limit in Limit if not limit.of_pool)
"""What can differ by person and role."""
OF_POOL: Final = tuple(limit for limit in Limit if limit.of_pool)

_SHOWN: Final = 15
"""Roles, people, channels and jobs on one screen."""
_USUAL: Final = (Limit.DAY, Limit.WEEK, Limit.MONTH, Limit.RUNNING, Limit.WAITING)
"""Of which it is said, too, that nothing limits them."""
_USUAL_POOL: Final = (Limit.POOL_DAY, Limit.POOL_WEEK, Limit.POOL_MONTH, Limit.POOL_RUNNING, Limit.POOL_WAITING)


@dataclass(frozen=True, slots=True)
class Speech:
    """How a platform speaks."""

    called: Callable[[str], str]
    """What a subject is called here."""
    harmless: Callable[[str], str]
    """Somebody's words, as they can be shown."""


def overview(seen: Overview, speech: Speech) -> list[str]:
    """All that is set, and where each value comes from."""
    own_zone = seen.community.zone is not None
    of_roles = _by_subject(seen.settings, Source.ROLE)
    of_people = _by_subject(seen.settings, Source.PERSON)
    channels = sorted(seen.community.channels)
    policy = seen.policy
    lines = [
        say("rules-zone", zone=seen.zone.key, source=(Source.COMMUNITY if own_zone else Source.INSTALLATION).value),
        say("rules-everybody", values=_values(seen.held, OF_PEOPLE, _USUAL)),
        *(say("rules-role", role=speech.called(role), values=values) for role, values in of_roles),
        *(say("rules-person", person=speech.called(person), values=values) for person, values in of_people),
        say("rules-pool", values=_values(seen.held, OF_POOL, _USUAL_POOL)),
        say("rules-channels", channels=_listed(map(speech.called, channels)) or None),
        say("rules-order"),
    ]
    if policy.credits_per_day_most is not None or policy.credits_per_community is not None:
        lines.append(say("rules-host", day=policy.credits_per_day_most, month=policy.credits_per_community))
    if seen.community.pause is not None:
        lines.insert(0, say("rules-paused", by=speech.called(seen.community.pause.by)))
    return lines


def roles(seen: Overview, speech: Speech) -> list[str]:
    """What is set by role."""
    of_roles = _by_subject(seen.settings, Source.ROLE)
    lines = [say("rules-role", role=speech.called(role), values=values) for role, values in of_roles]
    return [*(lines or [say("rules-no-roles")]), say("rules-order")]


def state(seen: State, speech: Speech, now: datetime) -> list[str]:
    """What goes on, job by job and without anybody's words."""
    lines = [say("queue", waiting=seen.waiting, running=seen.running)]
    if seen.community.pause is not None:
        pause = seen.community.pause
        reason = speech.harmless(pause.reason) or None
        at = when(pause.at, seen.zone)
        lines.append(say("state-paused", by=speech.called(pause.by), at=at, reason=reason))
    lines += [_standing(rule, standing, now) for rule, standing in seen.pools]
    for job in seen.under_way[:_SHOWN]:
        phase = say(f"phase-{PHASE_OF[job.state]}")
        whom = speech.called(job.requester.person)
        lines.append(say("state-job", job=job.id, phase=phase, person=whom, credits=job.price))
    if (more := seen.waiting + seen.running - len(seen.under_way[:_SHOWN])) > 0:
        lines.append(say("state-more", count=more))
    for block in seen.blocks[:_SHOWN]:
        until = when(block.until, seen.zone) if block.until is not None else None
        reason = speech.harmless(block.reason) or None
        lines.append(say("state-block", person=speech.called(block.person), until=until, reason=reason))
    return lines


def log(seen: Log, speech: Speech) -> list[str]:
    """What was done, by whom and when, the newest first."""
    lines = [
        say("log-line", at=when(action.at, seen.zone), did=deed(action, speech, seen.zone)) for action in seen.actions
    ]
    return lines or [say("log-empty")]


def done(action: Action | None, speech: Speech, zone: ZoneInfo) -> str:
    """What came of a moderator's word: its line of the log, or that nothing had to be done."""
    return say("act-nothing") if action is None else f"✔ {deed(action, speech, zone)}"


def deed(action: Action, speech: Speech, zone: ZoneInfo) -> str:
    """One line of the log, without its time."""
    told = action.details
    limit = told.get("limit")
    until, reason = told.get("until"), told.get("reason")
    subject = action.subject if Deed(action.action) is Deed.ZONE_SET else speech.called(action.subject)
    values: dict[str, str | int | None] = {
        "by": speech.called(action.by),
        "subject": subject if action.subject else None,
        "credits": told.get("credits"),
        "left": told.get("left"),
        "job": told.get("job"),
        "reason": speech.harmless(str(reason)) if reason else None,
        "until": when(datetime.fromisoformat(until), zone) if isinstance(until, str) else None,
    }
    if limit is not None:
        if Limit(str(limit)).of_pool:
            values["subject"] = "pool"
        value = told.get("value")
        named = say("limit-name", limit=limit)
        values["limit"] = named if value is None else say("limit-said", limit=limit, credits=value)
    return say(f"act-{action.action.replace('_', '-')}", **values)


def allowances(seen: Allowances, latest: Sequence[Booked], zone: ZoneInfo, now: datetime) -> list[str]:
    """What somebody may have, rule by rule, what they were given besides, and what their latest videos came to.

    `zone`: whose clock tells the times where no rule has one.
    """
    zone = next((rule.zone for rule, _ in seen.standings), zone)
    shown = [(rule, standing) for rule, standing in seen.standings if rule.kind is not Kind.BUDGET]
    lines = [_standing(rule, standing, now) for rule, standing in shown]
    if not any(rule.kind is Kind.PERSON for rule, _ in shown):
        lines.insert(0, say("quota-unlimited"))
    if seen.bonus:
        lines.append(say("quota-bonus", credits=seen.bonus))
    if latest:
        lines.append(say("quota-receipts"))
        lines += [_receipt(each, zone) for each in latest]
    return lines


def price(cost: int, seen: Allowances) -> str:
    """What a video costs, and what is left before it: of one's own, and of the pool where that is less."""
    own = seen.left
    rest = [standing.left or 0 for rule, standing in seen.standings if rule.kind in {Kind.SHARE, Kind.POOL}]
    pool = min(rest, default=None)
    scarce = pool is not None and (own is None or pool < own + seen.bonus)
    return say(
        "card-cost",
        credits=cost,
        left=own,
        limit=seen.limit,
        window=seen.window.value,
        bonus=seen.bonus or None,
        pool=pool if scarce else None,
    )


def when(at: datetime, zone: ZoneInfo) -> str:
    """A time by a community's clock."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _standing(rule: Rule, standing: Standing, now: datetime) -> str:
    resets = moment(standing.resets_at, now, rule.zone) if standing.resets_at is not None else None
    return say(
        "quota-line",
        rule=rule.kind.value,
        window=rule.window.value,
        source=rule.source.value,
        left=standing.left,
        limit=standing.limit,
        resets=resets if standing.used else None,
    )


def _receipt(booked: Booked, zone: ZoneInfo) -> str:
    return say(
        "quota-receipt", job=booked.job, hold=booked.state.value, credits=booked.amount, at=when(booked.at, zone)
    )


def _by_subject(settings: Iterable[Setting], source: Source) -> Iterator[tuple[str, str]]:
    found: dict[str, list[str]] = {}
    for each in settings:
        if each.source is source:
            said = say("limit-said", limit=each.limit.value, credits=each.value)
            found.setdefault(each.subject, []).append(said)
    for subject, values in list(found.items())[:_SHOWN]:
        yield subject, " · ".join(values)


def _values(held: Mapping[Limit, Value], which: Sequence[Limit], usual: Sequence[Limit]) -> str:
    said = []
    for limit in which:
        value = held.get(limit)
        if value is not None:
            words = say("limit-said", limit=limit.value, credits=value.value)
            said.append(say("limit-from", value=words, source=value.source.value))
        elif limit in usual:
            said.append(say("limit-free", limit=limit.value))
    return " · ".join(said)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(list(names)[:_SHOWN])
