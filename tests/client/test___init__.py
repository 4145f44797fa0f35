"""What the package offers to `from vaultstack_client import ...`."""

from __future__ import annotations

import vaultstack_client


def test_what_it_offers_is_listed_in_order() -> None:
    assert vaultstack_client.__all__ == sorted(set(vaultstack_client.__all__))
    for name in vaultstack_client.__all__:
        assert getattr(vaultstack_client, name).__module__.startswith("vaultstack_client.")


def test_what_is_imported_for_applications_is_listed() -> None:
    public = {
        name
        for name, value in vars(vaultstack_client).items()
        if isinstance(value, type) and not name.startswith("_")
    }
    assert public == set(vaultstack_client.__all__)
