"""Capabilities in plain words, and none of them left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.commands.meaning import meaning
from policies.hcl import Capability

READ, UPDATE, LIST, SUDO, PATCH = (
    Capability.READ,
    Capability.UPDATE,
    Capability.LIST,
    Capability.SUDO,
    Capability.PATCH,
)


@pytest.mark.parametrize(
    ("pattern", "capabilities", "told"),
    [
        ("secret/data/shop/*", (READ,), "read values"),
        ("secret/data/shop/*", (PATCH,), "change single keys"),
        ("secret/metadata/*", (READ, LIST), "see versions and their times, list names"),
        ("secret/metadata/*", (UPDATE, PATCH), "change metadata"),
        ("secret/destroy/shop/*", (UPDATE,), "destroy versions, for good"),
        ("database/creds/shop-readonly", (READ,), "have a database user made"),
        ("aws/creds/deploy", (READ, UPDATE), "get AWS keys"),
        ("gcp/impersonated-account/x/token", (READ,), "get a Google token"),
        ("azure/creds/x", (READ,), "get an Azure principal"),
        ("pki/issue/shop", (UPDATE,), "have certificates issued"),
        ("sys/leases/revoke-prefix/*", (UPDATE, SUDO), "end the credentials of others, sudo"),
        ("sys/mounts", (READ,), "read"),
        ("*", (READ, SUDO), "read, sudo"),
        ("+/data/*", (READ,), "read"),
    ],
)
def test_what_it_comes_to(pattern: str, capabilities: tuple[Capability, ...], told: str) -> None:
    assert meaning(pattern, capabilities) == told


@given(
    st.sampled_from(["secret/data/x", "secret/metadata/x", "pki/issue/x", "sys/x", "aws/creds/x"]),
    st.sets(st.sampled_from([one for one in Capability if one is not Capability.DENY]), min_size=1),
)
def test_whatever_is_allowed_is_told(pattern: str, capabilities: set[Capability]) -> None:
    for one in capabilities:
        assert meaning(pattern, {one}) in meaning(pattern, capabilities)
        assert meaning(pattern, {one})
