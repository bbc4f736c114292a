"""What an MP4 says about itself: honest films pass, liars and fragments of films do not, and nothing takes long."""

from contextlib import suppress
from io import BytesIO
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from core.videos.boxes import BOX_LIMIT, SECONDS_LIMIT, SIDE_LIMIT, Film, NotAVideoError, begins_like_mp4, probe
from tests.films import TINY_FILM

Parts = dict[str, bytes]


def u16(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(2, "big") for number in numbers)


def u32(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def u64(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(8, "big") for number in numbers)


def box(kind: str, *body: bytes, size: int | None = None) -> bytes:
    data = b"".join(body)
    return u32(len(data) + 8 if size is None else size) + kind.encode("latin-1") + data


UPRIGHT = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
TURNED = (0, 1 << 16, 0, 0xFFFF0000, 0, 0, 0, 0, 1 << 30)
UPSIDE_DOWN = (0xFFFF0000, 0, 0, 0, 0xFFFF0000, 0, 0, 0, 1 << 30)
SLANTED = (0, 1 << 16, 0, 0xFFFF0000, 1 << 16, 0, 0, 0, 1 << 30)


def tkhd(width: int, height: int, matrix: tuple[int, ...] = UPRIGHT) -> bytes:
    return box("tkhd", u32(3), bytes(36), u32(*matrix), u32(width << 16, height << 16))


def header(kind: str, units: int, units_a_second: int) -> bytes:
    return box(kind, bytes(12), u32(units_a_second, units), bytes(80))


def long_header(kind: str, units: int, units_a_second: int) -> bytes:
    return box(kind, b"\x01", bytes(19), u32(units_a_second), u64(units), bytes(80))


def hdlr(kind: bytes) -> bytes:
    return box("hdlr", bytes(8), kind, bytes(13))


def stsd(*codecs: tuple[str, int, int]) -> bytes:
    entries = [box(name, bytes(24), u16(width, height), bytes(50)) for name, width, height in codecs]
    return box("stsd", u32(0, len(entries)), *entries)


def stts(*runs: tuple[int, int]) -> bytes:
    return box("stts", u32(0, len(runs)), *(u32(count, each) for count, each in runs))


def film(*, more: bytes = b"", **parts: bytes) -> bytes:
    """A film of 5 s, 1280 x 720; `parts` stand in for its boxes, `more` stands behind it."""
    kept: Parts = {
        "ftyp": box("ftyp", b"isom", u32(0), b"mp42"),
        "mvhd": header("mvhd", 5000, 1000),
        "tkhd": tkhd(1280, 720),
        "mdhd": header("mdhd", 60000, 12000),
        "hdlr": hdlr(b"vide"),
        "dref": box("dref", u32(0, 1), box("url ", u32(1))),
        "stsd": stsd(("avc1", 1280, 720)),
        "stts": stts((60, 1000)),
        "stsz": box("stsz", u32(0, 0, 60), bytes(240)),
        "mdat": box("mdat", bytes(100)),
        "tracks": b"",
        "mvex": b"",
        **parts,
    }
    stbl = box("stbl", kept["stsd"], kept["stts"], kept["stsz"])
    minf = box("minf", box("vmhd", bytes(12)), box("dinf", kept["dref"]), stbl)
    mdia = box("mdia", kept["mdhd"], kept["hdlr"], minf)
    moov = box("moov", kept["mvhd"], box("trak", kept["tkhd"], mdia), kept["tracks"], kept["mvex"])
    return kept["ftyp"] + kept.get("moov", moov) + kept["mdat"] + more


def probed(data: bytes, size: int | None = None) -> Film:
    return probe(BytesIO(data), len(data) if size is None else size)


def reason(data: bytes, size: int | None = None) -> str:
    with pytest.raises(NotAVideoError) as caught:
        probed(data, size)
    return str(caught.value)


SOUND = box(
    "trak",
    tkhd(0, 0),
    box("mdia", header("mdhd", 5, 1), hdlr(b"soun"), box("minf", box("stbl", stsd(("mp4a", 0, 0))))),
)
FRAGMENTED: Parts = {
    "stsz": box("stsz", u32(0, 0, 0)),
    "stts": stts(),
    "mvhd": header("mvhd", 0, 1000),
    "mdhd": header("mdhd", 0, 12000),
    "mdat": box("moof", box("mfhd", bytes(8))) + box("mdat", bytes(50)),
}


# What is a film


def test_a_film_as_an_encoder_wrote_it_is_one() -> None:
    assert probed(TINY_FILM) == Film(32, 32, 1.0, "avc1")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, Film(1280, 720, 5.0, "avc1")),
        ({"tkhd": tkhd(1280, 720, TURNED)}, Film(720, 1280, 5.0, "avc1")),
        ({"tkhd": tkhd(1280, 720, UPSIDE_DOWN)}, Film(1280, 720, 5.0, "avc1")),
        ({"tkhd": tkhd(1280, 720, SLANTED)}, Film(1280, 720, 5.0, "avc1")),
        ({"tkhd": tkhd(0, 0)}, Film(1280, 720, 5.0, "avc1")),
        ({"tkhd": b""}, Film(1280, 720, 5.0, "avc1")),
        ({"stsd": stsd(("hvc1", 1280, 720))}, Film(1280, 720, 5.0, "hvc1")),
        ({"stsd": stsd(("av01", 1280, 720))}, Film(1280, 720, 5.0, "av01")),
        ({"stsd": stsd(("\x00\xff<>", 1280, 720))}, Film(1280, 720, 5.0, "????")),
        ({"tracks": SOUND}, Film(1280, 720, 5.0, "avc1")),
        ({"mvhd": long_header("mvhd", 7000, 1000)}, Film(1280, 720, 7.0, "avc1")),
        ({"mdhd": long_header("mdhd", 90000, 12000)}, Film(1280, 720, 7.5, "avc1")),
        ({"mvhd": header("mvhd", 0xFFFFFFFF, 1000)}, Film(1280, 720, 5.0, "avc1")),
        ({"mvhd": header("mvhd", 9, 0)}, Film(1280, 720, 5.0, "avc1")),
        ({"stts": stts((30, 1000), (30, 2000))}, Film(1280, 720, 7.5, "avc1")),
        ({"dref": box("dref", u32(0, 0))}, Film(1280, 720, 5.0, "avc1")),
        ({"mdat": u32(1) + b"mdat" + u64(116) + bytes(100)}, Film(1280, 720, 5.0, "avc1")),
        ({"mdat": box("free", bytes(9)) + box("uuid", bytes(20)) + box("mdat", b"x")}, Film(1280, 720, 5.0, "avc1")),
        ({"more": b"<html>a page behind a whole film</html>"}, Film(1280, 720, 5.0, "avc1")),
        ({"more": bytes(7)}, Film(1280, 720, 5.0, "avc1")),
        (FRAGMENTED, Film(1280, 720, None, "avc1")),
        (FRAGMENTED | {"mvex": box("mvex", box("mehd", u32(0, 4000)))}, Film(1280, 720, 4.0, "avc1")),
    ],
)
def test_an_honest_film_passes_with_what_it_says(parts: Parts, expected: Film) -> None:
    assert probed(film(**parts)) == expected


