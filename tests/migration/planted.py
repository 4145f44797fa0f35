"""Secrets made up at run time, so that this repository holds none, and applications that hold them.

The seeds' four kinds, as applications write them; `{...}` is where a value goes.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_LETTERS: Final = string.ascii_letters + string.digits


def word(length: int = 40) -> str:
    """With at least one digit, as a random value of this length has."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length - 1)) + "7"


def hexadecimal(length: int = 32) -> str:
    return secrets.token_hex(length // 2)


# Kind -> how it is written -> file and text. `DATABASE_URL` and so on are the seeds' names.
KINDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "database": {
        "python": ("config.py", 'DATABASE_URL = "postgresql://media:{word}@db:5432/media"\n'),
        "driver": ("db.py", 'URL = "postgresql+asyncpg://media:{word}@db:5432/media"\n'),
        "env": (".env", "DATABASE_URL=postgresql://media:{word}@db.internal:5432/media\n"),
        "yaml": ("values.yaml", 'databaseUrl: "postgres://media:{word}@db/media"\n'),
        "fallback": (
            "c.py",
            'u = os.environ.get("DATABASE_URL", "mysql+pymysql://a:{word}@b/c")\n',
        ),
    },
    "jwt": {
        "python": ("config.py", 'JWT_SECRET_KEY = "{word}"\n'),
        "typed": ("config.py", 'class Config:\n    jwt_secret_key: str = "{word}"\n'),
        "field": ("config.py", 'class Config:\n    jwt_secret: str = Field("{word}")\n'),
        "dict": ("dev.py", 'dev = {{"media-catalog/api": {{"jwt_secret": "{word}"}}}}\n'),
        "env": (".env", "JWT_SECRET={word}\n"),
        "export": ("run.sh", "export JWT_SECRET_KEY={word}\n"),
        "yaml": ("values.yaml", "api:\n  jwtSecret: {word}\n"),
        "manifest": ("d.yaml", "env:\n  - name: JWT_SECRET_KEY\n    value: {word}\n"),
        "json": ("config.json", '{{"jwt_secret": "{word}"}}\n'),
        "fallback": ("c.py", 'k = os.getenv("JWT_SECRET_KEY", default="{word}")\n'),
        "dockerfile": ("Dockerfile", "ENV JWT_SECRET_KEY={word}\n"),
    },
    "tmdb": {
        "python": ("config.py", 'TMDB_API_KEY = "{hexadecimal}"\n'),
        "env": (".env", "TMDB_API_KEY={hexadecimal}\n"),
        "yaml": ("values.yaml", "tmdbApiKey: {hexadecimal}\n"),
        "javascript": ("app.ts", "const tmdbApiKey: string = '{hexadecimal}';\n"),
        "go": ("main.go", 'tmdbAPIKey := "{hexadecimal}"\n'),
    },
    "sentry": {
        "python": ("c.py", 'SENTRY_DSN = "https://{hexadecimal}@o123456.ingest.sentry.io/45012"\n'),
        "env": (".env", "SENTRY_DSN=https://{hexadecimal}@o123456.ingest.de.sentry.io/45012\n"),
        "init": ("m.py", 'sentry_sdk.init(dsn="https://{hexadecimal}@errors.example.com/7")\n'),
        "yaml": ("values.yaml", "sentryDsn: https://{hexadecimal}@sentry.example.com/7\n"),
    },
}

# The seeds' own text, where it is no template: placeholders, but hard-coded all the same.
SEEDS: Final = "\n".join(
    (
        'DATABASE_URL = "postgresql://user:{}@host:5432/db"'.format("pass" + "word"),
        'JWT_SECRET_KEY = "{}"'.format("super-secret" + "-key-12345"),
        'TMDB_API_KEY = "{}"'.format("eyJhbGciOiJ" + "IUzI1NiJ9..."),
        'SENTRY_DSN = "https://{}@sentry.io/project"'.format("abc" + "123"),
    )
)

CLEAN: Final = {
    "config.py": (
        "class Config(BaseSettings):\n"
        "    password: SecretStr\n"
        "    jwt_secret: str\n"
        'TMDB_API_KEY = os.environ["TMDB_API_KEY"]\n'
        'token = os.environ.get("VAULT_TOKEN", "")\n'
        'jwt_secret = secrets["jwt_secret"]\n'
        "connect(password=password, api_key=settings.tmdb_api_key)\n"
        'url = f"postgresql://{user}:{password}@{host}/media"\n'
        'password_variable = password = "DATABASE_PASSWORD"\n'
    ),
    "values.yaml": (
        "jwtSecret: ${JWT_SECRET}\n"
        'apiKey: "{{ .Values.tmdb }}"\n'
        "databaseUrl: postgresql://$USER:$PASSWORD@db/media\n"
        "env:\n  - name: JWT_SECRET\n    valueFrom:\n      secretKeyRef: {name: a, key: jwt}\n"
    ),
    ".env.example": "JWT_SECRET=\nTMDB_API_KEY=<yours>\nDB_PASSWORD=********\n",
}


@dataclass(frozen=True)
class Planted:
    file: str
    text: str
    value: str = field(repr=False)


def planted(kind: str, way: str) -> Planted:
    file, template = KINDS[kind][way]
    name = "word" if "{word}" in template else "hexadecimal"
    value = word() if name == "word" else hexadecimal()
    return Planted(file, template.format(**{name: value}), value)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder
