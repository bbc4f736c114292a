"""What an untrusted MP4 says about itself: a bounded reader of its boxes, without a decoder.

ISO/IEC 14496-12 (the ISO base media file format) is a tree of boxes, each with its size before it. Every size here
comes from a stranger: no box may end outside its parent, their number is bounded, and only a few small ones are ever
read, so that a hostile file costs neither memory nor time. What passes is a film as far as headers can tell; a decoder
that is to look at the pictures still needs its own limits.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

HEAD_BYTES: Final = 12
"""So much of a file tells whether it begins as an MP4 does."""
SIDE_LIMIT: Final = 4096
"""Pixels. A decoder takes 774 MB for a picture of 12000 x 12000; no provider sells more than 4096."""
SECONDS_LIMIT: Final = 600
BOX_LIMIT: Final = 5000
"""Ten minutes in fragments of half a second are 2,400 boxes; a hundred more describe them."""

TRACK_LIMIT: Final = 16
TIMES_LIMIT: Final = 36_000
"""Entries of the table that says how long each picture stands: all different, at sixty a second."""

_SMALL: Final = 128  # bytes: more than any box that is read in whole has
_ENTRY_LIMIT: Final = 16  # data references or sample descriptions of one track
_SAME_FILE: Final = 1  # flag of a data reference
_ENCRYPTED: Final = frozenset({b"encv", b"drmi"})

# A track's boxes that are looked into, each only below its parent: the tree cannot be deeper than this table.
_INSIDE: Final = {
    b"trak": frozenset({b"mdia"}),
    b"mdia": frozenset({b"minf"}),
    b"minf": frozenset({b"dinf", b"stbl"}),
}
_READ: Final = frozenset({b"tkhd", b"mdhd", b"hdlr", b"dref", b"stsd", b"stts", b"stsz", b"stz2"})
_TOP_LEVEL: Final = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"free", b"skip"})


class NotAVideoError(ValueError):
    """The bytes are no film that can be shown; the message says why, in words for the log."""


@dataclass(frozen=True, slots=True)
class Film:
    """What the headers promise. They may lie; the limits were applied to what they say."""

    width: int
    """Pixels as shown: a film turned by its matrix has its sides exchanged."""
    height: int
    seconds: float | None
    """None where the headers do not say, as in some fragmented films."""
    codec: str
    """The sample description's four characters: avc1, hvc1, av01, …"""


def begins_like_mp4(head: bytes) -> bool:
    """Whether the first `HEAD_BYTES` bytes are those of an MP4: a `ftyp` box that can hold a brand."""
    return len(head) >= HEAD_BYTES and head[4:8] == b"ftyp" and 16 <= int.from_bytes(head[:4], "big") <= 1 << 20


def probe(file: BinaryIO, size: int) -> Film:
    """Read what a whole file of `size` bytes says about itself.

    Raises `NotAVideoError`, and `OSError` where the disk fails.
    """
    boxes = _Boxes(file, size)
    if not begins_like_mp4(boxes.read(0, HEAD_BYTES)):
        raise NotAVideoError("it does not begin as an MP4 does")
    movie, fragmented = _top_level(boxes)
    film = _movie(boxes, movie, fragmented=fragmented)
    if not (0 < film.width <= SIDE_LIMIT and 0 < film.height <= SIDE_LIMIT):
        raise NotAVideoError(f"pictures of {film.width} x {film.height}")
    if film.seconds is not None and film.seconds > SECONDS_LIMIT:
        raise NotAVideoError(f"{film.seconds:.0f} seconds long")
    return film


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    body: int
    end: int


