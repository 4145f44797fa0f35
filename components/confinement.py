"""What every container of this program may do on its node: nothing that it does not need."""

from __future__ import annotations

from pulumi_kubernetes import core


def confined_pod(
    user: int, group: int, *, change_policy: str | None = None
) -> core.v1.PodSecurityContextArgs:
    """Never root; volumes are its group's. `change_policy` says when their files' owner is set."""
    return core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=user,
        run_as_group=group,
        fs_group=group,
        fs_group_change_policy=change_policy,
        seccomp_profile=core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def confined(*, user: int | None = None, group: int | None = None) -> core.v1.SecurityContextArgs:
    """Writes only to its volumes, and has no power but its user's, who is the pod's where none is
    given.
    """
    return core.v1.SecurityContextArgs(
        run_as_user=user,
        run_as_group=group,
        run_as_non_root=None if user is None else user != 0,
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=core.v1.CapabilitiesArgs(drop=["ALL"]),
    )
