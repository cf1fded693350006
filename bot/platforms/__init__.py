"""Places with chats. One line per platform; a platform is imported only when it is switched on.

Each path names a factory `create(context: PlatformContext) -> ChatPlatform`.
"""

from __future__ import annotations

from core.registry import Registry

PLATFORMS = Registry(
    "platform",
    {
        "console": "bot.platforms.console:create",
        "telegram": "bot.platforms.telegram:create",
        "slack": "bot.platforms.slack:create",
        "webhook": "bot.platforms.webhook:create",
    },
)
