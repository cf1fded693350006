"""The pages in a real headless Chromium: phone width, keyboard, contrast in light and dark, names for screen readers.

Skipped where no Chromium is installed (Debian: apt-get install chromium).
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from feeds.desk import judge
from matching.timeline import load_timeline
from tests.browser import Tab, browsing, find_browser
from tests.fake_clock import FakeClock
from tests.site_content import TOPICS, SampleStore, served
from web.site import Site, SiteOptions

BROWSER = find_browser()
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
TOKEN = "a-token-of-sixteen-or-more"
PAGES = ("/", "/?topic=sanctions", "/stories/5", "/stories/4", "/stories/999", "/sign-in", "/feeds", "/deliveries")

# Contrast of every shown text against what lies behind it (https://www.w3.org/TR/WCAG22/#contrast-minimum).
CONTRAST = """(() => {
  const parse = (text) => {
    const parts = text.match(/[\\d.]+/g).map(Number);
    return parts.length < 4 ? [...parts, 1] : parts;
  };
  const light = ([r, g, b]) => {
    const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) return colour;
    }
    return [255, 255, 255, 1];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const front = parse(element.closest('svg') ? style.fill : style.color);
    const [a, b] = [light(front), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push([walker.currentNode.data.trim().slice(0, 40), ratio]);
  }
  return poor;
})()"""
# What reads aloud badly: controls and pictures without a name, doubled ids, headings that skip a level, no landmarks.
STRUCTURE = """(() => {
  const faults = [];
  const name = (e) => (e.getAttribute('aria-label') || e.textContent || '').trim();
  for (const e of document.querySelectorAll('a[href], button, summary')) if (!name(e)) faults.push(e.outerHTML);
  for (const e of document.querySelectorAll('input')) if (!e.labels.length) faults.push(e.outerHTML);
  for (const e of document.querySelectorAll('img, svg[role=img]'))
    if (!e.getAttribute('alt') && !e.getAttribute('aria-label')) faults.push(e.outerHTML.slice(0, 80));
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  if (new Set(ids).size < ids.length) faults.push('an id twice');
  let level = 0;
  for (const e of document.querySelectorAll('h1, h2, h3, h4')) {
    if (+e.tagName[1] > level + 1) faults.push('skips a level: ' + e.outerHTML);
    level = +e.tagName[1];
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  for (const mark of ['header', 'main', 'footer']) if (!document.querySelector(mark)) faults.push('no ' + mark);
  if (document.documentElement.lang !== 'en') faults.push('no language');
  for (const e of document.querySelectorAll('th')) if (!e.closest('thead') && !e.scope) faults.push('th without scope');
  return faults;
})()"""


@pytest.fixture
async def site(clock: FakeClock) -> AsyncIterator[str]:
    options = SiteOptions(public=True, operator=True, token=TOKEN)
    attention = ("The feed Узор cannot be read: 410 Gone",)
    made = Site(
        SampleStore(),
        clock,
        TOPICS,
        options,
        known=load_timeline(),
        judge=lambda feed: judge(feed, clock),
        attention=lambda: attention,
    )
    async with served(made.routes) as base:
        yield base


@pytest.fixture
async def tab(site: str) -> AsyncIterator[Tab]:
    """A tab in which an operator has signed in, by keyboard alone."""
    assert BROWSER
    async with browsing(BROWSER) as opened:
        await opened.open(f"{site}/sign-in")
        await opened.submit("input", TOKEN)
        assert await opened.evaluate("location.pathname") == "/feeds"
        yield opened


async def test_every_page_can_be_read_by_everybody(tab: Tab, site: str) -> None:
    """One browser for all, since it takes seconds to start."""
    for path in PAGES:
        for dark in (False, True):
            for width in (320, 1000):
                where = (path, "dark" if dark else "light", width)
                await tab.open(site + path, width=width, dark=dark)
                assert await tab.evaluate(CONTRAST) == [], where
                assert await tab.evaluate("document.documentElement.scrollWidth") <= width, where
        assert await tab.evaluate(STRUCTURE) == [], path
    complaints = [text for text in tab.errors if "404" not in text]  # of the page that is not there
    assert complaints == []


async def test_the_keyboard_reaches_everything_and_is_seen(tab: Tab, site: str) -> None:
    await tab.open(site + "/")
    wanted = await tab.evaluate(
        "[...document.querySelectorAll('a[href], button, input, summary')].filter((e) => e.checkVisibility()).length"
    )
    await tab.press("Tab")
    assert await tab.evaluate("document.activeElement.textContent") == "To the content"
    assert (await tab.evaluate("document.activeElement.getBoundingClientRect().left")) >= 0
    reached = set()
    for _ in range(wanted + 2):
        place = await tab.evaluate(
            "(() => { window.seen ??= []; const e = document.activeElement; if (!window.seen.includes(e)) "
            "window.seen.push(e); return window.seen.indexOf(e) })()"
        )
        outlined = await tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        if await tab.evaluate("document.activeElement !== document.body"):
            assert outlined != "none"
            reached.add(place)
        await tab.press("Tab")
    assert len(reached) >= wanted


async def test_nothing_runs_that_a_headline_brought(tab: Tab, site: str) -> None:
    await tab.open(f"{site}/stories/4")
    assert await tab.evaluate("document.scripts.length") == 0
    assert await tab.evaluate("[...document.links].every((a) => /^https?:$/.test(a.protocol))")
    assert "<script>alert(1)</script>" in await tab.evaluate("document.body.innerText")
