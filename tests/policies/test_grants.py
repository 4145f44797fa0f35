"""`policies.grants`: two grants that say different things of one path cannot stand together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.environments import Environment
from policies.grants import (
    Attest,
    Cloud,
    Control,
    Database,
    DatabaseStatic,
    Grant,
    IntermediateCa,
    IssueSecretIds,
    Kv,
    KvAccess,
    Pki,
    PkiAccess,
    ReadSnapshots,
    RenewSelf,
    RootKey,
    RootPassword,
    SecretIds,
    refuse_contradictions,
)
from policies.hcl import Capability
from policies.lifetime import Lifetime
from policies.paths import SecretPath
from policies.postgresql import DatabaseAccess

READ, READ_WRITE, ROTATE = KvAccess.READ, KvAccess.READ_WRITE, KvAccess.ROTATE
READ_ONLY = DatabaseAccess.READ_ONLY
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
        IssueSecretIds(HOUR, reason="why"),
        Control("sys/mounts", (Capability.READ,), reason="why"),
    ],
    ids=str,
)
def test_the_same_grant_twice_is_refused(grant: Grant) -> None:
    with pytest.raises(ValueError, match="is there 2 times in one environment; keep one") as caught:
        refuse_contradictions("api", [grant, grant])
    assert str(caught.value).startswith(f"workload 'api': the grant '{grant}'")


def test_one_path_of_vault_cannot_be_granted_twice_with_different_capabilities() -> None:
    grants = [
        Control("sys/mounts", (Capability.READ,), reason="why"),
        Control("sys/mounts", (Capability.UPDATE,), reason="why else"),
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
        [Control("sys/mounts", (), reason="why"), Control("sys/auth", (), reason="why")],
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
        Control(path, (Capability.READ,), reason="why")
    assert str(caught.value).startswith(f"path {path!r}: ")


@pytest.mark.parametrize(
    ("grant", "text"),
    [
        (kv("shop/*", READ_WRITE), "kv read-write shop/*"),
        (Database(DatabaseAccess.READ_ONLY), "database readonly"),
        (DatabaseStatic("report"), "database user report"),
        (Cloud("s3-access"), "cloud s3-access"),
        (Pki(PkiAccess.ADMIN), "pki admin"),
        (RenewSelf(), "renew-self"),
        (IssueSecretIds(HOUR, reason="why"), "issue secret IDs"),
        (Control("sys/mounts", (), reason="why"), "control sys/mounts"),
    ],
    ids=str,
)
def test_a_grant_is_shown_as_a_reviewer_says_it(grant: Grant, text: str) -> None:
    assert str(grant) == text


# --- what every grant has -------------------------------------------------------------------------

NOWHERE: frozenset[Environment] = frozenset()


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("kv read a/b", lambda where: Kv(SecretPath("a/b"), READ, environments=where)),
        ("database readonly", lambda where: Database(READ_ONLY, environments=where)),
        ("cloud s3", lambda where: Cloud("s3", environments=where)),
        ("pki client", lambda where: Pki(PkiAccess.CLIENT, environments=where)),
        ("renew-self", lambda where: RenewSelf(environments=where)),
        (
            "issue secret IDs",
            lambda where: IssueSecretIds(HOUR, environments=where, reason="why"),
        ),
        (
            "control sys/mounts",
            lambda where: Control("sys/mounts", (), environments=where, reason="why"),
        ),
    ],
)
def test_a_grant_that_holds_nowhere_cannot_be_written(
    text: str, build: Callable[[frozenset[Environment]], Grant]
) -> None:
    with pytest.raises(
        ValueError,
        match=f"^grant '{text}': must hold in some environment; leave `environments` out for all$",
    ):
        build(NOWHERE)
    assert build(frozenset({Environment.DEV})).environments == {Environment.DEV}


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("issue secret IDs", lambda reason: IssueSecretIds(HOUR, reason=reason)),
        ("control sys/mounts", lambda reason: Control("sys/mounts", (), reason=reason)),
        (
            "renew the intermediate CA 'CA' for 1m",
            lambda reason: IntermediateCa("CA", HOUR.default, reason=reason),
        ),
        ("rotate the AWS engine's own key", lambda reason: RootKey(reason=reason)),
        (
            "read snapshots of all that Vault stores",
            lambda reason: ReadSnapshots(reason=reason),
        ),
        ("look at all that decides access", lambda reason: Attest(reason=reason)),
        (
            "rotate the database administrator of shop",
            lambda reason: RootPassword("shop", reason=reason),
        ),
        (
            "rotate the secret IDs of shop/ci, wrapped for 1m",
            lambda reason: SecretIds("shop", "ci", HOUR.default, reason=reason),
        ),
    ],
)
def test_a_grant_of_vaults_own_paths_says_why(text: str, build: Callable[[str], Grant]) -> None:
    with pytest.raises(
        ValueError, match=f"^grant '{text}': must say why it is needed; write reason='...'$"
    ):
        build("")
    assert build("to see it").reason == "to see it"


def test_a_ca_has_one_name() -> None:
    with pytest.raises(ValueError, match=r"'shop \*' for 1m': the name must not have a '\*'"):
        IntermediateCa("shop *", HOUR.default, reason="to try it")


def test_any_other_grant_may_say_why() -> None:
    assert RenewSelf().reason == Cloud("s3").reason == kv("a/b").reason == ""
    assert RenewSelf(reason="long jobs").reason == "long jobs"


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (Kv, (SecretPath("a/b"), READ)),
        (Database, (READ_ONLY,)),
        (Cloud, ("s3",)),
        (Pki, (PkiAccess.CLIENT,)),
        (RenewSelf, ()),
        (IssueSecretIds, (HOUR,)),
        (Control, ("sys/mounts", ())),
    ],
)
def test_where_and_why_are_named(kind: type[Grant], arguments: tuple[object, ...]) -> None:
    """Else a third argument could be taken for either."""
    build: Callable[..., Grant] = kind
    with pytest.raises(TypeError, match="positional argument"):
        build(*arguments, frozenset({Environment.DEV}))
    made = build(*arguments, environments=frozenset({Environment.DEV}), reason="why")
    assert made.environments == {Environment.DEV}
    assert made.reason == "why"


# --- paths of Vault itself ------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["secret/data/shop/*", "secret/*", "aws/creds/s3", "pki/sign/x"])
def test_what_vault_hands_out_is_no_path_of_its_own(path: str) -> None:
    with pytest.raises(ValueError, match=r"must not reach .*, where Vault hands out se") as caught:
        control(path, Capability.READ)
    assert str(caught.value).startswith(f"path {path!r}: ")
    assert str(caught.value).endswith("such as Kv(...), or write a narrower path")


def test_what_vault_says_about_secrets_is_a_path_of_its_own() -> None:
    assert control("secret/metadata/*", Capability.LIST).path == "secret/metadata/*"
    assert control("pki/issuers", Capability.LIST).path == "pki/issuers"


def control(path: str, *capabilities: Capability) -> Control:
    return Control(path, capabilities, reason="why")


SHADOWED: Mapping[str, tuple[Control, Control, str]] = {
    # name: the wider, the narrower, what the narrower lacks
    "an entry below a prefix": (
        control("sys/policies/*", Capability.READ),
        control("sys/policies/acl", Capability.LIST),
        "read",
    ),
    "a prefix below a prefix": (
        control("sys/policies/*", Capability.READ, Capability.LIST),
        control("sys/policies/acl/*", Capability.LIST),
        "read",
    ),
    "a segment below a prefix": (
        control("aws/roles/*", Capability.READ, Capability.LIST),
        control("aws/roles/+", Capability.READ),
        "list",
    ),
    "an entry of a segment": (
        control("aws/roles/+", Capability.READ),
        control("aws/roles/s3", Capability.UPDATE),
        "read",
    ),
    "two segments that cross": (
        control("identity/+/id", Capability.READ),
        control("identity/entity/+", Capability.UPDATE),
        "read",
    ),
    "listing the folder itself": (
        control("secret/metadata/*", Capability.LIST, Capability.READ),
        control("secret/metadata", Capability.UPDATE),
        "list",
    ),
    "listing the folder itself, which takes sudo": (
        control("sys/leases/lookup/*", Capability.LIST, Capability.SUDO),
        control("sys/leases/lookup", Capability.UPDATE, Capability.LIST),
        "sudo",
    ),
    "listing and sudo at once": (
        control("sys/leases/lookup/*", Capability.LIST, Capability.SUDO),
        control("sys/leases/lookup", Capability.UPDATE),
        "list, sudo",
    ),
    "deny beside what it overrules": (
        control("sys/mounts/*", Capability.READ),
        control("sys/mounts/secret", Capability.READ, Capability.DENY),
        "read",
    ),
}


@pytest.mark.parametrize("name", SHADOWED)
def test_a_narrower_rule_may_not_take_away_what_a_wider_one_gives(name: str) -> None:
    wide, narrow, lost = SHADOWED[name]
    for grants in ((wide, narrow), (narrow, wide), (wide, RenewSelf(), narrow)):
        with pytest.raises(ValueError, match="contradict: for ") as caught:
            refuse_contradictions("operators", grants)
        assert str(caught.value) == (
            f"workload 'operators': the grants '{wide}' and '{narrow}' contradict: for "
            f"{narrow.path} Vault applies only the second, which lacks {lost}; add that to it, or "
            "drop it"
        )


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (
            control("sys/policies/*", Capability.READ),
            control("sys/policies/acl", Capability.READ, Capability.LIST),
        ),
        (
            control("sys/leases/lookup/*", Capability.LIST, Capability.SUDO),
            control("sys/leases/lookup", Capability.UPDATE, Capability.LIST, Capability.SUDO),
        ),
        # The folder's own path is not below it, but for LIST.
        (control("aws/roles/*", Capability.READ), control("aws/roles", Capability.LIST)),
        (control("aws/roles/+", Capability.READ), control("aws/roles", Capability.LIST)),
        (control("aws/roles/+", Capability.READ), control("aws/roles/s3/x", Capability.LIST)),
        (control("sys/mount*", Capability.READ), control("sys/metrics", Capability.UPDATE)),
    ],
    ids=str,
)
def test_rules_of_vaults_own_paths_may_stand_together(wide: Control, narrow: Control) -> None:
    for grants in ((wide, narrow), (narrow, wide)):
        refuse_contradictions("operators", grants)


def test_rules_of_different_workloads_or_environments_do_not_meet() -> None:
    """What a narrower rule takes away, it takes from its own token only."""
    wide, narrow, _ = SHADOWED["an entry below a prefix"]
    refuse_contradictions("operators", [wide])
    refuse_contradictions("auditors", [narrow])
