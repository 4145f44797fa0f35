"""`policies.rendering`: the files in `rendered/` are the plan, to the byte."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import rendering
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX

PLANS = {environment: compile_plan(MATRIX, environment) for environment in Environment}
DEV = PLANS[Environment.DEV]
FILES = rendering.files_of(DEV)


@pytest.mark.parametrize("environment", Environment)
def test_the_files_checked_in_are_what_the_matrix_says(environment: Environment) -> None:
    """The golden of every ACL policy and role. If it fails: python -m policies render."""
    assert rendering.stale(PLANS[environment]) == ()


def test_nothing_but_the_environments_is_checked_in() -> None:
    there = {path.name for path in rendering.RENDERED.iterdir()}
    assert there == {environment.value for environment in Environment}


def test_each_policy_and_each_kind_of_role_has_a_file() -> None:
    assert {name for name in FILES if name.endswith(".hcl")} == {
        f"dev/acl/{policy.name}.hcl" for policy in DEV.acl_policies
    }
    assert {name for name in FILES if name.endswith(".json")} == {
        f"dev/{kind}.json"
        for kind in (
            "approle_roles",
            "aws_roles",
            "database_connections",
            "database_roles",
            "database_static_roles",
            "kubernetes_roles",
            "kv_entries",
            "owners",
            "oidc_roles",
            "pki_roles",
            "rotations",
        )
    }


def test_the_same_plan_gives_the_same_files() -> None:
    assert rendering.files_of(compile_plan(MATRIX, Environment.DEV)) == FILES


def test_names_are_written_as_people_read_them() -> None:
    owner = dataclasses.replace(DEV.owners[0], team="équipe-média")
    files = rendering.files_of(dataclasses.replace(DEV, owners=(owner,)))
    assert '"équipe-média"' in files["dev/owners.json"]


def test_what_is_written_is_fresh_and_writing_again_changes_nothing(tmp_path: Path) -> None:
    assert rendering.stale(DEV, tmp_path) == tuple(sorted(FILES))
    assert rendering.write(DEV, tmp_path) == tuple(sorted(FILES))
    assert rendering.stale(DEV, tmp_path) == ()
    assert rendering.write(DEV, tmp_path) == ()
    there = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert there == set(FILES)


def test_environments_do_not_touch_one_another(tmp_path: Path) -> None:
    for plan in PLANS.values():
        rendering.write(plan, tmp_path)
    for plan in PLANS.values():
        assert rendering.stale(plan, tmp_path) == ()


@pytest.mark.parametrize(
    "name",
    ["dev/acl/gone-api-dev.hcl", "dev/gcp_roles.json", "dev/notes.txt", "dev/acl/deeper/x.hcl"],
)
def test_a_foreign_file_is_found_and_taken_away(tmp_path: Path, name: str) -> None:
    rendering.write(DEV, tmp_path)
    foreign = tmp_path / name
    foreign.parent.mkdir(exist_ok=True)
    foreign.write_bytes(b"\xff not even text")
    assert rendering.stale(DEV, tmp_path) == (name,)
    assert rendering.write(DEV, tmp_path) == (name,)
    assert not foreign.exists()
    assert rendering.stale(DEV, tmp_path) == ()


@given(st.lists(st.sampled_from(sorted(FILES)), min_size=1, max_size=4, unique=True), st.data())
@settings(max_examples=20)
def test_every_changed_and_every_missing_file_is_found_and_mended(
    names: list[str], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        rendering.write(DEV, root)
        for name in names:
            path = root / name
            match data.draw(st.sampled_from(["missing", "empty", "one byte", "line ends"])):
                case "missing":
                    path.unlink()
                case "empty":
                    path.write_bytes(b"")
                case "one byte":
                    place = data.draw(st.integers(0, len(FILES[name]) - 1))
                    text = bytearray(path.read_bytes())
                    text[place] ^= 1
                    path.write_bytes(text)
                case "line ends":
                    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        assert rendering.stale(DEV, root) == tuple(sorted(names))
        assert rendering.write(DEV, root) == tuple(sorted(names))
        assert rendering.stale(DEV, root) == ()