@pytest.mark.parametrize(
    "parts",
    [
        {"tkhd": tkhd(4096, 4096), "stsd": stsd(("avc1", 4096, 4096))},
        {"mvhd": header("mvhd", 600, 1)},
        {"mvhd": header("mvhd", 0xFFFFFFFF, 0xFFFFFFFF)},
        {"tracks": SOUND * 15},
        {"stts": stts(*[(1, 1)] * 36_000)},
        {"stts": stts((59, 1000), (1, 0xFFFFFFFF))},
        {"stsd": stsd(*[("avc1", 16, 16)] * 16)},
        {"dref": box("dref", u32(0, 16), *[box("url ", u32(1))] * 16)},
    ],
)
def test_a_film_at_a_limit_still_passes(parts: Parts) -> None:
    assert probed(film(**parts)).codec == "avc1"


# What is none


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"moov": b""}, "no description"),
        ({"mdat": b""}, "no pictures"),
        ({"mdat": box("mdat")}, "no pictures"),
        ({"mdat": box("mdat", bytes(50), size=0)}, "false size"),
        ({"mdat": box("mdat", bytes(50), size=1)}, "false size"),
        ({"mdat": box("mdat", bytes(50), size=7)}, "false size"),
        ({"mdat": box("mdat", bytes(50), size=0xFFFFFFFF)}, "false size"),
        ({"mdat": u32(1) + b"mdat" + u64((1 << 64) - 1)}, "false size"),
        ({"mdat": u32(1) + b"mdat"}, "false size"),
        ({"moov": box("moov", header("mvhd", 5, 1))}, "no video track"),
        ({"hdlr": hdlr(b"soun")}, "no video track"),
        ({"hdlr": b""}, "no video track"),
        ({"moov": box("moov", SOUND)}, "no video track"),
        ({"more": box("moov", SOUND)}, "two films"),
        ({"stsz": box("stsz", u32(0, 0, 0))}, "without pictures"),
        ({"stsz": b""}, "without pictures"),
        ({"stsd": b""}, "without a codec"),
        ({"stsd": stsd()}, "without a codec"),
        ({"stsd": stsd(("encv", 1280, 720))}, "encv"),
        ({"stsd": stsd(*[("avc1", 16, 16)] * 17)}, "avc1"),
        ({"stsd": stsd(("avc1", 12000, 12000))}, "12000 x 12000"),
        ({"stsd": stsd(("avc1", 16, 16), ("avc1", 16, 4097))}, "16 x 4097"),
        ({"tkhd": tkhd(4097, 16)}, "4097 x 16"),
        ({"tkhd": tkhd(0, 0), "stsd": stsd(("avc1", 0, 720))}, "0 x 720"),
        ({"tkhd": tkhd(0, 0), "stsd": stsd(("avc1", 720, 0))}, "720 x 0"),
        ({"mvhd": header("mvhd", 601, 1)}, "601 seconds"),
        ({"mdhd": header("mdhd", 18000 * 12000, 12000)}, "18000 seconds"),
        ({"mvhd": long_header("mvhd", 1 << 60, 1)}, "seconds"),
        ({"stts": stts((60, 12000 * 300))}, "18000 seconds"),
        ({"stts": stts(*[(1, 0)] * 36_001)}, "more pictures"),
        (FRAGMENTED | {"mvex": box("mvex", box("mehd", u32(0, 601_000)))}, "601 seconds"),
        ({"dref": box("dref", u32(0, 1), box("url ", u32(0), b"http://127.0.0.1/x\x00"))}, "elsewhere"),
        ({"dref": box("dref", u32(0, 1), box("alis"))}, "elsewhere"),
        ({"dref": box("dref", u32(0, 2), box("url ", u32(1)), box("urn ", u32(0)))}, "elsewhere"),
        ({"dref": box("dref", u32(0, 17), *[box("url ", u32(1))] * 17)}, "elsewhere"),
        ({"tkhd": tkhd(16, 16) * 2}, "twice"),
        ({"stsd": stsd(("avc1", 16, 16)) + stsd(("avc1", 32, 32))}, "twice"),
        ({"tracks": SOUND * 16}, "more tracks"),
        ({"tracks": box("free") * BOX_LIMIT}, "more boxes"),
        ({"more": box("free") * BOX_LIMIT}, "more boxes"),
        ({"stsd": box("stsd", u32(0, 1), box("avc1", bytes(50), size=500))}, "false size"),
        ({"ftyp": box("ftyp", b"isom")}, "does not begin"),
    ],
)
def test_what_lies_or_lacks_something_is_refused(parts: Parts, words: str) -> None:
    assert words in reason(film(**parts))


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 24, 40, 100, 500, len(film()) - 1])
def test_a_film_that_was_cut_short_is_refused(cut: int) -> None:
    assert reason(film()[:cut])
    assert reason(TINY_FILM[:cut])


