"""Why stories cannot be merged or split; see core.sentence."""

from __future__ import annotations

WITH_ITSELF = "Story {n} cannot be merged with itself; name two stories."
MERGED_BEFORE = "Story {n} has already been merged; it is story {into} now."
MERGED_AWAY = "Story {n} has been merged; its reports stand in story {into} now."
NO_REPORT = "Story {n} has no report {names}; `split {n}` lists those it has."
ONE_EACH = "At least one report must leave story {n} and at least one must stay."
