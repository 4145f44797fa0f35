"""`review`: both sides as data, outputs, and an exit status that is a verdict or an error."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from policies import rendering
from policies.commands import review
from policies.commands.errors import CommandError
from policies.environments import Environment
from policies.git import APPROVALS, obeyed
from policies.plan import Plan
from tests.policies.commands.conftest import Call
from tests.policies.repositories import Repository

API = "policies/rendered/dev/acl/kubesentiment-api-dev.hcl"
GRANT = 'path "secret/data/kubesentiment/*" {\n  capabilities = ["read"]\n}\n'
ROOT = Path(__file__).parents[3]
LIMITS = (ROOT / "policies" / "approvals.toml").read_text()


def changed(repository: Repository, text: str) -> str:
    """A commit in which one ACL policy is this."""
    repository.write(API, text)
    return repository.commit()


def stanza(path: str, *capabilities: str) -> str:
    listed = ", ".join(f'"{one}"' for one in capabilities)
    return f'path "{path}" {{\n  capabilities = [{listed}]\n}}\n'


@pytest.fixture
def limited(repository: Repository) -> Repository:
    repository.write("policies/approvals.toml", LIMITS)
    repository.commit()
    repository.git("tag", "base")
    return repository


def test_nothing_gained_is_0(call: Call, limited: Repository) -> None:
    ended = call("review", "--base", "base", "--head", "main")
    assert ended.status == 0
    assert ended.lines[0] == "No access is gained or lost"
    assert limited


def test_a_reordered_policy_is_0(call: Call, limited: Repository) -> None:
    text = (limited.root / API).read_text()
    changed(limited, "\n".join(reversed(text.split("\n\n"))) + "\n# reworded\n")
    assert call("review", "--base", "base", "--head", "main").status == 0


def test_a_removed_grant_is_0_and_told(call: Call, limited: Repository) -> None:
    changed(limited, GRANT)
    ended = call("review", "--base", "base", "--head", "main")
    assert ended.status == 0
    assert "loses" in ended.lines[0]


def test_what_is_gained_within_the_limits_is_1(call: Call, limited: Repository) -> None:
    text = (limited.root / API).read_text()
    changed(limited, text + stanza("secret/metadata/kubesentiment/config", "read"))
    ended = call("review", "--base", "base", "--head", "main")
    assert ended.status == 1
    assert "1 workload gains access" in ended.lines[0]


def test_an_escalation_is_2(call: Call, limited: Repository) -> None:
    text = (limited.root / API).read_text()
    changed(limited, text + stanza("sys/policies/acl/*", "update"))
    ended = call("review", "--base", "base", "--head", "main")
    assert ended.status == 2
    assert "escalation" in ended.lines[0]
    assert call("review", "--base", "base", "--head", "main", "--env", "prod").status == 0


@pytest.mark.parametrize("name", ["Pulumi.json", "Pulumi.prod.json"])
def test_settings_that_pulumi_would_read_instead_are_2(
    call: Call, limited: Repository, name: str
) -> None:
    limited.write(name, '{"config": {"vaultstack:oidcDiscoveryUrl": "https://evil.example"}}')
    limited.commit()
    ended = call("review", "--base", "base", "--head", "main")
    assert ended.status == 2
    assert f"{name} is new" in ended.out


STACK = "config:\n  vaultstack:oidcDiscoveryUrl: {}\n"
PROJECT = "name: vaultstack\nruntime: python\nconfig:\n  vaultstack:audience:\n    default: {}\n"


def test_a_stacks_settings_are_compared_with_what_the_base_has(
    call: Call, limited: Repository
) -> None:
    limited.write("Pulumi.yaml", PROJECT.format("vault"))
    for one in ("staging", "prod"):
        limited.write(f"Pulumi.{one}.yaml", STACK.format("https://login.example.com"))
    before = limited.commit()
    limited.write("Pulumi.prod.yaml", STACK.format("https://evil.example"))
    changes = limited.commit()
    ended = call("review", "--base", before, "--head", changes)
    assert ended.status == 2
    assert "Needs the approval of security-team, because" in ended.lines
    told = " ".join(ended.out.split())
    assert 'vaultstack:oidcDiscoveryUrl becomes "https://evil.example"' in told
    assert "Pulumi.staging.yaml" not in told
    assert "is new" not in told
    assert call("review", "--base", before, "--head", changes, "--env", "staging").status == 0
    limited.write("Pulumi.yaml", PROJECT.format("other"))
    by_default = limited.commit()
    ended = call("review", "--base", changes, "--head", by_default, "--env", "prod")
    assert ended.status == 2
    assert 'vaultstack:audience becomes "other"' in " ".join(ended.out.split())
    limited.git("rm", "--quiet", "Pulumi.prod.yaml")
    limited.commit()
    ended = call("review", "--base", by_default, "--head", "main", "--env", "prod")
    assert ended.status == 2
    assert "Pulumi.prod.yaml is not there any more" in ended.out


def test_the_limits_are_the_bases(call: Call, limited: Repository) -> None:
    text = (limited.root / API).read_text()
    limited.write("policies/approvals.toml", LIMITS.replace("security-team", "anybody"))
    changed(limited, text + stanza("sys/policies/acl/*", "update"))
    ended = call("review", "--base", "base", "--head", "main")
    assert ended.status == 2
    assert "Needs the approval of security-team, because" in ended.lines


def test_limits_that_the_change_loosens_are_told(call: Call, limited: Repository) -> None:
    limited.write("policies/approvals.toml", LIMITS.replace("owners = true", "owners = false"))
    limited.commit()
    ended = call("review", "--base", "base", "--head", "main")
    assert ended.status == 2
    assert "owners are not asked any more" in ended.out
    limited.git("rm", "--quiet", "policies/approvals.toml")
    limited.commit()
    # Without any nothing passes: that is not looser.
    assert call("review", "--base", "base", "--head", "main").status == 0


def test_a_base_without_limits_lets_nothing_pass(call: Call, repository: Repository) -> None:
    base = repository.git("rev-parse", "HEAD")
    text = (repository.root / API).read_text()
    changed(repository, text + stanza("secret/metadata/kubesentiment/config", "read"))
    ended = call("review", "--base", base, "--head", "main")
    assert ended.status == 2
    assert "gains something, and the base has no policies/approvals.toml" in " ".join(
        ended.out.split()
    )
    assert call("review", "--base", base, "--head", base).status == 0


def test_without_a_head_it_is_the_working_tree(call: Call, limited: Repository) -> None:
    changed(limited, GRANT)
    ended = call("review", "--base", "main")
    # Beside that commit, the real working tree grants more.
    assert ended.status in (1, 2)
    assert "working tree" in ended.lines[-1] or "working tree" in ended.out


def test_the_working_trees_settings_are_those_of_a_commit_that_has_them(
    call: Call, limited: Repository
) -> None:
    files = chain(*map(ROOT.glob, ("*Pulumi*", "*/*Pulumi*", "*/*/*Pulumi*")))
    for name in filter(obeyed, (file.relative_to(ROOT).as_posix() for file in files)):
        limited.write(name, (ROOT / name).read_text())
    limited.commit()
    assert call("review", "--base", "main").status == 0
    limited.write("teams/Pulumi.yaml", "name: another\n")
    limited.commit()
    ended = call("review", "--base", "main")
    assert ended.status == 2
    assert "teams/Pulumi.yaml changes" in ended.out


def test_a_stale_working_tree_is_an_error_that_names_the_files(
    call: Call, limited: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(plan: Plan) -> tuple[str, ...]:
        return (f"{plan.environment.value}/acl/by-hand.hcl",)

    monkeypatch.setattr(rendering, "stale", stale)
    ended = call("review", "--base", "base")
    assert (ended.status, ended.out) == (3, "")
    assert ended.err == (
        "error: working tree: these rendered files are not what policies/matrix.py says:\n"
        "  policies/rendered/dev/acl/by-hand.hcl\n"
        "  policies/rendered/staging/acl/by-hand.hcl\n"
        "  policies/rendered/prod/acl/by-hand.hcl\n"
        "fix: python -m policies render, and commit what it changes; or name a commit with --head\n"
    )
    ended = call("review", "--base", "base", "--env", "staging")
    assert ended.status == 3
    assert [line for line in ended.err.splitlines() if line.startswith(" ")] == [
        "  policies/rendered/staging/acl/by-hand.hcl"
    ]
    assert call("review", "--base", "base", "--head", "main").status == 0
    assert limited


def test_several_files_in_one_run(call: Call, limited: Repository, tmp_path: Path) -> None:
    text = (limited.root / API).read_text()
    changed(limited, text + stanza("sys/policies/acl/*", "update"))
    files = [tmp_path / name for name in ("r.md", "r.html", "r.json", "r.txt")]
    outputs = [word for file in files for word in ("--output", str(file))]
    ended = call("review", "--base", "base", "--head", "main", *outputs)
    assert ended.status == 2
    assert ended.lines[-1] == f"Written: {', '.join(map(str, files))}"
    markdown, html, document, terminal = (file.read_text() for file in files)
    assert markdown.startswith("**")
    assert html.lstrip().lower().startswith("<!doctype html>")
    assert '"exit_status": 2' in document
    assert "\x1b" not in terminal
    assert ended.lines[0] in terminal
    assert 100 < max(map(len, terminal.splitlines())) <= 120
    assert ended.lines[1] == "Needs the approval of security-team"


@pytest.mark.parametrize(
    ("how", "start"), [("markdown", "**"), ("json", "{"), ("html", "<!"), ("terminal", "No access")]
)
def test_each_format_can_be_printed(call: Call, limited: Repository, how: str, start: str) -> None:
    ended = call("review", "--base", "base", "--head", "main", "--format", how)
    assert ended.status == 0
    assert ended.out.startswith(start)
    assert limited


def test_a_file_without_a_known_suffix_takes_the_format(
    call: Call, limited: Repository, tmp_path: Path
) -> None:
    file = tmp_path / "comment"
    asked = ("review", "--base", "base", "--head", "main", "--output", str(file))
    refused = call(*asked)
    assert (refused.status, file.exists()) == (3, False)
    assert "--output: suffix ''" in refused.err
    assert call(*asked, "--format", "markdown").status == 0
    assert file.read_text().startswith("**")
    assert limited


def test_a_file_by_hand_that_is_no_plan(call: Call, limited: Repository) -> None:
    changed(limited, 'path "secret/data/x" {\n  capabilities = ["raed"]\n}\n')
    ended = call("review", "--base", "base", "--head", "main")
    assert (ended.status, ended.out) == (3, "")
    assert "main, dev/acl/kubesentiment-api-dev.hcl: " in ended.err
    assert 'invalid capability "raed"' in ended.err
    assert "Traceback" not in ended.err


def test_limits_that_cannot_be_read(call: Call, limited: Repository) -> None:
    limited.write("policies/approvals.toml", "security = 1\n")
    limited.commit()
    for base, head in (("main", "base"), ("base", "main")):
        ended = call("review", "--base", base, "--head", head)
        assert ended.status == 3
        assert "main, policies/approvals.toml: " in ended.err
        assert "Traceback" not in ended.err


def test_an_environment_that_neither_side_has(call: Call, limited: Repository) -> None:
    limited.git("rm", "-r", "--quiet", "policies/rendered/prod")
    limited.commit()
    asked = ("review", "--head", "main", "--env", "prod")
    assert call(*asked, "--base", "base").status == 0
    ended = call(*asked, "--base", "main")
    assert ended.status == 3
    assert "environment 'prod': neither main nor main has it" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "the following arguments are required: --base"),
        (("--base", "gone"), "error: reference 'gone': there is no such commit"),
        (("--base", "main", "--head", "gone"), "error: reference 'gone': there is no such commit"),
        (("--base=--output=x",), "is not what a commit can be named"),
        (("--base", "main", "--format", "pdf"), "invalid choice: 'pdf'"),
        (("--base", "main", "--head", "main", "--output", "/nowhere/r.md"), "cannot be written"),
    ],
)
def test_an_error_is_3_and_never_a_verdict(
    call: Call, repository: Repository, arguments: tuple[str, ...], said: str
) -> None:
    assert repository
    ended = call("review", *arguments)
    assert (ended.status, ended.out) == (3, "")
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_base_without_a_rendered_plan(call: Call, repository: Repository) -> None:
    repository.git("rm", "-r", "--quiet", "policies/rendered")
    repository.write("README.md", "nothing else\n")
    repository.commit()
    ended = call("review", "--base", "main")
    assert ended.status == 3
    assert "has no rendered plan under policies/rendered/" in ended.err


def test_a_crash_is_no_verdict(
    call: Call, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(review, "compare", fails)
    ended = call("review", "--base", "main", "--head", "main")
    assert ended.status == 3
    assert "RuntimeError: a fault of ours" in ended.err
    assert repository


def test_settings_of_the_working_tree_are_files_in_utf_8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "REPOSITORY", tmp_path)
    monkeypatch.setattr(rendering, "stale", lambda _: [])
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "Pulumi.folder.yaml").mkdir()
    (tmp_path / "Pulumi.md").write_text("not obeyed\n")
    for folder in ("a", "a/b", "a/b/c"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Pulumi.yaml").write_text(f"name: {folder[-1]} \u00e4\n", "utf-8")
    _, approvals, settings = review._head(None, Environment.DEV)
    assert approvals is None
    assert settings == {
        "Pulumi.dev.yaml": "config: {}\n",
        "a/Pulumi.yaml": "name: a \u00e4\n",
        "a/b/Pulumi.yaml": "name: b \u00e4\n",
    }
    (tmp_path / "Pulumi.prod.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(
        CommandError, match=r"Pulumi\.prod\.yaml: must be UTF-8, and is not at byte 3; write it so"
    ):
        review._head(None, Environment.DEV)


def test_limits_of_the_working_tree_are_a_file_in_utf_8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "REPOSITORY", tmp_path)
    monkeypatch.setattr(rendering, "stale", lambda _: [])
    limits = tmp_path / APPROVALS
    limits.mkdir(parents=True)
    _, approvals, _ = review._head(None, Environment.DEV)
    assert approvals is None
    limits.rmdir()
    limits.write_bytes(b'security = "\xff"\n')
    said = r"approvals\.toml: must be UTF-8, and is not at byte 12; write it so"
    with pytest.raises(CommandError, match=said):
        review._head(None, Environment.DEV)
