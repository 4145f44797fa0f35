"""The provisioner of one team: the identity with which that team's stack writes its slice.

Whoever may write an ACL policy, or say which ones a role gives, can give itself everything; who
could write only "the team's own" would be as good as root in two requests. So Vault holds this
identity to what was reviewed: it may write each ACL policy with just the text that the platform's
stack last compiled, and each auth role with just that ACL policy and those it is bound to. Of
secrets it writes its own entries, and reads none.

So a grant that is new, or changed, is the platform's to let in first. It cannot hold it to numbers
(how long a token lives): Vault compares them with none that a rule can say. Nor can it hold it to
saying everything (an audience, networks): what Vault asks of a write it asks of reading the same
path, too, and Pulumi's provider reads what it wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from policies import paths, provisioner
from policies.hcl import Capability, Stanza, Value, render
from policies.paths import SecretPath, check_name
from policies.plan import AppRoleRole, KubernetesRole, Plan, TokenSettings
from policies.slices import SliceError, slice_of

_CREATE, _READ, _UPDATE, _DELETE = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.DELETE,
)
_WRITE: Final = (_CREATE, _READ, _UPDATE, _DELETE)
_ANY: Final[tuple[Value, ...]] = ()
"""Of a parameter: whatever value."""


@dataclass(frozen=True, slots=True)
class TeamProvisioner:
    name: str
    """Of its ACL policy and of the role that it logs in with."""
    acl: str
    """As HCL."""
    ci_environment: str
    """Of CI: the one whose runs it is, where CI logs in with its own tokens."""


def provisioners(plan: Plan, teams: Iterable[str]) -> tuple[TeamProvisioner, ...]:
    """Of the teams that have stacks of their own.

    Raises `SliceError`.
    """
    made = tuple(
        TeamProvisioner(
            name_of(team), acl(team, slice_of(plan, team)), f"{plan.environment.value}-{team}"
        )
        for team in sorted(teams)
    )
    _refuse_namesakes(plan, made)
    return made


def _refuse_namesakes(plan: Plan, made: Iterable[TeamProvisioner]) -> None:
    """One of the two would have what the other was given."""
    granted = {policy.name for policy in plan.acl_policies}
    for one in made:
        if one.name in granted:
            raise SliceError(
                f"ACL policy {one.name!r}: is a workload's of the matrix, and would be the one of "
                "a team's provisioner; rename the application in policies/matrix.py"
            )


def name_of(team: str) -> str:
    """Of a team's; raises `ValueError` where it would be none that Vault keeps."""
    name = f"{provisioner.NAME}-{team}"
    check_name("team's provisioner", name)
    return name


def acl(team: str, part: Plan) -> str:
    """Its ACL policy, as HCL; `part` is the team's slice."""
    header = f"The identity with which the stack of {team} configures its part of this Vault."
    return render(sorted(_stanzas(part), key=lambda stanza: stanza.path), header=header)


def _stanzas(part: Plan) -> Iterator[Stanza]:
    yield from provisioner.providers_needs()
    for policy in part.acl_policies:
        yield Stanza(
            path=f"sys/policies/acl/{policy.name}",
            capabilities=_WRITE,
            comment="with the text that was reviewed",
            allowed_parameters=(("policy", (policy.hcl,)),),
        )
    for role in part.kubernetes_roles:
        yield Stanza(
            path=f"auth/{paths.KUBERNETES_AUTH}/role/{role.name}",
            capabilities=_WRITE,
            comment="for whom was reviewed",
            allowed_parameters=(*_kubernetes(role), *_token(role.token)),
        )
    for approle in part.approle_roles:
        path = paths.approle(approle.name)
        yield Stanza(
            path=path,
            capabilities=_WRITE,
            comment="with what was reviewed",
            allowed_parameters=(*_approle(approle), *_token(approle.token)),
        )
        yield Stanza(path=f"{path}/role-id", capabilities=(_READ,), comment="which is no secret")
    for entry in part.kv_entries:
        at = SecretPath(entry.name)
        yield Stanza(
            path=at.data,
            capabilities=(_CREATE, _UPDATE, _DELETE),
            comment="written, never read back",
        )
        yield Stanza(path=at.metadata, capabilities=_WRITE, comment="versions and their number")


def _kubernetes(role: KubernetesRole) -> Iterator[tuple[str, tuple[Value, ...]]]:
    yield "bound_service_account_names", (role.service_account,)
    yield "bound_service_account_namespaces", (role.namespace,)
    yield "audience", (role.audience,)
    yield "alias_name_source", ("serviceaccount_uid",)
    # Pulumi's provider says that there is none.
    yield "bound_service_account_namespace_selector", ("",)


def _approle(role: AppRoleRole) -> Iterator[tuple[str, tuple[Value, ...]]]:
    # Without one, from a role's networks its role ID alone logs in; and that is read here.
    yield "bind_secret_id", (True,)
    for parameter in ("local_secret_ids", "secret_id_num_uses", "secret_id_ttl"):
        yield parameter, _ANY
    if role.token.bound_cidrs:
        yield "secret_id_bound_cidrs", role.token.bound_cidrs


def _token(token: TokenSettings) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """What is not named here, such as the older name of `token_policies`, Vault refuses."""
    yield "token_policies", token.policies
    yield "token_type", ("default",)
    yield "token_no_default_policy", (True,)
    for parameter in ("token_ttl", "token_max_ttl"):
        yield parameter, _ANY
    if token.bound_cidrs:
        yield "token_bound_cidrs", token.bound_cidrs
