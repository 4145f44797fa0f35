"""Each content as the agent's template, letter by letter."""

from __future__ import annotations

import pytest

from components.delivery.files import (
    Certificate,
    Content,
    DatabaseCredentials,
    Delivery,
    Exports,
    Pem,
    Quoting,
    SecretFile,
    Source,
    Text,
    Value,
)
from components.delivery.reading import readings
from components.delivery.templates import template
from tests.components.delivery.shop import ENTRY, PLAN

DATABASE = DatabaseCredentials("shop-readwrite")


@pytest.mark.parametrize(
    ("source", "content", "text"),
    [
        (
            ENTRY,
            Exports(("redis_password", "api_key"), Quoting.DOUBLE),
            (
                '{{- with secret "secret/data/shop/config" -}}\n'
                'export REDIS_PASSWORD="{{ .Data.data.redis_password }}"\n'
                'export API_KEY="{{ .Data.data.api_key }}"\n'
                "{{- end }}\n"
            ),
        ),
        (
            DATABASE,
            Exports(("password",), prefix="db_"),
            (
                '{{- with secret "database/creds/shop-readwrite" -}}\n'
                "export DB_PASSWORD='{{ .Data.password | replaceAll \"'\" \"'\\\\''\" }}'\n"
                "{{- end }}\n"
            ),
        ),
        (
            ENTRY,
            Exports(("api_key_previous",)),
            (
                '{{- with secret "secret/data/shop/config" -}}\n'
                "export API_KEY_PREVIOUS='"
                '{{ with index .Data.data "api_key_previous" }}'
                "{{ . | replaceAll \"'\" \"'\\\\''\" }}{{ end }}'\n"
                "{{- end }}\n"
            ),
        ),
        (
            ENTRY,
            Value("api_key_previous"),
            (
                '{{ with secret "secret/data/shop/config" }}'
                '{{ with index .Data.data "api_key_previous" }}{{ . }}{{ end }}{{ end }}'
            ),
        ),
        (
            ENTRY,
            Value("api_key"),
            '{{ with secret "secret/data/shop/config" }}{{ .Data.data.api_key }}{{ end }}',
        ),
        (
            DATABASE,
            Text("postgresql://{username}:{password}@db/shop"),
            (
                '{{ with secret "database/creds/shop-readwrite" }}'
                "postgresql://{{ .Data.username }}:{{ .Data.password }}@db/shop{{ end }}"
            ),
        ),
        (
            Certificate("shop-api"),
            Pem(),
            (
                '{{ with pkiCert "pki/issue/shop-api" "common_name=api.shop.staging.example.com" }}'
                "{{ .Key }}{{ .Cert }}{{ .CA }}{{ end }}"
            ),
        ),
    ],
)
def test_a_template(source: Source, content: Content, text: str) -> None:
    (reading,) = readings(PLAN, Delivery("shop/api", (SecretFile("a", source, content),)))
    assert template(reading, content) == text
