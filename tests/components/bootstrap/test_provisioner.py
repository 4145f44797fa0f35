"""The provisioner configures everything and uses none of it."""

from __future__ import annotations

import pytest

from components.bootstrap import provisioner
from policies import paths
from policies.hcl import Capability, Stanza, parse

STANZAS: dict[str, Stanza] = {stanza.path: stanza for stanza in parse(provisioner.acl())}
DENY = (Capability.DENY,)


def test_its_policy_is_the_same_every_time() -> None:
    assert provisioner.acl() == provisioner.acl()
    assert len(STANZAS) == len(parse(provisioner.acl()))


@pytest.mark.parametrize(
    "path",
    [
        "database/creds/*",
        "database/static-creds/*",
        "aws/creds/*",
        "aws/sts/*",
        "azure/creds/*",
        "gcp/impersonated-account/+/token",
        "pki/issue/*",
        "pki/sign/*",
        "pki/sign-verbatim/*",
        "pki-root/issue/*",
        "auth/approle/role/+/secret-id",
    ],
)
def test_it_is_denied_what_issues_a_credential(path: str) -> None:
    assert STANZAS[path].capabilities == DENY


def test_it_cannot_read_a_secrets_value() -> None:
    reading = {Capability.READ, Capability.LIST}
    for path, stanza in STANZAS.items():
        if path.startswith(f"{paths.KV}/data"):
            assert reading.isdisjoint(stanza.capabilities)
    assert f"{paths.KV}/*" not in STANZAS
    assert not any(path.startswith(("*", "+")) for path in STANZAS)


@pytest.mark.parametrize("mount", paths.ENGINE_MOUNTS)
def test_it_manages_every_engine(mount: str) -> None:
    assert Capability.UPDATE in STANZAS[f"sys/mounts/{mount}"].capabilities


@pytest.mark.parametrize("mount", [paths.KUBERNETES_AUTH, paths.APPROLE_AUTH, paths.OIDC_AUTH])
def test_it_manages_every_way_to_log_in_but_its_own(mount: str) -> None:
    assert Capability.SUDO in STANZAS[f"sys/auth/{mount}"].capabilities
    assert f"sys/auth/{paths.PROVISIONER_AUTH}" not in STANZAS


def test_of_its_own_login_it_only_keeps_the_role_and_the_credential_up_to_date() -> None:
    own = {
        path: set(s.capabilities) for path, s in STANZAS.items() if paths.PROVISIONER_AUTH in path
    }
    role = "auth/provisioner/role/provisioner"
    assert own == {
        role: {Capability.READ, Capability.UPDATE},
        f"{role}/role-id": {Capability.READ},
        f"{role}/secret-id": {Capability.UPDATE},
        f"{role}/secret-id/destroy": {Capability.UPDATE},
    }


def test_it_makes_no_tokens() -> None:
    assert not any(path.startswith("auth/token/create") for path in STANZAS)
