"""The client for asyncio: the same answers, and an event loop that is never held up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.client.fake_vault import (
    PATIENT,
    QUICK,
    FakeVault,
    Mode,
    settings_for,
    without_background,
    without_waiting,
)
from tests.clock import wait_until
from vaultstack_client import (
    AsyncVaultClient,
    ClientClosed,
    DatabaseCredentials,
    NotAllowed,
    Secret,
    Timing,
    VaultClient,
)

API = "media-catalog/api"
DATA = f"secret/data/{API}"
ROLE = "app-readonly"


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    yield
    assert not [each.name for each in threading.enumerate() if "vaultstack" in each.name]


def opened(vault: FakeVault, timing: Timing = QUICK) -> AsyncVaultClient:
    return AsyncVaultClient(settings_for(vault, timing=timing), clock=vault.clock)


def test_the_same_names() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert public(VaultClient) - public(AsyncVaultClient) == {"at_once"}
    assert public(AsyncVaultClient) - public(VaultClient) == {"settings"}


def test_every_kind(vault: FakeVault) -> None:
    vault.answers["sys/x"] = (200, {"data": {"a": 1}})

    async def run() -> None:
        async with opened(vault) as client:
            assert (await client.get_secret(API))["jwt_secret"] == "hidden-1"
            assert (await client.get_secret(API, version=1)).version == 1
            first = await client.get_database_credentials(ROLE)
            second = await client.get_database_credentials(ROLE, instead_of=first)
            assert first.username != second.username
            assert await client.request("GET", "sys/x") == {"data": {"a": 1}}
            vault.denied |= {f"{engine}/creds/x" for engine in ("aws", "azure")}
            vault.denied |= {"gcp/impersonated-account/x/token", "pki/issue/x"}
            for asking in (
                client.get_aws_credentials("x"),
                client.get_azure_credentials("x"),
                client.get_gcp_token("x"),
                client.issue_certificate("x", "name", ttl=timedelta(hours=1)),
            ):
                with pytest.raises(NotAllowed):
                    await asking
            assert client.status().logged_in

    asyncio.run(run())
    assert vault.tokens == {}


def test_a_hit_does_not_leave_the_loop(vault: FakeVault) -> None:
    async def run() -> None:
        async with opened(vault) as client:
            await client.get_secret(API)
            assert at_once(client)["jwt_secret"] == "hidden-1"

    asyncio.run(run())


def at_once(client: AsyncVaultClient) -> Secret:
    """What a task gets that never leaves the loop, and so never waits."""
    with pytest.raises(StopIteration) as done:
        client.get_secret(API).send(None)
    found: Secret = done.value.value
    return found


def test_a_miss_does_not_hold_the_loop_up(vault: FakeVault) -> None:
    """Vault answers when the loop says so: were the loop held up, it never could."""
    vault.held = threading.Event()

    async def run(held: threading.Event) -> None:
        async with opened(vault, PATIENT) as client:
            asking = asyncio.ensure_future(client.get_secret(API))
            await asyncio.to_thread(wait_until, lambda: bool(vault.requests))
            assert not asking.done()
            held.set()
            assert (await asking)["jwt_secret"] == "hidden-1"

    asyncio.run(run(vault.held))


def test_many_tasks_that_miss_at_once_are_one_request_and_one_thread(vault: FakeVault) -> None:
    vault.pause = 0.1

    async def run() -> None:
        async with opened(vault) as client:
            secrets = await asyncio.gather(*(client.get_secret(API) for _ in range(200)))
            assert {secret["jwt_secret"] for secret in secrets} == {"hidden-1"}
            asking = [each for each in threading.enumerate() if "client-ask" in each.name]
            assert len(asking) == 1

    asyncio.run(run())
    assert vault.asked(DATA) == 1


def test_a_cancelled_task_takes_the_answer_from_nobody(vault: FakeVault) -> None:
    vault.pause = 0.2

    async def run() -> None:
        async with opened(vault) as client:
            first = asyncio.ensure_future(client.get_secret(API))
            second = asyncio.ensure_future(client.get_secret(API))
            await asyncio.sleep(0.05)
            first.cancel()
            assert (await second)["jwt_secret"] == "hidden-1"

    asyncio.run(run())


def test_while_vault_is_away_a_known_outage_costs_nothing(vault: FakeVault) -> None:
    async def run() -> None:
        async with opened(vault, PATIENT) as client:
            without_background(client._client)
            await client.get_secret(API)
            vault.mode = Mode.STALLING
            vault.clock.pass_(61)
            assert (await client.get_secret(API)).stale
            for _ in range(100):
                assert at_once(client).stale

    asyncio.run(run())


def test_callbacks_run_in_the_loop(vault: FakeVault) -> None:
    async def run() -> None:
        loop_thread = threading.current_thread()
        plain: list[Secret] = []
        told = asyncio.Event()

        def hear(secret: Secret) -> None:
            assert threading.current_thread() is loop_thread
            plain.append(secret)

        async def hear_later(_: Secret) -> None:
            await asyncio.sleep(0)
            told.set()

        async with opened(vault) as client:
            await client.on_secret_change(API, hear)
            await client.on_secret_change(API, hear_later)
            await asyncio.to_thread(wait_until, lambda: vault.asked(DATA) == 1)
            vault.write(API, jwt_secret="hidden-3")
            vault.clock.pass_(61)
            async with asyncio.timeout(60):
                await told.wait()
            assert [secret["jwt_secret"] for secret in plain] == ["hidden-3"]

    asyncio.run(run())


def test_new_credentials_are_told(vault: FakeVault) -> None:
    async def run() -> None:
        told: asyncio.Queue[DatabaseCredentials] = asyncio.Queue()
        vault.denied.add("sys/leases/renew")
        async with opened(vault) as client:
            await client.on_new_credentials(ROLE, told.put)
            first = await client.get_database_credentials(ROLE)
            vault.clock.pass_(3100)
            async with asyncio.timeout(60):
                assert (await told.get()).username != first.username

    asyncio.run(run())


def test_closing_ends_what_waits(vault: FakeVault) -> None:
    vault.mode = Mode.SEALED

    async def run() -> None:
        client = opened(vault, PATIENT)
        waiting = asyncio.ensure_future(client.get_secret(API))
        await asyncio.to_thread(wait_until, lambda: bool(vault.requests))
        await client.close()
        await client.close()
        with pytest.raises(ClientClosed):
            await waiting
        with pytest.raises(ClientClosed):
            await client.get_secret(API)
        with pytest.raises(ClientClosed):
            await client.request("GET", "sys/x")

    asyncio.run(run())


def test_closing_does_not_wait_for_a_free_thread(vault: FakeVault) -> None:
    vault.mode = Mode.SEALED

    async def run() -> None:
        client = opened(vault, PATIENT)
        waiting = [asyncio.ensure_future(client.get_secret(f"app/{n}")) for n in range(20)]
        await asyncio.to_thread(wait_until, lambda: bool(vault.requests))
        with without_waiting():
            await client.close()
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(each) for each in outcomes} <= {ClientClosed, asyncio.CancelledError}

    asyncio.run(run())
