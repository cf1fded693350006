"""What chats were asked about, kept by the answer, or for a day. See core.proposing."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from core.model import Target
from core.proposing import KEEP_PROPOSALS
from storage.columns import digest
from storage.connection import AsyncConnection
from storage.database import Database
from storage.dialect import insert
from storage.schema import proposals

KEEP = 20  # proposals of one chat
MOST_BYTES = 1024 * 1024  # of all of them but the newest


class ProposalDesk:
    """The part of the store that answers core.proposing.ProposalStore."""

    _database: Database

    async def keep_proposal(self, target: Target, body: bytes, now: datetime) -> str:
        mark = "#" + blake2b(body, digest_size=5).hexdigest()
        async with self._database.write() as connection:
            await connection.execute(
                insert(connection, proposals)
                .values(target_digest=_chat(target), mark=mark, body=body, kept_at=now)
                .on_conflict_do_update(index_elements=["target_digest", "mark"], set_={"kept_at": now})
            )
            await _shorten(connection, target, mark)
        return mark

    async def find_proposal(self, target: Target, mark: str, now: datetime) -> bytes | None:
        query = select(proposals.c.body).where(_one(target, mark), proposals.c.kept_at >= now - KEEP_PROPOSALS)
        async with self._database.read() as connection:
            found: bytes | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def drop_proposal(self, target: Target, mark: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(proposals).where(_one(target, mark)))


async def erase(connection: AsyncConnection, target: Target) -> None:
    """Delete all of a chat."""
    await connection.execute(delete(proposals).where(proposals.c.target_digest == _chat(target)))


async def move(connection: AsyncConnection, old: Target, new: Target) -> None:
    """Give those of a chat its new address."""
    there = select(proposals.c.mark).where(proposals.c.target_digest == _chat(new))
    mine = and_(proposals.c.target_digest == _chat(old), proposals.c.mark.not_in(there))
    await connection.execute(update(proposals).where(mine).values(target_digest=_chat(new)))
    await erase(connection, old)


async def _shorten(connection: AsyncConnection, target: Target, newest: str) -> None:
    """The newest of a chat stay, so that nobody fills the disk by asking."""
    query = (
        select(proposals.c.mark, func.length(proposals.c.body).label("size"))
        .where(proposals.c.target_digest == _chat(target))
        .order_by(proposals.c.kept_at.desc(), proposals.c.mark)
    )
    kept = total = 0
    gone = []
    for row in await connection.execute(query):
        if row.mark == newest:
            continue
        kept, total = kept + 1, total + row.size
        if kept >= KEEP or total > MOST_BYTES:
            gone.append(row.mark)
    if gone:
        mine = and_(proposals.c.target_digest == _chat(target), proposals.c.mark.in_(gone))
        await connection.execute(delete(proposals).where(mine))


def _one(target: Target, mark: str) -> ColumnElement[bool]:
    return and_(proposals.c.target_digest == _chat(target), proposals.c.mark == mark)


def _chat(target: Target) -> bytes:
    """Threads share them: a button may stand in another one than the command did."""
    return digest(target.platform, target.chat)
