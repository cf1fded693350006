"""Walks through what is kept, newest first, in pages, so that the loop stays free."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from core.model import Level, Story
from core.ports import ChatStore

PAGE = 50


async def stories_since(store: ChatStore, since: datetime, most: int) -> AsyncIterator[Story]:
    """Stories worth telling that were opened since, `most` at most."""
    before: int | None = None
    while most > 0:
        page = await store.latest_stories(min(PAGE, most), level=Level.DIGEST, before=before)
        for story in page:
            if story.opened_at < since:
                return
            yield story
        if len(page) < PAGE:
            return
        most, before = most - len(page), page[-1].id
