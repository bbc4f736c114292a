"""How the world is written down in JSON, the same for REST and for the gateway."""

from typing import Any

from tests.emulators.discord.cdn import Cdn
from tests.emulators.discord.ids import stamp
from tests.emulators.discord.messages import Message
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.shown import shown_components
from tests.emulators.discord.world import Channel, ChannelType, Guild, Member, Role, User


def user_json(user: User) -> dict[str, Any]:
    """An account as everyone may see it."""
    return {
        "id": str(user.id),
        "username": user.name,
        "discriminator": "0000" if user.bot else "0",
        "global_name": None if user.bot else user.name.capitalize(),
        "avatar": None,
        "bot": user.bot,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }


def member_json(member: Member, permissions: Permission | None = None) -> dict[str, Any]:
    """An account in a guild; within an interaction with what it may do there."""
    told: dict[str, Any] = {
        "user": user_json(member.user),
        "nick": member.nick,
        "avatar": None,
        "banner": None,
        "roles": [str(role.id) for role in member.roles],
        "joined_at": stamp(member.joined),
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
    }
    if permissions is not None:
        told["permissions"] = str(int(permissions))
    return told


def role_json(role: Role) -> dict[str, Any]:
    return {
        "id": str(role.id),
        "name": role.name,
        "description": None,
        "permissions": str(int(role.permissions)),
        "position": 0,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": role.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def channel_json(channel: Channel, *, permissions: Permission | None = None) -> dict[str, Any]:
    """A channel; within an interaction with what the person may do there."""
    last = next(reversed(channel.every_message), None)
    told: dict[str, Any] = {
        "id": str(channel.id),
        "type": int(channel.type),
        "last_message_id": None if last is None else str(last),
        "flags": 0,
    }
    if permissions is not None:
        told["permissions"] = str(int(permissions))
    if channel.guild is None:
        told["recipients"] = [user_json(user) for user in channel.recipients if not user.bot]
        if channel.type is ChannelType.GROUP_DM:
            told |= {"name": channel.name or None, "icon": None, "owner_id": str(channel.recipients[0].id)}
        return told
    told |= {
        "guild_id": str(channel.guild.id),
        "name": channel.name,
        "parent_id": None if channel.parent is None else str(channel.parent.id),
        "rate_limit_per_user": 0,
    }
    return told | (_thread_json(channel) if channel.is_thread else _room_json(channel))


def _thread_json(channel: Channel) -> dict[str, Any]:
    guild = channel.guild
    assert guild is not None
    return {
        "owner_id": str(guild.owner.id),
        "message_count": len(channel.every_message),
        "total_message_sent": len(channel.every_message),
        "member_count": 1,
        "thread_metadata": {
            "archived": channel.archived,
            "auto_archive_duration": 1440,
            "archive_timestamp": stamp(guild.members[guild.owner.id].joined),
            "locked": False,
        },
    }


def _room_json(channel: Channel) -> dict[str, Any]:
    assert channel.guild is not None
    told: dict[str, Any] = {
        "position": list(channel.guild.channels).index(channel.id) if channel.id in channel.guild.channels else 0,
        "nsfw": channel.nsfw,
        "topic": None,
        "permission_overwrites": [
            {
                "id": str(id_),
                "type": 0 if id_ in channel.guild.roles else 1,
                "allow": str(int(overwrite.allow)),
                "deny": str(int(overwrite.deny)),
            }
            for id_, overwrite in channel.overwrites.items()
        ],
    }
    if channel.type is ChannelType.VOICE:
        told |= {"bitrate": 64000, "user_limit": 0, "rtc_region": None}
    return told


def guild_json(guild: Guild) -> dict[str, Any]:
    """A guild without what is in it, as REST tells it."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "description": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "home_header": None,
        "owner_id": str(guild.owner.id),
        "application_id": None,
        "region": "rotterdam",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "roles": [role_json(role) for role in guild.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": list(guild.features),
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": guild.tier,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": guild.locale,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "nsfw": False,
        "nsfw_level": 0,
        "incidents_data": None,
    }


def guild_create_json(guild: Guild, bot: User) -> dict[str, Any]:
    """A guild with all that the bot sees in it, as the gateway tells it."""
    seen = [channel for channel in guild.channels.values() if Permission.VIEW_CHANNEL in channel.may(bot)]
    return guild_json(guild) | {
        "joined_at": stamp(guild.members[bot.id].joined),
        "large": False,
        "unavailable": False,
        "member_count": len(guild.members),
        "members": [member_json(guild.members[bot.id])],
        "channels": [channel_json(channel) for channel in seen if not channel.is_thread],
        "threads": [channel_json(channel) for channel in seen if channel.is_thread],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def message_json(message: Message, cdn: Cdn, bot: User, *, nested: bool = True) -> dict[str, Any]:
    """A message as it stands."""
    look = message.look
    flags = look.flags
    told: dict[str, Any] = {
        "id": str(message.id),
        "channel_id": str(message.channel.id),
        "type": message.type,
        "author": user_json(message.author),
        "content": look.content,
        "timestamp": stamp(message.posted_at),
        "edited_timestamp": None if message.edited_at is None else stamp(message.edited_at),
        "tts": False,
        "mention_everyone": look.mention_everyone,
        "mentions": [user_json(user) for user in look.mentions],
        "mention_roles": [str(role) for role in look.mention_roles],
        "attachments": [cdn.json(message.channel.id, attachment) for attachment in look.attachments],
        "embeds": [{"type": "rich", **embed} for embed in look.embeds],
        "components": shown_components(message, cdn),
        "pinned": message.pinned,
        "flags": int(flags),
    }
    if message.reactions:
        told["reactions"] = [_reaction_json(emoji, users, bot) for emoji, users in message.reactions.items()]
    if message.author.bot:
        told["application_id"] = str(bot.id)
    if message.via_token:
        told["webhook_id"] = str(bot.id)
    if message.by_interaction is not None:
        told["interaction_metadata"] = message.by_interaction
    if message.reply_to is not None:
        told["message_reference"] = {
            "type": 0,
            "message_id": str(message.reply_to.id),
            "channel_id": str(message.reply_to.channel.id),
        }
        if nested:
            original = message.reply_to
            told["referenced_message"] = None if original.deleted else message_json(original, cdn, bot, nested=False)
    return told


def _reaction_json(emoji: str, users: list[User], bot: User) -> dict[str, Any]:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "burst_colors": [],
        "me_burst": False,
        "burst_me": False,
        "me": bot in users,
        "burst_count": 0,
    }
