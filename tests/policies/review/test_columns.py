"""Where paths stand in the picture."""

from __future__ import annotations

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import AzureRole, DatabaseStaticRole, GcpRole, KvSecret
from policies.review.columns import Section, column, in_order, issuing
from policies.review.snapshot import Snapshot, of_plan


@pytest.mark.parametrize(
    ("path", "section", "group", "name"),
    [
        ("secret/data/shop/*", Section.SECRETS, "secret/data", "shop/*"),
        ("secret/*", Section.SECRETS, "secret", "*"),
        ("database/creds/shop", Section.CREDENTIALS, "database/creds", "shop"),
        ("gcp/impersonated-account/a/token", Section.CREDENTIALS, "gcp/impersonated-account", None),
        ("pki/issue/shop", Section.CREDENTIALS, "pki/issue", "shop"),
        ("auth/approle/role/+", Section.LOGINS, "auth/approle", "role/+"),
        ("auth/token", Section.LOGINS, "auth", "token"),
        ("database/roles/+", Section.ENGINES, "database", "roles/+"),
        ("pki-root/root", Section.ENGINES, "pki-root", "root"),
        ("sys/leases/lookup", Section.VAULT, "sys", "leases/lookup"),
        ("identity/entity", Section.VAULT, "identity", "entity"),
        ("*", Section.ELSEWHERE, "", "*"),
        ("+/+/shop", Section.ELSEWHERE, "+", "+/shop"),
        ("/odd", Section.ELSEWHERE, "", "/odd"),
        ("", Section.ELSEWHERE, "", ""),
    ],
)
def test_a_path_has_a_place(path: str, section: Section, group: str, name: str | None) -> None:
    found = column(path)
    assert (found.section, found.group) == (section, group)
    assert name is None or found.name == name
    assert found.path == path


def test_sections_stand_in_their_order_and_no_path_twice() -> None:
    columns = in_order(["sys/mounts", "auth/token/x", "secret/b", "secret/a", "sys/mounts"])
    assert [one.path for one in columns] == ["secret/a", "secret/b", "auth/token/x", "sys/mounts"]


def test_what_the_plan_has_is_there() -> None:
    found = set(issuing(of_plan(compile_plan(MATRIX, Environment.PROD), "head")))
    assert found >= {
        "secret/data/kubesentiment/config",
        "database/creds/kubesentiment-readonly",
        "aws/creds/s3-access",
        "pki/issue/kubesentiment-api",
    }


def test_other_clouds_are_there_and_names_are_taken_as_they_are() -> None:
    side = Snapshot(
        "head",
        Environment.PROD,
        {},
        database_static_roles=(DatabaseStaticRole("stays", "c", "u", "", 1),),
        gcp_roles=(GcpRole("g", "a", (), 1),),
        azure_roles=(AzureRole("z", (), 1, 1),),
        kv_entries=(KvSecret("No Name/of ours", (), None),),
    )
    assert list(issuing(side)) == [
        "secret/data/No Name/of ours",
        "database/static-creds/stays",
        "gcp/impersonated-account/g/token",
        "azure/creds/z",
    ]
