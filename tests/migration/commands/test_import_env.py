from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from migration.commands import import_env
from tests.migration.conftest import Call, Ended
from tests.migration.fake_pulumi import FakePulumi
from tests.migration.fake_vault import TOKEN, FakeVault, fake_vault

API = "media-catalog/api"
EXTERNAL = ("TMDB=media-catalog/external:tmdb_api_key", "DSN=media-catalog/external:sentry_dsn")
GENERATED = ("JWT=media-catalog/api:jwt_secret",)


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVault]:
    with fake_vault() as made:
        monkeypatch.setenv("VAULT_ADDR", made.address)
        monkeypatch.setenv("VAULT_TOKEN", TOKEN)
        monkeypatch.delenv("VAULT_CACERT", raising=False)
        yield made


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePulumi:
    return FakePulumi(tmp_path, monkeypatch)


class Importer:
    def __init__(self, call: Call, folder: Path) -> None:
        self._call, self.file, self._program = call, folder / ".env", folder / "program"
        self.file.write_text("TMDB=hidden-tmdb\nDSN=hidden-dsn\nJWT=hidden-jwt\nLEVEL=info\n")

    def __call__(self, *arguments: str, targets: tuple[str, ...]) -> Ended:
        mapped = [word for target in targets for word in ("--map", target)]
        common = ("--application", "media-catalog", "--environment", "dev")
        where = ("--program", str(self._program))
        ended = self._call("import", self.file, *common, *where, *mapped, *arguments)
        assert "hidden" not in ended.out + ended.err
        return ended


@pytest.fixture
def run(call: Call, tmp_path: Path) -> Importer:
    return Importer(call, tmp_path)


def test_a_dry_run_writes_nothing(run: Importer, vault: FakeVault, pulumi: FakePulumi) -> None:
    vault.entries[API] = [{"session_secret": "s"}]
    before = pulumi.file.read_text()
    ended = run(targets=EXTERNAL + GENERATED)
    assert ended.status == 0, ended.err
    assert "3 values would be written; --apply does it" in ended.out
    assert "not mapped: LEVEL" in ended.out
    assert vault.writes == []
    assert pulumi.file.read_text() == before


def test_each_value_goes_where_it_belongs(
    run: Importer, vault: FakeVault, pulumi: FakePulumi
) -> None:
    vault.entries[API] = [{"session_secret": "s"}]
    ended = run("--apply", targets=EXTERNAL + GENERATED)
    assert ended.status == 0, ended.err
    assert vault.entries[API][-1] == {"session_secret": "s", "jwt_secret": "hidden-jwt"}
    assert "media-catalog/external" not in vault.entries
    assert "hidden-tmdb"[::-1] in pulumi.file.read_text()
    assert "next: commit the stack's file, then pulumi up" in ended.out
    again = run("--apply", targets=EXTERNAL + GENERATED)
    assert (again.status, again.out.splitlines()[-1]) == (0, "all of it was already there")
    assert len(vault.writes) == 1
    assert run(targets=EXTERNAL).out.endswith("all of it is already there\n")


