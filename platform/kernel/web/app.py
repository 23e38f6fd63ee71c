"""The application that packages put their pages on."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Flask
from flask.json.provider import JSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix

from kernel.web import gate, health, security
from kernel.web.csrf import protect_sessions
from kernel.web.gate import Doorkeeper, GatedFlask
from kernel.web.pages import prepare_pages
from kernel.web.problem import answer_errors
from kernel.web.services import Services


class _Json(JSONProvider):
    """JSON by orjson: quick, and strict about what it takes."""

    def dumps(self, obj: Any, **_options: Any) -> str:
        """Serialise to JSON text."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        """Parse JSON text."""
        return orjson.loads(s)


def create_base_app(services: Services, doorkeeper: Doorkeeper) -> Flask:
    """An application with everything around the views: door, errors, headers, health."""
    app = GatedFlask("kernel.web", static_url_path="/static")
    app.json = _Json(app)
    app.secret_key = services.settings.secret_key
    app.extensions["banyan"] = services
    app.extensions["banyan.doorkeeper"] = doorkeeper
    app.config["PROPAGATE_EXCEPTIONS"] = False
    csrf = protect_sessions(app)
    prepare_pages(app)
    answer_errors(app)
    app.before_request(security.begin)
    app.before_request(lambda: gate.enter(csrf, doorkeeper))
    app.after_request(security.finish)
    app.teardown_request(gate.leave)
    app.register_blueprint(health.blueprint)
    if proxies := services.settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's way to wrap itself
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies, x_port=0
        )
    return app
