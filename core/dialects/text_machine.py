"""The assistant's text as it grows, line by line, into events and evidence.

Two channels: content and reasoning (also `<think>` within content). A line is read when it ends; its markers are read
as soon as nothing that follows can change them, so that progress is told while the line still grows.
"""

from core.dialects.evidence import Evidence
from core.dialects.fences import Fences, Plan, Seen
from core.dialects.growing import Growing
from core.dialects.lines import LINE_LIMIT, Line, Mark, read_count, read_line
from core.dialects.meaning import meaning, note_ending, note_prose, note_reason, progress
from core.dialects.tags import VideoTag
from core.dialects.taint import Echo, Taint, normal
from core.dialects.words import COUNTING, Marker, Says
from core.events import GenerationEvent, Planned, Submitted
from core.model import Ticket

TRANSCRIPT_LIMIT = 256 << 10
"""Characters of the raw text that are kept for a remix."""

_LINES_LIMIT = 10_000  # of those kept to be read again
_PEEK_LIMIT = 1024  # characters; an upstream's own line is shorter while it still grows
_HEAD_LIMIT = 64  # characters; a line whose head has no marker by then has none
_READ_WHOLE = frozenset("<[!`")  # tags, links, images and fences mean nothing before they end
_DULL = frozenset({".", "..", "...", "....", "", " "})
_READ_AT_THE_END = frozenset(
    {Says.TICKET, Says.SHARE, Says.ADDRESS, Says.FAILURE, Says.REASON, Says.COMPLETE, Says.PREVIEW_READY}
)


