from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.clock import Clock
from vaultstack_client.canary import LIST, LIST_FILE, LOOK_EVERY, Canary
from vaultstack_client.errors import ConfigurationError

GROUPS = ("external", "database", "api")
LOOK_EVERY_SECONDS = LOOK_EVERY.total_seconds()
PASTED = "postgresql://media:hunter2@db/media"


class ConfigMap:
    """A volume as a kubelet makes it: the file is a link to `..data/`, itself a link that is
    swapped.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "enabled-secrets"
        self._number = 0
        self.file.symlink_to("..data/enabled-secrets")

    def update(self, text: str | None) -> None:
        self._number += 1
        version = self.folder / f"..{self._number}"
        version.mkdir()
        if text is not None:
            (version / "enabled-secrets").write_text(text)
        swap = self.folder / "..data_tmp"
        swap.symlink_to(version.name)
        swap.rename(self.folder / "..data")


@pytest.fixture
def mounted(tmp_path: Path) -> ConfigMap:
    mounted = ConfigMap(tmp_path)
    mounted.update('["external"]')
    return mounted


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def canary(mounted: ConfigMap, clock: Clock) -> Canary:
    return Canary(GROUPS, file=mounted.file, clock=clock.monotonic)


def enabled(canary: Canary) -> list[str]:
    found = [group for group in GROUPS if canary.enabled(group)]
    assert sorted(found) == list(canary.status().enabled)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('["external"]', ["external"]),
        ('["external", "database", "api"]', ["external", "database", "api"]),
        ('["api","external"]', ["external", "api"]),
        ('["api", "api"]', ["api"]),
        ("[]", []),
        ("\n[ ]\n", []),
    ],
)
def test_the_lists_of_the_rollout(text: str, expected: list[str]) -> None:
    assert enabled(Canary.from_environment(GROUPS, {LIST: text})) == expected


WRONG = {
    "": "is not JSON",
    "external": "is not JSON",
    '["external"': "is not JSON",
    "['external']": "is not JSON",
    "9" * 5000: "is not JSON",
    "[" * 9000: "is not JSON",
    '{"external": true}': "is an object",
    '"external"': "is a string",
    "true": "is true or false",
    "null": "is null",
    "1": "is a number",
    "1.5": "is a number",
    '["external", 1]': "item 2 is no group's name",
    "[null]": "item 1 is no group's name",
    '[["external"]]': "item 1 is no group's name",
    '["External"]': "item 1 is no group's name",
    '["externl"]': "'externl' is none of this application's",
}


@pytest.mark.parametrize(("text", "problem"), WRONG.items(), ids=range(len(WRONG)))
def test_a_list_that_is_none_is_an_error_at_the_start(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Canary.from_environment(GROUPS, {LIST: text})
    assert str(caught.value).startswith(f"{LIST}: must be a JSON list of groups, and ")
    assert problem in str(caught.value)


def test_the_error_names_key_rule_and_fix() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Canary.from_environment(GROUPS, {LIST: '"external"'})
    assert str(caught.value) == (
        "VAULT_ENABLED_SECRETS: must be a JSON list of groups, and is a string; write for example "
        '["api"], or [] for environment variables only'
    )


@pytest.mark.parametrize("text", [PASTED, f'"{PASTED}"', f'["{PASTED}"]', f'{{"{PASTED}": 1}}'])
def test_what_was_pasted_by_mistake_is_not_shown(text: str, tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text(text)
    for environ in ({LIST: text}, {LIST_FILE: str(file)}):
        with pytest.raises(ConfigurationError) as caught:
            Canary.from_environment(GROUPS, environ)
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("environ", [{}, {"OTHER": "1"}])
def test_no_list_at_all_is_an_error(environ: Mapping[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="neither it nor VAULT_ENABLED_SECRETS_FILE"):
        Canary.from_environment(GROUPS, environ)


def test_an_empty_file_name_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="must be the path of a file, and is empty"):
        Canary.from_environment(GROUPS, {LIST_FILE: ""})


def test_exactly_one_of_both(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="exactly one"):
        Canary(GROUPS)
    with pytest.raises(ConfigurationError, match="exactly one"):
        Canary(GROUPS, text="[]", file=tmp_path)


def test_a_rollback_by_one_setting_is_not_overruled_by_the_other(mounted: ConfigMap) -> None:
    with pytest.raises(ConfigurationError, match=r"only one may say .*unset VAULT_ENABLED"):
        Canary.from_environment(GROUPS, {LIST: "[]", LIST_FILE: str(mounted.file)})


def test_the_environment_may_name_a_file(mounted: ConfigMap) -> None:
    canary = Canary.from_environment(GROUPS, {LIST_FILE: str(mounted.file)})
    assert enabled(canary) == ["external"]
    assert canary.status().setting == f"VAULT_ENABLED_SECRETS_FILE ({mounted.file})"


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    environ = {LIST_FILE: str(tmp_path / "none")}
    with pytest.raises(ConfigurationError, match=r"_FILE .*none\): .*No such file.*mount the"):
        Canary.from_environment(GROUPS, environ)


def test_what_is_no_file_is_an_error_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    folder = tmp_path / "folder"
    folder.mkdir()
    large = tmp_path / "large"
    large.write_text("[" + " " * 20_000 + "]")
    binary = tmp_path / "binary"
    binary.write_bytes(b'["\xff"]')
    problems = {
        pipe: "not a regular file",
        Path("/dev/zero"): "not a regular file",
        folder: "not a regular file|Is a directory",
        large: "above 16384 bytes",
        binary: "not UTF-8",
    }
    for file, problem in problems.items():
        with pytest.raises(ConfigurationError, match=problem):
            Canary(GROUPS, file=file)


def test_a_change_of_the_file_is_in_force_after_seconds(
    canary: Canary, mounted: ConfigMap, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    assert timedelta(0) < LOOK_EVERY <= timedelta(seconds=10)
    for text, expected in [
        ('["external", "database", "api"]', ["external", "database", "api"]),
        ("[]", []),
        ('["api"]', ["api"]),
    ]:
        before = enabled(canary)
        mounted.update(text)
        assert enabled(canary) == before
        clock.sleep(LOOK_EVERY_SECONDS)
        assert enabled(canary) == expected
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 3
    assert caplog.messages[0].endswith(
        'from Vault were ["external"], are now ["api", "database", "external"]'
    )


def test_status_looks_too(canary: Canary, mounted: ConfigMap, clock: Clock) -> None:
    mounted.update("[]")
    clock.sleep(LOOK_EVERY_SECONDS)
    assert canary.status().enabled == ()


@pytest.mark.parametrize("text", [*WRONG, None], ids=range(len(WRONG) + 1))
def test_under_way_the_last_good_list_stays(
    canary: Canary,
    mounted: ConfigMap,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    text: str | None,
) -> None:
    mounted.update(text)
    for _ in range(3):
        clock.sleep(LOOK_EVERY_SECONDS)
        assert enabled(canary) == ["external"]
        error = canary.status().error
        assert error
        assert error.startswith(f"VAULT_ENABLED_SECRETS_FILE ({mounted.file}): ")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert caplog.messages == [f'{error}; from Vault as before: ["external"]']

    mounted.update('["external"]')
    clock.sleep(LOOK_EVERY_SECONDS)
    assert enabled(canary) == ["external"]
    assert canary.status().error is None


def test_another_error_is_logged_again(
    canary: Canary, mounted: ConfigMap, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for text in ("no list", "null", "null", '["api"]', "null"):
        mounted.update(text)
        clock.sleep(LOOK_EVERY_SECONDS)
        enabled(canary)
    assert [record.levelname for record in caplog.records] == [
        "ERROR",
        "ERROR",
        "WARNING",
        "ERROR",
    ]
    assert enabled(canary) == ["api"]


def test_the_file_is_not_read_more_often(
    canary: Canary, mounted: ConfigMap, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    real = os.open

    def counting(path: object, *arguments: object) -> int:
        opened.append(path)
        return real(path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", counting)
    for _ in range(1000):
        enabled(canary)
    assert opened == []
    clock.sleep(LOOK_EVERY_SECONDS)
    for _ in range(1000):
        enabled(canary)
    assert opened == [mounted.file]


def test_a_list_in_a_variable_is_for_good(clock: Clock) -> None:
    canary = Canary.from_environment(GROUPS, {LIST: '["api"]'}, clock=clock.monotonic)
    clock.sleep(86_400)
    assert enabled(canary) == ["api"]
    assert canary.status().setting == LIST


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.text() | JSON.map(json.dumps))
@example("\ud800")
@example('["\\ud800"]')
def test_whatever_is_given_is_a_list_or_an_error(text: str) -> None:
    try:
        status = Canary(GROUPS, text=text).status()
    except ConfigurationError as error:
        assert str(error).startswith(LIST)  # noqa: PT017 - either way is right
    else:
        assert sorted(set(json.loads(text))) == list(status.enabled)


def test_threads_see_one_list_or_the_other(mounted: ConfigMap) -> None:
    lists = {"[]": (), '["api", "external"]': ("api", "external")}
    mounted.update("[]")
    canary = Canary(GROUPS, file=mounted.file, look_every=timedelta(microseconds=1))
    seen: set[tuple[str, ...]] = set()
    errors: set[str | None] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            status = canary.status()
            seen.add(status.enabled)
            errors.add(status.error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for text in [*lists] * 50:
        mounted.update(text)
    while len(seen) < 2:
        mounted.update('["api", "external"]')
    done.set()
    for thread in threads:
        thread.join()
    assert seen == set(lists.values())
    assert errors == {None}
