"""Answers questions from a folder of knowledge."""

import pathlib

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from app.index import Index

app = FastAPI(title="ai service")
index = Index(pathlib.Path(__file__).parent.parent / "knowledge")


class Question(BaseModel):
    text: str
    count: int = 3


@app.get("/health")
def health():
    if not index.sentences:
        raise HTTPException(503, "no knowledge")
    return {"status": "ok", "sentences": len(index.sentences)}


@app.post("/ask")
def ask(question: Question):
    return [{"score": round(score, 3), "text": text} for score, text in index.nearest(question.text, question.count)]
