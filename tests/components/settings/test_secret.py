"""`components.settings.secret`: what is encrypted stays so, and what is computed of it, too."""

from __future__ import annotations

from components.settings.secret import Secret, encrypted
from tests.components.settings.loader import text_of
from tests.recording import Runner


def test_a_value_is_a_secret_and_still_the_value(run: Runner) -> None:
    made: list[Secret] = []

    async def make() -> None:
        made.append(encrypted("hunter2"))
        made.append(made[0].apply(lambda value: f"https://vault:{value}@db"))

    run(make)
    assert text_of(run, made[0]) == ("hunter2", True)
    assert text_of(run, made[1]) == ("https://vault:hunter2@db", True)
