from app.cards import DECK, spread


def test_deck_is_whole():
    assert len(DECK) == len(set(DECK)) == 78


def test_spread_is_repeatable():
    assert spread(5, seed=1) == spread(5, seed=1)
