"""What the plan would create is entered as if it had been, and nothing of it is ever made again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.upkeep.state import plans
from tests.upkeep.state.plans import look, plan, planned, state, urn
from upkeep.errors import UpkeepError
from upkeep.state.rebuild import UNKNOWN, rebuild, secret


def entered(**resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rebuilt = rebuild(state(), plan(**resources), look)
    found = rebuilt.state["deployment"]["resources"]
    return {one["urn"].rpartition("::")[2]: one for one in found}


def test_a_resource_is_entered_with_what_the_program_says_of_it() -> None:
    given = {"path": "secret", "type": "kv"}
    made = entered(mount=planned(plans.MOUNT, given, computed=("accessor",)))["mount"]
    assert made["id"] == "secret"
    assert made["inputs"] == given
    assert made["outputs"] == {**given, "id": "secret"}
    assert made["provider"] == f"{plans.PROVIDER}::the-provider"
    assert made["parent"] == plans.STACK


def test_secrets_stay_as_encrypted_as_the_plan_has_them() -> None:
    inner = {"password": plans.ENCRYPTED}
    given = {"backend": "database", "name": "app", "postgresql": inner}
    made = entered(connection=planned(plans.CONNECTION, given))["connection"]
    assert made["inputs"]["postgresql"] == inner
    assert made["outputs"]["postgresql"] == inner


def test_the_state_that_was_given_is_left_alone() -> None:
    given = state()
    rebuild(given, plan(mount=planned(plans.MOUNT, {"path": "secret"})), look)
    assert given == state()


def test_what_is_there_already_is_not_entered_again() -> None:
    there = planned(plans.MOUNT, {"path": "secret"}, steps=("same",))
    assert "mount" not in entered(mount=there)


def test_nothing_comes_before_what_it_needs() -> None:
    first = urn(plans.MOUNT, "zzz")
    made = list(
        entered(
            aaa=planned(plans.MOUNT, {"path": "aaa"}, needs=(first,)),
            zzz=planned(plans.MOUNT, {"path": "zzz"}),
        )
    )
    assert made.index("zzz") < made.index("aaa")


def test_a_generated_value_is_left_to_up_and_its_entry_is_never_written() -> None:
    value = urn(plans.VALUE, "value")
    given = {"mount": "secret", "name": "app/api", "dataJson": plans.ENCRYPTED}
    needs = {"mount": [], "name": [], "dataJson": [value]}
    rebuilt = rebuild(
        state(),
        plan(
            value=planned(plans.VALUE, {"length": 48}),
            entry=planned(plans.ENTRY, given, needs=(value,), by_property=needs),
        ),
        look,
    )
    assert (rebuilt.entered, rebuilt.left) == (("entry",), ("value",))
    (entry,) = (one for one in rebuilt.state["deployment"]["resources"] if "inputs" in one)
    assert entry["inputs"]["dataJson"] == entry["outputs"]["dataJson"] == secret("{}")
    assert entry["dependencies"] == []
    assert entry["propertyDependencies"]["dataJson"] == []


@pytest.mark.parametrize("type_", ["kubernetes:core/v1:Secret", "pulumi:providers:kubernetes"])
def test_what_is_in_the_cluster_is_left_to_up_which_takes_it_over(type_: str) -> None:
    rebuilt = rebuild(state(), plan(there=planned(type_, {})), look)
    assert (rebuilt.entered, rebuilt.left, rebuilt.unknown) == ((), ("there",), ())


def test_components_are_entered_without_an_id() -> None:
    made = entered(kv=planned(plans.COMPONENT, {}))["kv"]
    assert made["custom"] is False
    assert "id" not in made
    assert "provider" not in made


def test_the_authorities_are_those_that_vault_has() -> None:
    request = urn(plans.REQUEST, "request")
    made = entered(
        root=planned(plans.ROOT_CA, {"backend": "pki-root"}, computed=("certificate",)),
        request=planned(plans.REQUEST, {"backend": "pki", "type": "internal"}),
        signed=planned(
            plans.SIGNED,
            {"backend": "pki-root", "commonName": "ca", "csr": UNKNOWN},
            by_property={"csr": [request]},
            needs=(request,),
        ),
        set=planned(plans.SET, {"backend": "pki", "certificate": UNKNOWN}),
    )
    root, intermediate = look("pki-root"), look("pki")
    assert made["root"]["id"] == "pki-root/issuer/issuer-1"
    assert made["root"]["outputs"]["serialNumber"] == root.serial_number
    # As long as these agree, the engine asks for no second certificate.
    assert made["signed"]["inputs"]["csr"] == made["request"]["outputs"]["csr"] != UNKNOWN
    bundle = f"{intermediate.certificate}\n{root.certificate}"
    assert made["signed"]["outputs"]["certificateBundle"] == bundle
    assert made["set"]["inputs"]["certificate"] == bundle


def test_a_write_that_is_never_read_was_written() -> None:
    computed = ("writeData", "writeDataJson")
    made = entered(rotation=planned(plans.ENDPOINT, {"path": "a/b"}, computed=computed))
    assert made["rotation"]["outputs"]["writeData"] == {}


def test_a_type_that_is_not_known_is_named_and_not_entered() -> None:
    rebuilt = rebuild(state(), plan(key=planned("aws:kms/key:Key", {})), look)
    assert rebuilt.unknown == ("key (aws:kms/key:Key)",)
    assert rebuilt.entered == ()


def test_without_the_way_in_it_stops() -> None:
    early = planned(plans.MOUNT, {"path": "secret"}, provider_id=UNKNOWN)
    with pytest.raises(UpkeepError, match="first `pulumi up` with the targets"):
        rebuild(state(), plan(mount=early), look)


def test_an_input_that_nobody_knows_stops_it() -> None:
    odd = planned(plans.MOUNT, {"path": "secret", "description": UNKNOWN})
    with pytest.raises(UpkeepError, match="mount: description is known only once it is made"):
        rebuild(state(), plan(mount=odd), look)


def test_a_plan_of_another_stack_is_refused() -> None:
    other = {
        "resourcePlans": {
            one.replace("urn:pulumi:dev::", "urn:pulumi:prod::"): planned_
            for one, planned_ in plan(mount=planned(plans.MOUNT, {}))["resourcePlans"].items()
        }
    }
    with pytest.raises(UpkeepError, match=r"are of several stacks \(dev, prod\): make both with"):
        rebuild(state(), other, look)


def test_a_plan_is_entered_once() -> None:
    given = plan(mount=planned(plans.MOUNT, {"path": "secret"}))
    again = rebuild(state(), given, look).state
    with pytest.raises(UpkeepError, match=r"the plan would create what the state has \(mount\)"):
        rebuild(again, given, look)
