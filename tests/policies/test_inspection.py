"""What may be looked at: no secret, and nothing that changes anything."""

from __future__ import annotations

from policies import inspection, paths
from policies.acl import Acl, Pattern
from policies.acl.patterns import meeting
from policies.compile import compile_plan
from policies.environments import Environment
from policies.escalation import held
from policies.hcl import Capability, Stanza, parse
from policies.matrix import MATRIX


def test_nothing_that_is_looked_at_hands_out_a_secret() -> None:
    for path, _ in inspection.granted():
        for secrets in paths.HANDED_OUT:
            assert meeting(Pattern.of(path), Pattern.of(secrets)) is None, (path, secrets)
        assert not path.endswith("*")


def test_what_may_show_a_credential_is_not_read() -> None:
    acl = Acl.of([[Stanza(path=p, capabilities=c) for p, c in inspection.granted()]])
    for path in (
        "identity/oidc/client/shop",
        "identity/oidc/token/shop",
        "aws/config/root",
        "auth/approle/role/ci/role-id",
        "gcp/config",
        "azure/config",
        "identity/oidc/key/default",
        "sys/config/state/sanitized",
        "secret/metadata/shop/api",
        "gcp/impersonated-account/reader/token",
        "sys/policies/password/strong/generate",
    ):
        rule = acl.rule(path)
        assert rule is None or Capability.READ not in rule.granted, path


def test_only_looking_up_is_a_write_and_only_five_take_sudo() -> None:
    writes = {Capability.CREATE, Capability.UPDATE, Capability.PATCH, Capability.DELETE}
    granted = inspection.granted()
    assert [path for path, can in granted if writes & set(can)] == [inspection.LOOKUP]
    sudo = [path for path, can in granted if Capability.SUDO in can]
    headers, cors = "sys/config/auditing/request-headers", "sys/config/cors"
    looks = [inspection.ACCESSORS, inspection.AUDIT, headers, cors, inspection.UI_HEADERS]
    assert sudo == looks
    assert len({path for path, _ in granted}) == len(granted)


def test_the_workload_is_named_as_the_matrix_names_it_and_holds_no_power() -> None:
    for environment in Environment:
        plan = compile_plan(MATRIX, environment)
        name = inspection.acl_policy(environment)
        (policy,) = (one for one in plan.acl_policies if one.name == name)
        assert held(Acl.of([parse(policy.hcl)])) == ()
        (role,) = (one for one in plan.kubernetes_roles if one.token.policies == (name,))
        assert role.name == f"platform-{inspection.WORKLOAD}"
        assert role.token.max_ttl_seconds == 15 * 60
