"""Real servers that live as long as a rehearsal: on the loopback address only, secrets random.

Each module has a `start`, which returns when its server answers, may be called from several
threads at once, and hands the process to a `Supervisor`, which ends it.
"""

import sys
from collections.abc import Mapping
from datetime import timedelta
from os import pathsep
from typing import Final

import requests

from rehearsal.errors import NotYet, RehearsalError

__all__ = ["CALL_TIMEOUT", "PATIENCE", "answer", "http_session", "python_path"]

# Generous, as a laptop may be busy: these only bound the wait for a server that never answers.
PATIENCE: Final = timedelta(seconds=60)
CALL_TIMEOUT: Final = timedelta(seconds=10)


def http_session(ca_file: str | None = None) -> requests.Session:
    """A session that trusts `ca_file` (by default the public authorities) and no environment.

    Otherwise a proxy, a .netrc or a REQUESTS_CA_BUNDLE of the caller would come in between.
    """
    session = requests.Session()
    session.trust_env = False
    if ca_file is not None:
        session.verify = ca_file
    return session


def answer(session: requests.Session, url: str) -> requests.Response:
    """GET a URL, for use in `wait_until`.

    Raises NotYet while nobody answers. Raises RehearsalError at once when the server's certificate
    is not accepted, as waiting does not repair that.
    """
    try:
        return session.get(url, timeout=CALL_TIMEOUT.total_seconds())
    except requests.exceptions.SSLError as error:
        raise RehearsalError(
            f"{url}: TLS fails ({error}). The certificate must be valid for this address and come "
            "from the authority that the caller trusts: check both."
        ) from None
    except (requests.ConnectionError, requests.Timeout) as error:
        raise NotYet(f"{url} does not answer ({type(error).__name__})") from None


def python_path() -> Mapping[str, str]:
    """The variable that lets a Python server find what this program finds."""
    return {"PYTHONPATH": pathsep.join(path for path in sys.path if path)}
