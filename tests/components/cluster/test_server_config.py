"""The server configuration is HCL that says what was meant, whatever the values hold."""

from __future__ import annotations

import dataclasses

from components.cluster.server_config import (
    FileStorage,
    Listener,
    LogFormat,
    ServerConfig,
    TlsFiles,
    render,
)

PLAIN = ServerConfig(
    listener=Listener("127.0.0.1:8200", None),
    storage=FileStorage("/vault/data"),
    api_addr="http://127.0.0.1:8200",
)


def test_dev_is_one_server_on_files_without_tls() -> None:
    assert render(PLAIN) == (
        'api_addr = "http://127.0.0.1:8200"\n'
        "ui = true\n"
        "disable_mlock = true\n"
        'log_format = "json"\n'
        "\n"
        'storage "file" {\n'
        '  path = "/vault/data"\n'
        "}\n"
        "\n"
        'listener "tcp" {\n'
        '  address = "127.0.0.1:8200"\n'
        "  tls_disable = true\n"
        "}\n"
    )


def test_tls_is_on_where_there_are_files() -> None:
    tls = TlsFiles("/tls/tls.crt", "/tls/tls.key")
    text = render(dataclasses.replace(PLAIN, listener=Listener("0.0.0.0:8200", tls)))
    assert "tls_disable" not in text
    assert '  tls_cert_file = "/tls/tls.crt"\n' in text
    assert '  tls_key_file = "/tls/tls.key"\n' in text
    assert '  tls_min_version = "tls12"\n' in text


def test_flags_are_hcls() -> None:
    text = render(dataclasses.replace(PLAIN, ui=False, log_format=LogFormat.STANDARD))
    assert "\nui = false\n" in text
    assert '\nlog_format = "standard"\n' in text


def test_no_value_can_leave_its_string() -> None:
    text = render(dataclasses.replace(PLAIN, storage=FileStorage('/a"\n${b}')))
    assert '  path = "/a\\"\\n$${b}"\n' in text
