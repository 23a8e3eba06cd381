"""Our pages in Airflow: the runbook for whoever is signed in, a batch's proof for whoever may answer for it.

Built on `airflow.api_fastapi.core_api.security`, which is Airflow's own; a test asks each page without a sign-in.
"""

import logging
import re
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import quote

from airflow.plugins_manager import AirflowPlugin
from runbook_link import PREFIX, render_runbook

logger = logging.getLogger(__name__)

# The number of a batch and nothing else becomes part of a path.
_PROOF = re.compile(r"([0-9]{1,18})\.pdf", re.ASCII)
_PRIVATE = {
    "Cache-Control": "no-store",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@lru_cache(maxsize=1)
def pages() -> Any:
    """The pages, none of them for strangers."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import (
        GetUserDep,
        requires_access_dag,
        requires_authenticated,
    )
    from fastapi import Depends, FastAPI, HTTPException, Request
    from fastapi.exception_handlers import http_exception_handler
    from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

    from pact_etl.settings import Settings

    signed_in = [Depends(requires_authenticated())]
    # Whoever may answer the question may see what it is about: families' names stand in a proof.
    may_answer = requires_access_dag(
        "PUT", DagAccessEntity.HITL_DETAIL, param_dag_id="letter_batch"
    )
    app = FastAPI(dependencies=signed_in, docs_url=None, redoc_url=None, openapi_url=None)
    app.get("/runbook", response_class=HTMLResponse)(render_runbook)

    @app.get("/proofs/{name}", dependencies=[Depends(may_answer)])
    def proof(name: str, user: GetUserDep) -> FileResponse:
        batch = _PROOF.fullmatch(name)
        path = Settings().proof(int(batch[1])) if batch else None
        if path is None or not path.is_file():
            raise HTTPException(404, "no such proof")
        logger.info("proof %s opened by %s", path.name, user.get_name())
        return FileResponse(path, media_type="application/pdf", headers=_PRIVATE)

    @app.exception_handler(HTTPException)
    async def ask_for_login(request: Request, error: HTTPException) -> Response:
        """A browser without a sign-in is sent to the sign-in and comes back; a program gets its 401."""
        is_browser = "text/html" in request.headers.get("accept", "")
        if error.status_code == 401 and is_browser and request.method == "GET":
            back = quote(request.url.path, safe="/")
            return RedirectResponse(f"{get_auth_manager().get_url_login()}?next={back}", 303)
        return await http_exception_handler(request, error)

    return app


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Build the pages when one is first asked for: every task's process loads the plugins, and few serve pages."""
    await pages()(scope, receive, send)


class PagesPlugin(AirflowPlugin):
    """What Airflow loads."""

    name = "pact_pages"
    fastapi_apps: ClassVar = [{"app": app, "url_prefix": PREFIX, "name": "PACT"}]
