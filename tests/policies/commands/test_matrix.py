"""`matrix`: workloads by resources, in each form."""

from __future__ import annotations

from typing import Any

import pytest

from policies.commands import matrix
from policies.review.columns import column
from policies.review.output import page
from tests.policies.commands.conftest import Call
from tests.policies.repositories import Repository


def cells(call: Call, environment: str, *more: str) -> dict[tuple[str, str], str]:
    """By column and path, of the tables of one environment."""
    found = dict[tuple[str, str], str]()
    headings, starts = list[str](), list[int]()
    for line in call("matrix", "--env", environment, *more).lines:
        words = line.split()
        if words[:1] == ["path"]:
            headings, starts = words, [line.index(word) for word in words]
        elif headings and line.strip() and not line.startswith("─") and line[0] != " ":
            ends = [*starts[1:], len(line)]
            row = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
            found |= {
                (name, row[0]): cell for name, cell in zip(headings[1:], row[1:], strict=True)
            }
    return found


def test_a_column_for_each_workload_and_a_line_for_each_rule(call: Call) -> None:
    found = cells(call, "prod")
    assert found["admin", "secret/data/kubesentiment/*"] == "CRUDP"
    assert found["api", "secret/data/kubesentiment/*"] == "R"
    assert found["ci", "secret/data/kubesentiment/*"] == ""
    # No rule is about it alone: it has no line of its own.
    assert ("api", "secret/data/kubesentiment/config") not in found
    assert found["rotation", "secret/data/media-catalog/api"] == "RP"
    assert found["auditors", "secret/metadata/*"] == "RL"
    assert found["operators", "auth/approle/role/kubesentiment-ci/secret-id"] == "U?"


def test_some_of_the_paths_are_in_small_letters(call: Call) -> None:
    assert cells(call, "dev")["rotation", "secret/data/media-catalog/*"] == "rp"
    legend = call("matrix", "--env", "dev").lines[-2]
    assert legend.startswith("C create, R read, U update")
    assert "r/p the same, at some of the paths only" in legend
    assert "? if the request brings what the rule asks for" in legend


def test_the_tables_are_by_application_and_environment(call: Call) -> None:
    titles = [line for line in call("matrix").lines if line.partition(":")[1] and " " in line]
    assert [title for title in titles if "kubesentiment, of" in title] == [
        f"{environment}: kubesentiment, of sentiment-team"
        for environment in ("dev", "staging", "prod")
    ]
    assert "prod: people" in titles
    assert "prod: platform, of platform-team" in titles


def test_markdown(call: Call) -> None:
    ended = call("matrix", "--env", "prod", "--format", "markdown")
    assert ended.status == 0
    for line in (
        "## prod",
        "### media-catalog, of media-team",
        "| path | `api` | `rotation` |",
        "| --- | --- | --- |",
        "| `secret/data/media-catalog/api` | R | RP |",
    ):
        assert line in ended.lines


def test_json_has_every_path_with_how_much_of_it(call: Call) -> None:
    (one,) = call("matrix", "--env", "dev", "--format", "json").document["environments"]
    assert one["environment"] == "dev"
    workloads = {row["workload"]: row for row in one["workloads"]}
    assert len(workloads) == 13
    assert workloads["kubesentiment/api"]["team"] == "sentiment-team"
    paths = {path["path"]: path for path in workloads["media-catalog/rotation"]["paths"]}
    assert paths["secret/data/media-catalog/*"]["capabilities"] == [
        {"capability": "read", "extent": "some", "conditions": ""},
        {"capability": "patch", "extent": "some", "conditions": ""},
    ]
    assert "secret/data/kubesentiment/*" not in paths


