"""The store of finished films: whole or not there at all, however it ends; and what the sweep takes."""

import asyncio
import errno
import hashlib
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from core.errors import ErrorKind, ProviderError
from core.model import JobId
from core.videos.store import BLOCK_BYTES, HALF_FILE_LIFE, Store
from tests.films import TINY_FILM

JOB = JobId("0k7e6t6skf46")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LONG_FILM = TINY_FILM + (3 * BLOCK_BYTES).to_bytes(4, "big") + b"free" + bytes(3 * BLOCK_BYTES - 8)


async def chunks(data: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


async def refused(store: Store, data: AsyncIterator[bytes]) -> ErrorKind:
    with pytest.raises(ProviderError) as caught:
        await store.keep(JOB, data)
    return caught.value.kind


def aged(path: Path, age: timedelta) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (0, (NOW - age).timestamp()))
    return path


# Keeping


@pytest.mark.parametrize("size", [1, 11, 12, 1000, BLOCK_BYTES + 1])
async def test_a_film_is_kept_under_its_jobs_name_however_it_was_cut(tmp_path: Path, size: int) -> None:
    video = await Store(tmp_path / "films").keep(JOB, chunks(TINY_FILM, size), upstream_url="https://x.example/")
    assert video.path == tmp_path / "films" / "0k" / f"{JOB}.mp4"
    assert video.path.read_bytes() == TINY_FILM
    assert (video.size, video.sha256) == (len(TINY_FILM), hashlib.sha256(TINY_FILM).hexdigest())
    assert video.upstream_url == "https://x.example/"


async def test_a_long_film_is_written_in_blocks_and_is_the_same(tmp_path: Path) -> None:
    video = await Store(tmp_path).keep(JOB, chunks(LONG_FILM, 100_003))
    assert video.path.read_bytes() == LONG_FILM
    assert video.sha256 == hashlib.sha256(LONG_FILM).hexdigest()


async def test_nobody_else_on_the_machine_may_look_at_the_films(tmp_path: Path) -> None:
    video = await Store(tmp_path / "films").keep(JOB, chunks(TINY_FILM))
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (video.path, *list(video.path.parents)[:2])]
    assert modes == [0o600, 0o700, 0o700]


async def test_keeping_again_replaces_the_film(tmp_path: Path) -> None:
    store = Store(tmp_path)
    await store.keep(JOB, chunks(LONG_FILM))
    video = await store.keep(JOB, chunks(TINY_FILM))
    assert video.path.read_bytes() == TINY_FILM
    assert files(tmp_path) == [f"0k/{JOB}.mp4"]


async def test_two_that_keep_the_same_job_at_once_do_not_mix(tmp_path: Path) -> None:
    store = Store(tmp_path)
    videos = await asyncio.gather(
        *(store.keep(JOB, chunks(film, 1000)) for film in (TINY_FILM, LONG_FILM, TINY_FILM + bytes(4)))
    )
    assert len({video.sha256 for video in videos}) == 3
    assert hashlib.sha256(videos[0].path.read_bytes()).hexdigest() in {video.sha256 for video in videos}
    assert files(tmp_path) == [f"0k/{JOB}.mp4"]


@pytest.mark.parametrize(
    "job_id", ["", "a", "..", "../x", "a/b", "ab\x00", "ab\n", "äöü", "ab.mp4", "a" * 65, "ab cd", "𝟎𝟎"]
)
async def test_an_id_that_cannot_be_a_file_is_refused(tmp_path: Path, job_id: str) -> None:
    with pytest.raises(ValueError, match="not a job id"):
        await Store(tmp_path).keep(JobId(job_id), chunks(TINY_FILM))
    assert files(tmp_path) == []


async def test_a_link_in_the_films_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"precious")
    store = Store(tmp_path / "films")
    path = store.path_of(JOB)
    path.parent.mkdir(parents=True)
    path.symlink_to(elsewhere)
    await store.keep(JOB, chunks(TINY_FILM))
    assert (path.is_symlink(), elsewhere.read_bytes()) == (False, b"precious")


# What is refused


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><title>expired</title>",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b"#EXTM3U\n#EXT-X-VERSION:3\nhttp://127.0.0.1/x.ts",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
        b"PK\x03\x04" + bytes(100),
        TINY_FILM[:11],
        TINY_FILM[:32],
        TINY_FILM[:-1],
        b"\x00\x00\x00\x08ftyp" + TINY_FILM[32:],
        b"\x00\x00\x00\x20FTYP" + TINY_FILM[8:],
    ],
)
async def test_what_is_no_whole_film_is_not_kept(tmp_path: Path, data: bytes) -> None:
    assert await refused(Store(tmp_path), chunks(data, 5)) is ErrorKind.RESULT_NOT_A_VIDEO
    assert files(tmp_path) == []


