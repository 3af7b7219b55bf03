"""A FastAPI application with the error handlers of the web, and routes that no route of the service resembles."""

from fastapi import FastAPI
from starlette.responses import StreamingResponse

from app.web.errors import install_error_handlers
from tests.web.harness.blog import Blog


def framework_app(blog: Blog) -> FastAPI:
    """Return an application with a validated parameter and a response that breaks, and with the error handlers."""
    app = FastAPI()
    app.state.context = blog.context

    @app.get("/n")
    async def number(n: int) -> int:
        return n

    @app.get("/broken")
    async def broken() -> StreamingResponse:
        async def broken_body() -> object:
            yield b"half"
            raise ZeroDivisionError

        return StreamingResponse(broken_body())  # type: ignore[arg-type]

    install_error_handlers(app)
    return app
