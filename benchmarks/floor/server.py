"""How gunicorn serves the floor: as it serves the product, but for what only the product needs."""

from kernel.web.server import (
    bind,
    control_socket_disable,
    graceful_timeout,
    keepalive,
    logconfig_dict,
    preload_app,
    threads,
    timeout,
    worker_class,
    worker_tmp_dir,
    workers,
)

__all__ = [
    "bind",
    "control_socket_disable",
    "graceful_timeout",
    "keepalive",
    "logconfig_dict",
    "preload_app",
    "threads",
    "timeout",
    "worker_class",
    "worker_tmp_dir",
    "workers",
]
