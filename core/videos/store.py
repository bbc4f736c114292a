"""The files of finished videos: `<root>/<first two of the id>/<id>.mp4`, whole or not there at all."""

import asyncio
import errno
import hashlib
import os
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Collection, Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import structlog

from core.errors import ErrorKind, ProviderError
from core.model import JobId, Video
from core.videos.boxes import HEAD_BYTES, NotAVideoError, begins_like_mp4, probe

BLOCK_BYTES: Final = 1 << 20
"""So much is gathered before it is written: the most of a film that is ever in memory."""
SPARE_BYTES: Final = 64 << 20
"""Left free on the disk, so that a flood of films does not keep the ledger from writing down what became of them."""
HALF_FILE_LIFE: Final = timedelta(hours=6)
"""A half file that nobody has written to for so long belongs to a process that is gone."""

_ID: Final = r"[0-9A-Za-z-]{2,64}"
_WHOLE: Final = re.compile(rf"(?P<id>{_ID})\.mp4")
_HALF: Final = re.compile(rf"\.{_ID}\.[0-9a-f]{{8}}\.part")
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})

_Params = ParamSpec("_Params")
_Result = TypeVar("_Result")

_log = structlog.get_logger(__name__)


class Store:
    """Keeps finished videos in a folder that belongs to it alone: folders 0700, files 0600.

    `spare_bytes` is what must stay free on the disk.
    """

    def __init__(self, root: Path, *, spare_bytes: int = SPARE_BYTES) -> None:
        self._root = root
        self._spare_bytes = spare_bytes

    def path_of(self, job_id: JobId) -> Path:
        """Where a job's video is, or would be. Raises `ValueError` for an id that cannot be a file's name."""
        if not re.fullmatch(_ID, job_id):
            raise ValueError(f"not a job id: {job_id!r}")
        return self._root / job_id[:2] / f"{job_id}.mp4"

    async def keep(self, job_id: JobId, chunks: AsyncIterable[bytes], *, upstream_url: str | None = None) -> Video:
        """Write a film to the disk, check it, and only then give it its name; a repetition replaces the earlier one.

        What it returns is on the disk even if the power goes. Raises `ProviderError`: `RESULT_NOT_A_VIDEO` (at the
        first bytes already, where these tell), `STORAGE_FULL`, or `INTERNAL` where the disk fails otherwise; what
        `chunks` raises passes through. However it ends, by cancellation too, nothing half is left behind.
        """
        half = _HalfFile(self._root, self.path_of(job_id), self._spare_bytes)
        try:
            async with aclosing(_blocks(chunks)) as blocks:
                async for block in blocks:
                    await _in_thread(half.write, block)
            size, sha256 = await _in_thread(half.finish)
        finally:
            await _in_thread(half.discard)
        return Video(self.path_of(job_id), size, sha256, upstream_url)

    def forget(self, video: Video) -> None:
        """Delete a film that was taken away; one that is gone already is no fault."""
        with suppress(OSError):
            video.path.unlink(missing_ok=True)

    async def sweep(self, now: datetime, keep_for: timedelta, owed: Collection[JobId]) -> list[JobId]:
        """Delete what was kept longer ago than `keep_for` and is not `owed`; return whose films are gone.

        Half files that a crash left go too. What bears no name of ours is left alone.
        """
        return await _in_thread(_sweep, self._root, now, keep_for, frozenset(owed))


