"""Reads `pulumi.Config` strictly: every problem names the key, the rule and the fix, and all
problems are reported together. Knows types, not meanings: those are `settings`.
"""

from __future__ import annotations

import difflib
import ipaddress
import json
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from typing import Final, Protocol, Self, TypeVar
from urllib.parse import urlsplit

import pulumi
from pulumi.runtime import config as runtime_config

from policies.lifetime import Duration

NAMESPACE: Final = "vaultstack"
OWN_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - not listened on

_T = TypeVar("_T")
_E = TypeVar("_E", bound=Enum)


class _Amount(Protocol):
    @classmethod
    def parse(cls, text: str) -> Self: ...


_A = TypeVar("_A", bound=_Amount)


class SettingsError(pulumi.RunError):
    """The stack's configuration cannot be used. Lists every problem found; and Pulumi shows of a
    `RunError` just what it says, without where in the program it came up.
    """

    def __init__(self, problems: Collection[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "the stack's configuration has problems:\n"
            + "\n".join(f"  - {problem}" for problem in self.problems)
        )


class ConfigReader:
    """Reads keys of one namespace. A wrong value is noted and a harmless one of the right type
    returned, so that reading goes on; `finish` raises if anything was noted.
    """

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._config = pulumi.Config(namespace)
        self._read: set[str] = set()
        self._retired: set[str] = set()
        self._missing: set[str] = set()
        self._unsound: set[str] = set()
        self._problems: list[str] = []

    def problem(self, key: str, rule: str, fix: str) -> None:
        """Note that `key` breaks `rule`, and what mends it. What is missing breaks no other."""
        if key in self._missing:
            return
        self._unsound.add(key)
        self._problems.append(f"{self._namespace}:{key}: {rule}; fix: {fix}")

    def retired(self, key: str, rule: str, fix: str) -> None:
        """Note a key that is none any more, where a stack still gives it."""
        self._retired.add(key)
        if self._config.get(key) is not None:
            self.problem(key, rule, fix)

    def sound(self, *keys: str) -> bool:
        """Whether nothing is wrong with `keys` so far: a rule that compares values holds for those
        that were given, not for the harmless ones that stand in for wrong ones.
        """
        return self._unsound.isdisjoint(keys)

    def finish(self) -> None:
        """Raises `SettingsError` with all problems, unknown keys among them."""
        self._note_unknown_keys()
        if self._problems:
            raise SettingsError(self._problems)

    def text(self, key: str) -> str:
        """A key's value; every key is declared in Pulumi.yaml, so that one without a value there
        or in the stack file is missing.
        """
        return self._value(key) or ""

    def flag(self, key: str) -> bool:
        return self._parsed(key, _flag, False, "must be true or false", "true")

    def integer(self, key: str, *, minimum: int, maximum: int) -> int:
        value = self._parsed(key, int, minimum, "must be a whole number", str(minimum))
        if not minimum <= value <= maximum:
            self.problem(
                key,
                f"must be from {minimum} to {maximum}, is {self._shown(key, value)}",
                "set one of them",
            )
            return minimum
        return value

    def duration(self, key: str) -> Duration:
        return self._parsed(
            key, Duration.parse, Duration(1), "must be a duration with its unit", "24h"
        )

    def choice(self, key: str, kind: type[_E], default: _E) -> _E:
        names = ", ".join(str(member.value) for member in kind)
        return self._parsed(key, kind, default, f"must be one of {names}", str(default.value))

    def url(self, key: str) -> str:
        """An http or https URL without a trailing slash, or the empty string."""
        value = self.text(key).rstrip("/")
        if value and not value.startswith(("http://", "https://")):
            self.problem(
                key,
                f"must be a URL that begins with https:// or http://, is {self._shown(key, value)}",
                f"pulumi config set {self._namespace}:{key} https://<host>:<port>",
            )
            return ""
        return value

    def secure_url(self, key: str, *, plain_allowed: bool) -> str:
        """A URL that secrets travel to: https, unless `plain_allowed` or it is this machine."""
        value = self.url(key)
        if value.startswith("http://") and not plain_allowed and not is_loopback(value):
            self.problem(
                key,
                f"must be https: tokens or secrets travel over it; is {self._shown(key, value)}",
                f"pulumi config set {self._namespace}:{key} https://<host>:<port>",
            )
        return value

    def amount(self, key: str, kind: type[_A], default: str) -> _A:
        """An amount in Kubernetes' form; `default` where the value is empty."""
        given = self._parsed(
            key,
            lambda text: kind.parse(text) if text else None,
            None,
            "must be an amount with Kubernetes' units",
            default,
        )
        return kind.parse(default) if given is None else given

    def cidrs(self, key: str) -> tuple[str, ...]:
        """Networks, such as `10.0.0.0/8`; a host is one with /32."""
        try:
            return tuple(_cidr(value) for value in self.strings(key))
        except ValueError as error:
            self.problem(key, f"must be networks: {error}", "write such as '10.1.0.0/16'")
            return ()

    def strings(self, key: str) -> tuple[str, ...]:
        value = self._object(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.problem(key, "must be a list of strings", "write a YAML list in the stack file")
            return ()
        return tuple(value)

    def mapping(self, key: str) -> Mapping[str, str]:
        """Name -> text."""
        return self._string_map(key, self._object(key, {}))

    def secret(self, key: str) -> str:
        """A value that must be encrypted in the stack file; empty where it is not given."""
        value = self.text(key)
        if value:
            self._require_encrypted(key)
        return value

    def secret_mapping(self, key: str) -> Mapping[str, str]:
        value = self.mapping(key)
        if value:
            self._require_encrypted(key)
        return value

    def secret_mappings(self, key: str) -> Mapping[str, Mapping[str, str]]:
        """Name -> name -> text, encrypted in the stack file."""
        value = self._object(key, {})
        if not isinstance(value, dict):
            self.problem(key, "must be an object of objects", "set it with `--secret --path`")
            return {}
        if any(value.values()):
            self._require_encrypted(key)
        for name in (name for name, inner in value.items() if inner == {}):
            full_key = f"{self._namespace}:{key}"
            self.problem(
                key,
                f"{name!r} is there and holds nothing",
                f"pulumi config rm --path '{full_key}[\"{name}\"]', or set what it holds",
            )
        return {name: self._string_map(key, inner) for name, inner in value.items()}

    def _string_map(self, key: str, value: object) -> Mapping[str, str]:
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            # The value itself may be secret, so that only its key is named.
            self.problem(key, "must be an object of strings", "set each with `--secret --path`")
            return {}
        return value

    def _object(self, key: str, default: object) -> object:
        text = self.text(key)
        if not text:
            return default
        try:
            return json.loads(text)
        except ValueError:
            self.problem(key, "must be a list or an object", "write it as YAML in the stack file")
            return default

    def _parsed(
        self, key: str, parse: Callable[[str], _T], default: _T, rule: str, example: str
    ) -> _T:
        text = self._value(key)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError:
            self.problem(
                key,
                f"{rule}, is {self._shown(key, text)}",
                f"pulumi config set {self._namespace}:{key} {example}",
            )
            return default

    def _value(self, key: str) -> str | None:
        """None where the key is missing, which is noted. The empty string is a value, and whether
        it is a right one depends on the type.
        """
        self._read.add(key)
        value = self._config.get(key)
        if value is None:
            self.problem(key, "is missing", f"pulumi config set {self._namespace}:{key} <value>")
            self._missing.add(key)
        return value

    def _shown(self, key: str, value: object) -> str:
        """For a message: what is encrypted in the stack file is in no log."""
        secret = runtime_config.is_config_secret(f"{self._namespace}:{key}")
        return "a secret, not shown here" if secret else repr(value)

    def _require_encrypted(self, key: str) -> None:
        if not runtime_config.is_config_secret(f"{self._namespace}:{key}"):
            self.problem(
                key,
                "is a secret and must be encrypted in the stack file",
                f"pulumi config set --secret {self._namespace}:{key}, and change the value that "
                "stood there in clear",
            )

    def _note_unknown_keys(self) -> None:
        prefix = f"{self._namespace}:"
        given = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
        for full_key in sorted(given):
            key = full_key.removeprefix(prefix)
            if full_key.startswith(prefix) and key not in self._read | self._retired:
                near = difflib.get_close_matches(key, self._read, n=1)
                fix = f"rename it to {prefix}{near[0]}" if near else "remove it"
                self.problem(key, "is not a known key", f"{fix}; Pulumi.yaml lists them all")


class Rules:
    """A reader whose rules hold only where servers are deployed: types are checked always."""

    def __init__(self, read: ConfigReader, hold: bool) -> None:
        self.read, self.hold = read, hold

    def problem(self, key: str, rule: str, fix: str) -> None:
        if self.hold:
            self.read.problem(key, rule, fix)


def is_loopback(url: str) -> bool:
    """Whether it is this machine itself, so that nobody is in between."""
    return urlsplit(url).hostname in OWN_HOSTS


def _cidr(text: str) -> str:
    """As Kubernetes takes it: with the length of its prefix, which is never guessed."""
    if "/" not in text:
        raise ValueError(f"{text!r} does not say the length of its prefix")
    return str(ipaddress.ip_network(text))


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"