class TextMachine:
    """Fed with deltas, it fills `events` (for who reads along) and `evidence` (for the verdict at the end)."""

    def __init__(self, taint: Taint, *, fences: bool = True) -> None:
        self.taint = taint
        self.evidence = Evidence(taint)
        self.events: list[GenerationEvent] = []
        self._transcript: list[str] = []  # lines of content that have ended
        self._transcript_size = 0
        self._lines: list[tuple[bool, str]] = []  # all that ended and whether it is content, if it may be read again
        self._content = Growing(self._content_line)
        self._reasoning = Growing(self._reasoning_line)
        self._fences = Fences(taint, believed=fences)
        self._tag = VideoTag()
        self._echo = Echo(taint)
        self._thinking = False
        self._spoken = False  # a line of content has ended that is not blank
        self._marked = False  # a line of the upstream's own was read
        self._read_before: tuple[Marker, str] | None = None  # of the line being read: marker so far, and what is left
        self._torn = False  # the line being read was cut off: what stands at its end may not be all of it
        self._trusted = False  # what comes cannot be the person's words: the ticket was read, or the echo is over

    @property
    def transcript(self) -> str:
        """The raw content, up to `TRANSCRIPT_LIMIT` characters."""
        return "\n".join([*self._transcript, "".join(self._content.parts)])[:TRANSCRIPT_LIMIT]

    def content(self, text: str) -> None:
        """Take the next piece of the assistant's content."""
        if "\n" in text:
            self._take_lines(self._content, text)
        elif self._fences.in_plan:
            self._content.parts.append(text)  # most of a stream: the plan, word by word; read when its lines end
        else:
            self._grow(self._content, text)

    def reasoning(self, text: str) -> None:
        """Take the next piece of the assistant's reasoning."""
        if "\n" in text:
            self._take_lines(self._reasoning, text)
        else:
            self._grow(self._reasoning, text)

    def finish(self, *, whole: bool = True) -> Evidence:
        """Take the end of the text; return the evidence. Not `whole`: nothing said that this is all of it."""
        self._torn = not whole
        for channel in (self._reasoning, self._content):
            self._take_lines(channel, "\n")
        self._tag.end(self.evidence)
        return self._without_fences(whole=whole) or self.evidence

    def _without_fences(self, *, whole: bool) -> Evidence | None:
        """Read again, believing no fence, where the person's own words may have opened one that hid all the rest."""
        misled = self._fences.plan is not Plan.NONE and self._fences.believed and self.taint.has_fence
        if not misled or self.evidence.ticket is not None or self.evidence.results():
            return None
        again = TextMachine(self.taint, fences=False)
        for in_content, line in self._lines:
            (again.content if in_content else again.reasoning)(f"{line}\n")
        evidence = again.finish(whole=whole)
        told_more = evidence.failure is not None and self.evidence.failure is None
        return evidence if evidence.results() or self._fences.in_plan or told_more else None

    # Lines

    def _grow(self, channel: Growing, text: str) -> None:
        parts = channel.parts
        parts.append(text)
        if channel.dull or text in _DULL:
            return
        if channel.marker is not None and channel.marker.many and channel.settled == len(parts) - 1:
            percent = read_count(text)
            if percent is not None:
                self._count(channel, text, percent)
                return
        self._peek(channel)

    def _take_lines(self, channel: Growing, text: str) -> None:
        lines = text.split("\n")
        if channel.parts:
            self._end_grown_line(channel, lines[0])
        else:
            self._end_line(channel, lines[0])
        for line in lines[1:-1]:
            self._end_line(channel, line)
        if lines[-1]:
            channel.parts.append(lines[-1])
            if not (self._fences.in_plan and channel is self._content):
                self._peek(channel)

    def _end_grown_line(self, channel: Growing, last: str) -> None:
        channel.parts.append(last)
        line = "".join(channel.parts)
        if channel.marker is not None:
            self._read_before = (channel.marker, channel.rest())
        channel.clear()
        self._end_line(channel, line)
        self._read_before = None

    def _end_line(self, channel: Growing, line: str) -> None:
        if channel is self._content and self._transcript_size < TRANSCRIPT_LIMIT:
            self._transcript.append(line)
            self._transcript_size += len(line) + 1
        if self.taint.has_fence and len(self._lines) < _LINES_LIMIT:
            self._lines.append((channel is self._content, line[:LINE_LIMIT]))
        if line and not line.isspace():
            channel.end(line.removesuffix("\r"))
            if not self._trusted and self._echo.hear(line):
                self._echo_ends()

    def _count(self, channel: Growing, text: str, percent: float) -> None:
        """Take the next of several percentages on a line: most of what a stream says while it renders."""
        channel.settled += 1
        channel.marker = COUNTING
        if not self._trusted and channel.echo is not None:
            channel.echo = self.taint.follow(channel.echo, text)
            if channel.echo is not None:
                return
        self._marked = True
        self.events.append(progress(percent, percent, COUNTING, self.evidence))

    def _peek(self, channel: Growing) -> None:
        """Tell what a growing line already says for sure."""
        if self._fences.in_quote:
            return
        text = channel.rest()
        if len(text) > _PEEK_LIMIT or text[0] in _READ_WHOLE:
            channel.dull = True
            return
        line = read_line(text, complete=False, after=channel.marker)
        if not line.settled:
            channel.dull = not line.marks and len(text) > _HEAD_LIMIT
            return
        if any(mark.marker.says in _READ_AT_THE_END for mark in line.marks):
            channel.dull = True
            return
        channel.settled = len(channel.parts)
        if line.marks:
            channel.marker = line.marks[-1].marker
        if channel.echo is not None and not self._trusted:
            channel.echo = self.taint.follow(channel.echo, text)
        if self._trusted or channel.echo is None:
            self._tell(line, in_content=channel is self._content and not self._thinking)

    # Content

    def _content_line(self, raw: str) -> None:
        if self._thinking or not self._spoken:
            raw = self._without_thinking(raw)
            if self._thinking or not raw:
                return
        self._spoken = True
        match self._fences.take(raw, marked=self._marked):
            case Seen.TEXT:
                self._tag.take(raw, self.evidence)
                self._read(raw, in_content=True)
            case Seen.PLAN_BEGINS:
                if self.evidence.state("planning"):
                    self.events.append(Planned())
            case Seen.ECHO_ENDS:
                self._echo_ends()
            case Seen.PLAN_MAY_END:
                self._renew_evidence()
            case Seen.QUOTE_ENDS if self.evidence.failure is not None:
                self.evidence.failure.heard.extend(self._fences.quote)  # D1b gives its reason in a fence
            case _:
                pass

    def _without_thinking(self, raw: str) -> str:
        """Hand the `<think>` part of a line to reasoning; return the rest. A person's own `<think>` is none."""
        if self.taint.has_think:
            return raw
        if not self._thinking and raw.lstrip().startswith("<think>"):
            self._thinking = True
            raw = raw.partition("<think>")[2]
        if not self._thinking:
            return raw
        thought, closed, rest = raw.partition("</think>")
        if self._read_before is not None:
            self._read_before = (self._read_before[0], self._read_before[1].partition("</think>")[0])
        if thought.strip():
            self._read(thought, in_content=False)
        if closed:
            self._thinking = False
            return rest
        return ""

    def _echo_ends(self) -> None:
        self._trusted = True
        if self.taint.refuses():
            self.evidence.prose.clear()  # it reads like a refusal, and it is the person's own

    def _reasoning_line(self, raw: str) -> None:
        self._read(raw, in_content=False)

    def _renew_evidence(self) -> None:
        planned = "planning" in self.evidence.states
        self.evidence = Evidence(self.taint, states=["planning"] if planned else [])

    # Meaning

    def _read(self, raw: str, *, in_content: bool) -> None:
        """Read a line that has ended, or what is left of it."""
        before = self._read_before
        if before is None:
            # D6 sends some of its line feeds as the two characters.
            line = read_line(raw.replace("\\n", " ").strip() if "\\n" in raw else raw)
        elif not before[1].strip(". \t\r"):
            return
        else:
            line = read_line(before[1], after=before[0])
        echo = self._may_be_echo(raw, line)
        completes = False
        for mark in line.marks:
            if mark.marker.says is Says.TICKET:
                self._open_region(mark, in_content=in_content)
                echo = False
            elif mark.marker.says is Says.COMPLETE:
                if in_content:
                    self._complete(echo=echo)
                    completes = True
            elif mark.marker.says is Says.ADDRESS:
                if in_content and line.links and not self._torn:
                    self.evidence.named_url(line.links[0].url)
            elif not echo:
                self._tell_mark(mark, in_content=in_content)
                note_ending(mark, raw, self.evidence)
        if not in_content:
            if before is None:
                note_reason(line, self.evidence)
            return
        if line.bare_url is not None and not self._torn:
            self.evidence.bare_url(line.bare_url)
        self._links(line, completes=completes)
        if before is None and not line.marks and not echo:
            note_prose(raw, self.evidence)

    def _may_be_echo(self, raw: str, line: Line) -> bool:
        """Whether these may be the person's words: all that the prompt holds, until its echo is over.

        It may come twice, and must not hide a film: where no ticket was read, words that announce a preview stay in
        doubt, and so does a sign without words, whose echo nobody can hear.
        """
        if self._trusted:
            if self.evidence.ticket is not None:
                return False
            if normal(raw) and not any(mark.marker.says is Says.PREVIEW_READY for mark in line.marks):
                return False
        return self.taint.covers(raw)

    def _tell(self, line: Line, *, in_content: bool) -> None:
        for mark in line.marks:
            self._tell_mark(mark, in_content=in_content)
        if in_content:
            self._links(line, completes=False)

    def _open_region(self, mark: Mark, *, in_content: bool) -> None:
        """The ticket line: what stood before it was the person's or the planner's."""
        ticket = mark.text
        if ticket is None or self.taint.covers(ticket) or ticket == self.evidence.ticket:
            return
        self._renew_evidence()
        self._tag = VideoTag()  # one that was open is not the upstream's
        self.evidence.ticket = ticket
        self.evidence.ticket_in_content = in_content
        self._trusted = self._marked = True
        self.evidence.state("submitted")
        self.events.append(Submitted(Ticket(ticket)))

    def _links(self, line: Line, *, completes: bool) -> None:
        evidence = self.evidence
        source = evidence.source
        for link in line.links:
            evidence.link(link, completes=completes)
        if evidence.ticket and evidence.source != source:
            self.events.append(Submitted(Ticket(evidence.ticket, evidence.source), preview_url=evidence.preview))

    def _complete(self, *, echo: bool) -> None:
        self.evidence.complete(echo=echo)
        if not echo:
            self._marked = True
            self.evidence.state("completed")

    def _tell_mark(self, mark: Mark, *, in_content: bool) -> None:
        self._marked = self._marked or mark.marker.says is not Says.PLANNING
        self.events += meaning(mark, self.evidence, in_content=in_content)
