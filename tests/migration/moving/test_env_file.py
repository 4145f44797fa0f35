from __future__ import annotations

import re
from pathlib import Path

import pytest

from migration.errors import MigrationError
from migration.moving.env_file import read


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / ".env"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_it_reads_as_python_dotenv_does(tmp_path: Path) -> None:
    text = (
        "# comment\n\nexport JWT='a b # c'\nURL=\"postgresql://u:p@h/d?x=1\"\nPLAIN=x # no value\n"
        'PEM="line 1\nline 2"\n'
    )
    file = read(written(tmp_path, text))
    assert dict(file.values) == {
        "JWT": "a b # c",
        "URL": "postgresql://u:p@h/d?x=1",
        "PLAIN": "x",
        "PEM": "line 1\nline 2",
    }


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert set(read(written(tmp_path, "\N{ZERO WIDTH NO-BREAK SPACE}A=1\n")).values) == {"A"}


def test_it_does_not_show_values(tmp_path: Path) -> None:
    assert "hidden" not in repr(read(written(tmp_path, "A=hidden\n")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=hidden\nA=hidden\n", ":2: A is there a second time, after line 1; keep the right one"),
        ("A=1\n=hidden\n", ":2: is not NAME=value; write it so, or remove it"),
        ("A=1\nB='hidden\n", ":2: is not NAME=value; write it so, or remove it"),
        ("# nothing\n", ": holds no NAME=value; name a .env file"),
        ("", ": holds no NAME=value; name a .env file"),
        (b"A=\xff\xfe\n", ": is no text in UTF-8, as .env files are; name one"),
    ],
)
def test_what_is_no_env_file(tmp_path: Path, text: str | bytes, message: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(MigrationError, match=re.escape(f"{file}{message}")) as caught:
        read(file)
    assert "hidden" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="No such file or directory"):
        read(tmp_path / "missing.env")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NONE", "has no NONE; map one of A, EMPTY, BARE, MADE"),
        ("EMPTY", "EMPTY has no value"),
        ("BARE", "BARE has no value"),
        ("MADE", "MADE is put together from another variable"),
    ],
)
def test_what_cannot_be_moved(tmp_path: Path, name: str, message: str) -> None:
    file = read(written(tmp_path, "A=hidden\nEMPTY=\nBARE\nMADE=hidden-${A}\n"))
    assert file.value("A") == "hidden"
    with pytest.raises(MigrationError, match=message) as caught:
        file.value(name)
    assert "hidden" not in str(caught.value)
