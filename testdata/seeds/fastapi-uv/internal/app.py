"""The application."""

from fastapi import FastAPI
from sqlalchemy import create_engine, text

from internal.config.load_config import get_settings
from internal.controllers import tokens

app = FastAPI(title="fastapi backend")
app.include_router(tokens.router)


@app.on_event("startup")
def connect():
    app.state.engine = create_engine(get_settings().database_url)
    with app.state.engine.connect() as connection:
        connection.execute(text("SELECT 1"))


@app.on_event("shutdown")
def disconnect():
    app.state.engine.dispose()


@app.get("/")
def index():
    return {"environment": get_settings().environment}
