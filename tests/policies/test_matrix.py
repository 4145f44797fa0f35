"""`policies.matrix`, against the two decision records, cell by cell, as Vault would decide it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache

import pytest

from policies import inspection
from policies.compile import compile_plan
from policies.environments import Environment
from policies.hcl import Capability, Stanza, parse
from policies.identities import PLATFORM_NAMESPACE
from policies.matrix import MATRIX
from policies.plan import AppRoleRole, KubernetesRole, OidcRole, Plan, TokenSettings

CREATE, READ, UPDATE, PATCH, DELETE, LIST, SUDO = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.PATCH,
    Capability.DELETE,
    Capability.LIST,
    Capability.SUDO,
)
WRITES = (CREATE, UPDATE, PATCH, DELETE)
DEV, STAGING, PROD = Environment
PLANS: dict[Environment, Plan] = {
    environment: compile_plan(MATRIX, environment) for environment in Environment
}

Probe = tuple[Capability, str]


# --- what Vault decides ---------------------------------------------------------------------------


def allows(stanzas: Sequence[Stanza], capability: Capability, path: str) -> bool:
    """Whether Vault would: one stanza alone decides, and it must have the capability. Faithful for
    exact paths, `*` at the end and `+`, without parameters or deny.
    """
    decisive = governing(stanzas, path, listing=capability is LIST)
    return decisive is not None and capability in decisive.capabilities


def governing(stanzas: Sequence[Stanza], path: str, *, listing: bool) -> Stanza | None:
    exact = {stanza.path: stanza for stanza in stanzas if not is_wild(stanza)}
    if path in exact:
        return exact[path]
    if listing and path.endswith("/"):
        bare = path.removesuffix("/")
        if bare in exact:
            return exact[bare]
        if hit := best(stanzas, bare):
            return hit
    return best(stanzas, path)


def best(stanzas: Sequence[Stanza], path: str) -> Stanza | None:
    matching = [stanza for stanza in stanzas if is_wild(stanza) and matches(stanza.path, path)]
    return max(matching, key=priority, default=None)


def is_wild(stanza: Stanza) -> bool:
    return stanza.path.endswith("*") or "+" in stanza.path.split("/")


def matches(rule: str, path: str) -> bool:
    text, globbed = rule.removesuffix("*"), rule.endswith("*")
    if "+" not in text.split("/"):
        return path.startswith(text)
    wanted, there = text.split("/"), path.split("/")
    if len(there) < len(wanted) or (len(there) > len(wanted) and not globbed):
        return False
    *firsts, last = zip(wanted, there, strict=False)
    return all(one in ("+", other) for one, other in firsts) and (
        last[0] in ("+", last[1]) or (globbed and last[1].startswith(last[0]))
    )


def priority(stanza: Stanza) -> tuple[int, bool, int, int, str]:
    text, globbed = stanza.path.removesuffix("*"), stanza.path.endswith("*")
    first = text.index("+") if "+" in text else len(text)
    return first, not globbed, -text.split("/").count("+"), len(text), text


@pytest.mark.parametrize(
    ("rules", "capability", "path", "allowed"),
    [
        ({"a/b*": "read", "a/+/c": ""}, READ, "a/b/c", True),
        ({"a/+": "read", "a/*": ""}, READ, "a/b", True),
        ({"a/*": "read", "a/+/*": ""}, READ, "a/b/c", True),
        ({"a/*": "", "a/b": "read"}, READ, "a/b", True),
        ({"a/*": "read", "a/b": ""}, READ, "a/b", False),
        ({"s/*": "read", "s/foo/*": "list"}, LIST, "s/foo/", False),
        ({"s/*": "read", "s/foo/*": "list"}, LIST, "s/foo/bar/", True),
        ({"s/foo": "list"}, LIST, "s/foo/", True),
        ({"s/foo": "read"}, READ, "s/foo/", False),
        ({"foo/+": "list"}, LIST, "foo/x/", True),
        ({"foo/+": "read"}, READ, "foo/x/y", False),
        ({"foo/+/*": "read"}, READ, "foo/x", False),
        ({"foo/*": "read"}, READ, "foo", False),
    ],
)
def test_the_decision_used_here_is_vaults(
    rules: dict[str, str], capability: Capability, path: str, allowed: bool
) -> None:
    stanzas = [
        Stanza(path=rule, capabilities=tuple(map(Capability, capabilities.split())))
        for rule, capabilities in rules.items()
    ]
    assert allows(stanzas, capability, path) is allowed


# --- the table ------------------------------------------------------------------------------------

# What can be tried, by the name of its cell. A workload may do all of a cell or nothing of it.
CELLS: dict[str, tuple[Probe, ...]] = {
    "look at itself": ((READ, "auth/token/lookup-self"),),
    "end itself": ((UPDATE, "auth/token/revoke-self"),),
    "renew itself": ((UPDATE, "auth/token/renew-self"), (UPDATE, "sys/leases/renew")),
    "read kubesentiment": (
        (READ, "secret/data/kubesentiment/config"),
        (READ, "secret/data/kubesentiment/deeper/config"),
    ),
    "write kubesentiment": (
        *((write, "secret/data/kubesentiment/config") for write in WRITES),
        (CREATE, "secret/data/kubesentiment/deeper/config"),
    ),
    "versions of kubesentiment": (
        (UPDATE, "secret/delete/kubesentiment/config"),
        (UPDATE, "secret/undelete/kubesentiment/config"),
        (UPDATE, "secret/destroy/kubesentiment/config"),
    ),
    "see metadata of kubesentiment": (
        (READ, "secret/metadata/kubesentiment/config"),
        (LIST, "secret/metadata/kubesentiment/"),
    ),
    "write metadata of kubesentiment": tuple(
        (write, "secret/metadata/kubesentiment/config") for write in WRITES
    ),
    "read deploy keys": ((READ, "secret/data/deploy/kubesentiment/keys"),),
    "write deploy keys": tuple(
        (write, "secret/data/deploy/kubesentiment/keys") for write in WRITES
    ),
    "see metadata of deploy keys": (
        (READ, "secret/metadata/deploy/kubesentiment/keys"),
        (LIST, "secret/metadata/deploy/"),
    ),
    "read media-catalog/database": ((READ, "secret/data/media-catalog/database"),),
    "read media-catalog/api": ((READ, "secret/data/media-catalog/api"),),
    "read media-catalog/external": ((READ, "secret/data/media-catalog/external"),),
    "read anything of media-catalog": (
        (READ, "secret/data/media-catalog/new"),
        (READ, "secret/data/media-catalog/deeper/new"),
    ),
    "change media-catalog/api": ((PATCH, "secret/data/media-catalog/api"),),
    "replace media-catalog/api": (
        (CREATE, "secret/data/media-catalog/api"),
        (UPDATE, "secret/data/media-catalog/api"),
        (DELETE, "secret/data/media-catalog/api"),
        (UPDATE, "secret/destroy/media-catalog/api"),
    ),
    "write media-catalog beside api": tuple(
        (write, f"secret/data/media-catalog/{entry}")
        for write in WRITES
        for entry in ("database", "external", "new", "api/deeper", "api2")
    ),
    "see the version of media-catalog/api": ((READ, "secret/metadata/media-catalog/api"),),
    "see metadata of media-catalog": (
        (READ, "secret/metadata/media-catalog/database"),
        (LIST, "secret/metadata/media-catalog/"),
        (LIST, "secret/metadata/"),
    ),
    "write metadata of media-catalog": tuple(
        (write, "secret/metadata/media-catalog/api") for write in WRITES
    ),
    "user that stays": ((READ, "database/static-creds/kubesentiment-exports"),),
    "rotate the database administrator": ((UPDATE, "database/rotate-root/kubesentiment"),),
    "rotate the AWS engine's key": ((UPDATE, "aws/config/rotate-root"),),
    "have a CA signed": ((UPDATE, "pki-root/root/sign-intermediate"),),
    "look at the intermediate CA": ((READ, "pki/issuer/default"),),
    "replace the intermediate CA": (
        (UPDATE, "pki/intermediate/generate/internal"),
        (UPDATE, "pki/intermediate/set-signed"),
        (READ, "pki/config/issuers"),
        (UPDATE, "pki/config/issuers"),
        (PATCH, "pki/issuer/default"),
    ),
    "make secret IDs of the pipeline": ((UPDATE, "auth/approle/role/kubesentiment-ci/secret-id"),),
    "end secret IDs of the pipeline": (
        (UPDATE, "auth/approle/role/kubesentiment-ci/secret-id-accessor/destroy"),
    ),
    "read-only database user": ((READ, "database/creds/kubesentiment-readonly"),),
    "read/write database user": ((READ, "database/creds/kubesentiment-readwrite"),),
    "s3 key": ((READ, "aws/creds/s3-access"),),
    "deploy key of AWS": ((READ, "aws/creds/kubesentiment-deploy"),),
    "admin key of AWS": ((READ, "aws/creds/kubesentiment-admin"),),
    "client certificate": ((UPDATE, "pki/issue/kubesentiment-api"),),
    "any certificate": ((UPDATE, "pki/issue/kubesentiment-admin"),),
    "list certificates": ((LIST, "pki/certs/"),),
    "revoke certificates that it holds": ((UPDATE, "pki/revoke-with-key"),),
    "revoke anybody's certificates": ((UPDATE, "pki/revoke"),),
    "act as a CA": (
        (UPDATE, "pki/sign-verbatim"),
        (UPDATE, "pki/root/sign-intermediate"),
        (UPDATE, "pki-root/root/sign-self-issued"),
        (UPDATE, "pki-root/root/generate/exported"),
        (UPDATE, "pki/roles/kubesentiment-api"),
    ),
    "see who may log in": (
        (LIST, "auth/kubernetes/role/"),
        (READ, "auth/kubernetes/role/kubesentiment"),
        (LIST, "auth/approle/role/"),
        (READ, "auth/approle/role/kubesentiment-ci"),
        (LIST, "auth/oidc/role/"),
        (READ, "auth/oidc/role/operators"),
        (READ, "auth/provisioner/role/provisioner"),
        (READ, "sys/auth"),
    ),
    "see what is allowed": (
        (LIST, "sys/policies/acl/"),
        (READ, "sys/policies/acl/people-auditors-dev"),
        (READ, "aws/roles/s3-access"),
        (LIST, "aws/roles/"),
        (READ, "database/roles/kubesentiment-readonly"),
        (LIST, "database/roles/"),
        (LIST, "database/config/"),
        (LIST, "gcp/impersonated-accounts/"),
        (LIST, "azure/roles/"),
        (READ, "pki/roles/kubesentiment-api"),
        (LIST, "pki/roles/"),
    ),
    "see the audit devices": ((READ, "sys/audit"), (SUDO, "sys/audit")),
    "see the engines": ((READ, "sys/mounts"),),
    "see the load": ((READ, "sys/metrics"),),
    "see who votes": ((READ, "sys/storage/raft/autopilot/state"),),
    "find leases": (
        (UPDATE, "sys/leases/lookup"),
        (LIST, "sys/leases/lookup/"),
        (SUDO, "sys/leases/lookup"),
        (LIST, "sys/leases/lookup/database/creds/kubesentiment-readonly/"),
        (SUDO, "sys/leases/lookup/database/creds/kubesentiment-readonly/"),
    ),
    "end leases": (
        (UPDATE, "sys/leases/revoke"),
        (UPDATE, "sys/leases/revoke-prefix/aws/creds"),
        (SUDO, "sys/leases/revoke-prefix/aws/creds"),
    ),
    "compare all that decides access": (
        (LIST, "auth/provisioner/role/"),
        (LIST, "auth/ci/role/"),
        (READ, "auth/ci/role/provisioner"),
        (LIST, "auth/token/roles/"),
        (READ, "auth/token/roles/any"),
        (LIST, "auth/token/accessors/"),
        (SUDO, "auth/token/accessors"),
        (UPDATE, "auth/token/lookup-accessor"),
        (LIST, "identity/entity/id/"),
        (READ, "identity/entity/id/any"),
        (LIST, "identity/group/id/"),
        (READ, "identity/group/id/any"),
        (LIST, "sys/policies/password/"),
        (READ, "sys/policies/password/any"),
        (LIST, "sys/quotas/rate-limit/"),
        (READ, "sys/quotas/rate-limit/vaultstack"),
        (LIST, "database/static-roles/"),
        (READ, "database/static-roles/kubesentiment-exports"),
        (LIST, "aws/static-roles/"),
        (READ, "aws/static-roles/any"),
        (READ, "gcp/impersonated-account/any"),
        (LIST, "gcp/rolesets/"),
        (LIST, "gcp/static-accounts/"),
        (READ, "azure/roles/any"),
        (LIST, "pki-root/roles/"),
        (READ, "pki-root/roles/any"),
        (READ, "auth/kubernetes/config"),
        (READ, "auth/oidc/config"),
        (READ, "auth/ci/config"),
        (READ, "pki/config/acme"),
        (READ, "pki-root/config/acme"),
        (READ, "sys/config/auditing/request-headers"),
        (SUDO, "sys/config/auditing/request-headers"),
        (READ, "database/config/kubesentiment"),
        (READ, "pki-root/issuer/any"),
        *((LIST, f"identity/oidc/{kind}/") for kind in inspection.OIDC_KINDS),
        (READ, "sys/config/cors"),
        (SUDO, "sys/config/cors"),
        (LIST, "sys/config/ui/headers/"),
        (SUDO, "sys/config/ui/headers"),
        (READ, "sys/quotas/config"),
        (LIST, "sys/quotas/lease-count/"),
    ),
    "copy all that Vault stores": ((READ, "sys/storage/raft/snapshot"),),
    "see who pipelines log in as": ((READ, "auth/approle/role/kubesentiment-ci/role-id"),),
    "change Vault": (
        (UPDATE, "sys/policies/acl/kubesentiment-api-dev"),
        (CREATE, "sys/policies/acl/new"),
        (UPDATE, "sys/mounts/secret"),
        (UPDATE, "sys/auth/ldap"),
        (UPDATE, "sys/audit/file"),
        (UPDATE, "auth/kubernetes/role/kubesentiment"),
        (UPDATE, "auth/approle/role/kubesentiment-ci"),
        (UPDATE, "auth/oidc/role/operators"),
        (UPDATE, "auth/token/create"),
        (UPDATE, "auth/kubernetes/config"),
        (UPDATE, "auth/oidc/config"),
        (UPDATE, "auth/ci/config"),
        (UPDATE, "pki/config/acme"),
        (UPDATE, "sys/config/auditing/request-headers/authorization"),
        (UPDATE, "database/config/kubesentiment"),
        (UPDATE, "database/static-roles/kubesentiment-exports"),
        (UPDATE, "database/rotate-role/kubesentiment-exports"),
        (UPDATE, "aws/config/root"),
        (READ, "aws/config/root"),
        (UPDATE, "aws/roles/s3-access"),
        (UPDATE, "secret/config"),
        (UPDATE, "sys/seal"),
        (UPDATE, "sys/step-down"),
        (UPDATE, "sys/storage/raft/snapshot"),
        (UPDATE, "sys/storage/raft/snapshot-force"),
        (UPDATE, "identity/entity"),
        (UPDATE, "sys/generate-root/attempt"),
        (READ, "auth/provisioner/role/provisioner/role-id"),
        (UPDATE, "auth/provisioner/role/provisioner/secret-id"),
    ),
}

EVERYBODY = {"look at itself", "end itself"}
# Who may do what, everywhere: the access matrix of the first decision record, and people.
TABLE: dict[str, set[str]] = {
    "kubesentiment-api": {
        "renew itself",
        "read kubesentiment",
        "read/write database user",
        "s3 key",
        "client certificate",
    },
    "kubesentiment-batch": {"read kubesentiment", "read-only database user", "user that stays"},
    "kubesentiment-admin": {
        "read kubesentiment",
        "write kubesentiment",
        "versions of kubesentiment",
        "see metadata of kubesentiment",
        "write metadata of kubesentiment",
        "read/write database user",
        "admin key of AWS",
        "any certificate",
        "revoke certificates that it holds",
    },
    "kubesentiment-ci": {"read deploy keys", "deploy key of AWS"},
    "media-catalog-rotation": {
        "read media-catalog/api",
        "change media-catalog/api",
        "see the version of media-catalog/api",
    },
    "people-operators": {
        "renew itself",
        "see the engines",
        "see the load",
        "find leases",
        "end leases",
        "list certificates",
        "revoke anybody's certificates",
        "see who pipelines log in as",
        "make secret IDs of the pipeline",
    },
    "people-auditors": {
        "see metadata of kubesentiment",
        "see metadata of deploy keys",
        "see metadata of media-catalog",
        "see the version of media-catalog/api",
        "see who may log in",
        "see what is allowed",
        "see the audit devices",
        "see the engines",
        "list certificates",
    },
    "platform-rotation-aws": {"rotate the AWS engine's key"},
    "platform-rotation-kubesentiment-ci": {
        "make secret IDs of the pipeline",
        "end secret IDs of the pipeline",
    },
    "platform-rotation-kubesentiment-database": {"rotate the database administrator"},
    "platform-rotation-pki": {
        "have a CA signed",
        "look at the intermediate CA",
        "replace the intermediate CA",
    },
    "platform-attest": {
        "see who may log in",
        "see what is allowed",
        "see the audit devices",
        "see the engines",
        "look at the intermediate CA",
        "compare all that decides access",
    },
}
# Where Vault stores by Raft: on files it makes no snapshots.
RAFT_ONLY: dict[str, set[str]] = {"platform-snapshots": {"copy all that Vault stores"}}
# And what others may do there besides.
MORE_WITH_RAFT: dict[str, set[str]] = {"people-operators": {"see who votes"}}
# The second decision record: what differs by environment.
MEDIA_CATALOG_API: dict[Environment, set[str]] = {
    DEV: {
        "read media-catalog/database",
        "read media-catalog/api",
        "read media-catalog/external",
        "read anything of media-catalog",
    },
    STAGING: {
        "read media-catalog/database",
        "read media-catalog/api",
        "read media-catalog/external",
    },
    PROD: {"read media-catalog/database", "read media-catalog/api"},
}
WHO = (*TABLE, "media-catalog-api", *RAFT_ONLY)


def who_is_in(environment: Environment) -> tuple[str, ...]:
    return tuple(who for who in WHO if who not in RAFT_ONLY or environment is not DEV)


@cache
def stanzas_of(who: str, environment: Environment) -> tuple[Stanza, ...]:
    """As Vault reads them: from the text that it is given."""
    name = f"{who}-{environment.value}"
    (text,) = (policy.hcl for policy in PLANS[environment].acl_policies if policy.name == name)
    return parse(text)


def everybody() -> Iterator[tuple[Environment, str, tuple[Stanza, ...]]]:
    for environment in Environment:
        for who in who_is_in(environment):
            yield environment, who, stanzas_of(who, environment)


def may(who: str, environment: Environment) -> set[str]:
    given = MEDIA_CATALOG_API[environment] if who == "media-catalog-api" else TABLE.get(who)
    more = MORE_WITH_RAFT.get(who, set()) if environment is not DEV else set()
    return EVERYBODY | more | (RAFT_ONLY[who] if given is None else given)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("environment", "who"), [(one, who) for one in Environment for who in who_is_in(one)]
)
def test_cell(environment: Environment, who: str, cell: str) -> None:
    stanzas = stanzas_of(who, environment)
    allowed = {probe for probe in CELLS[cell] if allows(stanzas, *probe)}
    assert allowed == (set(CELLS[cell]) if cell in may(who, environment) else set())


def test_the_table_speaks_of_everybody_and_of_cells_that_exist() -> None:
    for environment in Environment:
        there = {policy.name for policy in PLANS[environment].acl_policies}
        assert there == {f"{who}-{environment.value}" for who in who_is_in(environment)}
        assert set().union(*(may(who, environment) for who in WHO)) <= CELLS.keys()


def test_every_stanza_is_tried_by_some_cell() -> None:
    """Else something could be granted that no cell of the table speaks of."""
    probes = {probe for cell in CELLS.values() for probe in cell}
    for environment, who, stanzas in everybody():
        tried: set[tuple[str, Capability]] = set()
        for capability, path in probes:
            decisive = governing(stanzas, path, listing=capability is LIST)
            if decisive is not None and capability in decisive.capabilities:
                tried.add((decisive.path, capability))
        said = {(stanza.path, one) for stanza in stanzas for one in stanza.capabilities}
        assert said == tried, (environment, who)


# --- what must never be ---------------------------------------------------------------------------


@pytest.mark.parametrize("environment", Environment)
def test_people_never_read_a_value(environment: Environment) -> None:
    entries = [entry.name for entry in PLANS[environment].kv_entries]
    assert entries
    for who in ("people-auditors", "people-operators"):
        stanzas = stanzas_of(who, environment)
        assert not [s for s in stanzas if matches_any_value(s.path)]
        for entry in (*entries, "any/other", "any"):
            for kind in ("data", "subkeys"):
                assert governing(stanzas, f"secret/{kind}/{entry}", listing=False) is None


def matches_any_value(rule: str) -> bool:
    values = ("secret/data/", "secret/subkeys/")
    fixed = rule.partition("+")[0].removesuffix("*")
    wild = rule.endswith("*") or "+" in rule
    return fixed.startswith(values) or (wild and any(value.startswith(fixed) for value in values))


@pytest.mark.parametrize("environment", Environment)
def test_auditors_change_nothing_but_their_own_token(environment: Environment) -> None:
    for stanza in stanzas_of("people-auditors", environment):
        assert stanza.path == "auth/token/revoke-self" or not set(stanza.capabilities) & {*WRITES}


@pytest.mark.parametrize("environment", Environment)
def test_auditors_see_who_may_log_in_and_not_what_with(environment: Environment) -> None:
    stanzas = stanzas_of("people-auditors", environment)
    for secret in ("role-id", "secret-id", "secret-id/lookup", "custom-secret-id"):
        path = f"auth/approle/role/kubesentiment-ci/{secret}"
        assert governing(stanzas, path, listing=True) is None


@pytest.mark.parametrize("environment", Environment)
def test_rotation_writes_api_and_nothing_else(environment: Environment) -> None:
    stanzas = stanzas_of("media-catalog-rotation", environment)
    written = {(s.path, one) for s in stanzas for one in s.capabilities if one in WRITES}
    assert written == {
        ("secret/data/media-catalog/api", PATCH),
        ("auth/token/revoke-self", UPDATE),
    }
    read = {s.path for s in stanzas if s.path.startswith("secret/data") and READ in s.capabilities}
    assert read == {"secret/data/media-catalog/api"}, "what it keeps, or puts back"


@pytest.mark.parametrize("environment", Environment)
def test_every_entry_can_be_read_by_someone(environment: Environment) -> None:
    for entry in PLANS[environment].kv_entries:
        path = f"secret/data/{entry.name}"
        assert [
            who
            for who in who_is_in(environment)
            if allows(stanzas_of(who, environment), READ, path)
        ], path


def test_nobody_has_a_wildcard_above_a_folder_of_one_owner() -> None:
    wide = {"secret/metadata/*", "sys/leases/lookup/*", "sys/leases/revoke-prefix/*"}
    for _, who, stanzas in everybody():
        for stanza in filter(is_wild, stanzas):
            assert (
                stanza.path.count("/") >= 3
                or (who.startswith("people-") and stanza.path in wide)
                or stanza.path.endswith("/+")
            ), (who, stanza.path)


def test_a_secret_id_is_only_handed_out_wrapped() -> None:
    for environment, who, stanzas in everybody():
        for stanza in stanzas:
            if stanza.path.endswith("/secret-id"):
                wrapped = (who, stanza.min_wrapping_ttl, stanza.max_wrapping_ttl)
                assert wrapped in {
                    ("people-operators", 60, 3600),
                    ("platform-rotation-kubesentiment-ci", 13 * 3600, 13 * 3600),
                }, environment


# --- environments ---------------------------------------------------------------------------------


def test_no_login_of_one_environment_is_good_in_another() -> None:
    unshared(
        {
            (role.name, role.service_account, role.namespace, role.audience)
            for role in PLANS[environment].kubernetes_roles
        }
        for environment in Environment
    )
    unshared(
        {role.namespace for role in PLANS[environment].kubernetes_roles} - {PLATFORM_NAMESPACE}
        for environment in Environment
    )
    unshared(
        {role.audience for role in PLANS[environment].kubernetes_roles}
        for environment in Environment
    )
    unshared(
        {group for role in PLANS[environment].oidc_roles for group in role.groups}
        for environment in Environment
    )


def test_no_acl_policy_of_one_environment_means_anything_in_another() -> None:
    unshared(
        {policy.name for policy in PLANS[environment].acl_policies} for environment in Environment
    )
    for environment, plan in PLANS.items():
        there = {policy.name for policy in plan.acl_policies}
        used = [name for token in tokens(plan).values() for name in token.policies]
        assert set(used) == there, environment
        assert len(used) == len(there)


def test_no_certificate_or_aws_right_of_one_environment_is_good_in_another() -> None:
    unshared(
        {domain for role in PLANS[environment].pki_roles for domain in role.allowed_domains}
        for environment in Environment
    )
    unshared({MATRIX.spec(environment).aws.id} for environment in Environment)
    for environment in Environment:
        others = [f"-{other.value}" for other in Environment if other is not environment]
        for role in PLANS[environment].aws_roles:
            assert not [other for other in others if other in role.policy_document]


def unshared(by_environment: Iterable[AbstractSet[object]]) -> None:
    sets = [*by_environment]
    assert all(sets)
    assert len(set().union(*sets)) == sum(map(len, sets))


# --- lifetimes ------------------------------------------------------------------------------------


def tokens(plan: Plan) -> dict[str, TokenSettings]:
    roles: list[KubernetesRole | AppRoleRole | OidcRole] = [
        *plan.kubernetes_roles,
        *plan.approle_roles,
        *plan.oidc_roles,
    ]
    return {role.name: role.token for role in roles}


@pytest.mark.parametrize("environment", Environment)
def test_lifetimes_are_those_of_the_decision_records(environment: Environment) -> None:
    plan = PLANS[environment]
    hour, day = 3600, 86400
    assert {
        name: (token.ttl_seconds, token.max_ttl_seconds) for name, token in tokens(plan).items()
    } == {
        "kubesentiment": (hour, day),
        "kubesentiment-batch": (hour, day),
        "kubesentiment-admin": (hour, day),
        "kubesentiment-ci": (hour, hour),
        "media-catalog-api": (hour, day),
        "media-catalog-rotation": (900, 900),
        "platform-rotation-aws": (300, 300),
        "platform-rotation-kubesentiment-ci": (300, 300),
        "platform-rotation-kubesentiment-database": (300, 300),
        "platform-rotation-pki": (300, 300),
        "platform-attest": (900, 900),
        **({} if environment is DEV else {"platform-snapshots": (300, 300)}),
        "operators": (hour, 8 * hour),
        "auditors": (hour, 8 * hour),
    }
    assert {(r.default_ttl_seconds, r.max_ttl_seconds) for r in plan.database_roles} == {
        (hour, day)
    }
    assert {(r.default_ttl_seconds, r.max_ttl_seconds) for r in plan.aws_roles} == {
        (hour, 4 * hour)
    }
    assert {(r.default_ttl_seconds, r.max_ttl_seconds) for r in plan.pki_roles} == {(day, 3 * day)}


@pytest.mark.parametrize("environment", Environment)
def test_the_entries_are_those_of_the_decision_records(environment: Environment) -> None:
    entries = {
        entry.name: (entry.keys, entry.generated_length) for entry in PLANS[environment].kv_entries
    }
    assert entries == {
        "deploy/kubesentiment/keys": (("registry_token", "signing_key"), None),
        "kubesentiment/config": (("redis_password", "kafka_password", "model_api_key"), None),
        "media-catalog/api": (("jwt_secret", "session_secret"), 48),
        "media-catalog/database": (("url", "password", "ssl_mode"), None),
    } | (
        {}
        if environment is PROD
        else {"media-catalog/external": (("tmdb_api_key", "sentry_dsn"), None)}
    )


def test_a_grant_that_differs_by_environment_says_why() -> None:
    """Where the second decision record does not say it itself."""
    for _, workload, _ in MATRIX.subjects():
        for grant in workload.grants:
            if len(grant.environments) == 1:
                assert grant.reason, f"{workload.name}: {grant}"
