"""What Vault makes for whoever asks, read from answers as its engines give them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.client.fake_vault import FakeVault, Mode
from tests.clock import wait_until
from vaultstack_client import (
    ConfigurationError,
    Unavailable,
    VaultClient,
)
from vaultstack_client.clock import Instant
from vaultstack_client.connections import Answer
from vaultstack_client.credentials import (
    AwsKeys,
    AzurePrincipal,
    CertificateFor,
    DatabaseUser,
    GcpAccess,
    StaticDatabaseUser,
    prolonged,
)
from vaultstack_client.questions import Lease, Question

ASKED = Instant(5, 1_000_000)
NAME = "api.example.com"


def leased(**data: str | None) -> dict[str, Any]:
    return {"lease_id": "id", "lease_duration": 60, "renewable": True, "data": data}


AWS = leased(access_key="AKIA", secret_key="hidden", session_token="hidden-2")
AZURE = leased(client_id="client", client_secret="hidden")
GCP = {"data": {"token": "hidden", "token_ttl": 60, "expires_at_seconds": 1_000_060}}
PKI = {
    "data": {
        "certificate": "C",
        "private_key": "hidden",
        "ca_chain": ["I", "R"],
        "issuing_ca": "I",
        "serial_number": "01:02",
        "expiration": 1_000_060,
    }
}


@pytest.mark.parametrize(
    ("question", "path", "body", "lease"),
    [
        (DatabaseUser("r"), "database/creds/r", leased(username="u", password="hidden"), True),
        (AwsKeys("r"), "aws/creds/r", AWS, True),
        (AzurePrincipal("r"), "azure/creds/r", AZURE, True),
        (GcpAccess("r"), "gcp/impersonated-account/r/token", GCP, False),
        (CertificateFor("r", NAME), "pki/issue/r", PKI, False),
    ],
)
def test_each_kind(question: Question[Any], path: str, body: dict[str, Any], lease: bool) -> None:
    found = question.read(Answer(200, body, ASKED, said_at=1_000_000.0))
    assert question.path == path
    assert question.perishable
    assert found.lives == 60
    assert found.lease == (Lease("id", renewable=True) if lease else None)
    assert found.value.expires.timestamp() == 1_000_060
    assert "hidden" not in repr(found)


def test_through_the_client(vault: FakeVault, client: VaultClient) -> None:
    now = vault.clock.now().wall
    vault.answers |= {
        "aws/creds/keys": (200, AWS),
        "azure/creds/principal": (200, AZURE),
        "gcp/impersonated-account/access/token": (
            200,
            {"data": {"token": "hidden", "expires_at_seconds": now + 60}},
        ),
        "pki/issue/web": (200, {"data": {**PKI["data"], "expiration": now + 60}}),
    }
    for _ in range(2):
        aws = client.get_aws_credentials("keys")
        azure = client.get_azure_credentials("principal")
        gcp = client.get_gcp_token("access")
        certificate = client.issue_certificate("web", NAME, ttl=timedelta(minutes=1))
    assert (aws.access_key, aws.secret_key, aws.session_token) == ("AKIA", "hidden", "hidden-2")
    assert (azure.client_id, azure.client_secret) == ("client", "hidden")
    assert gcp.token == "hidden"
    assert certificate.private_key == "hidden"
    assert certificate.chain == ("I", "R")
    for path in vault.answers:
        assert vault.asked(path) == 1, path
    assert {"common_name": NAME, "ttl": "60s"} in vault.bodies


def test_keys_of_an_iam_user_have_no_session() -> None:
    found = AwsKeys("r").read(Answer(200, leased(access_key="a", secret_key="b"), ASKED))
    assert found.value.session_token is None


def test_a_certificate_without_a_chain() -> None:
    body = {"data": {**PKI["data"], "ca_chain": None}}
    found = CertificateFor("r", NAME).read(Answer(200, body, ASKED))
    assert found.value.chain == ("I",)


def test_a_certificate_for_no_time() -> None:
    with pytest.raises(ConfigurationError, match=r"ttl \(0:00:00\) must be a second or more"):
        CertificateFor("r", NAME, timedelta(0))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (DatabaseUser, "database"),
        (StaticDatabaseUser, "static database"),
        (AwsKeys, "AWS"),
        (AzurePrincipal, "Azure"),
        (GcpAccess, "GCP"),
        (lambda role: CertificateFor(role, NAME), "PKI"),
    ],
)
def test_a_role_that_cannot_be(make: Any, kind: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{kind} role '../x': must be letters"):
        make("../x")


def test_kinds_are_kept_apart() -> None:
    """Two engines may have roles of one name."""
    kinds: set[Question[Any]] = {DatabaseUser("r"), AwsKeys("r"), AzurePrincipal("r")}
    assert len({*kinds, GcpAccess("r"), StaticDatabaseUser("r")}) == 5


def test_renewed_credentials_show_their_new_end() -> None:
    found = DatabaseUser("r").read(Answer(200, leased(username="u", password="p"), ASKED))
    longer = prolonged(found.value, ASKED, 600)
    assert (longer.username, longer.expires.timestamp()) == ("u", 1_000_600)
    assert prolonged("other", ASKED, 600) == "other"


STATIC = {"data": {"username": "exports", "password": "hidden-1", "ttl": 600}}
STATIC_PATH = "database/static-creds/exports"


def rotate(vault: FakeVault, ttl: float = 600) -> None:
    vault.answers[STATIC_PATH] = (
        200,
        {"data": {"username": "exports", "password": "hidden-2", "ttl": ttl}},
    )


def test_a_user_that_stays(vault: FakeVault, client: VaultClient) -> None:
    vault.answers[STATIC_PATH] = (200, STATIC)
    first = client.get_static_database_credentials("exports")
    assert (first.username, first.password) == ("exports", "hidden-1")
    assert first.rotates.timestamp() - vault.clock.now().wall == pytest.approx(600, abs=2)
    assert "hidden" not in repr(first)
    rotate(vault)
    assert client.get_static_database_credentials("exports") == first
    vault.clock.pass_(61)
    assert client.get_static_database_credentials("exports").password == "hidden-2"


def test_a_rotated_password_that_the_database_refuses(
    vault: FakeVault, client: VaultClient
) -> None:
    vault.answers[STATIC_PATH] = (200, STATIC)
    first = client.get_static_database_credentials("exports")
    rotate(vault)
    second = client.get_static_database_credentials("exports", instead_of=first)
    assert second.password == "hidden-2"
    assert client.get_static_database_credentials("exports", instead_of=first) == second
    assert vault.asked(STATIC_PATH) == 2


def test_a_new_password_is_told(vault: FakeVault, client: VaultClient) -> None:
    told: list[str] = []
    vault.answers[STATIC_PATH] = (200, STATIC)
    client.on_static_credentials_change("exports", lambda new: told.append(new.password))
    wait_until(lambda: vault.asked(STATIC_PATH) == 1)
    vault.clock.pass_(61)
    wait_until(lambda: vault.asked(STATIC_PATH) == 2)
    rotate(vault)
    vault.clock.pass_(61)
    wait_until(lambda: bool(told))
    assert told == ["hidden-2"], "that it rotates a little sooner is no news"


def test_a_password_is_not_served_past_its_rotation(vault: FakeVault, client: VaultClient) -> None:
    vault.answers[STATIC_PATH] = (200, STATIC)
    client.get_static_database_credentials("exports")
    vault.mode = Mode.SEALED
    vault.clock.pass_(590)
    assert client.get_static_database_credentials("exports").password == "hidden-1"
    vault.clock.pass_(11)
    with pytest.raises(Unavailable):
        client.get_static_database_credentials("exports")


def test_a_rotation_that_is_late_is_looked_for_every_second(vault: FakeVault) -> None:
    rotate(vault, ttl=0)
    found = StaticDatabaseUser("exports").read(Answer(200, vault.answers[STATIC_PATH][1], ASKED))
    assert found.lives == 1
