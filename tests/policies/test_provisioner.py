"""The provisioner is allowed what the program manages, and nothing that a mount hands out."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Final

import pytest

from policies import paths, provisioner
from policies.acl.patterns import Pattern, meeting
from policies.hcl import Capability, Stanza, parse

STANZAS: dict[str, Stanza] = {stanza.path: stanza for stanza in parse(provisioner.acl())}
CREATE, READ, UPDATE, DELETE, LIST, SUDO = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.DELETE,
    Capability.LIST,
    Capability.SUDO,
)
MANAGE: Final = frozenset({CREATE, READ, UPDATE, DELETE, LIST})
WRITE: Final = frozenset({CREATE, UPDATE})
OWN_ROLE: Final = f"auth/{paths.PROVISIONER_AUTH}/role/{provisioner.NAME}"

CA: Final[dict[str, AbstractSet[Capability]]] = {
    "config/*": MANAGE,
    "roles/+": MANAGE,
    "issuer/+": {READ, UPDATE, DELETE},
    "issuer/+/pem": {READ},
    "issuers": {LIST},
    "key/+": {READ, UPDATE, DELETE},
    "keys": {LIST},
    "ca/pem": {READ},
    "cert/ca": {READ},
}
# All that it may below a mount, said a second time and apart from the code.
BELOW: Final[dict[str, dict[str, AbstractSet[Capability]]]] = {
    "secret": {"config": {CREATE, READ, UPDATE}, "data/*": {*WRITE, DELETE}, "metadata/*": MANAGE},
    "database": {
        "config/+": MANAGE,
        "roles/+": MANAGE,
        "static-roles/+": MANAGE,
        "rotate-root/+": {UPDATE},
    },
    "aws": {"config/root": MANAGE, "config/lease": MANAGE, "roles/+": MANAGE},
    "gcp": {"config": MANAGE, "impersonated-account/+": MANAGE},
    "azure": {"config": MANAGE, "roles/+": MANAGE},
    "pki": {
        **CA,
        "intermediate/generate/internal": WRITE,
        "issuers/generate/intermediate/internal": WRITE,
        "intermediate/set-signed": WRITE,
    },
    "pki-root": {
        **CA,
        "root/generate/internal": WRITE,
        "issuers/generate/root/internal": WRITE,
        "root/sign-intermediate": WRITE,
        "root": {DELETE, SUDO},
    },
    "auth/kubernetes": {"config": MANAGE, "role/+": MANAGE},
    "auth/approle": {"role/+": MANAGE, "role/+/role-id": {READ}},
    "auth/oidc": {"config": MANAGE, "role/+": MANAGE},
    "auth/provisioner": {
        "role/provisioner": {CREATE, READ, UPDATE},
        "role/provisioner/role-id": {READ},
        "role/provisioner/secret-id": {UPDATE},
    },
    "auth/ci": {
        "role/attest": {*WRITE, READ, DELETE},
        "config": {CREATE, READ, UPDATE},
        "role/provisioner": {CREATE, READ, UPDATE},
    },
    "auth/token": {"lookup-self": {READ}, "renew-self": {UPDATE}, "revoke-self": {UPDATE}},
}
# What lies where a mount hands out, and why it may be there: nothing that is handed out is had.
AMONG_SECRETS: Final[dict[str, AbstractSet[Capability]]] = {
    "secret/data/*": {*WRITE, DELETE},  # written, never read back
    "gcp/impersonated-account/+": MANAGE,  # the role; its token is one segment further
    "pki/intermediate/generate/internal": WRITE,  # the key stays in Vault
    "pki/issuers/generate/intermediate/internal": WRITE,
    "pki-root/root/generate/internal": WRITE,
    "pki-root/issuers/generate/root/internal": WRITE,
    "pki-root/root/sign-intermediate": WRITE,  # the one thing that is more than configuration
    "pki-root/root": {DELETE, SUDO},  # deletes
    f"{OWN_ROLE}/secret-id": {UPDATE},  # its own
}


def capabilities(path: str) -> set[Capability]:
    return set(STANZAS[path].capabilities)


def test_its_policy_is_the_same_every_time() -> None:
    assert provisioner.acl() == provisioner.acl()
    assert len(STANZAS) == len(parse(provisioner.acl()))


def test_below_the_mounts_it_may_what_the_program_manages_and_nothing_else() -> None:
    expected = {
        f"{mount}/{path}": set(allowed)
        for mount, managed in BELOW.items()
        for path, allowed in managed.items()
    }
    assert {p: capabilities(p) for p in STANZAS if not p.startswith("sys/")} == expected


def test_of_the_system_it_may_mounts_ways_to_log_in_policies_audit_and_autopilot() -> None:
    expected: dict[str, set[Capability]] = {
        "sys/auth": {READ},
        "sys/mounts": {READ},
        "sys/policies/acl/*": set(MANAGE),
        "sys/storage/raft/autopilot/configuration": {READ, UPDATE},
        "sys/storage/raft/autopilot/state": {READ},
        "sys/quotas/rate-limit/vaultstack": set(MANAGE),
        "sys/audit": {READ, SUDO},
        # No other device, and no hash of a value that somebody looks for.
        "sys/audit/file": {UPDATE, DELETE, SUDO},
        "sys/audit/stdout": {UPDATE, DELETE, SUDO},
    }
    for mount in paths.ENGINE_MOUNTS:
        expected[f"sys/mounts/{mount}"] = set(MANAGE)
        expected[f"sys/mounts/{mount}/tune"] = {READ, UPDATE}
    for mount in (paths.PROVISIONER_AUTH, paths.CI_AUTH):  # its own ways in
        expected[f"sys/auth/{mount}"] = {CREATE, READ, UPDATE, DELETE, SUDO}
    for mount in (paths.KUBERNETES_AUTH, paths.APPROLE_AUTH, paths.OIDC_AUTH):
        expected[f"sys/auth/{mount}"] = {*MANAGE, SUDO}
        expected[f"sys/auth/{mount}/tune"] = {*MANAGE, SUDO}
        expected[f"sys/mounts/auth/{mount}"] = {READ}
        expected[f"sys/mounts/auth/{mount}/tune"] = {READ, UPDATE}
    assert {p: capabilities(p) for p in STANZAS if p.startswith("sys/")} == expected


def test_of_teams_provisioners_it_sets_up_the_ways_in_and_no_secret_id() -> None:
    with_teams = {stanza.path: stanza for stanza in parse(provisioner.acl(["shop-provisioner"]))}
    added = {path: set(with_teams[path].capabilities) for path in with_teams.keys() - STANZAS}
    assert added == {
        "auth/provisioner/role/shop-provisioner": {CREATE, READ, UPDATE, DELETE},
        "auth/ci/role/shop-provisioner": {CREATE, READ, UPDATE, DELETE},
    }
    assert with_teams.items() >= STANZAS.items()


def meet(rule: str, path: str) -> bool:
    return meeting(Pattern.of(rule), Pattern.of(path)) is not None


def test_it_reaches_nothing_that_is_handed_out() -> None:
    reached = {
        path: capabilities(path)
        for path in STANZAS
        if any(meet(path, secrets) for secrets in paths._SECRETS)
    }
    assert reached == AMONG_SECRETS


@pytest.mark.parametrize(
    "path",
    [
        paths.database_credentials("shop-readonly"),
        *(paths.cloud_credentials(e, "shop") for e in (paths.AWS, paths.GCP, paths.AZURE)),
        "aws/sts/shop",
        "gcp/roleset/shop/key",
        paths.pki_issue("shop-api"),
        "pki/sign/shop-api",
        "pki/sign-verbatim/shop-api",
        "pki/root/sign-intermediate",
        "pki/intermediate/generate/exported",
        "pki/issuer/default/issue/shop-api",
        "pki/roles/shop-api/acme/new-order",
        "pki-root/root/generate/exported",
        "pki-root/root/sign-self-issued",
        "pki-root/issue/shop-api",
        "auth/approle/role/shop-ci/secret-id",
        "auth/approle/role/shop-ci/custom-secret-id",
        f"{OWN_ROLE}/custom-secret-id",
        "auth/provisioner/role/another/secret-id",
        "auth/token/create",
        "sys/raw/core/keyring",
        "sys/storage/raft/snapshot",
    ],
)
def test_no_rule_of_it_fits_what_issues_a_credential(path: str) -> None:
    assert [rule for rule in STANZAS if meet(rule, path)] == []


def test_it_cannot_read_a_secrets_value() -> None:
    value = paths.SecretPath("shop/api").data
    assert [rule for rule in STANZAS if meet(rule, value)] == ["secret/data/*"]
    assert {READ, LIST}.isdisjoint(capabilities("secret/data/*"))


def test_no_rule_of_it_begins_with_a_wildcard_or_denies() -> None:
    """What is not allowed need not be denied."""
    assert not any(path.startswith(("*", "+")) for path in STANZAS)
    assert not any(Capability.DENY in stanza.capabilities for stanza in STANZAS.values())
