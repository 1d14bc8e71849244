"""A small search by cosine of word counts, over the sentences of a folder."""

import collections
import math
import pathlib
import re


def words(text: str) -> collections.Counter:
    return collections.Counter(re.findall(r"[a-z]{3,}", text.lower()))


class Index:
    def __init__(self, folder: pathlib.Path):
        self.sentences = [line for file in sorted(folder.glob("*.txt")) for line in file.read_text().splitlines() if line]
        self.vectors = [words(sentence) for sentence in self.sentences]

    def nearest(self, question: str, count: int) -> list[tuple[float, str]]:
        asked = words(question)
        scored = [(self.cosine(asked, vector), text) for vector, text in zip(self.vectors, self.sentences)]
        return sorted((hit for hit in scored if hit[0] > 0), reverse=True)[:count]

    @staticmethod
    def cosine(a: collections.Counter, b: collections.Counter) -> float:
        dot = sum(a[word] * b[word] for word in a)
        norm = math.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
        return dot / norm if norm else 0.0
