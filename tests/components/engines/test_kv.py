"""KV: generated entries are written once, given ones follow the configuration, and whatever is
missing is named.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
import pytest

from components.engines import KvEngine, KvEngineArgs
from components.settings import KvSettings
from policies.plan import KvSecret
from tests.components.conftest import Alone
from tests.components.plans import shuffled
from tests.recording import Recording, is_secret, plain

GENERATED = KvSecret("shop/session", ("jwt_secret", "cookie_secret"), 48)
GIVEN = KvSecret("shop/mail", ("api_key", "dsn"), None)
SECRET = "vault:kv/secretV2:SecretV2"
MAIL = {"shop/mail": {"api_key": "mail-hidden", "dsn": "dsn-hidden"}}


def make(
    alone: Alone,
    values: Mapping[str, Mapping[str, str]] | None = None,
    entries: tuple[KvSecret, ...] = (GIVEN, GENERATED),
    *,
    protect: bool = True,
    preview: bool = False,
) -> Recording:
    def component(opts: pulumi.ResourceOptions) -> KvEngine:
        given = {
            path: {key: pulumi.Output.secret(value) for key, value in inner.items()}
            for path, inner in (values or {}).items()
        }
        return KvEngine("kv", KvEngineArgs(KvSettings(10, given), entries, protect), opts)

    return alone(component, preview=preview)


def test_versions_are_kept(alone: Alone) -> None:
    recording = make(alone)
    assert recording["kv"].type == "vaultstack:engines:KvEngine"
    mount = recording["kv-mount"]
    assert mount.type == "vault:index/mount:Mount"
    assert mount.inputs["type"] == "kv"
    assert mount.inputs["options"] == {"version": "2"}
    assert recording["kv-config"].inputs == {"mount": "secret", "maxVersions": 10}
    assert recording["kv-config"].after == {"kv-mount"}


def test_a_generated_entry_is_written_once_and_then_belongs_to_its_rotation(alone: Alone) -> None:
    entry = make(alone)["kv-entry-shop-session"]
    assert entry.type == SECRET
    assert entry.inputs["mount"] == "secret"
    assert entry.inputs["name"] == "shop/session"
    assert entry.inputs["options"] == {"cas": "0"}
    assert entry.inputs["customMetadata"] == {"casRequired": True}
    assert entry.inputs["disableRead"] is True
    assert entry.ignored_changes == {"dataJson", "options"}
    assert "kv-config" in entry.after


def test_generated_values_are_long_and_random_and_secret(alone: Alone) -> None:
    recording = make(alone)
    for key in GENERATED.keys:
        password = recording[f"kv-value-shop-session-{key}"]
        assert password.type == "random:index/randomPassword:RandomPassword"
        assert password.inputs["length"] == 48
        assert "result" in password.secret_outputs
    data = recording["kv-entry-shop-session"].inputs["dataJson"]
    assert is_secret(data)
    assert json.loads(plain(data)) == {
        key: f"random-hidden-kv-value-shop-session-{key}" for key in GENERATED.keys
    }


def test_a_given_entry_follows_the_configuration(alone: Alone) -> None:
    recording = make(alone, MAIL)
    entry = recording["kv-entry-shop-mail"]
    assert is_secret(entry.inputs["dataJson"])
    assert json.loads(plain(entry.inputs["dataJson"])) == MAIL["shop/mail"]
    assert "options" not in entry.inputs
    assert entry.ignored_changes == set()
    assert entry.inputs["disableRead"] is True
    assert recording.warnings == []
    assert recording.outputs_of("kv") == {"pending": []}


def test_an_entry_that_is_taken_away_keeps_its_versions(alone: Alone) -> None:
    """Only the latest is deleted, which can be undone."""
    entries = make(alone, MAIL).of(SECRET)
    assert len(entries) == 2
    for entry in entries:
        assert not entry.inputs.get("deleteAllVersions"), entry.name


def test_no_value_leaves_it_in_clear(alone: Alone) -> None:
    leaked = [leaf for leaf in make(alone, MAIL).leaves_in_clear() if "hidden" in leaf]
    assert leaked == []


def test_an_entry_not_given_is_left_out_and_the_commands_are_named(alone: Alone) -> None:
    recording = make(alone)
    assert "kv-entry-shop-mail" not in recording
    (warning,) = recording.warnings
    assert "shop/mail" in warning
    for key in GIVEN.keys:
        command = f"pulumi config set --secret --path 'vaultstack:kvValues[\"shop/mail\"].{key}'"
        assert command in warning
    assert recording.outputs_of("kv")["pending"] == ["shop/mail: api_key, dsn"]


def test_an_entry_half_given_is_left_out_and_the_rest_is_named(alone: Alone) -> None:
    recording = make(alone, {"shop/mail": {"api_key": "mail-hidden"}})
    assert "kv-entry-shop-mail" not in recording
    (warning,) = recording.warnings
    assert "give dsn" in warning
    assert "api_key" not in warning
    assert "hidden" not in warning


def test_it_makes_no_entry_that_the_plan_does_not_have(alone: Alone) -> None:
    """`components.consistency` refuses such values before it comes to this."""
    recording = make(alone, {**MAIL, "shop/mial": {"api_key": "typo-hidden"}})
    assert recording.identities == make(alone, MAIL).identities


@pytest.mark.parametrize("protect", [True, False])
def test_mount_and_entries_are_protected_by_setting(alone: Alone, protect: bool) -> None:
    recording = make(alone, MAIL, protect=protect)
    protected = {resource.name for resource in recording.resources if resource.protect}
    data = {"kv-mount", "kv-config", "kv-entry-shop-mail", "kv-entry-shop-session"}
    assert protected == (data if protect else set())


def test_a_preview_knows_where_but_no_value(alone: Alone) -> None:
    entry = make(alone, preview=True)["kv-entry-shop-session"]
    assert entry.inputs["mount"] == "secret"
    assert entry.inputs["name"] == "shop/session"
    assert "hidden" not in str(entry.inputs)


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    entries = (GIVEN, GENERATED)
    again = make(alone, MAIL, tuple(shuffled(entries)))
    assert make(alone, MAIL, entries).identities == again.identities


def test_of_another_stacks_engine_it_makes_only_entries(alone: Alone) -> None:
    def component(opts: pulumi.ResourceOptions) -> KvEngine:
        return KvEngine("kv", KvEngineArgs(KvSettings(None, {}), (GENERATED, GIVEN), True), opts)

    recording, whole = alone(component), make(alone)
    assert {"kv-mount", "kv-config"}.isdisjoint(one.name for one in recording.resources)
    entry = recording["kv-entry-shop-session"]
    assert entry.urn == whole["kv-entry-shop-session"].urn
    assert entry.protect
    assert recording.outputs_of("kv")["pending"] == ["shop/mail: api_key, dsn"]
