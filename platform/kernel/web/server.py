"""How gunicorn serves the application: `gunicorn --config python:kernel.web.server wsgi:app`.

The application is made once and its processes are forked from it: a quicker start, and memory
that they share. A new process takes the place of one that dies.
"""

from __future__ import annotations

import os
from typing import Any

from kernel.logging import JsonFormatter
from kernel.settings import Settings
from kernel.web.services import Services

_settings = Settings.from_env()

bind = f"{_settings.bind}:{_settings.port}"
worker_class = "gthread"
preload_app = True
workers = int(os.environ.get("WEB_CONCURRENCY") or max(2, os.cpu_count() or 2))
threads = 8
timeout = 60
graceful_timeout = 10
keepalive = 5
# Addresses of lists carry their filter.
limit_request_line = 8190
# The command socket would be one per account, whichever installation it belongs to.
control_socket_disable = True
# Heartbeats of workers are files; on a busy disk they would look dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # not guessable

logconfig_dict: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonFormatter}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": _settings.log_level, "handlers": ["stderr"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
        # The application writes the access log: it knows the tenant and the person.
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
}


def post_fork(_server: Any, worker: Any) -> None:
    """In a new process: database connections and row ids of its own."""
    services: Services = worker.app.wsgi().extensions["banyan"]
    services.database.forget_process_state()
