"""Code fences in the assistant's content: the leading one is the plan, which is user text, and nothing in it counts.

A fence can also be the person's own, echoed. So the plan ends where the whole prompt has been echoed, or where the
upstream's own ticket line stands, or else at a mark that the person cannot have written.
"""

import json
from enum import Enum, auto

from core.dialects.lines import read_line
from core.dialects.tags import begins_tag
from core.dialects.taint import Taint
from core.dialects.words import Says

PLAN_LIMIT = 256 << 10
"""Characters of a plan that are kept, to find the prompt's echo in it."""

_MARK = "```"


class Plan(Enum):
    """Where we are with the leading fence in which an upstream repeats or rewrites the request."""

    NONE = auto()
    OPEN = auto()
    DUBIOUS = auto()  # a fence ended that may have been the person's own; a later one begins the evidence anew
    CLOSED = auto()


class Seen(Enum):
    """What a line is to the fences."""

    TEXT = auto()  # nothing: it is to be read
    HIDDEN = auto()  # a mark, or inside: nothing in it counts
    PLAN_BEGINS = auto()
    ECHO_ENDS = auto()  # the plan is over and held the whole prompt: what follows cannot be the person's
    PLAN_MAY_END = auto()  # only now, perhaps: what stood before was still the person's
    QUOTE_ENDS = auto()  # a later fence; its lines are in `quote`


class Fences:
    """Takes the lines of the content and tells which are to be read."""

    __slots__ = (
        "_in_result",
        "_plan_lines",
        "_plan_size",
        "_quote_open",
        "_taint",
        "believed",
        "in_plan",
        "plan",
        "quote",
    )

    def __init__(self, taint: Taint, *, believed: bool = True) -> None:
        self.believed = believed
        """Whether fences hide anything; else their marks are merely skipped."""
        self.plan = Plan.NONE
        self.in_plan = False
        self.quote: list[str] = []
        """Lines of the fence after the plan that was read last, in which nothing counts."""
        self._quote_open = False
        self._in_result = False  # below a fence marked html, in which D6 gives its result
        self._plan_lines: list[str] = []
        self._plan_size = 0
        self._taint = taint

    @property
    def in_quote(self) -> bool:
        """Whether a fence after the plan is open."""
        return self._quote_open

    def take(self, line: str, *, marked: bool) -> Seen:
        """Take a line. `marked`: a line of the upstream's own was read before it, so that no plan begins any more."""
        seen = self._mark(line.strip(), marked=marked) if _MARK in line else Seen.TEXT
        if seen is not Seen.TEXT:
            return seen
        if self.in_plan:
            return self._plan_line(line)
        if self._quote_open:
            if not names_ticket(line, self._taint):
                self.quote.append(line)
                return Seen.HIDDEN
            self._quote_open = False
        return Seen.TEXT

    def _mark(self, mark: str, *, marked: bool) -> Seen:
        """Follow a line that holds a fence's mark."""
        closes = mark == _MARK or (mark.endswith("}```") and not mark.startswith(_MARK))
        opens = mark.startswith(_MARK) and not closes
        if begins_tag(mark) or not (opens or closes):
            return Seen.TEXT
        if not self.believed:
            return Seen.HIDDEN
        if self.in_plan:
            return self._close_plan(mark) if closes else Seen.TEXT
        if self.plan is Plan.NONE and not marked and not self._in_result and "html" not in mark:
            self.plan, self.in_plan = Plan.OPEN, True
            return Seen.PLAN_BEGINS
        if closes:
            return self._end()
        if "html" in mark:
            self._in_result = True
        elif not self._taint.has_fence:
            self._quote_open, self.quote = True, []
        return Seen.HIDDEN

    def _end(self) -> Seen:
        """Follow a mark that ends a fence, or ends nothing that we know of."""
        if self._quote_open:
            self._quote_open = False
            return Seen.QUOTE_ENDS
        if self._in_result:
            self._in_result = False
        elif self.plan is Plan.DUBIOUS:
            return Seen.PLAN_MAY_END
        return Seen.HIDDEN

    def _plan_line(self, line: str) -> Seen:
        if names_ticket(line, self._taint):
            self.plan, self.in_plan = Plan.CLOSED, False
            return Seen.TEXT
        if not self._plan_lines and begins_tag(line) and line.lstrip().startswith("<"):
            self.plan, self.in_plan, self._in_result = Plan.NONE, False, True  # no plan: a result under another mark
            return Seen.TEXT
        if self._plan_size < PLAN_LIMIT:
            self._plan_lines.append(line)
            self._plan_size += len(line)
        return Seen.HIDDEN

    def _close_plan(self, mark: str) -> Seen:
        """The plan ends where the whole prompt has been echoed; else where no fence can be the person's own."""
        text = "\n".join([*self._plan_lines, mark.removesuffix(_MARK)])
        self.in_plan = False
        taint = self._taint
        if taint.echoed_in(text):
            self.plan = Plan.CLOSED
            return Seen.HIDDEN if taint.has_fence else Seen.ECHO_ENDS
        dubious = taint.has_fence or not (taint.known or _is_json(text))
        self.plan = Plan.DUBIOUS if dubious else Plan.CLOSED
        return Seen.HIDDEN


def names_ticket(line: str, taint: Taint) -> bool:
    """Whether the upstream's own ticket line stands here: it ends any fence that is open."""
    if "id" not in line[:200].casefold():
        return False
    return any(
        mark.marker.says is Says.TICKET and mark.text is not None and not taint.covers(mark.text)
        for mark in read_line(line).marks
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return True
