"""The shop's back end."""

import logging

import MySQLdb  # the C driver for mysqldb:// URLs; its library comes with default-libmysqlclient-dev
from fastapi import FastAPI
from sqlalchemy import text

from app.api import products
from app.config import settings
from app.database import Base, engine

logging.basicConfig(
    level=logging.DEBUG if settings.debug else logging.INFO,
    handlers=[logging.StreamHandler(), logging.FileHandler("logs/app.log")],
)
app = FastAPI(title="mall backend")
app.include_router(products.router)


@app.on_event("startup")
def tables():
    Base.metadata.create_all(engine)
    logging.info("tables are there; MySQL client library %s", MySQLdb.get_client_info())


@app.get("/health")
def health():
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return {"status": "healthy"}
