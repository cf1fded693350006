"""What readers said of alerts, as counts: by story, by term and by source, never by person or chat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select

from core.options import Feedback, Verdict
from storage.columns import digest
from storage.connection import AsyncConnection
from storage.dialect import insert
from storage.schema import feedback


async def add(connection: AsyncConnection, names: Sequence[tuple[str, str]], verdict: Verdict) -> None:
    """Count the verdict under each (kind, name), each once."""
    for kind, name in dict.fromkeys(names):
        row = insert(connection, feedback).values(
            kind=kind, name_digest=digest(name), verdict=verdict.value, name=name, total=1
        )
        await connection.execute(
            row.on_conflict_do_update(
                index_elements=["kind", "name_digest", "verdict"], set_={"total": feedback.c.total + 1}
            )
        )


async def of_kind(connection: AsyncConnection, kind: str, limit: int) -> tuple[Feedback, ...]:
    """Names of a kind with their counts, those with most verdicts first."""
    most = func.sum(feedback.c.total)
    first = (
        select(feedback.c.name_digest)
        .where(feedback.c.kind == kind)
        .group_by(feedback.c.name_digest)
        .order_by(most.desc(), feedback.c.name_digest)
        .limit(limit)
    )
    order = (await connection.execute(first)).scalars().all()
    counts: dict[bytes, dict[Verdict, int]] = defaultdict(dict)
    names: dict[bytes, str] = {}
    query = select(feedback).where(feedback.c.kind == kind, feedback.c.name_digest.in_(order))
    for row in await connection.execute(query):
        counts[row.name_digest][Verdict(row.verdict)] = row.total
        names[row.name_digest] = row.name
    return tuple(Feedback(kind, names[key], counts[key]) for key in order)
