"""A scene's servers are called by what they are, not by where they happen to listen."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

from rehearsal.engine.dump_alike import Alike
from rehearsal.engine.dump_scene import words
from rehearsal.scene import Scene


def _scene(port: int, folder: str) -> Scene:
    at = f"https://127.0.0.1:{port}"
    made = SimpleNamespace(
        vaults=SimpleNamespace(servers=[SimpleNamespace(name="vault-0", address=f"{at}0")]),
        kubernetes=SimpleNamespace(url=f"{at}1"),
        aws=SimpleNamespace(url=f"{at}2"),
        oidc=SimpleNamespace(issuer=f"{at}3"),
        postgres=SimpleNamespace(host="127.0.0.1"),
        configuration={"databasePort": port * 10 + 4},
        run_of_ci=SimpleNamespace(issuer=SimpleNamespace(url=f"{at}5")),
        ca_file=Path(folder) / "ca.crt",
    )
    return cast(Scene, made)


def _told(port: int, folder: str) -> object:
    at = f"https://127.0.0.1:{port}"
    said = {
        "api_addr": f"{at}0",
        "kubernetes_host": f"{at}1",
        "iam_endpoint": f"{at}2",
        "oidc_discovery_url": f"{at}3",
        "connection_url": f"postgresql://x@127.0.0.1:{port}4/app",
        "bound_issuer": f"{at}5",
        "file_path": f"{folder}/audit.log",
    }
    return Alike(words(_scene(port, folder)), {}).object("sys/x", said)


def test_two_scenes_say_the_same() -> None:
    assert _told(2001, "/one") == _told(3002, "/two")


def test_each_server_has_a_name_of_its_own() -> None:
    names = list(words(_scene(2001, "/one")).values())

    assert len(set(names)) == len(names) == 7
