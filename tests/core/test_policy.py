"""Which rules bind somebody: what the host says and what moderators set, on whose account and by whose calendar."""

from zoneinfo import ZoneInfo

from core.fairness import Caps
from core.model import Requester
from core.policy import Policy
from core.quota import Account, Kind, Limit, Rule, Setting, Source, Window

HOSTS, THEIRS = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
MIA = Requester("t:mia", "t:here")
MEMBER, PERSON, POOL = Account("t:here", "t:mia"), Account(person="t:mia"), Account("t:here")
PLAIN = Policy(credits_per_day=5, zone=HOSTS, waiting_per_person=3, waiting_total=6)
FULL = Policy(
    credits_per_day=5,
    zone=HOSTS,
    waiting_per_person=3,
    waiting_total=6,
    caps=Caps(each_person=2, each_community=4),
    credits_per_day_most=8,
    credits_per_community=100,
    budget_per_month=5000,
)


def of_community(limit: Limit, value: int) -> Setting:
    return Setting(Source.COMMUNITY, "", limit, value)


def test_what_the_host_says_of_a_person_counts_everywhere_together_and_by_the_hosts_calendar() -> None:
    assert PLAIN.rules(MIA, [], [], THEIRS) == [Rule(Kind.PERSON, PERSON, 5, Window.DAY, HOSTS)]


def test_what_moderators_say_counts_in_their_community_and_by_its_calendar() -> None:
    settings = [
        of_community(Limit.DAY, 3),
        of_community(Limit.LAST_WEEK, 9),
        Setting(Source.ROLE, "booster", Limit.DAY, 7),
    ]
    assert PLAIN.rules(MIA, ["booster"], settings, THEIRS) == [
        Rule(Kind.PERSON, MEMBER, 7, Window.DAY, THEIRS, Source.ROLE),
        Rule(Kind.PERSON, MEMBER, 9, Window.LAST_WEEK, THEIRS, Source.COMMUNITY),
    ]


def test_a_share_of_each_pool_is_rounded_up_so_that_a_small_pool_is_not_nobodys() -> None:
    settings = [of_community(Limit.POOL_DAY, 3), of_community(Limit.POOL_MONTH, 50), of_community(Limit.POOL_SHARE, 10)]
    assert PLAIN.rules(MIA, [], settings, None) == [
        Rule(Kind.PERSON, PERSON, 5, Window.DAY, HOSTS),
        Rule(Kind.SHARE, MEMBER, 1, Window.DAY, HOSTS, Source.COMMUNITY),
        Rule(Kind.SHARE, MEMBER, 5, Window.MONTH, HOSTS, Source.COMMUNITY),
        Rule(Kind.POOL, POOL, 3, Window.DAY, HOSTS, Source.COMMUNITY),
        Rule(Kind.POOL, POOL, 50, Window.MONTH, HOSTS, Source.COMMUNITY),
    ]


def test_what_the_host_keeps_for_themselves_no_moderator_widens() -> None:
    settings = [
        of_community(Limit.DAY, 1000),
        of_community(Limit.POOL_MONTH, 1000),
        Setting(Source.PERSON, "t:mia", Limit.DAY, 999),
    ]
    rules = FULL.rules(MIA, [], settings, THEIRS)
    assert [(rule.kind, rule.account, rule.limit, rule.window, rule.zone) for rule in rules] == [
        (Kind.PERSON, MEMBER, 999, Window.DAY, THEIRS),
        (Kind.POOL, POOL, 1000, Window.MONTH, THEIRS),
        (Kind.CEILING, PERSON, 8, Window.DAY, HOSTS),
        (Kind.HOST_POOL, POOL, 100, Window.MONTH, HOSTS),
        (Kind.BUDGET, Account(), 5000, Window.MONTH, HOSTS),
    ]
    assert FULL.budget() == rules[-1:]
    assert PLAIN.budget() == []


def test_what_holds_where_nobody_set_anything_is_said_limit_by_limit() -> None:
    assert PLAIN.defaults == {Limit.DAY: 5, Limit.WAITING: 3}
    assert FULL.defaults == {Limit.DAY: 5, Limit.WAITING: 3, Limit.RUNNING: 2, Limit.POOL_RUNNING: 4}
