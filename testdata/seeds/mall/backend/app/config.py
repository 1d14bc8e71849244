"""Settings, from the environment or from a file .env."""

import os
from dataclasses import dataclass

from dotenv import load_dotenv


@dataclass(frozen=True)
class Settings:
    database_url: str
    redis_url: str
    secret_key: str
    debug: bool


def load() -> Settings:
    load_dotenv()
    return Settings(
        database_url=os.environ.get("DATABASE_URL", "sqlite:////tmp/mall.db"),
        redis_url=os.environ.get("REDIS_URL", "redis://localhost:6379/0"),
        secret_key=os.environ.get("SECRET_KEY", "dev-secret-key"),
        debug=os.environ.get("DEBUG", "False").lower() == "true",
    )


settings = load()
