"""What a rehearsal remembers of its calls: who they were by, and what must be in no log."""

from __future__ import annotations

from typing import Any

from rehearsal.journal import Call, Journal

TOKEN = "hvs.a-token-of-somebody"


def noted(
    path: str, body: dict[str, Any] | None = None, answer: dict[str, Any] | None = None
) -> Journal:
    journal = Journal()
    journal.note(Call("1", "POST", path, 200, TOKEN), body or {}, answer or {})
    return journal


def test_a_token_is_a_secret() -> None:
    assert noted("sys/mounts").secrets == {TOKEN}


def test_values_of_static_secrets_are_whatever_they_are_called() -> None:
    data = {"data": {"harmless": "value-of-the-entry"}, "metadata": {"created_time": "2026-11-22T"}}
    journal = noted("secret/data/a/b", {"data": {"other": "a-value-written"}}, {"data": data})
    assert journal.secrets == {TOKEN, "value-of-the-entry", "a-value-written"}


def test_elsewhere_a_value_is_one_by_its_name() -> None:
    data = {"username": "v-kubernetes-app-1", "password": "a-long-password", "ca": {"k": "v" * 20}}
    assert noted("database/creds/x", None, {"data": data}).secrets == {TOKEN, "a-long-password"}
    issued = {"private_key": "key-of-the-certificate", "certificate": "public-as-can-be"}
    assert noted("pki/issue/x", None, {"data": issued}).secrets == {TOKEN, "key-of-the-certificate"}
    login = noted("auth/x/login", {"role": "some-role-name", "jwt": "a.json.web-token"})
    assert login.secrets == {TOKEN, "a.json.web-token"}


def test_names_in_a_list_are_none() -> None:
    assert noted("x", None, {"data": {"keys": ["a-folder-name/", "another-name"]}}).secrets == {
        TOKEN
    }


def test_words_are_too_short_to_look_for() -> None:
    assert noted("secret/data/a", {"data": {"ssl_mode": "verify-full"}}).secrets == {TOKEN}


def test_a_login_says_whose_its_token_is() -> None:
    auth = {"client_token": TOKEN, "token_policies": ["app-api-dev"]}
    journal = noted("auth/kubernetes/login", None, {"auth": auth})
    assert journal.policies_of(TOKEN) == ("app-api-dev",)
    assert journal.policies_of("another") == ()


def test_what_was_there_before_can_be_added() -> None:
    journal = Journal()
    journal.knows(TOKEN, ("provisioner",))
    journal.keeps_secret([["a-share-of-the-key"], {"database": {"app": "its-password"}}, None])
    assert journal.policies_of(TOKEN) == ("provisioner",)
    assert journal.secrets == {TOKEN, "a-share-of-the-key", "its-password"}


def test_it_shows_no_secret() -> None:
    journal = noted("secret/data/a")
    assert TOKEN not in repr(journal) + repr(journal.calls)
