"""An application that reads before it wait for."""

from starlette.types import ASGIApp


class WaitedFor:
    """An application that counts who waits for it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.count = 0

    async def get(self) -> ASGIApp:
        """Return the application."""
        self.count += 1
        return self.app
