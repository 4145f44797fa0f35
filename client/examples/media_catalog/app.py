"""The service. Run it with

    uvicorn --factory --app-dir client examples.media_catalog.app:create_app

It starts although Vault is away, and is not ready before it has read its configuration once; what
waiting cannot mend - a path it may not read, a key that is not there, a list that is none - ends it
at once, by name.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import httpx
import psycopg
from fastapi import Depends, FastAPI, Header, HTTPException, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from examples.media_catalog.config import Config, opened
from examples.media_catalog.database import Connection, DatabaseAway, Pool
from examples.media_catalog.signing_keys import InvalidToken
from vaultstack_client import Timing, Unavailable, VaultClientError

TMDB: Final = "https://api.themoviedb.org/3"
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """What a running service holds open."""

    config: Config
    pool: Pool
    tmdb: httpx.Client


def _connect(url: str) -> Connection:
    return psycopg.connect(url, autocommit=True, connect_timeout=5)


def create_app(
    environ: Mapping[str, str] = os.environ,
    *,
    connect: Callable[[str], Connection] = _connect,
    timing: Timing | None = None,
) -> FastAPI:
    """The application; opens nothing before it is started."""

    def start(stack: ExitStack) -> Service:
        config = stack.enter_context(opened(environ, timing))
        try:
            config.check()
        except Unavailable as error:
            _log.warning("not ready yet: %s", error)
        # Closed in the opposite order: the database's users end with the client's token.
        pool = Pool(lambda: config.database_url, connect, config.database_url_instead_of)
        stack.callback(pool.close)
        config.on_new_database_user(pool.renew)
        tmdb = stack.enter_context(httpx.Client(base_url=environ.get("TMDB_URL", TMDB)))
        return Service(config, pool, tmdb)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stack = ExitStack()
        try:
            app.state.service = await run_in_threadpool(start, stack)
            yield
        finally:
            await run_in_threadpool(stack.close)

    app = FastAPI(title="Media Catalog", lifespan=lifespan)
    app.add_exception_handler(VaultClientError, _away)
    app.add_exception_handler(DatabaseAway, _away)
    app.add_exception_handler(psycopg.Error, _query_failed)
    app.get("/health/live")(live)
    app.get("/health/ready")(ready)
    app.get("/me")(me)
    app.post("/tokens/refresh")(refresh)
    app.get("/titles")(titles)
    app.get("/search")(search)
    return app


def service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


Opened = Annotated[Service, Depends(service)]


def subject(opened: Opened, authorization: Annotated[str, Header()] = "") -> str:
    """Who asks, by a bearer token."""
    scheme, _, token = authorization.partition(" ")
    bearer = token if scheme.lower() == "bearer" else ""
    try:
        return opened.config.signing_keys.subject(bearer, datetime.now(UTC))
    except InvalidToken:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "log in", {"WWW-Authenticate": "Bearer"}
        ) from None


Subject = Annotated[str, Depends(subject)]


# Plain functions run in threads: where Vault must be asked, no other request waits.


def live() -> dict[str, bool]:
    """Vault's outage is no reason to be restarted."""
    return {"live": True}


def ready(opened: Opened) -> JSONResponse:
    """Whether all configuration can be had, and where each part of it comes from."""
    problem = None
    try:
        opened.config.check()
    except VaultClientError as error:
        problem = str(error)
    answer: dict[str, Any] = {
        "ready": problem is None,
        "problem": problem,
        "vault": opened.config.vault(),
        "secrets": asdict(opened.config.sources()),
    }
    code = status.HTTP_200_OK if problem is None else status.HTTP_503_SERVICE_UNAVAILABLE
    return JSONResponse(jsonable_encoder(answer), code)


def me(subject: Subject) -> dict[str, str]:
    return {"subject": subject}


def refresh(opened: Opened, subject: Subject) -> dict[str, str]:
    """A new token for an old one that is still good."""
    return {"token": opened.config.signing_keys.issue(subject, datetime.now(UTC))}


def titles(opened: Opened, _: Subject) -> list[str]:
    """What the catalog holds."""
    with opened.pool.connection() as connection:
        rows = connection.execute("SELECT title FROM titles ORDER BY title LIMIT 100").fetchall()
    return [str(title) for (title,) in rows]


def search(opened: Opened, _: Subject, title: str) -> Any:
    """What the outside knows of a title. The key goes into a header: URLs are logged."""
    headers = {"Authorization": f"Bearer {opened.config.tmdb_api_key}"}
    try:
        answer = opened.tmdb.get("/search/movie", params={"query": title}, headers=headers)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        _log.warning("search: %s", type(error).__name__)
        raise HTTPException(status.HTTP_502_BAD_GATEWAY, "the search failed") from None
    return answer.json()


async def _away(_: Request, error: Exception) -> JSONResponse:
    """The reason is for the log; the caller can only try again."""
    _log.error("%s", error)
    return _TRY_AGAIN


async def _query_failed(_: Request, error: Exception) -> JSONResponse:
    """Such as for a user that ended while its connection was idle: the next one is another's. The
    driver's own words are kept out of the log, for they may quote values.
    """
    _log.error("a query failed: %s", type(error).__name__)
    return _TRY_AGAIN


_TRY_AGAIN: Final = JSONResponse(
    {"detail": "try again later"}, status.HTTP_503_SERVICE_UNAVAILABLE, {"Retry-After": "5"}
)