@pytest.mark.parametrize("size", [0, 11, 100, len(TINY_FILM) - 1, len(TINY_FILM) + 8, 1 << 70])
def test_a_file_that_is_not_as_long_as_was_said_is_refused(size: int) -> None:
    assert reason(TINY_FILM, size)


@pytest.mark.parametrize(
    "head",
    [
        *(b"", b"ftyp", b"<html><body>", b"#EXTM3U\n#EXT", b"\x00\x00\x00\x18ftyp", u32(8) + b"ftypisom"),
        *(u32(0xFFFFFFFF) + b"ftypisom", u32(0) + b"ftypisom", u32(24) + b"moovisom", b"RIFF" + u32(0) + b"WEBP"),
    ],
)
def test_what_does_not_begin_as_a_film_is_seen_at_its_first_bytes(head: bytes) -> None:
    assert not begins_like_mp4(head)
    assert reason(head + TINY_FILM[12:])


# Whatever comes


WORDS = (
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"stts", b"stsz", b"dref", b"mvex", b"mehd", b"moof"),
    *(b"tkhd", b"encv", b"\x01", u32(0), u32(1), u32(7), u32(8), u32(16), u32(0x7FFFFFFF), u32(0xFFFFFFFF)),
    u64(1 << 63),
)
HONEST = (TINY_FILM, film(tracks=SOUND), film(**FRAGMENTED))


