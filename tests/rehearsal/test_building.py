"""Who waits for a build sees how far it is, and is told what to do when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal import building

LISTED = "go: downloading a v1.0.0\ngo: downloading b v1.0.0\nfmt\nos\na\nb\nb/c\n"


def log(folder: Path, text: str) -> Path:
    path = folder / "x.log"
    path.write_text(text)
    return path


def test_fetching_counts_modules(tmp_path: Path) -> None:
    assert building.fetching(tmp_path / "none yet") == "reading what it is made of"
    assert building.fetching(log(tmp_path, LISTED)) == "downloading, 2 modules begun"


def test_compiling_counts_packages_of_those_that_were_listed(tmp_path: Path) -> None:
    assert building.packages(log(tmp_path, LISTED)) == 5
    begun = "fmt\n# a\n\tnote: something\na\n"
    assert building.compiling(log(tmp_path, begun), 2019) == "compiling, 2 of 2,019 packages begun"
    assert building.compiling(log(tmp_path, begun), 2) == "linking"


@pytest.mark.parametrize(
    ("seconds", "said"), [(9.9, "9 s"), (60, "1 min 00 s"), (265, "4 min 25 s")]
)
def test_a_duration_is_said_as_people_do(seconds: float, said: str) -> None:
    assert building.duration(seconds) == said


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ("write /x/y: no space left on device", "make room"),
        ("a: compile: signal: killed", "4 GB"),
        ("mkdir /root/go: permission denied", "GOMODCACHE"),
        ("verifying a@v1: checksum mismatch", "do not go on"),
        ("tls: failed to verify certificate: x509: unknown authority", "SSL_CERT_FILE"),
        ("dial tcp: lookup proxy.golang.org: no such host", "GOPROXY"),
        ("x.go:1: syntax error", "repair what its log says"),
    ],
)
def test_a_failure_is_told_with_its_remedy(said: str, fix: str, tmp_path: Path) -> None:
    path = log(tmp_path, f"go: downloading a v1.0.0\n{said}\n")
    told = building.remedy(path)
    assert fix in told.partition("\n")[0]
    assert said in told
    assert str(path) in told


def test_a_full_disk_counts_before_what_follows_from_it(tmp_path: Path) -> None:
    said = "dial tcp: connection refused\nno space left on device\n"
    assert "disk is full" in building.remedy(log(tmp_path, said))


def test_caches_are_the_callers_where_the_home_folder_can_be_written(tmp_path: Path) -> None:
    assert building.caches(tmp_path / "go", {"HOME": str(tmp_path)}) == {}


@pytest.mark.parametrize("home", [{}, {"HOME": "/proc/none"}])
def test_caches_lie_here_where_it_cannot(home: dict[str, str], tmp_path: Path) -> None:
    assert building.caches(tmp_path, home) == {
        "GOCACHE": str(tmp_path / "build"),
        "GOMODCACHE": str(tmp_path / "modules"),
        "GOFLAGS": "-modcacherw",
    }
    own = {**home, "GOCACHE": "/mine"}
    assert building.caches(tmp_path, own)["GOCACHE"] == "/mine"
