"""What must be in Vault, in Vault's own fields: the plan of an environment, and what stands there
anyway, as far as the stack's settings leave it in.

A field that is not named here must be what Vault makes of it unless it is told (`fields`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from attest import connections
from attest.kinds import Kind
from attest.live import Body
from attest.stack import Stack
from policies import inspection, paths, provisioner, standing
from policies.audit_devices import DEVICE_TYPE, AuditDevice
from policies.lifetime import Duration
from policies.plan import AwsRole, PkiRole, Plan, TokenSettings
from policies.standing import Part
from policies.team_provisioner import TeamProvisioner, provisioners

Objects: TypeAlias = Mapping[Kind, Mapping[str, Body]]
_KEY: Final = {"key_type": "ec", "key_bits": 256}


def effective(plan: Plan, stack: Stack) -> Plan:
    """The plan without what the stack's settings leave out."""
    there = stack.parts
    connected = tuple(
        one
        for one in plan.database_connections
        if Part.DATABASE in there and one.database in stack.databases
    )
    names = {one.name for one in connected}
    return dataclasses.replace(
        plan,
        oidc_roles=plan.oidc_roles if Part.OIDC in there else (),
        database_connections=connected,
        database_roles=tuple(one for one in plan.database_roles if one.connection in names),
        database_static_roles=tuple(
            one for one in plan.database_static_roles if one.connection in names
        ),
        aws_roles=plan.aws_roles if Part.AWS in there else (),
        gcp_roles=plan.gcp_roles if Part.GCP in there else (),
        azure_roles=plan.azure_roles if Part.AZURE in there else (),
    )


def expected(plan: Plan, stack: Stack) -> Objects:
    """`plan`: the effective one. ACL policies are texts, as `hcl`."""
    policies = {one.name: {"hcl": one.hcl} for one in plan.acl_policies}
    teams = provisioners(plan, stack.team_stacks)
    policies |= {team.name: {"hcl": team.acl} for team in teams}
    own = provisioner.acl(team.name for team in teams)
    return {
        Kind.MOUNT: dict(_mounts(plan, stack)),
        Kind.AUTH: dict(_auth(stack)),
        Kind.ACL_POLICY: {**policies, provisioner.NAME: {"hcl": own}},
        Kind.PROVISIONER_ROLE: dict(_provisioner(stack, teams)),
        Kind.CI_ROLE: dict(_ci(stack, teams)),
        Kind.SETTING: dict(_settings(stack)),
        **_logins(plan, stack),
        **_engines(plan, stack),
        Kind.RATE_LIMIT: dict(_rate_limit(stack)),
        Kind.AUDIT_DEVICE: {one.value: _audit(one, stack) for one in stack.audit_devices},
    }


def _mounts(plan: Plan, stack: Stack) -> Iterator[tuple[str, Body]]:
    lifetimes = {
        paths.PKI: (stack.pki_intermediate_seconds,) * 2,
        paths.PKI_ROOT: (stack.pki_root_seconds,) * 2,
        paths.AWS: (
            min((one.default_ttl_seconds for one in plan.aws_roles), default=0),
            min((one.max_ttl_seconds for one in plan.aws_roles), default=0),
        ),
    }
    for mount in standing.ENGINES.values():
        if mount.part in stack.parts:
            default, most = lifetimes.get(mount.path, (0, 0))
            ttls = {"default_lease_ttl": default, "max_lease_ttl": most}
            yield mount.path, {**_described(mount), "config": ttls}


def _auth(stack: Stack) -> Iterator[tuple[str, Body]]:
    for mount in standing.AUTH.values():
        if mount.part in stack.parts:
            visible = {"listing_visibility": mount.listing_visibility}
            yield mount.path, {**_described(mount), "config": visible}


def _settings(stack: Stack) -> Iterator[tuple[str, Body]]:
    """Whom each auth method believes, that nobody has certificates without a token, no header
    beside Vault's own is in the audit log, no other site's page asks this Vault, and no path beside
    Vault's own is exempt from rate limits.
    """
    at = stack.kubernetes
    yield (
        f"auth/{paths.KUBERNETES_AUTH}/config",
        {
            "kubernetes_host": at.host,
            "kubernetes_ca_cert": at.ca_cert,
            "disable_local_ca_jwt": not at.reviewed_by_pod,
            "token_reviewer_jwt_set": at.reviewer_token,
        },
    )
    if Part.OIDC in stack.parts:
        issuer = {"oidc_discovery_url": stack.oidc_discovery_url}
        yield f"auth/{paths.OIDC_AUTH}/config", {**issuer, "oidc_client_id": stack.oidc_client_id}
    if stack.ci is not None:
        yield f"auth/{paths.CI_AUTH}/config", standing.ci_config(stack.ci.issuer)
    for mount in (paths.PKI, paths.PKI_ROOT):
        yield f"{mount}/config/acme", {}
    yield "sys/config/auditing/request-headers", {}
    yield "sys/config/cors", {}
    yield "sys/quotas/config", {}


def _described(mount: standing.Mount) -> Body:
    return {
        "type": mount.type,
        "description": mount.description,
        "options": dict(mount.options),
    }


def _token(token: TokenSettings) -> Body:
    return {
        "token_policies": list(token.policies),
        "token_ttl": token.ttl_seconds,
        "token_max_ttl": token.max_ttl_seconds,
        "token_bound_cidrs": list(token.bound_cidrs),
        "token_no_default_policy": True,
    }


