"""The part of AWS's command line that runbooks use: operations of KMS, through its API on moto.

Options are the API's parameters in another spelling, which is all that the real program knows of
most operations, too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from rehearsal.errors import RehearsalError
from rehearsal.recovery_drill.desk import Answer, Asked, Program
from rehearsal.servers.aws import AwsServer

_FILE: Final = "file://"


def aws_cli(server: AwsServer) -> Program:
    def run(asked: Asked) -> Answer:
        service, operation, *options = asked.arguments
        if service != "kms":
            raise RehearsalError(f"the rehearsal's aws does not know {service}")
        parameters, query = _parameters(options)
        try:
            said = getattr(server.client("kms"), operation.replace("-", "_"))(**parameters)
        except ClientError as error:
            return Answer(errors=f"{error}\n", status=254)
        said.pop("ResponseMetadata", None)
        if query:
            return Answer(f"{_at(said, query)}\n")
        return Answer(json.dumps(said, indent=4, default=str) + "\n" if said else "")

    return run


def _parameters(options: list[str]) -> tuple[dict[str, Any], str]:
    """The operation's own, and the value of `--query`."""
    parameters: dict[str, Any] = {}
    for option, value in zip(options[::2], options[1::2], strict=True):
        name = "".join(word.capitalize() for word in option.removeprefix("--").split("-"))
        parameters[name] = _value(value)
    parameters.pop("Output", None)
    return parameters, str(parameters.pop("Query", ""))


def _value(text: str) -> str | int:
    if text.startswith(_FILE):
        return Path(text.removeprefix(_FILE)).read_text()
    return int(text) if text.isdecimal() else text


def _at(said: Any, query: str) -> Any:
    for part in query.split("."):
        said = said[part]
    return said
