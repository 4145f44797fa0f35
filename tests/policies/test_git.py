"""Reading a commit: what is found, what is refused, and that nothing of it is run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from policies import git
from policies.git import APPROVALS, GitError, commit_at
from tests.policies.repositories import Repository

DEV = "policies/rendered/dev/acl/shop-api-dev.hcl"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.write(DEV, 'path "a" {}\n')
    made.write("policies/rendered/dev/owners.json", "[]\n")
    made.write("policies/matrix.py", "raise SystemExit('must not run')\n")
    made.commit()
    return made


def test_a_commit_is_read_by_branch_tag_and_id(repository: Repository) -> None:
    made = repository.git("rev-parse", "HEAD")
    repository.git("tag", "--annotate", "v1", "--message", "one")
    for reference in ("main", "v1", "HEAD", made, made[:10]):
        found = commit_at(reference, repository.root)
        assert (found.reference, found.id) == (reference, made)
        assert found.rendered == {
            "dev/acl/shop-api-dev.hcl": 'path "a" {}\n',
            "dev/owners.json": "[]\n",
        }
        assert found.approvals is None


def test_what_pulumi_obeys_is_read_wherever_it_is(repository: Repository) -> None:
    there = (
        "Pulumi.json",
        "Pulumi.other.yaml",
        "Pulumi.prod.yaml",
        "jobs/Pulumi.yml",
        "policies/guardrails/PulumiPolicy.yaml",
        "teams/Pulumi.yaml",
    )
    for name in (*there, "Pulumi.md", "docs/a/b/Pulumi.yaml", ".hidden/Pulumi.yaml", "a\xff"):
        repository.write(name, "config: {}\n")
    repository.commit()
    found = commit_at("HEAD", repository.root).settings
    assert found == dict.fromkeys(there, "config: {}\n")
    assert commit_at("HEAD~1", repository.root).settings == {}


def test_each_commit_has_its_own_files_and_the_working_tree_has_no_say(
    repository: Repository,
) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.write(DEV, 'path "b" {}\n')
    repository.write(APPROVALS, "[limits]\n")
    second = repository.commit()
    repository.write(DEV, 'path "uncommitted" {}\n')
    before, after = (commit_at(one, repository.root) for one in (first, second))
    assert before.rendered["dev/acl/shop-api-dev.hcl"] == 'path "a" {}\n'
    assert before.approvals is None
    assert after.rendered["dev/acl/shop-api-dev.hcl"] == 'path "b" {}\n'
    assert after.approvals == "[limits]\n"


def test_contents_are_kept_to_the_byte(repository: Repository) -> None:
    texts = {
        "dev/acl/empty.hcl": "",
        "dev/acl/no-line-end.hcl": "x",
        "dev/acl/carriage.hcl": "one\r\ntwo\r\n",
        "dev/acl/looks-like-an-answer.hcl": "0123 blob 5\nabc\n",
        "dev/acl/länge.hcl": "# ä\n",
    }
    for name, text in texts.items():
        repository.write(f"policies/rendered/{name}", text)
    repository.commit()
    found = commit_at("HEAD", repository.root).rendered
    assert {name: found[name] for name in texts} == texts


def test_the_names_of_other_files_may_be_anything(repository: Repository) -> None:
    for name in ("docs/\udcff", "docs/a\tb", f"x\t{DEV}", "docs/a\nb"):
        repository.write(name, "other\n")
    repository.commit()
    found = commit_at("HEAD", repository.root)
    assert found.rendered == commit_at("HEAD~1", repository.root).rendered
    assert found.settings == {}


def test_the_name_of_a_rendered_file_is_text(repository: Repository) -> None:
    repository.write("policies/rendered/dev/a\tb.json", "[]\n")
    repository.commit()
    assert commit_at("HEAD", repository.root).rendered["dev/a\tb.json"] == "[]\n"
    repository.write("policies/rendered/dev/\udcff.json", "[]\n")
    repository.commit()
    name = r"b'policies/rendered/dev/\\xff.json'"
    said = rf"^reference 'HEAD', the name {name} of a file: must be UTF-8, and is not at byte 22"
    with pytest.raises(GitError, match=said):
        commit_at("HEAD", repository.root)


def test_a_commit_cannot_hide_or_rewrite_files_by_its_attributes(repository: Repository) -> None:
    repository.write(".gitattributes", "*.hcl export-ignore export-subst text eol=crlf\n")
    repository.write(DEV, "# $Format:%H$\n")
    repository.commit()
    assert commit_at("HEAD", repository.root).rendered["dev/acl/shop-api-dev.hcl"] == (
        "# $Format:%H$\n"
    )


def test_a_replaced_object_does_not_count(repository: Repository) -> None:
    blob = repository.git("rev-parse", f"HEAD:{DEV}")
    other = repository.git("hash-object", "-w", "--stdin", given=b'path "other" {}\n')
    repository.git("replace", blob, other)
    assert commit_at("HEAD", repository.root).rendered["dev/acl/shop-api-dev.hcl"] == (
        'path "a" {}\n'
    )


def test_it_reads_from_a_project_inside_a_larger_repository(tmp_path: Path) -> None:
    made = Repository(tmp_path)
    made.write(f"stack/{DEV}", "inner\n")
    made.write(DEV, "outer\n")
    made.commit()
    assert commit_at("main", tmp_path / "stack").rendered == {"dev/acl/shop-api-dev.hcl": "inner\n"}


@pytest.mark.parametrize("reference", ["no-such", "HEAD~7", "0" * 40, "HEAD:policies", "a b"])
def test_an_unknown_reference_is_named_with_the_fix(repository: Repository, reference: str) -> None:
    with pytest.raises(GitError) as caught:
        commit_at(reference, repository.root)
    assert f"reference {reference!r}: there is no such commit" in str(caught.value)
    assert "git fetch origin main" in str(caught.value)


@pytest.mark.parametrize(
    "reference", ["", "-", "--help", "--output=owned", "--git-dir=/", "main\n", "a\0b"]
)
def test_what_is_no_reference_never_reaches_git(
    repository: Repository, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="is not what a commit can be named"):
        commit_at(reference, repository.root)
    assert not (repository.root / "owned").exists()


def test_a_commit_without_a_rendered_plan(repository: Repository) -> None:
    repository.git("rm", "-r", "--quiet", "policies/rendered")
    repository.write(APPROVALS, "")
    made = repository.commit()
    with pytest.raises(GitError) as caught:
        commit_at("main", repository.root)
    assert str(caught.value) == (
        f"reference 'main': the commit {made[:12]} has no rendered plan under policies/rendered/; "
        "name a commit that has, or render there (python -m policies render) and commit it"
    )


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(GitError) as caught:
        commit_at("main", tmp_path)
    assert "not a git repository" in str(caught.value)
    assert "run this in a clone of the repository" in str(caught.value)


def test_no_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="git: is not installed, or not on PATH"):
        commit_at("main", repository.root)


def test_a_link_in_the_place_of_a_file(repository: Repository) -> None:
    (repository.root / DEV).unlink()
    (repository.root / DEV).symlink_to("/etc/hostname")
    repository.commit()
    with pytest.raises(GitError, match=r"shop-api-dev\.hcl: must be a plain file"):
        commit_at("main", repository.root)


def test_a_file_that_is_no_text(repository: Repository) -> None:
    repository.write(DEV, b"path \xff")
    repository.commit()
    with pytest.raises(GitError, match=r"shop-api-dev\.hcl: must be UTF-8, and is not at byte 5"):
        commit_at("main", repository.root)


def test_what_is_not_rendered_is_not_to_be_rendered_either(repository: Repository) -> None:
    repository.write("Pulumi.dev.yaml", b"a: \xff\n")
    repository.commit()
    fix = (
        r"fix: remove it there, or write it anew \(python -m policies render, if it is rendered\)$"
    )
    with pytest.raises(GitError, match=rf"Pulumi\.dev\.yaml: must be UTF-8, .*; {fix}"):
        commit_at("main", repository.root)


def test_content_that_was_not_fetched(repository: Repository) -> None:
    blob = repository.git("rev-parse", f"HEAD:{DEV}")
    (repository.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError, match="its content is not in this repository"):
        commit_at("main", repository.root)


def test_content_is_not_fetched_behind_the_readers_back(
    repository: Repository, tmp_path: Path
) -> None:
    """Of a clone with a filter, which git completes from its origin whenever it is asked."""
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    origin = repository.root.as_uri()
    repository.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", origin, str(clone))
    with pytest.raises(GitError, match=r"\(could not fetch \w+ .*fetch what is missing, without a"):
        commit_at("main", clone)
    missing = ("rev-list", "--objects", "--missing=print", "HEAD")
    assert "?" in repository.git("-C", str(clone), *missing)


def test_what_git_says_of_a_folder_is_told_whatever_its_name(tmp_path: Path) -> None:
    with pytest.raises(GitError, match=r": git cannot read it \(cannot change to '[^']*\ufffd"):
        commit_at("main", tmp_path / "\udcff")


def test_ten_thousand_files_are_read_at_once(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By as many processes as one file takes, each of which would cost milliseconds."""
    asked: list[str] = []
    run = git._run

    def noted(arguments: Sequence[str], *rest: Any) -> Any:
        asked.append(arguments[0])
        return run(arguments, *rest)

    # Written at once, too: file by file it would take twenty times as long.
    stream = ["commit refs/heads/main\ncommitter a <a> 0 +0000\ndata 0\nfrom refs/heads/main^0\n"]
    for number in range(10_000):
        stream.append(f"M 644 inline policies/rendered/dev/acl/shop-{number}-dev.hcl\n")
        stream.append("data <<END\n" + f"# {number}\n" * 20 + "END\n")
    repository.git("fast-import", "--quiet", given="".join(stream).encode())
    monkeypatch.setattr(git, "_run", noted)
    found = commit_at("main", repository.root)
    assert len(found.rendered) == 10_002
    assert found.rendered["dev/acl/shop-9999-dev.hcl"] == "# 9999\n" * 20
    assert asked == ["rev-parse", "rev-parse", "ls-tree", "cat-file"]
