"""Links as feeds need them; see core.links."""

from __future__ import annotations

from core.links import clean_link, host_of, is_front_page, link_key

__all__ = ["clean_link", "host_of", "is_front_page", "link_key"]
