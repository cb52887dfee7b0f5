"""Django over several of LeaseDesk's databases, as a signed-in superuser sees its admin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import psycopg
from sqlalchemy import make_url

from bench.requests import Application, get

SCHEMA = "django"
"""Where its own tables (users, sessions) stand, apart from ours."""

CHANGELIST = "django_admin/account/"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
"""What `django-admin startproject` writes."""


class Router:
    """Sends every query to the database that is measured now."""

    chosen = "default"

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """Where rows are read."""
        return Router.chosen

    db_for_write = db_for_read


class DjangoLists:
    """The admin's changelists over several databases, {name: SQLAlchemy's address}."""

    def __init__(self, databases: Mapping[str, str]) -> None:
        """Configure Django for a production-like run, make its own tables, and sign somebody in in each database."""
        import django
        from django.conf import settings

        _make_schemas(databases.values())
        settings.configure(
            DEBUG=False,
            SECRET_KEY="bench" * 10,
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF="bench.django_admin.urls",
            MIDDLEWARE=MIDDLEWARE,
            INSTALLED_APPS=[
                "django.contrib.admin",
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "django.contrib.sessions",
                "django.contrib.messages",
                "bench.django_admin",
            ],
            TEMPLATES=[
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "APP_DIRS": True,
                    "OPTIONS": {
                        "context_processors": [
                            "django.template.context_processors.request",
                            "django.contrib.auth.context_processors.auth",
                            "django.contrib.messages.context_processors.messages",
                        ]
                    },
                }
            ],
            # Django demands a database of this name; it is the first one under a second name, and nothing asks it.
            DATABASES={"default": _database(next(iter(databases.values())))}
            | {name: _database(url) for name, url in databases.items()},
            DATABASE_ROUTERS=["bench.django_admin.site.Router"],
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            USE_TZ=True,
            STATIC_URL="/static/",
        )
        django.setup()
        self.cookies = {name: self._signed_in(name) for name in databases}
        from django.core.wsgi import get_wsgi_application

        self.application: Application = get_wsgi_application()

    def page(self, name: str, *, site: str = "counted", **query: str) -> Callable[[], str]:
        """A call that asks for a page of the changelist over one database."""
        path = f"/{site}/{CHANGELIST}" + ("?" + urlencode(query) if query else "")

        def ask() -> str:
            Router.chosen = name
            return get(self.application, path, cookie=self.cookies[name])

        return ask

    def _signed_in(self, name: str) -> str:
        """Make Django's tables, a superuser and a session; returns the cookie."""
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
        from django.contrib.sessions.backends.db import SessionStore
        from django.core.management import call_command

        Router.chosen = name
        call_command("migrate", database=name, verbosity=0, interactive=False)
        model = get_user_model()
        user = model.objects.filter(username="bench").first() or model.objects.create_superuser("bench")
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        return f"sessionid={session.session_key}"


def _database(address: str) -> dict[str, Any]:
    url = make_url(address)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.database,
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.host or url.query.get("host", ""),
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": f"-c search_path={SCHEMA},public"},
    }


def _make_schemas(addresses: Any) -> None:
    for address in addresses:
        with psycopg.connect(address.replace("postgresql+psycopg://", "postgresql://", 1), autocommit=True) as connection:
            connection.execute(f"create schema if not exists {SCHEMA}")