async def _blocks(chunks: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """The same bytes in blocks worth a write. What does not begin as an MP4 is refused before any is passed on."""
    gathered = bytearray()
    begun = False
    async for chunk in chunks:
        gathered += chunk
        if not begun and len(gathered) >= HEAD_BYTES:
            _require_mp4_head(gathered)
            begun = True
        if len(gathered) >= BLOCK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if not begun:
        _require_mp4_head(gathered)
    if gathered:
        yield bytes(gathered)


def _require_mp4_head(head: bytearray) -> None:
    if not begins_like_mp4(bytes(head[:HEAD_BYTES])):
        raise ProviderError(
            ErrorKind.RESULT_NOT_A_VIDEO, f"begins with {bytes(head[:HEAD_BYTES])!r}" if head else "nothing came"
        )


class _HalfFile:
    """A film on its way to its name. Its methods block: they run in a thread, one at a time."""

    def __init__(self, root: Path, path: Path, spare_bytes: int) -> None:
        self._root = root
        self._path = path
        self._half = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
        self._spare_bytes = spare_bytes
        self._file: FileIO | None = None
        self._size = 0
        self._sha256 = hashlib.sha256()

    def write(self, block: bytes) -> None:
        """Append; the first call makes the file."""
        with _disk_errors_become_ours():
            file = self._file = self._file or self._begin()
            self._require_room(len(block))
            rest = memoryview(block)
            while rest:
                rest = rest[file.write(rest) :]
        self._sha256.update(block)
        self._size += len(block)

    def finish(self) -> tuple[int, str]:
        """Check the whole film, make it last, and give it its name; return its size and checksum."""
        if self._file is None:
            raise ProviderError(ErrorKind.RESULT_NOT_A_VIDEO, "nothing came")
        with _disk_errors_become_ours():
            probe(self._file, self._size)
            os.fsync(self._file.fileno())
            self._file.close()
            self._half.replace(self._path)
            for folder in (self._path.parent, self._root):
                _sync_folder(folder)
        return self._size, self._sha256.hexdigest()

    def discard(self) -> None:
        """Leave nothing half behind; does nothing to what was finished."""
        if self._file is None:
            return
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._half.unlink(missing_ok=True)

    def _begin(self) -> FileIO:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self._half, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        return FileIO(handle, "r+")

    def _require_room(self, wanted: int) -> None:
        disk = os.statvfs(self._root)
        if disk.f_bavail * disk.f_frsize - wanted < self._spare_bytes:
            raise OSError(errno.ENOSPC, "the disk is nearly full")


@contextmanager
def _disk_errors_become_ours() -> Iterator[None]:
    try:
        yield
    except NotAVideoError as error:
        raise ProviderError(ErrorKind.RESULT_NOT_A_VIDEO, str(error)) from error
    except OSError as error:
        kind = ErrorKind.STORAGE_FULL if error.errno in _NO_ROOM else ErrorKind.INTERNAL
        raise ProviderError(kind, f"{type(error).__name__}: {error.strerror}") from error


def _sync_folder(folder: Path) -> None:
    """Make a name last: the file's own bytes are one thing, its entry in the folder another."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(root: Path, now: datetime, keep_for: timedelta, owed: frozenset[JobId]) -> list[JobId]:
    gone: list[JobId] = []
    for folder in _inside(root) if root.is_dir() else []:
        if folder.is_symlink() or not folder.is_dir():
            continue
        for file in _inside(folder):
            whole = _WHOLE.fullmatch(file.name)
            if whole is None:
                if _HALF.fullmatch(file.name):
                    _delete_if_older(file, now - HALF_FILE_LIFE)
            elif JobId(whole["id"]) not in owed and _delete_if_older(file, now - keep_for):
                gone.append(JobId(whole["id"]))
    return gone


def _inside(folder: Path) -> list[Path]:
    """What lies in a folder; nothing where it cannot be read, so that what is swept elsewhere is still told."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        _log.warning("a folder could not be swept", folder=folder.name, reason=error.strerror)
        return []


def _delete_if_older(file: Path, moment: datetime) -> bool:
    try:
        if datetime.fromtimestamp(file.lstat().st_mtime, UTC) >= moment:
            return False
        file.unlink()
    except FileNotFoundError:  # finished, or swept, by another process at the same moment
        return False
    except OSError as error:
        _log.warning("a file could not be swept", file=file.name, reason=error.strerror)
        return False
    return True


async def _in_thread(call: Callable[_Params, _Result], *args: _Params.args, **kwargs: _Params.kwargs) -> _Result:
    """Run a blocking call in a thread, to its end also when cancelled: a file must not be closed under a write."""

    def run() -> _Result:
        return call(*args, **kwargs)

    work = asyncio.get_running_loop().run_in_executor(None, run)
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        work.exception()  # looked at, so that nobody warns of it; the cancellation is what counts
        raise cancelled
    return work.result()
