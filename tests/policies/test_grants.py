"""`policies.grants`: two grants that say different things of one path cannot stand together."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.grants import (
    Cloud,
    Control,
    Database,
    Grant,
    IssueSecretIds,
    Kv,
    KvAccess,
    Pki,
    PkiAccess,
    RenewSelf,
    refuse_contradictions,
)
from policies.hcl import Capability
from policies.lifetime import Lifetime
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess

READ, READ_WRITE, ROTATE = KvAccess.READ, KvAccess.READ_WRITE, KvAccess.ROTATE
HOUR = Lifetime.of("1m", "1h")


def kv(path: str, access: KvAccess = READ) -> Kv:
    return Kv(SecretPath(path), access)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (kv("shop/*", READ), kv("shop/api", READ_WRITE)),
        (kv("shop/*", READ), kv("shop/api", ROTATE)),
        (kv("shop/*", READ), kv("shop/api", READ)),
        (kv("shop/*", READ_WRITE), kv("shop/a/b/*", READ)),
        (kv("shop/*", READ), kv("shop/*", READ_WRITE)),
        (kv("shop/api", READ), kv("shop/api", ROTATE)),
    ],
)
def test_two_grants_for_one_secret_contradict(one: Kv, other: Kv) -> None:
    for grants in ((one, other), (other, one), (one, RenewSelf(), other)):
        with pytest.raises(ValueError, match="contradict: Vault applies only the more") as caught:
            refuse_contradictions("api", grants)
        said = str(caught.value)
        assert said.startswith("workload 'api': the grants '")
        assert f"'{one}'" in said
        assert f"'{other}'" in said
        assert said.endswith("write one grant, or folders that do not overlap")


@pytest.mark.parametrize(
    "grant",
    [
        kv("shop/api"),
        Database(DatabaseAccess.READ_ONLY),
        Cloud("s3"),
        Pki(PkiAccess.CLIENT),
        RenewSelf(),
        IssueSecretIds("why", wrapped=HOUR),
        Control("sys/mounts", (Capability.READ,), "why"),
    ],
    ids=str,
)
def test_the_same_grant_twice_is_refused(grant: Grant) -> None:
    with pytest.raises(ValueError, match="is there 2 times in one environment; keep one") as caught:
        refuse_contradictions("api", [grant, grant])
    assert str(caught.value).startswith(f"workload 'api': the grant '{grant}'")


def test_one_path_of_vault_cannot_be_granted_twice_with_different_capabilities() -> None:
    grants = [
        Control("sys/mounts", (Capability.READ,), "why"),
        Control("sys/mounts", (Capability.UPDATE,), "why else"),
    ]
    with pytest.raises(ValueError, match="the grant 'control sys/mounts' is there 2 times"):
        refuse_contradictions("operators", grants)


@pytest.mark.parametrize(
    ("grants", "named"),
    [
        (
            [Database(DatabaseAccess.READ_ONLY), Database(DatabaseAccess.READ_WRITE)],
            "'database readonly' and 'database readwrite'",
        ),
        ([Pki(PkiAccess.CLIENT), Pki(PkiAccess.ADMIN)], "'pki client' and 'pki admin'"),
    ],
)
def test_two_rights_of_which_one_includes_the_other_contradict(
    grants: Sequence[Grant], named: str
) -> None:
    with pytest.raises(
        ValueError,
        match=f"workload 'api': the grants {named} contradict; "
        "the wider one includes the other, so keep one",
    ):
        refuse_contradictions("api", grants)


@pytest.mark.parametrize(
    "grants",
    [
        [],
        [kv("shop/api"), kv("shop/database", ROTATE)],
        [kv("shop/a/*"), kv("shop/b/*", READ_WRITE)],
        [kv("shop/*"), kv("shopping/*", READ_WRITE), kv("deploy/shop/*", READ_WRITE)],
        [Cloud("one"), Cloud("other")],
        [Control("sys/mounts", (), "why"), Control("sys/auth", (), "why")],
    ],
    ids=len,
)
def test_grants_that_do_not_meet_may_stand_together(grants: Sequence[Grant]) -> None:
    refuse_contradictions("api", grants)


@given(
    st.lists(
        st.sampled_from(["a", "a/*", "a/b", "a/b/*", "a/b/c", "ab", "ab/*"]),
        min_size=2,
        max_size=2,
        unique=True,
    ),
    st.tuples(st.sampled_from(KvAccess), st.sampled_from(KvAccess)),
)
@settings(deadline=None)
def test_grants_are_refused_exactly_where_an_entry_would_have_two(
    texts: list[str], accesses: tuple[KvAccess, KvAccess]
) -> None:
    entries = ["a", "a/x", "a/b", "a/b/x", "a/b/c", "a/b/c/x", "ab", "ab/x"]
    has_two = any(all(of_entry(text, entry) for text in texts) for entry in entries)
    grants = [kv(text, access) for text, access in zip(texts, accesses, strict=True)]
    if has_two:
        with pytest.raises(ValueError, match="contradict"):
            refuse_contradictions("api", grants)
    else:
        refuse_contradictions("api", grants)


def of_entry(text: str, entry: str) -> bool:
    return entry == text or (text.endswith("*") and entry.startswith(text[:-1]))


@pytest.mark.parametrize("path", ["kv/data/x", "*", "+/creds/readonly", "mounts", "/sys/mounts"])
def test_a_grant_outside_the_mounts_cannot_be_written(path: str) -> None:
    with pytest.raises(ValueError, match="must lie under a mount; the mounts are ") as caught:
        Control(path, (Capability.READ,), "why")
    assert str(caught.value).startswith(f"path {path!r}: ")


@pytest.mark.parametrize(
    ("grant", "text"),
    [
        (kv("shop/*", READ_WRITE), "kv read-write shop/*"),
        (Database(DatabaseAccess.READ_ONLY), "database readonly"),
        (Cloud("s3-access"), "cloud s3-access"),
        (Pki(PkiAccess.ADMIN), "pki admin"),
        (RenewSelf(), "renew-self"),
        (IssueSecretIds("why", wrapped=HOUR), "issue secret IDs"),
        (Control("sys/mounts", (), "why"), "control sys/mounts"),
    ],
    ids=str,
)
def test_a_grant_is_shown_as_a_reviewer_says_it(grant: Grant, text: str) -> None:
    assert str(grant) == text
