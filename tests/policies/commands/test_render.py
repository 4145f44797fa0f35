"""`render`: what it writes, what it calls stale, and its exit status."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from policies import rendering
from policies.__main__ import main
from policies.commands import render
from policies.plan import Plan


@pytest.fixture
def rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of `policies/rendered`."""
    for function in (rendering.write, rendering.stale):
        monkeypatch.setattr(rendering, function.__name__, within(tmp_path, function))
    return tmp_path


def within(
    folder: Path, function: Callable[[Plan, Path], tuple[str, ...]]
) -> Callable[..., tuple[str, ...]]:
    def run(plan: Plan, root: Path = folder) -> tuple[str, ...]:
        return function(plan, root)

    return run


def folders(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_render_writes_every_environment_and_names_what_it_wrote(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render"]) == 0
    assert folders(rendered) == {"dev", "staging", "prod"}
    written = capsys.readouterr().out.splitlines()
    assert "policies/rendered/dev/acl/kubesentiment-api-dev.hcl" in written
    assert len(written) == len([path for path in rendered.rglob("*") if path.is_file()])


def test_render_of_what_is_fresh_writes_nothing(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["render"])
    capsys.readouterr()
    assert main(["render"]) == 0
    assert capsys.readouterr() == ("", "")
    assert rendered.exists()


def test_render_of_one_environment_leaves_the_others(rendered: Path) -> None:
    assert main(["render", "--env", "staging"]) == 0
    assert folders(rendered) == {"staging"}


def test_check_of_what_is_fresh_is_silent(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["render"])
    capsys.readouterr()
    assert main(["render", "--check"]) == 0
    assert capsys.readouterr() == ("", "")
    assert rendered.exists()


def test_check_names_what_is_stale_and_the_fix_and_writes_nothing(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["render"])
    changed = rendered / "dev/acl/kubesentiment-api-dev.hcl"
    changed.write_text(changed.read_text() + "# by hand\n")
    (rendered / "prod/aws_roles.json").unlink()
    capsys.readouterr()
    assert main(["render", "--check"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"policies/rendered/{name}: not what policies/matrix.py says"
        for name in ("dev/acl/kubesentiment-api-dev.hcl", "prod/aws_roles.json")
    ] + ["fix: python -m policies render, and commit what it changes"]
    assert changed.read_text().endswith("# by hand\n")
    assert not (rendered / "prod/aws_roles.json").exists()


def test_check_of_one_environment_does_not_look_at_the_others(rendered: Path) -> None:
    main(["render"])
    (rendered / "prod/aws_roles.json").unlink()
    assert main(["render", "--check", "--env", "dev"]) == 0
    assert main(["render", "--check", "--env", "prod"]) == 1


def test_the_fix_is_what_others_say_too() -> None:
    assert render.FIX == "fix: python -m policies render, and commit what it changes"
