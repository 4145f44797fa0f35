"""All that decides access is read, some at once, and as much as there is."""

from __future__ import annotations

import pytest

from attest import live
from attest.vault import Vault
from policies import inspection
from tests.attest.vaults import Served, matching, serving, settings

REFUSED = (403, {"errors": ["permission denied"]})
PATHS = {path for path, _ in inspection.granted()}
PUBLIC = {one.folder for one in inspection.LISTINGS if one.public}


def read(served: Served, most: int = live.MOST_TOKENS) -> tuple[live.Live, list[str]]:
    said = list[str]()
    with serving(served) as address:
        vault = Vault(address, None, "hvs.x")
        try:
            return live.read(vault, said.append, most), said
        finally:
            vault.close()


def test_what_is_read_is_what_is_there() -> None:
    there = matching(settings())
    found, _ = read(Served(there))
    assert found.folders == there.folders
    assert (found.mounts, found.auth, found.audit) == (there.mounts, there.auth, there.audit)
    assert (found.version, found.unread) == ("1.21.0", ())


def test_nothing_is_asked_that_the_grant_does_not_allow_and_nothing_is_written() -> None:
    accessors = {"a": {"accessor": "a", "policies": ["x"]}}
    served = Served(matching(settings()), accessors)
    read(served)
    for method, path in served.asked:
        if path == "sys/seal-status":
            continue  # takes no token
        folder = path.rpartition("/")[0]
        assert path in PATHS | PUBLIC or f"{folder}/+" in PATHS, path
        assert method in ("GET", "LIST") or (method, path) == ("POST", inspection.LOOKUP)
    assert ("POST", inspection.LOOKUP) in served.asked


def test_what_no_mount_has_is_not_asked_for() -> None:
    served = Served(matching(settings()))
    found, _ = read(served)
    asked = {path for _, path in served.asked}
    assert not any(path.startswith(("gcp/", "azure/", "auth/provisioner/")) for path in asked)
    assert found.folders["gcp/rolesets"] == {}
    served.answers["GET", inspection.MOUNTS] = REFUSED
    read(served)
    assert ("LIST", "gcp/rolesets") in served.asked  # where it is not known, it is tried


def test_a_list_that_may_not_be_read_is_not_an_empty_one() -> None:
    served = Served(matching(settings()))
    served.answers["LIST", "pki/roles"] = REFUSED
    served.answers["GET", "auth/kubernetes/role/kubesentiment"] = REFUSED
    found, _ = read(served)
    assert found.folders["pki/roles"] is None
    roles = found.folders["auth/kubernetes/role"]
    assert roles
    assert roles["kubesentiment"] is None
    assert [one.path for one in found.unread] == [
        "auth/kubernetes/role/kubesentiment",
        "pki/roles",
    ]


def test_tokens_are_looked_up_to_a_bound_and_it_is_told() -> None:
    every = {f"a{n}": {"accessor": f"a{n}", "policies": ["x"]} for n in range(30)}
    found, said = read(Served(matching(settings()), every), most=20)
    assert found.tokens
    assert (len(found.tokens.known), found.tokens.total, found.tokens.not_looked_up) == (20, 30, 10)
    assert said[-1] == "looked up 20 of 20 tokens"
    (left,) = found.unread
    assert left.path == inspection.ACCESSORS
    assert "10 of 30 are beyond the bound" in left.reason
    assert read(Served(matching(settings()), every), most=30)[0].unread == ()


def test_a_setting_that_may_not_be_read_is_not_one_that_is_gone() -> None:
    served = Served(matching(settings()))
    served.answers["GET", "auth/oidc/config"] = REFUSED
    served.answers["GET", "auth/ci/config"] = (404, {"errors": []})
    found, _ = read(served)
    assert found.settings["auth/oidc/config"] is None
    assert "auth/ci/config" not in found.settings
    assert [one.path for one in found.unread] == ["auth/oidc/config"]


@pytest.mark.parametrize(
    "what", [("LIST", inspection.ACCESSORS), ("POST", inspection.LOOKUP)], ids=str
)
def test_tokens_that_may_not_be_seen_are_not_none(what: tuple[str, str]) -> None:
    served = Served(matching(settings()), {"a": {"accessor": "a"}})
    served.answers[what] = REFUSED
    found, _ = read(served)
    assert found.tokens is None
    assert [one.path for one in found.unread] == [what[1]]
