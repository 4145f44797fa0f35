"""`policies.workload`: who asks, in which environments."""

from __future__ import annotations

import pytest

from policies.environments import Environment
from policies.grants import RenewSelf
from policies.identities import ServiceAccount
from policies.workload import PEOPLE, PLATFORM, TAKEN, Workload


def test_it_exists_where_it_is_granted_something() -> None:
    grant = RenewSelf(environments=frozenset({Environment.DEV}))
    one = Workload("api", ServiceAccount("shop", "api"), (grant,))
    assert one.grants_in(Environment.DEV) == (grant,)
    assert [e for e in Environment if one.exists_in(e)] == [Environment.DEV]


def test_without_grants_there_is_none() -> None:
    with pytest.raises(ValueError, match="must be granted something"):
        Workload("api", ServiceAccount("shop", "api"), ())


def test_who_is_no_application_has_a_name_that_none_may_have() -> None:
    assert set(TAKEN) == {PEOPLE, PLATFORM}
