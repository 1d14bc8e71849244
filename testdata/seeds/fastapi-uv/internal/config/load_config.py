"""Settings: configs/.env.<APP_ENV>, below the process's environment."""

import functools
import os
import pathlib
from dataclasses import dataclass

from dotenv import dotenv_values

FOLDER = pathlib.Path(__file__).parent.parent.parent / "configs"


@dataclass(frozen=True)
class Settings:
    environment: str
    debug: bool
    database_url: str
    jwt_secret: str


@functools.lru_cache
def get_settings() -> Settings:
    environment = os.environ.get("APP_ENV", "prod")
    file = FOLDER / f".env.{environment}"
    if not file.exists():
        raise SystemExit(f"CRITICAL: Config load failed: {file} is not there")
    values = {**dotenv_values(file), **os.environ}
    return Settings(
        environment=environment,
        debug=values.get("DEBUG", "false") == "true",
        database_url=values["DATABASE_URL"],
        jwt_secret=values.get("JWT_SECRET", ""),
    )
