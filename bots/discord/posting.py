"""One look of a message on its way to Discord: as an edit by either token, or as a message of its own, posted once."""

from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import discord

from bots.discord.answers import NOBODY
from bots.discord.buttons import job_of
from bots.discord.deadline import leaving_before
from bots.discord.faults import FaultError, faults_become_ours
from bots.discord.limits import TOKEN_USE
from bots.discord.place import Place, nonce
from bots.discord.render import StatusView, alt_text
from bots.discord.ways import Way
from bots.discord.wire import Wire
from core.model import JobId, Status, Video

NONCE_KNOWN: Final = timedelta(seconds=100)
"""So long Discord surely remembers a nonce ("in the past few minutes"); later we look for our message ourselves."""
_LOOKED_THROUGH: Final = 200


@contextmanager
def film_of(video: Video | None, status: Status, *, words: bool) -> Generator[list[discord.File]]:
    """The file as it is sent, opened now and closed afterwards, however that ends; nothing where there is none."""
    files = [discord.File(video.path, video.file_name, description=alt_text(status, words=words))] if video else []
    try:
        yield files
    finally:
        for file in files:
            file.close()


async def edit(wire: Wire, way: Way, place: Place, look: StatusView, files: list[discord.File] | None) -> None:
    """Make the message look like this. `files`: all that it is to hold; None leaves what it holds.

    Only the last look of a message says what it holds: an earlier one that Discord executes late takes no film away.
    """
    held: Any = discord.utils.MISSING if files is None else files
    if way is Way.TOKEN:
        webhook = discord.Webhook.partial(place.application, place.token, client=wire.client)
        with leaving_before(place.token_from + TOKEN_USE):
            await webhook.edit_message(place.message, attachments=held, view=look, allowed_mentions=NOBODY)
    else:
        message = channel_of(wire, place).get_partial_message(place.message)
        await message.edit(attachments=held, view=look, allowed_mentions=NOBODY)


async def post(
    wire: Wire, where: discord.abc.Messageable, step: str, place: Place, job: JobId, look: StatusView, files: Any
) -> discord.Message | discord.PartialMessage:
    """A message of its own, once: by its nonce, or by finding the one that was posted before. `files` as for an edit.

    `place.reposted` tells when it was tried first.
    """
    if place.reposted is not None and wire.now() - place.reposted > NONCE_KNOWN:
        async for message in _later_than(where, place.message):
            if message.author.id == getattr(wire.client.user, "id", None) and job_of(message) == job:
                await message.edit(attachments=files, view=look, allowed_mentions=NOBODY)
                return message
    return await where.send(view=look, files=files, nonce=nonce(job, step), allowed_mentions=NOBODY)


async def _later_than(where: discord.abc.Messageable, message: int) -> AsyncIterator[discord.Message]:
    """What was written since; nothing where the channel's history may not be read."""
    try:
        with faults_become_ours():
            async for later in where.history(limit=_LOOKED_THROUGH, after=discord.Object(message)):
                yield later
    except FaultError:
        return


def channel_of(wire: Wire, place: Place) -> discord.PartialMessageable:
    """The channel of a message, by its id alone."""
    return wire.client.get_partial_messageable(place.channel, guild_id=place.guild)