async def test_a_page_is_refused_at_its_first_bytes(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"<html>"

    assert await refused(Store(tmp_path), endless()) is ErrorKind.RESULT_NOT_A_VIDEO
    assert files(tmp_path) == []


@pytest.mark.parametrize("sent", [0, 5, 100, BLOCK_BYTES + 100])
async def test_what_the_line_raises_passes_through_and_nothing_half_is_left(tmp_path: Path, sent: int) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield LONG_FILM[:sent]
        raise ProviderError(ErrorKind.RESULT_UNREACHABLE)

    assert await refused(Store(tmp_path), breaking()) is ErrorKind.RESULT_UNREACHABLE
    assert files(tmp_path) == []


async def test_a_film_that_fails_does_not_harm_the_earlier_one(tmp_path: Path) -> None:
    store = Store(tmp_path)
    await store.keep(JOB, chunks(TINY_FILM))
    assert await refused(store, chunks(LONG_FILM[:-1])) is ErrorKind.RESULT_NOT_A_VIDEO
    assert files(tmp_path) == [f"0k/{JOB}.mp4"]
    assert store.path_of(JOB).read_bytes() == TINY_FILM


# The disk


async def test_a_disk_that_is_nearly_full_is_not_filled(tmp_path: Path) -> None:
    assert await refused(Store(tmp_path, spare_bytes=1 << 60), chunks(TINY_FILM)) is ErrorKind.STORAGE_FULL
    assert files(tmp_path) == []


@contextmanager
def files_no_larger_than(limit: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("limit", [0, 100, BLOCK_BYTES + 100])
async def test_a_disk_that_is_full_in_the_middle_leaves_nothing(tmp_path: Path, limit: int) -> None:
    with files_no_larger_than(limit):
        assert await refused(Store(tmp_path), chunks(LONG_FILM)) is ErrorKind.STORAGE_FULL
    assert files(tmp_path) == []


@pytest.mark.parametrize("where", ["films", "films/0k", f"films/0k/{JOB}.mp4/x"])
async def test_a_disk_that_fails_otherwise_is_our_own_trouble(tmp_path: Path, where: str) -> None:
    in_the_way = tmp_path / where
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.write_bytes(b"a file where a folder should be, or the other way about")
    assert await refused(Store(tmp_path / "films"), chunks(TINY_FILM)) is ErrorKind.INTERNAL
    assert files(tmp_path) == [where]


# Leaving early


class Interrupting(ThreadPoolExecutor):
    """Threads that cancel a task as soon as it has handed them its `at`-th call, and once more while that one runs."""

    def __init__(self, at: int) -> None:
        super().__init__(max_workers=2)
        self.task: asyncio.Task[Any] | None = None
        self.at = at
        self.calls = 0

    @override
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self.calls += 1
        future = super().submit(fn, *args, **kwargs)
        if self.calls == self.at and self.task is not None:
            cancel, loop = self.task.cancel, self.task.get_loop()
            loop.call_soon(cancel)
            loop.call_soon(lambda: loop.call_soon(cancel))
        return future


@pytest.mark.parametrize("at", range(1, 7))
async def test_cancelling_at_any_step_leaves_a_whole_film_or_nothing(tmp_path: Path, at: int) -> None:
    threads = Interrupting(at)
    asyncio.get_running_loop().set_default_executor(threads)
    keeping = threads.task = asyncio.create_task(Store(tmp_path).keep(JOB, chunks(LONG_FILM)), name="keeps a film")
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert threads.calls >= at
    assert files(tmp_path) in ([], [f"0k/{JOB}.mp4"])
    if files(tmp_path):
        assert Store(tmp_path).path_of(JOB).read_bytes() == LONG_FILM


async def test_cancelling_while_the_line_is_silent_leaves_nothing(tmp_path: Path) -> None:
    silent = asyncio.Event()

    async def falling_silent() -> AsyncIterator[bytes]:
        yield LONG_FILM[: BLOCK_BYTES + 5]
        silent.set()
        await asyncio.get_running_loop().create_future()

    keeping = asyncio.create_task(Store(tmp_path).keep(JOB, falling_silent()), name="keeps a film")
    await silent.wait()
    assert len(files(tmp_path)) == 1
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert files(tmp_path) == []


DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from core.model import JobId
from core.videos.store import BLOCK_BYTES, Store
from tests.core.test_store import JOB, LONG_FILM

async def chunks():
    yield LONG_FILM
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(Store(Path(sys.argv[1])).keep(JOB, chunks()))
"""


async def test_a_process_that_dies_before_the_name_is_given_leaves_a_half_file_for_the_sweep(tmp_path: Path) -> None:
    died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", DYING, str(tmp_path)], check=False)
    assert died.returncode == -signal.SIGKILL
    (half,) = (tmp_path / name for name in files(tmp_path))
    assert (half.suffix, half.stat().st_size) == (".part", len(LONG_FILM))

    store, now = Store(tmp_path), datetime.now(UTC)
    assert await store.sweep(now + HALF_FILE_LIFE - timedelta(minutes=1), timedelta(0), ()) == []
    assert half.exists()
    assert await store.sweep(now + HALF_FILE_LIFE + timedelta(minutes=1), timedelta(0), ()) == []
    assert files(tmp_path) == []
    assert (await store.keep(JOB, chunks(TINY_FILM))).path.exists()


# The sweep


async def test_what_was_kept_long_enough_is_swept_and_what_is_owed_is_not(tmp_path: Path) -> None:
    week = timedelta(days=7)
    for name, age in {"aa-old": week + timedelta(seconds=1), "aa-new": week, "bb-owed": 9 * week}.items():
        aged(Store(tmp_path).path_of(JobId(name)), age)
    assert await Store(tmp_path).sweep(NOW, week, [JobId("bb-owed")]) == [JobId("aa-old")]
    assert files(tmp_path) == ["aa/aa-new.mp4", "bb/bb-owed.mp4"]
    assert await Store(tmp_path).sweep(NOW, week, [JobId("bb-owed")]) == []


async def test_what_bears_no_name_of_ours_is_left_alone(tmp_path: Path) -> None:
    strange: Iterable[str | bytes] = (
        "notes.txt",
        "aa/notes.mp4.txt",
        "aa/.hidden.mp4",
        "aa/x.mp4",
        "aa/two words.mp4",
        "aa/line\nbreak.mp4",
        "aa/aa-1.MP4",
        "aa/aa-1.mp4\n",
        "aa/.aa-1.0000000g.part",
        "aa/deeper/aa-1.mp4",
        os.fsdecode(b"aa/\xff\xfe.mp4"),
    )
    for name in strange:
        aged(tmp_path / os.fsdecode(name), timedelta(days=999))
    before = files(tmp_path)
    (tmp_path / "aa" / "aa-folder.mp4").mkdir()
    assert await Store(tmp_path).sweep(NOW, timedelta(0), ()) == []
    assert files(tmp_path) == before


async def test_the_sweep_follows_no_link(tmp_path: Path) -> None:
    outside = aged(tmp_path / "outside" / "aa-1.mp4", timedelta(days=9))
    root = tmp_path / "films"
    root.mkdir()
    (root / "aa").symlink_to(outside.parent)
    (root / "bb").mkdir()
    (root / "bb" / "bb-1.mp4").symlink_to(outside)
    await Store(root).sweep(datetime.now(UTC) + timedelta(days=1), timedelta(0), ())
    assert outside.exists()
    assert (root / "aa").is_symlink()


async def test_a_store_that_was_never_used_has_nothing_to_sweep(tmp_path: Path) -> None:
    assert await Store(tmp_path / "never").sweep(NOW, timedelta(0), ()) == []


async def test_a_folder_that_cannot_be_read_does_not_hide_what_was_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("aa-1", "bb-1", "cc-1"):
        aged(Store(tmp_path).path_of(JobId(name)), timedelta(days=1))
    read = Path.iterdir

    def without_bb(folder: Path) -> Iterator[Path]:
        if folder.name == "bb":
            raise PermissionError(errno.EACCES, "no")
        return read(folder)

    monkeypatch.setattr(Path, "iterdir", without_bb)
    assert await Store(tmp_path).sweep(NOW, timedelta(0), ()) == [JobId("aa-1"), JobId("cc-1")]


async def test_sweeping_does_not_disturb_who_is_keeping(tmp_path: Path) -> None:
    store = Store(tmp_path)

    async def slowly() -> AsyncIterator[bytes]:
        async for chunk in chunks(LONG_FILM, BLOCK_BYTES):
            yield chunk
            await store.sweep(datetime.now(UTC), timedelta(0), [JOB])

    assert (await store.keep(JOB, slowly())).path.read_bytes() == LONG_FILM


async def test_two_sweeps_at_once_name_every_film_once(tmp_path: Path) -> None:
    for number in range(50):
        aged(Store(tmp_path).path_of(JobId(f"aa-{number}")), timedelta(days=1))
    gone = await asyncio.gather(*(Store(tmp_path).sweep(NOW, timedelta(0), ()) for _ in range(3)))
    assert sorted(chain(*gone)) == sorted(f"aa-{number}" for number in range(50))
