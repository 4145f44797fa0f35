"""`policies.control_plane`: Vault's own machines have what is Vault's own by name, and nothing of
an application.
"""

from __future__ import annotations

import pytest

from policies.control_plane import NO_MACHINES, Platform
from policies.environments import Environment
from policies.grants import (
    Cloud,
    Control,
    Grant,
    Kv,
    KvAccess,
    ReadSnapshots,
    RenewSelf,
    RootKey,
)
from policies.hcl import Capability
from policies.identities import AppRole, Identity, OidcGroup, PlatformAccount, ServiceAccount
from policies.lifetime import Duration
from policies.paths import SecretPath
from policies.workload import Workload

ROTATES = RootKey(reason="to be tried")


def test_its_namespace_is_vaults_own_everywhere() -> None:
    account = PlatformAccount("rotation-aws")
    assert {account.bound_namespace(one) for one in Environment} == {"vault"}
    assert (account.namespace, account.name) == ("vault", "rotation-aws")


@pytest.mark.parametrize(
    "identity",
    [ServiceAccount("vault", "x"), AppRole(Duration(60)), OidcGroup("ops")],
    ids=str,
)
def test_a_machine_runs_in_that_namespace(identity: Identity) -> None:
    with pytest.raises(ValueError, match="platform, workload 'x': must be a PlatformAccount"):
        Platform(workloads=(Workload("x", identity, (ROTATES,)),))


@pytest.mark.parametrize(
    "grant",
    [
        Kv(SecretPath("shop/api"), KvAccess.READ),
        Cloud("s3"),
        RenewSelf(),
        Control("sys/mounts", (Capability.READ,), reason="a path that somebody wrote"),
    ],
    ids=str,
)
def test_a_machine_is_granted_what_is_vaults_own_by_name(grant: Grant) -> None:
    with pytest.raises(ValueError, match=r"use one of policies\.grants\.OfPlatform") as caught:
        Platform(workloads=(Workload("x", PlatformAccount("x"), (grant,)),))
    assert str(caught.value).startswith(f"platform, workload 'x', grant '{grant}': ")


def test_a_machine_is_there_once() -> None:
    one = Workload("x", PlatformAccount("x"), (ROTATES,))
    with pytest.raises(ValueError, match="platform: workload 'x': is there 2 times"):
        Platform(workloads=(one, one))


def test_one_machine_takes_snapshots_and_does_nothing_else() -> None:
    takes = ReadSnapshots(reason="to be tried")
    one, other = (Workload(name, PlatformAccount(name), (takes,)) for name in "ab")
    assert Platform(workloads=(one,)).workloads == (one,)
    with pytest.raises(ValueError, match="the workloads 'a' and 'b' both read snapshots"):
        Platform(workloads=(one, other))
    with pytest.raises(ValueError, match=r"workload 'a', grant 'rotate .*: who reads snapshots"):
        Platform(workloads=(Workload("a", PlatformAccount("a"), (takes, ROTATES)),))


def test_there_may_be_none() -> None:
    assert not (*NO_MACHINES.workloads, *NO_MACHINES.rotations)
    assert NO_MACHINES.owner
