"""How many are free where no number tells it."""

from __future__ import annotations

from collections.abc import Sequence

from matching.candidates import Count
from matching.fates import Mention, real_sentences, told_free, words_of
from matching.scene import Scene


def implied(scene: Scene, mentions: Sequence[Mention], freed: Sequence[str]) -> Count | None:
    """One person freed and nobody else spoken of: one. Several only when a title joins them and says they are free."""
    if not freed or scene.any("total") or len(freed) > 2:
        return None
    told = any(item.state == "freed" for item in mentions if item.person in freed)
    if not told and not real_sentences(scene.title):
        return None
    if any(item.view.before(item.first, 4, "including", "among") for item in mentions if item.person in freed):
        return None
    if any(view.before(cue.first, 1, "and") for view in scene.views for cue in view.all("others")):
        return None
    titled = {item.person for item in mentions if item.view is scene.title and item.state == "freed"}
    if len(freed) > 1 and titled != set(freed):
        return None
    if not told_free(scene):
        return None
    return Count(len(freed), False, words_of(mentions, freed))
