"""The cards and how a spread is laid."""

import random

MAJOR = (
    "Fool Magician Priestess Empress Emperor Hierophant Lovers Chariot Strength Hermit Wheel "
    "Justice Hanged-Man Death Temperance Devil Tower Star Moon Sun Judgement World"
).split()
RANKS = "Ace Two Three Four Five Six Seven Eight Nine Ten Page Knight Queen King".split()
DECK = MAJOR + [f"{rank} of {suit}" for suit in ("Wands", "Cups", "Swords", "Pentacles") for rank in RANKS]


def spread(size: int, seed: int) -> list[dict]:
    source = random.Random(seed)
    return [{"card": card, "reversed": source.random() < 0.5} for card in source.sample(DECK, size)]
