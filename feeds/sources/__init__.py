"""Kinds of sources: one file and one line here each."""

from __future__ import annotations

from core.registry import Registry

SOURCES = Registry("source type", {"rss": "feeds.sources.rss:SOURCE"})
