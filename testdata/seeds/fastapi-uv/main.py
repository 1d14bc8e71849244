"""Start the service."""

import uvicorn

from internal.config.load_config import get_settings

if __name__ == "__main__":
    settings = get_settings()
    uvicorn.run(
        "internal.app:app", host="0.0.0.0", port=8000, loop="uvloop", http="httptools", reload=False,
        access_log=True, log_level="debug" if settings.debug else "info",
    )
