"""`vaultstack_jobs.snapshot_archive`: a whole snapshot says what it is; anything less is refused,
wherever it was cut and whatever was changed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import re
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.jobs.archives import KEY, SEALED, STATE, field, files, meta, packed, snapshot, sums, tar
from vaultstack_jobs.snapshot_archive import ArchiveError, Server, Snapshot, verify

WHOLE = snapshot()


def verified(folder: Path, content: bytes, beat: Callable[[], object] = lambda: None) -> Snapshot:
    file = folder / "snapshot.gz"
    file.write_bytes(content)
    return verify(file, beat)


def refused(folder: Path, content: bytes) -> str:
    with pytest.raises(ArchiveError) as caught:
        verified(folder, content)
    return str(caught.value)


def test_a_whole_one_says_what_it_is(tmp_path: Path) -> None:
    assert verified(tmp_path, WHOLE) == Snapshot(
        index=4711,
        term=3,
        servers=(
            Server("vault-0", "vault-0:8201", voter=True),
            Server("vault-1", "vault-1:8201", voter=True),
            Server("vault-2", "vault-2:8201", voter=False),
        ),
        state_bytes=len(STATE),
        seal_key=KEY,
        file_bytes=len(WHOLE),
        sha256=hashlib.sha256(WHOLE).digest(),
    )


def test_it_tells_that_it_is_at_it(tmp_path: Path) -> None:
    """The turn must be held meanwhile."""
    beats: list[int] = []
    verified(tmp_path, WHOLE, lambda: beats.append(1))
    assert beats


@given(st.integers(min_value=0, max_value=len(WHOLE) - 1))
def test_one_that_ends_too_early_is_refused(cut: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert refused(Path(folder), WHOLE[:cut])


@given(st.integers(min_value=0, max_value=len(tar(files())) - 1), st.integers(1, 255))
def test_one_that_was_changed_is_refused_or_means_the_same(at: int, flip: int) -> None:
    """Its own sums do not cover the tar's headers, such as times and owners; gzip's does, unless
    who changes it writes that anew, as here.
    """
    content = bytearray(tar(files()))
    content[at] ^= flip
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = verified(Path(folder), gzip.compress(bytes(content)))
        except ArchiveError:
            return
        whole = verified(Path(folder), WHOLE)
        same = ("index", "term", "servers", "state_bytes")
        assert [getattr(found, one) for one in same] == [getattr(whole, one) for one in same]


def without(name: str) -> bytes:
    return packed({key: value for key, value in files().items() if key != name})


def changed(name: str, content: bytes) -> bytes:
    return packed({**files(), name: content})


def meant(content: bytes) -> bytes:
    """With other metadata, of which the sums are right."""
    found = {"meta.json": content, "state.bin": STATE}
    return packed({**found, "SHA256SUMS": sums(found), "SHA256SUMS.sealed": SEALED})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "lacks|too early"),
        (b"not a snapshot", "damaged"),
        (WHOLE[:-8], "ends too early"),
        (WHOLE + b"and more", "damaged"),
        (gzip.compress(b""), "damaged|lacks"),
        (without("meta.json"), "lacks meta.json"),
        (without("state.bin"), "lacks state.bin"),
        (without("SHA256SUMS"), "lacks SHA256SUMS"),
        (without("SHA256SUMS.sealed"), "lacks SHA256SUMS.sealed"),
        (changed("state.bin", STATE[:-1] + b"!"), "its state.bin is not what SHA256SUMS says"),
        (changed("meta.json", b"{}"), "its meta.json is not what SHA256SUMS says"),
        (changed("SHA256SUMS", b"nothing"), "no list of sums"),
        (changed("SHA256SUMS", b"x" * 9000), "longer than Vault reads"),
        (changed("other", b""), "holds 'other', which is in no snapshot"),
        (meant(b"[]"), "no JSON object"),
        (meant(b'{"Index": 1}'), "not what Raft writes"),
        (snapshot(Size=1), f"has {len(STATE)} bytes, and not 1 as it says"),
        (snapshot(Index=0), "nothing in it"),
        (snapshot(Configuration={"Servers": []}), "nothing in it"),
        (
            snapshot(
                Configuration={
                    "Servers": [{"ID": "\x1b[2Kvault-0", "Address": "a:8201", "Suffrage": 0}]
                }
            ),
            "a server's name cannot be shown",
        ),
    ],
    # By number: their bytes hold the time.
    ids=itertools.count(),
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    assert re.search(said, refused(tmp_path, content))


def test_a_second_state_is_refused(tmp_path: Path) -> None:
    """Of two, Raft would take the last, and the sums could be of either."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in (*files().items(), ("state.bin", STATE)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    assert "holds state.bin twice" in refused(tmp_path, gzip.compress(made.getvalue()))


@pytest.mark.parametrize("sealed", [b"", b"\x2a\x7f", b"\xff" * 20, b"\x08\x01", b"\x2d1234"])
def test_a_seal_that_names_no_key_is_no_fault(tmp_path: Path, sealed: bytes) -> None:
    """Vault has others than KMS, and may write them otherwise one day."""
    assert verified(tmp_path, changed("SHA256SUMS.sealed", sealed)).seal_key == ""


def test_a_key_whose_name_a_terminal_would_obey_is_escaped(tmp_path: Path) -> None:
    sealed = field(5, field(3, b"key\x1b]0;\n"))
    assert verified(tmp_path, changed("SHA256SUMS.sealed", sealed)).seal_key == r"key\x1b]0;\n"


def test_archives_are_as_the_tests_mean_them() -> None:
    assert meta()["Size"] == len(STATE)
    content: dict[str, Any] = files()
    assert list(content) == ["meta.json", "state.bin", "SHA256SUMS", "SHA256SUMS.sealed"]
