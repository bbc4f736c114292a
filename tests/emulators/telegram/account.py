"""The bot's own account: who it is, its commands, its updates, its files."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.emulators.telegram.calls import Call
from tests.emulators.telegram.errors import bad_request
from tests.emulators.telegram.files import DOWNLOAD_LIMIT, Files
from tests.emulators.telegram.payloads import user_json
from tests.emulators.telegram.sending import Method
from tests.emulators.telegram.updates import Updates
from tests.emulators.telegram.world import World


@dataclass
class Account:
    """The methods that are about the bot itself. `local` is the folder of a local Bot API server."""

    world: World
    files: Files
    updates: Updates
    local: Path | None
    logged_out: bool = False
    closed: int = 0
    written: set[Path] = field(default_factory=set)

    @property
    def methods(self) -> dict[str, Method]:
        return {
            "getMe": self.get_me,
            "logOut": self.log_out,
            "close": self.close,
            "getUpdates": self.updates.get,
            "getFile": self.get_file,
        }

    def get_me(self, call: Call) -> dict[str, Any]:
        return user_json(self.world.bot) | {
            "can_join_groups": self.world.can_join_groups,
            "can_read_all_group_messages": not self.world.privacy,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
            "has_topics_enabled": False,
            "allows_users_to_create_topics": False,
            "can_manage_bots": False,
        }

    def log_out(self, call: Call) -> bool:
        self.logged_out = True
        return True

    def close(self, call: Call) -> bool:
        self.closed += 1
        return True

    def get_file(self, call: Call) -> dict[str, Any]:
        file_id = call.text("file_id")
        if not file_id:
            raise bad_request("file_id not specified")
        try:
            stored, path = self.files.path(file_id)
        except Exception as error:
            raise bad_request("invalid file_id") from error
        if self.local is None and stored.size > DOWNLOAD_LIMIT:
            raise bad_request("file is too big")
        if self.local is not None:
            target = self.local / re.sub(r"[^\w./-]", "_", path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(stored.data)
            path = str(target)
        return {"file_id": file_id, "file_unique_id": stored.unique_id, "file_size": stored.size, "file_path": path}
