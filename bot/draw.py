"""SVG to PNG, in a child process: the renderer holds the interpreter for as long as it draws.

python -m bot.draw < picture.svg > picture.png
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress

DRAW_SECONDS = 30.0
ZOOM = 2  # pixels per unit, so that letters are sharp on telephones

_log = logging.getLogger(__name__)


async def png(svg: str, *, seconds: float = DRAW_SECONDS) -> bytes | None:
    """The picture, or None (logged) when it cannot be drawn in that time."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-c", _CHILD),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            out, errors = await child.communicate(svg.encode("utf-8", "replace"))
    except TimeoutError:
        _log.warning("A picture was not drawn in time", extra={"seconds": seconds})
        return None
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode or not out:
        _log.warning("A picture could not be drawn", extra={"error": errors.decode("utf-8", "replace")[-300:]})
        return None
    return out


# Nothing of this program is imported there: a child that draws needs the renderer and the letters alone.
_CHILD = f"""
import sys
import font_roboto
import resvg_py
fonts = [font_roboto.Roboto, font_roboto.RobotoBold]
svg = sys.stdin.buffer.read().decode()
drawn = resvg_py.svg_to_bytes(
    svg_string=svg, zoom={ZOOM}, background="white", skip_system_fonts=True, font_files=fonts,
    font_family="Roboto", sans_serif_family="Roboto",
)
sys.stdout.buffer.write(bytes(drawn))
"""
