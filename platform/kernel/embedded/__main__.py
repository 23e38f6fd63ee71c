"""`python -m kernel.embedded`: only the servers, for development against a home of one's own."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from kernel.embedded.errors import LaunchError
from kernel.embedded.home import Home
from kernel.embedded.postgres import Postgres
from kernel.embedded.supervisor import Supervisor, interrupt_on_stop_signals
from kernel.embedded.valkey import Valkey


def main() -> None:
    """Print the addresses as shell assignments and serve until a stop signal."""
    interrupt_on_stop_signals()
    supervisor = Supervisor()
    try:
        home = Home(Path(os.environ.get("BANYAN_HOME") or ".banyan"))
        home.require_space()
        with home.lock(), contextlib.suppress(KeyboardInterrupt):
            try:
                postgres, valkey = Postgres(home), Valkey(home)
                supervisor.start(postgres)
                supervisor.start(valkey)
                print(f"DATABASE_URL='{postgres.url}'\nREDIS_URL='{valkey.url}'", flush=True)
                supervisor.watch()
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                supervisor.stop()
    except LaunchError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