class _Boxes:
    """The file, read a few bytes at a time, with a bound on how many boxes are looked at."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file
        self._left = BOX_LIMIT

    def read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(max(0, min(count, self.size - at)))

    def head(self, box: _Box | None) -> bytes:
        """The beginning of a box's body, which is all of a small one; nothing where there is no such box."""
        return b"" if box is None else self.read(box.body, min(box.end - box.body, _SMALL))

    def inside(self, box: _Box) -> Iterator[_Box]:
        return self.between(box.body, box.end)

    def between(self, start: int, end: int) -> Iterator[_Box]:
        """The boxes from `start` to `end`. What is too short for a header is padding."""
        while end - start >= 8:
            box = self._box(start, end)
            yield box
            start = box.end

    def _box(self, at: int, limit: int) -> _Box:
        self._left -= 1
        if self._left < 0:
            raise NotAVideoError("more boxes than a film has")
        head = self.read(at, 16)
        if len(head) < 8:
            raise NotAVideoError("cut short")
        size, kind, body = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if size == 1 and len(head) == 16:
            size, body = int.from_bytes(head[8:], "big"), at + 16
        if size < body - at or at + size > limit:
            raise _BoxSizeError(kind)
        return _Box(kind, body, at + size)


class _BoxSizeError(NotAVideoError):
    """A box that ends before it begins or outside its parent: a lie, or a file cut short."""

    def __init__(self, kind: bytes) -> None:
        super().__init__(f"cut short, or a false size: box {kind!r}")
        self.kind = kind


def _top_level(boxes: _Boxes) -> tuple[_Box, bool]:
    """The one `moov`, and whether pictures come in fragments. What follows a whole film and is no box is no matter."""
    movie: _Box | None = None
    fragmented = media = False
    try:
        for box in boxes.between(0, boxes.size):
            if box.kind == b"moov":
                if movie is not None:
                    raise NotAVideoError("two films in one file")
                movie = box
            fragmented = fragmented or box.kind == b"moof"
            media = media or (box.kind == b"mdat" and box.end > box.body)
    except _BoxSizeError as error:
        if error.kind in _TOP_LEVEL or movie is None or not media:
            raise
    if movie is None:
        raise NotAVideoError("no description of a film (moov)")
    if not media:
        raise NotAVideoError("no pictures (mdat)")
    return movie, fragmented


def _movie(boxes: _Boxes, movie: _Box, *, fragmented: bool) -> Film:
    films: list[Film] = []
    tracks = 0
    header = fragments = b""
    for box in boxes.inside(movie):
        match box.kind:
            case b"mvhd":
                header = boxes.head(box)
            case b"mvex":
                fragments = b"".join(boxes.head(child) for child in boxes.inside(box) if child.kind == b"mehd")
            case b"trak":
                tracks += 1
                if tracks > TRACK_LIMIT:
                    raise NotAVideoError("more tracks than a film has")
                films += _track(boxes, box, fragmented=fragmented)
    if not films:
        raise NotAVideoError("no video track")
    film = max(films, key=lambda each: each.width * each.height)
    lengths = [_seconds(header), _seconds_of_fragments(fragments, header), *(each.seconds for each in films)]
    return replace(film, seconds=max((length for length in lengths if length is not None), default=None))


def _track(boxes: _Boxes, track: _Box, *, fragmented: bool) -> list[Film]:
    """The film of one track; none where it is sound or text."""
    found = _leaves(boxes, track)
    _require_same_file(boxes, found.get(b"dref"))
    if boxes.head(found.get(b"hdlr"))[8:12] != b"vide":
        return []
    if not fragmented and _u32(boxes.head(found.get(b"stsz") or found.get(b"stz2")), 8) == 0:
        raise NotAVideoError("a video track without pictures")
    codec, coded = _description(boxes, found.get(b"stsd"))
    shown = _shown_size(boxes.head(found.get(b"tkhd")))
    width, height = shown if all(shown) else coded
    header = boxes.head(found.get(b"mdhd"))
    lengths = (_seconds(header), _seconds_of_pictures(boxes, found.get(b"stts"), header))
    return [Film(width, height, max((length for length in lengths if length is not None), default=None), codec)]


def _leaves(boxes: _Boxes, track: _Box) -> dict[bytes, _Box]:
    """The boxes of a track that are read. One that comes twice is refused: two readers would believe two things."""
    found: dict[bytes, _Box] = {}
    open_boxes = [track]
    while open_boxes:
        parent = open_boxes.pop()
        for box in boxes.inside(parent):
            if box.kind in _INSIDE.get(parent.kind, ()):
                open_boxes.append(box)
            elif box.kind in _READ and (parent.kind, box.kind) != (b"minf", b"hdlr"):  # QuickTime has a second hdlr
                if box.kind in found:
                    raise NotAVideoError(f"box {box.kind!r} twice in one track")
                found[box.kind] = box
    return found


