from internal.config.load_config import get_settings


def test_dev(monkeypatch):
    monkeypatch.setenv("APP_ENV", "dev")
    get_settings.cache_clear()
    assert get_settings().debug
