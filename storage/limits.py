"""The rate of a platform, shared by all processes: one row each, from which turns are taken.

Turns lie evenly apart rather than in bursts: N in P seconds then holds for every P seconds, which a bucket of N tokens
would not keep (it lets almost 2 N through after a rest).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import bindparam, case, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from core.replicas import Turns
from storage.columns import BIG_ID
from storage.connection import AsyncConnection
from storage.dialect import greatest, insert, least
from storage.schema import platform_limits

# How far ahead turns are given: far enough to ask for several at once, near enough to hear of a hold.
AHEAD = timedelta(milliseconds=100)
# A turn further away than this was given by a clock that has been set back since.
_BELIEVABLE = timedelta(seconds=10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


async def take_turns(
    connection: AsyncConnection, platform: str, now: datetime, *, count: int, apart: timedelta
) -> Turns:
    """See core.replicas.LimitStore."""
    spacing = apart // _MICROSECOND
    given = {"platform": platform, "time": now, "now": _number(now), "count": count, "spacing": spacing}
    taken = (await connection.execute(_taking(), given)).first()
    if taken is None:
        held = await held_until(connection, platform)
        if held is not None and held > now:
            return Turns((), held, held)
        adding = insert(connection, platform_limits).values(name=platform)
        await connection.execute(adding.on_conflict_do_nothing(index_elements=["name"]))
        taken = (await connection.execute(_taking(), given)).one()
    first, after = _time(taken.first_at), _time(taken.free_at)
    number = (taken.free_at - taken.first_at) // spacing
    turns = tuple(max(now, first + place * apart) for place in range(number))
    return Turns(turns, max(now, after - AHEAD))


async def free_turns(connection: AsyncConnection, platform: str, now: datetime, count: int) -> Turns:
    """Turns of a platform without a rate: at once, unless it is held."""
    held = await held_until(connection, platform)
    return Turns((), held, held) if held is not None and held > now else Turns((now,) * count, now)


async def held_until(connection: AsyncConnection, platform: str) -> datetime | None:
    query = select(platform_limits.c.blocked_until).where(platform_limits.c.name == platform)
    found: datetime | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def hold(connection: AsyncConnection, platform: str, until: datetime) -> None:
    """See core.replicas.LimitStore.hold_platform."""
    adding = insert(connection, platform_limits).values(name=platform, blocked_until=until)
    longer = greatest(platform_limits.c.blocked_until, adding.excluded.blocked_until)
    free = platform_limits.c.blocked_until.is_(None)
    later = case((free, adding.excluded.blocked_until), else_=longer)
    await connection.execute(adding.on_conflict_do_update(index_elements=["name"], set_={"blocked_until": later}))


@cache  # building it takes longer than running it
def _taking() -> ReturningUpdate[tuple[int, int]]:
    """One statement: both columns are computed from the row as it was. Times are microseconds since 1970."""
    now, count, spacing = (bindparam(name, type_=BIG_ID) for name in ("now", "count", "spacing"))
    ahead, believable = AHEAD // _MICROSECOND, _BELIEVABLE // _MICROSECOND
    free = platform_limits.c.free_at
    start = case((free > now + believable, now), else_=greatest(free, now))
    number = least(count, greatest(0, (now + ahead + spacing - start) // spacing))
    unheld = or_(platform_limits.c.blocked_until.is_(None), platform_limits.c.blocked_until <= bindparam("time"))
    return (
        update(platform_limits)
        .where(platform_limits.c.name == bindparam("platform"), unheld)
        .values(first_at=start, free_at=start + number * spacing)
        .returning(platform_limits.c.first_at, platform_limits.c.free_at)
    )


def _number(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _time(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)
