"""What can be written in the table of deliveries is meant: the rest cannot be built."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from components.delivery.files import (
    Certificate,
    CloudCredentials,
    DatabaseCredentials,
    Delivery,
    Exports,
    Hangup,
    Pem,
    Quoting,
    SecretFile,
    Text,
    Touch,
    Value,
    Via,
)
from policies.environments import EVERYWHERE
from policies.lifetime import Duration
from policies.paths import SecretPath

ENTRY = SecretPath("shop/config")
ONE = Value("password")


def file(name: str = "config", **changed: object) -> SecretFile:
    return SecretFile(**{"name": name, "source": ENTRY, "content": ONE, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: file("Config"), "file 'Config': must be lower-case letters"),
        (lambda: file("a/b"), "file 'a/b': must be lower-case letters"),
        (lambda: file("-a"), "file '-a': must be lower-case letters"),
        (lambda: file("a" * 42), "at most 41"),
        (lambda: file("file-config"), "must not begin with 'file-'"),
        (lambda: file(source=SecretPath("shop/*")), "'shop/*' is a folder; write one entry's path"),
        (lambda: file(source=Certificate("shop")), "pair Certificate with Pem"),
        (lambda: file(content=Pem()), "pair Certificate with Pem"),
        (lambda: CloudCredentials("database", "shop"), "'database' issues none; write one of aws"),
        (lambda: Exports(()), "must name keys of what Vault answers"),
        (lambda: Exports(("a", "a")), "content: key 'a': is there more than once"),
        (lambda: Exports(("api-key",)), "key 'api-key' must be letters, digits and '_'"),
        (lambda: Exports(("a",), prefix="1"), "key '1a' must be letters"),
        (lambda: Value("a b"), "key 'a b' must be letters"),
        (lambda: Text("{{ secret }}"), "could read what nobody checked; write '{key}'"),
        (lambda: Text("nothing"), "must name keys"),
        (lambda: Text("{}"), "key '' must be letters"),
        (lambda: Hangup("a; rm -rf /"), "must be a process' name of at most 15"),
        (lambda: Hangup("a" * 16), "must be a process' name of at most 15"),
        (lambda: Delivery("shop/api", ()), "delivery 'shop/api': must have files"),
        (
            lambda: Delivery("shop/api", (file(), file(source=SecretPath("shop/b")))),
            "delivery 'shop/api': file 'config': is there more than once",
        ),
        (
            lambda: Delivery("shop/api", (file(tell=Touch()),), stays=False),
            "file 'config': nobody is there to tell of a change; leave `tell` out",
        ),
        (
            lambda: Delivery("shop/api", (file(tell=Hangup("uvicorn")),), via=Via.CSI),
            "file 'config': nobody is there to tell of a change",
        ),
    ],
)
def test_what_could_not_be_delivered_cannot_be_written(
    make: Callable[[], object], words: str
) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        make()
    assert words in str(caught.value)


def test_what_can() -> None:
    assert Text("postgresql://{username}:{password}@db/{username}").keys == ("username", "password")
    assert Value("password").keys == ("password",)
    assert Exports(("a", "b")).quoting is Quoting.SINGLE
    delivery = Delivery("shop/api", (file("a" * 41), file("jwt_secret.pem")))
    assert delivery.via is Via.AGENT
    assert delivery.stays
    assert delivery.refresh == Duration.parse("60s")
    assert delivery.environments == EVERYWHERE
    assert file(source=DatabaseCredentials("shop-readonly"), tell=Hangup("gunicorn: master"[:8]))