def _logins(plan: Plan, stack: Stack) -> Objects:
    return {
        Kind.KUBERNETES_ROLE: {
            one.name: {
                "bound_service_account_names": [one.service_account],
                "bound_service_account_namespaces": [one.namespace],
                "audience": one.audience,
                **_token(one.token),
            }
            for one in plan.kubernetes_roles
        },
        Kind.APPROLE_ROLE: {
            one.name: {
                "bind_secret_id": True,
                "secret_id_ttl": one.secret_id_ttl_seconds,
                "secret_id_num_uses": one.secret_id_uses,
                "secret_id_bound_cidrs": list(one.token.bound_cidrs),
                **_token(one.token),
            }
            for one in plan.approle_roles
        },
        Kind.OIDC_ROLE: {
            one.name: {
                "role_type": "oidc",
                "user_claim": "sub",
                "groups_claim": stack.oidc_groups_claim,
                "bound_audiences": [stack.oidc_client_id],
                "bound_claims": {stack.oidc_groups_claim: list(one.groups)},
                "oidc_scopes": list(stack.oidc_scopes),
                "allowed_redirect_uris": list(stack.oidc_redirect_uris),
                **_token(one.token),
            }
            for one in plan.oidc_roles
        },
    }


def _provisioner(stack: Stack, teams: Sequence[TeamProvisioner]) -> Iterator[tuple[str, Body]]:
    if Part.PROVISIONER_BY_APPROLE not in stack.parts:
        return
    lives = Duration.parse(provisioner.TOKEN_TTL).seconds
    for name in (provisioner.NAME, *(team.name for team in teams)):
        token = TokenSettings((name,), lives, lives, stack.bound_cidrs)
        yield (
            name,
            {
                "bind_secret_id": True,
                "secret_id_ttl": stack.secret_id_seconds,
                "secret_id_bound_cidrs": list(stack.bound_cidrs),
                **_token(token),
            },
        )


def _ci(stack: Stack, teams: Sequence[TeamProvisioner]) -> Iterator[tuple[str, Body]]:
    if stack.ci is None:
        return
    runs = stack.ci
    for name, environments, acl_policy in (
        (provisioner.NAME, runs.environments, provisioner.NAME),
        (inspection.WORKLOAD, runs.attest_environments, runs.attest_acl_policy),
        *((team.name, (team.ci_environment,), team.name) for team in teams),
    ):
        if environments:
            role = standing.ci_role(
                audience=runs.audience,
                repository=runs.repository,
                environments=environments,
                bound_cidrs=stack.bound_cidrs,
                acl_policy=acl_policy,
            )
            lives = Duration.parse(standing.CI_TOKEN_TTL).seconds
            yield name, {**role, "token_ttl": lives, "token_max_ttl": lives}


def _engines(plan: Plan, stack: Stack) -> Objects:
    return {
        Kind.CONNECTION: {
            one.name: connections.declared(one, stack) for one in plan.database_connections
        },
        Kind.DATABASE_ROLE: {
            one.name: {
                "db_name": one.connection,
                "creation_statements": list(one.statements.creation),
                "revocation_statements": list(one.statements.revocation),
                "renew_statements": list(one.statements.renewal),
                "rollback_statements": list(one.statements.rollback),
                "default_ttl": one.default_ttl_seconds,
                "max_ttl": one.max_ttl_seconds,
            }
            for one in plan.database_roles
        },
        Kind.STATIC_ROLE: {
            one.name: {
                "db_name": one.connection,
                "username": one.username,
                "rotation_schedule": one.schedule,
                "rotation_period": one.period_seconds,
            }
            for one in plan.database_static_roles
        },
        Kind.AWS_ROLE: {
            one.name: _aws(one, stack.aws_role_arns.get(one.name)) for one in plan.aws_roles
        },
        Kind.GCP_ACCOUNT: {
            one.name: {
                "service_account_email": one.service_account,
                "token_scopes": list(one.scopes),
                "ttl": one.ttl_seconds,
            }
            for one in plan.gcp_roles
        },
        Kind.AZURE_ROLE: {
            one.name: {
                "azure_roles": [
                    {"role_name": name, "scope": scope} for name, scope in one.assignments
                ],
                "ttl": one.default_ttl_seconds,
                "max_ttl": one.max_ttl_seconds,
                "permanently_delete": True,
            }
            for one in plan.azure_roles
        },
        Kind.PKI_ROLE: {one.name: _pki(one) for one in plan.pki_roles},
    }


def _aws(role: AwsRole, arn: str | None) -> Body:
    """Assumed where there is an ARN; else an IAM user, whose lease knows the mount's lifetime."""
    assumed: dict[str, Any] = {
        "credential_type": "assumed_role",
        "role_arns": [arn],
        "default_sts_ttl": role.default_ttl_seconds,
        "max_sts_ttl": role.max_ttl_seconds,
    }
    how = assumed if arn else {"credential_type": "iam_user"}
    return {"policy_document": role.policy_document, **how}


def _pki(role: PkiRole) -> Body:
    return {
        "allowed_domains": list(role.allowed_domains),
        "allow_bare_domains": True,
        "allow_subdomains": role.allow_subdomains,
        "enforce_hostnames": True,
        "client_flag": role.client,
        "server_flag": role.server,
        "key_usage": ["DigitalSignature"],
        "ttl": role.default_ttl_seconds,
        "max_ttl": role.max_ttl_seconds,
        **_KEY,
    }


def _rate_limit(stack: Stack) -> Iterator[tuple[str, Body]]:
    if stack.requests_per_second:
        yield paths.RATE_LIMIT, {"rate": stack.requests_per_second, "interval": 1}


def _audit(device: AuditDevice, stack: Stack) -> Body:
    return {"type": DEVICE_TYPE, "options": device.options(stack.audit_file)}
