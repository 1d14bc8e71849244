"""Readings, kept in a database; /static holds files."""

import os
import pathlib

from fastapi import FastAPI, HTTPException
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, func, insert, select

from app.cards import DECK, spread

url = os.environ.get("DATABASE_URL", "sqlite:///./data/backend_tarot.db")
engine = create_engine(url, connect_args={"check_same_thread": False} if url.startswith("sqlite") else {})
metadata = MetaData()
readings = Table("readings", metadata, Column("id", Integer, primary_key=True), Column("size", Integer), Column("seed", Integer))

app = FastAPI(title="tarot backend")
app.mount("/static", StaticFiles(directory=pathlib.Path(__file__).parent.parent / "static"))


@app.on_event("startup")
def tables():
    metadata.create_all(engine)


@app.get("/health")
def health():
    with engine.connect() as connection:
        count = connection.execute(select(func.count()).select_from(readings)).scalar()
    return {"status": "healthy", "readings": count, "uid": os.getuid()}


@app.post("/api/readings", status_code=201)
def read(size: int = 3, seed: int = 0):
    if not 1 <= size <= len(DECK):
        raise HTTPException(422, f"a spread has 1 to {len(DECK)} cards")
    with engine.begin() as connection:
        connection.execute(insert(readings).values(size=size, seed=seed))
    return spread(size, seed)
