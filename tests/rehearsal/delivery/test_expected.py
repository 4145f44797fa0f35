from __future__ import annotations

from pathlib import Path

import pytest

from components.delivery.files import Exports, Pem, Quoting, Text, Value
from rehearsal.delivery.expected import exported, sourced, text_of
from rehearsal.errors import RehearsalError

AWKWARD = 'it\'s "$HOME" `id` \\x\nsecond line'


def test_the_decision_records_file() -> None:
    content = Exports(("redis_password", "kafka_password", "model_api_key"), Quoting.DOUBLE)
    values = {"redis_password": "r", "kafka_password": "k", "model_api_key": "m"}
    assert text_of(content, values) == (
        'export REDIS_PASSWORD="r"\nexport KAFKA_PASSWORD="k"\nexport MODEL_API_KEY="m"\n'
    )


def test_values_and_texts_are_as_they_are() -> None:
    assert text_of(Value("a"), {"a": AWKWARD, "b": "x"}) == AWKWARD
    assert text_of(Text("u={a};p={b}"), {"a": "{b}", "b": "x"}) == "u={b};p=x"


def test_a_certificate_cannot_be_known_before() -> None:
    with pytest.raises(RehearsalError, match="look at the certificate itself"):
        text_of(Pem(), {})


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "config"
    file.write_text(text)
    return file


def test_a_shell_gets_every_value_that_is_in_single_quotes(tmp_path: Path) -> None:
    content = Exports(("a", "b"), prefix="my_")
    file = write(tmp_path, text_of(content, {"a": AWKWARD, "b": ""}))
    assert exported(content, file) == {"a": AWKWARD, "b": ""}


def test_double_quotes_are_obeyed_by_the_shell(tmp_path: Path) -> None:
    content = Exports(("a",), Quoting.DOUBLE)
    obeyed = {"$((1+1))": "2", "`echo x`": "x", "a\\\\b": "a\\b"}
    for value, got in obeyed.items():
        assert sourced(write(tmp_path, text_of(content, {"a": value}))) == {"A": got}


def test_a_file_that_is_no_shells_is_said_without_its_values(tmp_path: Path) -> None:
    file = write(tmp_path, text_of(Exports(("a",), Quoting.DOUBLE), {"a": 'hidden" ('}))
    with pytest.raises(RehearsalError, match=r"config: a shell .* Quoting.SINGLE") as error:
        sourced(file)
    assert "hidden" not in str(error.value)


def test_a_variable_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="exports no B"):
        exported(Exports(("a", "b")), write(tmp_path, "export A=1\n"))
