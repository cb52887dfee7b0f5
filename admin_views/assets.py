"""Where stylesheets, scripts and icons come from: our own files and the installed packages Bootstrap-Flask and Plotly.

Every address carries a digest of the content or the version of the package, so a browser may keep a file for ever and
still gets a new one at once. The digest stands in the path, not in the query, so that a script which imports its
neighbour by a relative name stays inside the same version. Nothing is loaded from another host.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Flask, Response, request, url_for
from flask_bootstrap import Bootstrap5

STATIC = Path(__file__).parent / "static"
FOREVER_SECONDS = 365 * 24 * 3600
PACKAGED_VERSION = version("bootstrap-flask")
PLOTLY_VERSION = version("plotly")


def content_digest(folder: Path) -> str:
    """First ten hexadecimal digits of a SHA-256 over the names and contents of all files below a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


assets = Blueprint(
    "assets",
    __name__,
    static_folder="static",
    static_url_path=f"/assets/{content_digest(STATIC)}",
    template_folder="templates",
)


def asset(filename: str) -> str:
    """Address of one of our static files, for example `asset("css/base.css")`."""
    return url_for("assets.static", filename=filename)


def packaged(filename: str) -> str:
    """Address of a file of Bootstrap 5 or its icons, for example `packaged("icons/bootstrap-icons.svg")`."""
    return url_for("bootstrap.static", filename=filename, v=PACKAGED_VERSION)


def plotly_url() -> str:
    """Address of plotly.min.js of the installed package; only pages with charts ask for it."""
    return url_for("assets.plotly", plotly_version=PLOTLY_VERSION)


@assets.get(f"/assets/plotly-<any({PLOTLY_VERSION!r}):plotly_version>.min.js")
def plotly(plotly_version: str) -> Response:
    """The library that draws charts, 4.8 MB as it is and 1.5 MB on the wire."""
    if request.accept_encodings["gzip"]:
        response = Response(_plotly_packed(), mimetype="text/javascript")
        response.content_encoding = "gzip"
    else:
        response = Response(_plotly_file().read_bytes(), mimetype="text/javascript")
    response.vary.add("Accept-Encoding")
    return response


def _plotly_file() -> Path:
    spec = find_spec("plotly")  # Importing the package for the sake of its folder would take half a second.
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


@lru_cache(maxsize=1)
def _plotly_packed() -> bytes:
    return gzip.compress(_plotly_file().read_bytes(), compresslevel=6)


def _keep(response: Response) -> Response:
    """Let browsers keep what cannot change under its address."""
    if request.endpoint in ("assets.static", "assets.plotly", "bootstrap.static") and response.status_code == 200:
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.immutable = True
        response.cache_control.max_age = FOREVER_SECONDS
    return response


def init_assets(app: Flask) -> None:
    """Register our static files, our templates and Bootstrap 5 with an application."""
    # The package builds its address from the application's own static folder, which need not exist.
    before, app.static_url_path = app.static_url_path, "/packaged"
    Bootstrap5(app)
    app.static_url_path = before
    app.register_blueprint(assets)
    app.jinja_env.globals["asset"] = asset
    app.jinja_env.globals["packaged"] = packaged
    app.jinja_env.globals["plotly_url"] = plotly_url
    app.after_request(_keep)
