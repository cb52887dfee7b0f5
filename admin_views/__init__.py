"""The screens. They stand on `app`, which knows nothing of them."""

from __future__ import annotations

from flask import Flask


def register_screens(app: Flask) -> Flask:
    """Put the screens on an application: protection first, then the gate, then every screen of the list."""
    # Imported here: whoever imports one module of this package should not pay for all screens.
    from flask_admin import Admin

    from admin_views import form_words, frame, gate, health, security, square_webhook, text_replies
    from admin_views.assets import init_assets
    from admin_views.screens import SCREENS, make

    security.install(app)
    gate.install(app)
    security.install_csrf(app)
    init_assets(app)
    form_words.install()
    frame.install(app)
    health.install(app)
    text_replies.install(app)
    square_webhook.install(app)
    made = [make(screen) for screen in SCREENS]
    (first,) = (screen for screen in made if screen.endpoint == "admin")
    admin = Admin(app, name="LeaseDesk", index_view=first, csp_nonce_generator=security.nonce)
    for screen in made:
        if screen is not first:
            admin.add_view(screen)
    gate.seal(app)
    return app
