"""The HTTP server: liveness, readiness, and the routes that chat platforms answer.

`GET /livez` says that the loop is alive, by answering; `GET /healthz` whether work was done lately, not whether a port
is open; `GET /readyz` whether the program has started up. All answer JSON, 200 or 503.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from core.errors import ConfigError
from core.ports import HttpRequest, HttpResponse, Route

MAX_BODY = 1024 * 1024

Report = Callable[[], tuple[bool, Mapping[str, Any]]]
Handler = Callable[[HttpRequest], Awaitable[HttpResponse]]


class HttpServer:
    """Serves `health` and `ready` (each returns good-or-not and details) and the given routes.

    `missing` answers for addresses that lead nowhere; without it, they are told so in a bare word.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        health: Report,
        ready: Report,
        routes: Sequence[Route] = (),
        missing: Handler | None = None,
    ) -> None:
        self._host, self._port = host, port
        application = web.Application(client_max_size=MAX_BODY, middlewares=[_finding(missing)] if missing else [])
        application.router.add_get("/healthz", _reporting(health))
        application.router.add_get("/readyz", _reporting(ready))
        application.router.add_get("/livez", _reporting(_alive))
        for route in routes:
            handler = _adapting(route)
            application.router.add_route(route.method, route.path, handler)
            if route.method == "GET":
                application.router.add_route("HEAD", route.path, handler)
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=2)

    async def start(self) -> str:
        """Listen; returns the base address. Raises ConfigError when the address cannot be had."""
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, self._host, self._port)
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigError(
                [
                    f"http.host = {self._host!r}, http.port = {self._port}: cannot listen there "
                    f"({error.strerror or error}); {_remedy(error)}."
                ]
            ) from error
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        await self._runner.cleanup()


def _remedy(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "choose another http.port, or stop the program that has it"
        case errno.EACCES:
            return "choose an http.port above 1023: those below are the administrator's"
    return "http.host must be an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all"


def _alive() -> tuple[bool, Mapping[str, Any]]:
    return True, {}


def _reporting(report: Report) -> Callable[[web.Request], Any]:
    async def answer(_: web.Request) -> web.Response:
        good, details = report()
        body = json.dumps({"ok": good, **details}, default=str)
        return web.Response(status=200 if good else 503, text=body + "\n", content_type="application/json")

    return answer


def _finding(missing: Handler) -> Any:
    """A middleware in which `missing` answers where no route has the path; a wrong method stays 405."""

    @web.middleware
    async def find(request: web.Request, handler: Callable[[web.Request], Awaitable[Any]]) -> Any:
        if isinstance(request.match_info.http_exception, web.HTTPNotFound):
            return _adapted(await missing(_plain(request, b"")))
        return await handler(request)

    return find


def _adapting(route: Route) -> Callable[[web.Request], Any]:
    async def answer(request: web.Request) -> web.Response:
        return _adapted(await route.handler(_plain(request, await request.read())))

    return answer


def _plain(request: web.Request, body: bytes) -> HttpRequest:
    return HttpRequest(
        method=request.method,
        path=request.path,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        query=request.query_string,
    )


def _adapted(result: HttpResponse) -> web.Response:
    return web.Response(status=result.status, body=result.body, headers=dict(result.headers))