def _require_same_file(boxes: _Boxes, references: _Box | None) -> None:
    """Refuse a film whose pictures or sound lie in another file or at another address."""
    if references is None:
        return
    for count, entry in enumerate(boxes.between(references.body + 8, references.end)):
        if count >= _ENTRY_LIMIT or not _u32(boxes.head(entry), 0) & _SAME_FILE:
            raise NotAVideoError("its pictures lie elsewhere (dref)")


def _description(boxes: _Boxes, descriptions: _Box | None) -> tuple[str, tuple[int, int]]:
    """The codec, and the largest coded width and height (ISO/IEC 14496-12 §12.1.3: VisualSampleEntry)."""
    if descriptions is None:
        raise NotAVideoError("a video track without a codec (stsd)")
    entries: list[tuple[str, tuple[int, int]]] = []
    for entry in boxes.between(descriptions.body + 8, descriptions.end):
        body = boxes.head(entry)
        width, height = _u32(body, 24) >> 16, _u32(body, 24) & 0xFFFF
        if len(entries) >= _ENTRY_LIMIT or entry.kind in _ENCRYPTED:
            raise NotAVideoError(f"codec {entry.kind!r}")
        if max(width, height) > SIDE_LIMIT:
            raise NotAVideoError(f"pictures of {width} x {height}")
        entries.append((entry.kind.decode("latin-1") if entry.kind.isalnum() else "????", (width, height)))
    if not entries:
        raise NotAVideoError("a video track without a codec (stsd)")
    return max(entries, key=lambda entry: entry[1][0] * entry[1][1])


def _shown_size(header: bytes) -> tuple[int, int]:
    """Width and height out of `tkhd`, with the sides exchanged where its matrix turns the film by a right angle."""
    matrix = 52 if header[:1] == b"\x01" else 40
    width, height = _u32(header, matrix + 36) >> 16, _u32(header, matrix + 40) >> 16
    lies_down = _u32(header, matrix) == 0 and _u32(header, matrix + 16) == 0 and _u32(header, matrix + 4) != 0
    return (height, width) if lies_down else (width, height)


def _seconds(header: bytes) -> float | None:
    """A duration out of `mvhd` or `mdhd`; None where it is not known (all ones) or left to the fragments (zero)."""
    if header[:1] == b"\x01":
        return _quotient(_u64(header, 24), _units_a_second(header), unknown=(1 << 64) - 1)
    return _quotient(_u32(header, 16), _units_a_second(header), unknown=(1 << 32) - 1)


def _seconds_of_pictures(boxes: _Boxes, times: _Box | None, header: bytes) -> float | None:
    """How long all pictures of a track stand one after another (`stts`), which is what a player shows."""
    if times is None:
        return None
    entries = min(_u32(boxes.head(times), 4), (times.end - times.body - 8) // 8)
    if entries > TIMES_LIMIT:
        raise NotAVideoError("more pictures than a film has")
    table = boxes.read(times.body + 8, max(0, entries) * 8)
    units = sum(
        count * each for count, each in struct.iter_unpack(">II", table) if each < 1 << 31
    )  # below zero: a slip
    return _quotient(units, _units_a_second(header), unknown=-1)


def _seconds_of_fragments(header: bytes, movie_header: bytes) -> float | None:
    length = _u64(header, 4) if header[:1] == b"\x01" else _u32(header, 4)
    return _quotient(length, _units_a_second(movie_header), unknown=(1 << 64) - 1)


def _units_a_second(header: bytes) -> int:
    """The clock of `mvhd` or `mdhd`."""
    return _u32(header, 20 if header[:1] == b"\x01" else 12)


def _quotient(units: int, units_a_second: int, *, unknown: int) -> float | None:
    return units / units_a_second if units and units_a_second and units != unknown else None


def _u32(data: bytes, at: int) -> int:
    """An unsigned number; zero where the box is too short to hold it."""
    return int.from_bytes(data[at : at + 4], "big") if len(data) >= at + 4 else 0


def _u64(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "big") if len(data) >= at + 8 else 0
