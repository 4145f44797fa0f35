"""Changes of the access matrix, as pull requests would make them: Python that is written below it,
and what each must come to. Pure.
"""

from __future__ import annotations

from policies.environments import Environment

_APPLICATION = "kubesentiment"
_MORE = "reports"


def workloads(count: int) -> tuple[str, ...]:
    """Names of new ones."""
    return tuple(f"{_MORE}-{number}" for number in range(1, count + 1))


def with_workloads(count: int) -> str:
    """So many more of one application, each with a service account and a folder that it reads."""
    return f"""

import dataclasses

_NEW = tuple(
    Workload(
        name,
        ServiceAccount("{_APPLICATION}", f"{_APPLICATION}-{{name}}"),
        grants=(Kv(SecretPath("{_APPLICATION}/*"), KvAccess.READ), RenewSelf()),
    )
    for name in {workloads(count)!r}
)
MATRIX = dataclasses.replace(
    MATRIX,
    applications=tuple(
        dataclasses.replace(one, workloads=(*one.workloads, *_NEW))
        if one.name == "{_APPLICATION}"
        else one
        for one in MATRIX.applications
    ),
)
"""


def with_a_grant() -> str:
    """And one that is there may do one thing more."""
    return f"""

import dataclasses

MATRIX = dataclasses.replace(
    MATRIX,
    applications=tuple(
        dataclasses.replace(
            one,
            workloads=tuple(
                dataclasses.replace(workload, grants=(*workload.grants, Cloud("s3-access")))
                if workload.name == "batch"
                else workload
                for workload in one.workloads
            ),
        )
        if one.name == "{_APPLICATION}"
        else one
        for one in MATRIX.applications
    ),
)
"""


def acl_policies(environment: Environment, count: int) -> frozenset[str]:
    """Of new workloads: resources."""
    return frozenset(f"acl-policy-{_policy(name, environment)}" for name in workloads(count))


def roles(count: int) -> frozenset[str]:
    """Of new workloads: resources."""
    return frozenset(f"kubernetes-role-{role(name)}" for name in workloads(count))


def granted(environment: Environment) -> str:
    """The resource that changes with the grant."""
    return f"acl-policy-{_policy('batch', environment)}"


def paths(environment: Environment, count: int) -> frozenset[str]:
    """Where Vault must have changed with new workloads."""
    return frozenset(
        path
        for name in workloads(count)
        for path in (
            f"sys/policies/acl/{_policy(name, environment)}",
            f"auth/kubernetes/role/{role(name)}",
        )
    )


def path_granted(environment: Environment) -> str:
    return f"sys/policies/acl/{_policy('batch', environment)}"


def role(name: str) -> str:
    """The auth role of a workload."""
    return f"{_APPLICATION}-{name}"


def _policy(name: str, environment: Environment) -> str:
    return f"{_APPLICATION}-{name}-{environment.value}"
