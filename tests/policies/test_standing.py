"""What stands in every Vault is described once, and names no mount twice."""

from __future__ import annotations

from policies import paths, standing
from policies.standing import Part


def test_every_mount_of_ours_is_described() -> None:
    assert tuple(standing.ENGINES) == paths.ENGINE_MOUNTS
    assert tuple(standing.AUTH) == paths.AUTH_MOUNTS
    for mounts in (standing.ENGINES, standing.AUTH):
        assert all(path == mount.path for path, mount in mounts.items())
        assert all(mount.type and mount.description for mount in mounts.values())


def test_every_part_has_a_mount() -> None:
    mounts = (*standing.ENGINES.values(), *standing.AUTH.values())
    assert {mount.part for mount in mounts} == set(Part)


def test_a_role_of_ci_compares_every_claim_exactly() -> None:
    role = standing.ci_role(
        audience="vault-prod",
        repository="acme/vaultstack",
        environments=("drift-prod",),
        bound_cidrs=("10.0.0.0/8",),
        acl_policy="looks",
    )
    # A field that Vault does not know it would ignore, and let in whoever that kept out.
    assert role == {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": ["vault-prod"],
        "bound_claims_type": "string",
        "bound_claims": {"repository": ["acme/vaultstack"], "environment": ["drift-prod"]},
        "token_policies": ["looks"],
        "token_no_default_policy": True,
        "token_type": "service",
        "token_ttl": "30m",
        "token_max_ttl": "30m",
        "token_bound_cidrs": ["10.0.0.0/8"],
    }


def test_the_issuer_of_ci_is_where_its_keys_are_and_who_must_have_signed() -> None:
    issuer = "https://token.example.org"
    assert standing.ci_config(issuer) == {"oidc_discovery_url": issuer, "bound_issuer": issuer}
