"""TLS in front of PostgreSQL is real: verified, and demanded."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from rehearsal.certificates import Authority
from rehearsal.ports import LOOPBACK
from rehearsal.servers import postgres, tls_proxy
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live


def connect(
    server: postgres.PostgresServer, port: int, ca: Path, sslmode: str
) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=LOOPBACK,
        port=port,
        dbname="postgres",
        user=server.admin_user,
        password=server.admin_password,
        sslmode=sslmode,
        sslrootcert=str(ca),
        connect_timeout=10,
    )


def test_a_client_that_verifies_gets_through_and_no_other(tmp_path: Path) -> None:
    authority, stranger = Authority.create("one"), Authority.create("another")
    ca, other = tmp_path / "ca.crt", tmp_path / "other.crt"
    ca.write_text(authority.certificate_pem)
    other.write_text(stranger.certificate_pem)
    with Supervisor() as supervisor:
        server = postgres.start(supervisor)
        port = tls_proxy.start(supervisor, server.port, authority)
        with connect(server, port, ca, "verify-full") as connection:
            big = connection.execute("SELECT repeat('x', 300000)").fetchone()
            assert big == ("x" * 300_000,)
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            connect(server, port, other, "verify-full")
        with pytest.raises(psycopg.OperationalError):
            connect(server, port, ca, "disable")
        with connect(server, port, ca, "verify-full") as connection:  # still there after those
            assert connection.execute("SELECT 1").fetchone() == (1,)
