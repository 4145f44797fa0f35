"""A file's content -> the template that the agent renders. Consul Template's language, pure.

What stands in a template is checked names and paths only: no value, and nothing that reads what was
not asked for.
"""

from __future__ import annotations

from typing import Final

from components.delivery.files import Content, Exports, Pem, Quoting, Text, Value
from components.delivery.reading import Reading
from policies import paths

# A quote within single quotes: end them, a quoted quote, begin them again.
_ESCAPED: Final = r""" | replaceAll "'" "'\\''" """.rstrip()


def template(reading: Reading, content: Content) -> str:
    """What the agent makes the file of."""
    path = reading.request.path
    match content:
        case Exports(keys=keys, quoting=quoting, prefix=prefix):
            lines = [_export(prefix + key, reading, key, quoting) for key in keys]
            return "\n".join([f'{{{{- with secret "{path}" -}}}}', *lines, "{{- end }}", ""])
        case Value(key=key):
            inner = _value(reading, key)
        case Text(pattern=pattern):
            inner = pattern
            for key in content.keys:
                inner = inner.replace(f"{{{key}}}", _value(reading, key))
        case Pem():
            # Not `secret`: this one keeps the certificate until it ends, over the agent's restarts.
            asked = " ".join(f'"{name}={value}"' for name, value in reading.request.data.items())
            inner = "{{ .Key }}{{ .Cert }}{{ .CA }}"
            return f'{{{{ with pkiCert "{path}" {asked} }}}}{inner}{{{{ end }}}}'
    return f'{{{{ with secret "{path}" }}}}{inner}{{{{ end }}}}'


def _value(reading: Reading, key: str, escaped: str = "") -> str:
    """Written so that a missing key is an error, unless it comes later: then it is empty."""
    within = ".Data.data" if reading.request.path.startswith(f"{paths.KV}/") else ".Data"
    if key in reading.later:
        return f'{{{{ with index {within} "{key}" }}}}{{{{ .{escaped} }}}}{{{{ end }}}}'
    return f"{{{{ {within}.{key}{escaped} }}}}"


def _export(name: str, reading: Reading, key: str, quoting: Quoting) -> str:
    match quoting:
        case Quoting.SINGLE:
            return f"export {name.upper()}='{_value(reading, key, _ESCAPED)}'"
        case Quoting.DOUBLE:
            return f'export {name.upper()}="{_value(reading, key)}"'