@pytest.mark.usefixtures("pulumi")
def test_without_generated_entries_vault_is_not_asked(
    run: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VAULT_ADDR", raising=False)
    assert run("--apply", targets=EXTERNAL).status == 0


def test_given_values_may_go_into_vault_directly(run: Importer, vault: FakeVault) -> None:
    ended = run("--apply", "--given-into", "vault", targets=EXTERNAL)
    assert ended.status == 0, ended.err
    assert vault.entries["media-catalog/external"] == [
        {"tmdb_api_key": "hidden-tmdb", "sentry_dsn": "hidden-dsn"}
    ]
    assert "media-catalog/external: keep it out of the stack's kvValues" in ended.out
    assert "pulumi up" not in ended.out


def test_what_is_there_is_kept_unless_its_version_is_named(run: Importer, vault: FakeVault) -> None:
    vault.entries[API] = [{"jwt_secret": "old", "session_secret": "s"}]
    ended = run("--apply", targets=GENERATED)
    assert ended.status == 1
    assert "jwt_secret would be overwritten; where that is wanted, write --replace" in ended.err
    assert ended.out.endswith("nothing was written\n")
    assert run("--apply", "--replace", f"{API}=2", targets=GENERATED).status == 1
    assert vault.writes == []
    assert run("--apply", "--replace", f"{API}=1", targets=GENERATED).status == 0
    assert vault.entries[API][-1] == {"jwt_secret": "hidden-jwt", "session_secret": "s"}


def test_one_entry_in_the_way_stops_all(
    run: Importer, vault: FakeVault, pulumi: FakePulumi
) -> None:
    vault.entries[API] = [{"jwt_secret": "old"}]
    before = pulumi.file.read_text()
    assert run("--apply", targets=EXTERNAL + GENERATED).status == 1
    assert pulumi.file.read_text() == before
    assert vault.writes == []


def test_a_token_of_the_matrix_is_judged_before_it_is_refused(
    run: Importer, vault: FakeVault
) -> None:
    vault.policies = ["media-catalog-api-dev"]
    vault.entries[API] = [{"session_secret": "s"}]
    ended = run(targets=GENERATED)
    assert ended.status == 1
    assert (
        "media-catalog/api: a token with media-catalog-api-dev may not patch it; come as one of: "
        "python -m policies who-can secret/data/media-catalog/api patch --env dev"
    ) in ended.err


def test_a_token_of_another_environment_is_refused(run: Importer, vault: FakeVault) -> None:
    vault.policies = ["media-catalog-rotation-prod"]
    ended = run("--apply", targets=GENERATED)
    assert (ended.status, ended.out) == (3, "")
    assert "so this is prod, not dev" in ended.err


@pytest.mark.usefixtures("pulumi")
def test_a_refusal_at_the_first_write_writes_nothing(run: Importer, vault: FakeVault) -> None:
    vault.entries[API] = [{"session_secret": "s"}]
    vault.denied.add(("PATCH", f"secret/data/{API}"))
    ended = run("--apply", targets=EXTERNAL + GENERATED)
    assert ended.status == 3
    assert "this token may not patch it" in ended.err
    assert ended.err.endswith("; nothing was written\n")


def test_a_refusal_at_a_later_one_tells_what_was_written(
    run: Importer, vault: FakeVault, pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.entries[API] = [{"session_secret": "s"}]
    monkeypatch.setenv("TEST_MEANWHILE", str(pulumi.file))
    ended = run("--apply", targets=EXTERNAL + GENERATED)
    assert ended.status == 3
    assert f"changed meanwhile; look at it again; written before: {API}" in ended.err


@pytest.mark.parametrize(
    ("arguments", "targets", "text"),
    [
        ((), ("NONE=media-catalog/api:jwt_secret",), "has no NONE; map one of TMDB, DSN"),
        ((), ("JWT=media-catalog/api:jwt",), "key 'jwt': there is none of this name"),
        ((), ("JWT=media-catalog/new:a",), "the matrix has no such entry"),
        (("--replace", "media-catalog/api=1"), EXTERNAL, "nothing is mapped to it; leave it out"),
        (("--application", "nobody"), GENERATED, "application 'nobody': there is none"),
        (("--stack", "gone"), EXTERNAL, "name a stack by --stack"),
    ],
)
@pytest.mark.usefixtures("pulumi")
def test_what_stops_it(
    run: Importer,
    vault: FakeVault,
    arguments: tuple[str, ...],
    targets: tuple[str, ...],
    text: str,
) -> None:
    ended = run("--apply", *arguments, targets=targets)
    assert (ended.status, ended.out) == (3, "")
    assert text in ended.err
    assert vault.writes == []


@pytest.mark.parametrize(
    ("arguments", "targets"),
    [
        (("--environment", "production"), GENERATED),
        (("--replace", "media-catalog/api"), GENERATED),
        (("--replace", "secret/data/x=1"), GENERATED),
        (("--given-into", "nowhere"), GENERATED),
        ((), ("JWT",)),
        ((), ()),
    ],
)
def test_wrong_usage(run: Importer, arguments: tuple[str, ...], targets: tuple[str, ...]) -> None:
    assert run(*arguments, targets=targets).status == 2


def test_the_token_is_no_argument() -> None:
    """Every process of the machine could read it."""
    assert import_env.__doc__
    assert "--token-file" in import_env.__doc__
