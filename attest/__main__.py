"""Compares a live Vault with the access matrix both ways, and changes nothing: what is missing,
what differs, what nobody declared, and what each workload has more or less than it was given.

    python -m attest --env staging
    python -m attest --env prod --format markdown --output attest.md --output attest.html
    python -m attest --env prod --audit-log audit.log

Logs in with a run of CI's own token (TERRAFORM_VAULT_AUTH_JWT), with a service account's
(--kubernetes-token FILE), or uses the token in VAULT_TOKEN. Address and CA are the stack's, unless
--address and --ca-file, or VAULT_ADDR and VAULT_CACERT, say otherwise.

Exit status: 0 the same; 1 something differs; 2 wrong usage; 3 nothing differs in what could be read
and not all could be, or nothing could.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from attest import live, output, stack
from attest.errors import AttestError, UsageError
from attest.report import Report, Status, report
from attest.usage import usage
from attest.vault import Vault
from policies import inspection, paths
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import Plan
from policies.slices import SliceError, platform_slice
from policies.texts import seen

RUNS_TOKEN: Final = "TERRAFORM_VAULT_AUTH_JWT"
"""As Pulumi's provider for Vault has it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """See above for the exit status; 130 interrupted."""
    try:
        options = _parser().parse_args(arguments)
        return _run(options)
    except UsageError as error:
        return _refused(error, Status.USAGE)
    except AttestError as error:
        return _refused(error, Status.INCOMPLETE)
    except KeyboardInterrupt:
        return 130


def _refused(error: Exception, status: Status) -> int:
    print(seen(f"error: {error}"), file=sys.stderr)
    return status.value


def _run(options: argparse.Namespace) -> int:
    environment = Environment(options.env)
    formats = {file: output.format_of(file, options.format) for file in options.output}
    settings = stack.read(environment, _changed(options.set))
    plan = _plan(settings)
    log = options.audit_log
    used = usage(plan, settings.provisioners, log) if log else None
    address = options.address or os.environ.get("VAULT_ADDR") or settings.address
    if not address:
        raise UsageError("no address of Vault: give --address, or set VAULT_ADDR")
    vault = _logged_in(options, address, options.ca_file or _ca_file(settings))
    try:
        there = live.read(vault, _progress, options.most_tokens)
    finally:
        vault.close()
    made = report(plan, settings, there, address=address, usage=used)
    _show(made, formats, options.format)
    return made.status.value


def _plan(settings: stack.Stack) -> Plan:
    """Of the whole environment, whichever stack makes which part of it."""
    plan = compile_plan(MATRIX, settings.environment)
    try:
        platform_slice(plan, settings.team_stacks)
    except SliceError as error:
        raise UsageError(f"teamStacks: {error}") from None
    return plan


def _ca_file(settings: stack.Stack) -> Path | None:
    file = os.environ.get("VAULT_CACERT") or settings.ca_file
    return Path(file) if file else None


def _logged_in(options: argparse.Namespace, address: str, ca_file: Path | None) -> Vault:
    """As the first of these that is given: a service account, a run of CI, a token."""
    token = "" if options.kubernetes_token else os.environ.get("VAULT_TOKEN", "")
    run = os.environ.get(RUNS_TOKEN, "")
    if not (options.kubernetes_token or run or token):
        raise UsageError(
            f"no login: set VAULT_TOKEN, or {RUNS_TOKEN} as CI does, or name the file of a service "
            "account's token with --kubernetes-token"
        )
    vault = Vault(address, ca_file, "" if run else token)
    try:
        vault.version()  # what is sealed lets nobody in
        if options.kubernetes_token:
            role = f"platform-{inspection.WORKLOAD}"
            vault.log_in(paths.KUBERNETES_AUTH, role, _content(options.kubernetes_token))
        elif run:
            vault.log_in(paths.CI_AUTH, inspection.WORKLOAD, run)
        else:
            vault.check_token()
    except AttestError:
        vault.close()
        raise
    return vault


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--kubernetes-token {file}: cannot be read ({error})") from None


def _changed(given: Sequence[str]) -> Mapping[str, Any]:
    """`key=value`, the value as YAML."""
    changed = dict[str, Any]()
    for one in given:
        key, sign, value = one.partition("=")
        if not sign:
            raise UsageError(f"--set {one}: must be KEY=VALUE, such as rateLimit=5000")
        try:
            changed[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise UsageError(f"--set {key}: its value must be YAML") from None
    return changed


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


def _show(made: Report, formats: Mapping[Path, str], given: str | None) -> None:
    for file, name in formats.items():
        try:
            file.write_text(output.FORMATS[name](made), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--output {file}: cannot be written ({error.strerror})") from None
    if formats:
        print(output.headline(made))
        print(f"Written: {', '.join(map(str, formats))}")
    else:
        output.show(made, given or "terminal")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m attest",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--env", required=True, choices=[one.value for one in Environment])
    parser.add_argument("--address", help="URL of Vault")
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="who signed its certificate")
    parser.add_argument("--kubernetes-token", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=tuple(output.FORMATS))
    parser.add_argument(
        "--output",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=f"write it there ({', '.join(output.SUFFIXES)}); may be repeated",
    )
    parser.add_argument(
        "--audit-log",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="show which grants it has no use of; may be repeated",
    )
    parser.add_argument(
        "--most-tokens",
        type=int,
        default=live.MOST_TOKENS,
        metavar="N",
        help=f"look up no more tokens than these (default: {live.MOST_TOKENS})",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting that is not as in the stack's file; may be repeated",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