def changed(data: bytes, chance: Random) -> bytes:
    """A film in which some words stand where others stood, some bytes are missing or new, and perhaps its end."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(data))
        instead = chance.choice((*WORDS, chance.randbytes(chance.randrange(12))))
        changed[place : place + chance.choice((0, len(instead), len(instead), 40))] = instead
    return bytes(changed[: chance.choice((None, None, None, chance.randrange(len(data))))])


@given(st.integers().map(Random))
@settings(max_examples=100)
def test_a_film_with_any_bytes_changed_is_a_sane_film_or_refused(chance: Random) -> None:
    for number in range(200):
        try:
            found = probed(changed(HONEST[number % len(HONEST)], chance))
        except NotAVideoError:
            continue
        assert 0 < found.width <= SIDE_LIMIT
        assert 0 < found.height <= SIDE_LIMIT
        assert found.seconds is None or 0 < found.seconds <= SECONDS_LIMIT
        assert found.codec.isascii()


class Counting(BytesIO):
    """A file that counts how much of it is read."""

    taken = 0

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.mark.parametrize(
    "hostile",
    [
        film(tracks=box("free") * 200_000),
        film(tracks=box("trak") * 200_000),
        film(more=box("free") * 200_000),
        film(stts=box("stts", u32(0, 0xFFFFFFFF), bytes(8 << 20))),
        film(dref=box("dref", u32(0, 0xFFFFFFFF), box("url ", u32(1)) * 100_000)),
        film(stsd=box("stsd", u32(0, 9), *[box("avc1", bytes(50))] * 100_000)),
        film(mdat=box("mdat", bytes(16 << 20))),
    ],
    ids=["boxes", "tracks", "tail", "times", "references", "codecs", "pictures"],
)
def test_of_a_large_file_only_little_is_read(hostile: bytes) -> None:
    file = Counting(hostile)
    with suppress(NotAVideoError):
        probe(file, len(hostile))
    assert file.taken < 512 << 10
