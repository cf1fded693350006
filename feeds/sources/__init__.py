"""Kinds of sources: one file and one line here each."""

from __future__ import annotations

from core.registry import Registry

SOURCES = Registry(
    "source type",
    {
        "rss": "feeds.sources.rss:SOURCE",
        "jsonfeed": "feeds.sources.jsonfeed:SOURCE",
        "newssitemap": "feeds.sources.newssitemap:SOURCE",
        "telegram-web": "feeds.sources.telegram_web:SOURCE",
        "gdelt": "feeds.sources.gdelt:SOURCE",
        "federalregister": "feeds.sources.federalregister:SOURCE",
    },
)
