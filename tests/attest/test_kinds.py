"""Every folder that may be listed is compared, and every kind lies where one may look."""

from __future__ import annotations

from attest.kinds import FOLDERS, Kind
from policies import inspection


def test_every_folder_that_is_listed_is_compared_and_the_other_way_round() -> None:
    listed = {one.folder for one in inspection.LISTINGS}
    apart = {inspection.MOUNTS, inspection.AUTH_MOUNTS, inspection.AUDIT}
    assert {kind.where for kind in Kind if kind is not Kind.SETTING} == listed | apart
    assert {kind.where for kind in FOLDERS} == listed - {
        inspection.ENTITIES,
        inspection.GROUPS,
        inspection.ACCESSORS,
        Kind.ISSUER.where,
        Kind.ROOT_ISSUER.where,
    }


def test_titles_are_unique_and_paths_are_vaults() -> None:
    assert len({kind.title for kind in Kind}) == len(Kind)
    assert Kind.PKI_ROLE.path("api") == "pki/roles/api"
