"""The audit log of each chat. It goes with the chat, and the oldest lines go when there are many."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, literal, select

from core.audit import Change
from core.model import Role, Target
from storage import subscriptions as chats
from storage.columns import CleanText, UtcTime
from storage.connection import AsyncConnection
from storage.dialect import insert
from storage.schema import audit, targets

KEEP = 500  # lines of one chat
MAX_LINE = 200


async def record(connection: AsyncConnection, target: Target, role: Role, line: str, now: datetime) -> None:
    row = select(
        targets.c.id, literal(now, UtcTime()), literal(int(role)), literal(line[:MAX_LINE], CleanText())
    ).where(chats.at(target))  # fmt: skip
    await connection.execute(insert(connection, audit).from_select(["target_id", "at", "role", "line"], row))
    target_id = select(targets.c.id).where(chats.at(target)).scalar_subquery()
    newest = select(audit.c.id).where(audit.c.target_id == target_id).order_by(audit.c.id.desc())
    bound = (await connection.execute(newest.offset(KEEP).limit(1))).scalar_one_or_none()
    if bound is not None:
        await connection.execute(delete(audit).where(audit.c.target_id == target_id, audit.c.id <= bound))


async def latest(connection: AsyncConnection, target: Target, limit: int) -> tuple[Change, ...]:
    query = (
        select(audit.c.at, audit.c.role, audit.c.line)
        .join(targets, targets.c.id == audit.c.target_id)
        .where(chats.at(target))
        .order_by(audit.c.id.desc())
        .limit(limit)
    )
    return tuple(Change(row.at, Role(row.role), row.line) for row in await connection.execute(query))