def test_json_says_whose_a_workload_is_where_a_path_stands_and_what_a_request_must_bring(
    call: Call, repository: Repository
) -> None:
    def workloads() -> dict[str, dict[str, Any]]:
        asked = ("matrix", "--env", "dev", "--ref", "HEAD", "--format", "json")
        (one,) = call(*asked).document["environments"]
        return {row["workload"]: row for row in one["workloads"]}

    there = workloads()
    operators, rotation = there["people/operators"], there["media-catalog/rotation"]
    assert (operators["application"], operators["team"]) == ("people", "")
    assert (rotation["application"], rotation["team"]) == ("media-catalog", "media-team")
    assert {
        "path": "auth/approle/role/kubesentiment-ci/secret-id",
        "section": "Logins and tokens",
        "capabilities": [
            {
                "capability": "update",
                "extent": "all",
                "conditions": "wrapped for at least 60 s; wrapped for at most 3600 s",
            }
        ],
    } in operators["paths"]
    repository.write("policies/rendered/dev/owners.json", "[]\n")
    repository.commit()
    nobodys = workloads()["operators"]
    assert (nobodys["application"], nobodys["team"]) == ("", "")
    assert nobodys["paths"] == operators["paths"]


def test_a_text_in_markdown_stays_in_its_cell(call: Call, repository: Repository) -> None:
    repository.write(
        "policies/rendered/dev/acl/kubesentiment-api-dev.hcl",
        'path "secret/data/a|b" {\n  capabilities = ["read"]\n}\n',
    )
    repository.commit()
    ended = call("matrix", "--env", "dev", "--ref", "HEAD", "--format", "markdown")
    assert r"| `secret/data/a\|b` |  | R |  |  |" in ended.lines


def test_the_legend_explains_what_is_there_and_nothing_else() -> None:
    def legend(*cells: str) -> str:
        row = (column("sys/mounts"), cells)
        return matrix._legend([matrix._Panel("title", ("a", "b"), (row,))])

    assert legend("R", "") == "R read"
    assert legend("RU", "C") == "C create, R read, U update"
    assert legend("rU", "u") == "U update, r/u the same, at some of the paths only"
    assert legend("R?") == "R read, ? if the request brings what the rule asks for"


def test_the_tables_of_an_environment_end_in_its_legend(call: Call) -> None:
    for form in ("text", "markdown"):
        lines = call("matrix", "--format", form).lines
        legends = [at for at, line in enumerate(lines) if line.startswith("C create, R read")]
        assert len(legends) == 3
        assert legends[-1] == len(lines) - 2
        assert all(lines[at - 1] == lines[at + 1] == "" for at in legends)


def test_html_is_a_picture_of_all_workloads(call: Call) -> None:
    ended = call("matrix", "--env", "prod", "--format", "html")
    assert ended.status == 0
    assert ended.out.lstrip().lower().startswith("<!doctype html>")
    assert "media-catalog/rotation" in ended.out


def test_too_many_for_one_picture(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_ROWS", 7)
    ended = call("matrix", "--format", "html")
    assert (ended.status, ended.out) == (3, "")
    assert "dev, staging, prod has more than 7 workloads" in ended.err
    for most, status in ((12, 3), (13, 0)):
        monkeypatch.setattr(page, "MOST_ROWS", most)
        assert call("matrix", "--env", "dev", "--format", "html").status == status


def test_a_role_that_nobody_owns_is_shown(call: Call, repository: Repository) -> None:
    repository.write("policies/rendered/dev/owners.json", "[]\n")
    repository.commit()
    ended = call("matrix", "--env", "dev", "--ref", "HEAD")
    assert "dev: of no application" in ended.lines
    assert cells(call, "dev", "--ref", "HEAD")["kubesentiment-ci", "sys/mounts"] == ""


def test_what_is_no_plan_is_named(call: Call, repository: Repository) -> None:
    repository.write("policies/rendered/dev/acl/kubesentiment-api-dev.hcl", 'path "a" {\n  x = 1\n')
    repository.commit()
    ended = call("matrix", "--env", "dev", "--ref", "HEAD")
    assert ended.status == 3
    assert "HEAD, dev/acl/kubesentiment-api-dev.hcl: " in ended.err
    assert "line 3" in ended.err or "3:" in ended.err
    assert matrix.REFUSALS
