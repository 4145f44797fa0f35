"""`vaultstack_jobs.kv`: an entry's versions, and check-and-set."""

from __future__ import annotations

import pytest

from tests.jobs.fakes import NOON, Fakes
from vaultstack_jobs.kv import ConflictError, Entry, MissingEntryError
from vaultstack_jobs.vault import VaultRefusedError

PATH = "app/api"


@pytest.fixture
def entry(fakes: Fakes) -> Entry:
    fakes.vault.write(PATH, key="one", other="stays")
    return Entry(fakes.vault, PATH, fakes.clock)


def test_the_state_is_told_without_reading_a_value(fakes: Fakes, entry: Entry) -> None:
    fakes.vault.write(PATH, key="two")
    state = entry.state()
    assert (state.version, state.written) == (2, NOON)
    assert state.versions == {1, 2}
    assert all(path.startswith("secret/metadata/") for _, path, _ in fakes.vault.requests)


def test_a_change_keeps_the_other_keys(fakes: Fakes, entry: Entry) -> None:
    assert entry.change({"key": "two"}, version=1) == 2
    assert entry.values(2) == {"key": "two", "other": "stays"}
    assert fakes.vault.headers[-1] == {"Content-Type": "application/merge-patch+json"}


def test_a_change_of_what_somebody_else_changed_is_a_conflict(fakes: Fakes, entry: Entry) -> None:
    fakes.vault.write(PATH, key="theirs")
    with pytest.raises(ConflictError, match="app/api is past version 1"):
        entry.change({"key": "two"}, version=1)
    assert entry.values(2) == {"key": "theirs"}


def test_an_entry_that_is_not_there_is_missing(fakes: Fakes) -> None:
    entry = Entry(fakes.vault, "nothing", fakes.clock)
    with pytest.raises(MissingEntryError, match="secret/nothing is not there"):
        entry.state()
    with pytest.raises(MissingEntryError):
        entry.values(1)


def test_an_entry_whose_newest_version_is_deleted_is_missing(fakes: Fakes, entry: Entry) -> None:
    fakes.vault.gone.add((PATH, 1))
    with pytest.raises(MissingEntryError, match="its version 1 is deleted"):
        entry.state()


def test_a_version_that_is_to_be_deleted_later_is_there(fakes: Fakes, entry: Entry) -> None:
    """As with `delete_version_after`."""
    fakes.vault.gone.add((PATH, 1))
    fakes.clock.passed = -1
    assert entry.state().versions == {1}


def test_another_refusal_stays_one(fakes: Fakes, entry: Entry) -> None:
    fakes.vault.answers[f"secret/metadata/{PATH}"] = VaultRefusedError("denied", 403)
    with pytest.raises(VaultRefusedError, match="denied"):
        entry.state()


def test_no_value_is_in_the_representation(entry: Entry) -> None:
    assert "one" not in repr(entry)
