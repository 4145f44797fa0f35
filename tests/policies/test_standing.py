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
        bound_cidrs=(),
        acl_policy="looks",
    )
    assert role["bound_claims_type"] == "string"
    assert role["bound_claims"] == {
        "repository": ["acme/vaultstack"],
        "environment": ["drift-prod"],
    }
    assert role["token_policies"] == ["looks"]
    assert role["token_no_default_policy"] is True
