"""/tokens: signed tokens."""

import datetime

import jwt
from fastapi import APIRouter, HTTPException

from internal.config.load_config import get_settings

router = APIRouter(prefix="/tokens")


@router.post("/{subject}")
def issue(subject: str):
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return {"token": jwt.encode({"sub": subject, "exp": until}, get_settings().jwt_secret, algorithm="HS256")}


@router.get("/{token}")
def read(token: str):
    try:
        return jwt.decode(token, get_settings().jwt_secret, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, str(error)) from error
