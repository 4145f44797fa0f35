from __future__ import annotations

import pytest

from migration.errors import MigrationError
from migration.moving.mapping import Target, entries_of
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.paths import SecretPath

DEV, PROD = Environment.DEV, Environment.PROD


def refusal(*targets: str, application: str = "media-catalog", where: Environment = DEV) -> str:
    with pytest.raises(MigrationError) as caught:
        entries_of(map(Target.parse, targets), MATRIX, application, where)
    return str(caught.value)


def test_a_target_is_read() -> None:
    target = Target.parse("TMDB=media-catalog/external:tmdb_api_key")
    assert target == Target("TMDB", SecretPath("media-catalog/external"), "tmdb_api_key")
    assert str(target) == "media-catalog/external:tmdb_api_key"


@pytest.mark.parametrize("text", ["", "TMDB", "TMDB=a", "TMDB=a:", "=a:b", "TMDB=:b"])
def test_what_is_no_target(text: str) -> None:
    with pytest.raises(ValueError, match="must be NAME=path:key; write such as"):
        Target.parse(text)


def test_a_targets_path_is_one_below_the_mount() -> None:
    with pytest.raises(ValueError, match="must start below the mount"):
        Target.parse("A=secret/data/media-catalog/api:jwt_secret")


def test_targets_are_gathered_by_entry() -> None:
    texts = (
        "A=media-catalog/external:tmdb_api_key",
        "B=media-catalog/api:jwt_secret",
        "C=media-catalog/external:sentry_dsn",
    )
    found = entries_of(map(Target.parse, texts), MATRIX, "media-catalog", DEV)
    assert {
        entry.path.text: [target.variable for target in targets] for entry, targets in found.items()
    } == {"media-catalog/api": ["B"], "media-catalog/external": ["A", "C"]}


def test_an_unknown_application() -> None:
    text = refusal("A=media-catalog/api:jwt_secret", application="media-catalogue")
    assert "application 'media-catalogue': there is none of this name; did you mean" in text


def test_an_entry_that_the_matrix_does_not_have() -> None:
    assert refusal("A=media-catalog/mail:password") == (
        "media-catalog/mail: the matrix has no such entry of media-catalog, so no workload could "
        "be granted it; add KvEntry.given('media-catalog/mail', 'password') to its entries in "
        "policies/matrix.py"
    )


@pytest.mark.parametrize("path", ["kubesentiment/config", "deploy/kubesentiment/keys"])
def test_an_entry_of_another_application(path: str) -> None:
    assert refusal(f"A={path}:k") == (
        f"{path}: belongs to kubesentiment; import it with --application kubesentiment"
    )


def test_an_entry_of_other_environments() -> None:
    assert refusal("A=media-catalog/external:tmdb_api_key", where=PROD) == (
        "media-catalog/external: exists in dev, staging, not in prod; add that to its "
        "`environments` in policies/matrix.py"
    )


def test_a_key_that_the_entry_does_not_have() -> None:
    text = refusal("A=media-catalog/external:tmdb_key")
    assert (
        "media-catalog/external: key 'tmdb_key': there is none of this name; did you mean" in text
    )
    assert text.endswith("or add it to the entry in policies/matrix.py")


def test_two_variables_for_one_key() -> None:
    text = refusal("A=media-catalog/api:jwt_secret", "B=media-catalog/api:jwt_secret")
    assert text == "media-catalog/api:jwt_secret: both A and B are mapped to it; map one"


def test_all_problems_are_told_at_once() -> None:
    assert refusal("A=media-catalog/x:y", "B=media-catalog/api:z").count("\n") == 1
