"""The front-end files of other projects that pages load, copied from `node_modules` by `make`.

`python -m kernel.web.vendor` copies them. Only these files are served; to add one, add its line.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

VENDOR_DIR = Path(__file__).parent / "static" / "vendor"

FILES = {
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler/tabler-vendors.min.css": "@tabler/core/dist/css/tabler-vendors.min.css",
    "tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "tabler-icons/tabler-icons.min.css": "@tabler/icons-webfont/dist/tabler-icons.min.css",
    "tabler-icons/fonts/tabler-icons.woff2": "@tabler/icons-webfont/dist/fonts/tabler-icons.woff2",
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "tom-select/tom-select.complete.min.js": "tom-select/dist/js/tom-select.complete.min.js",
    "tom-select/tom-select.min.css": "tom-select/dist/css/tom-select.min.css",
    "chart/chart.umd.min.js": "chart.js/dist/chart.umd.min.js",
}
"""Path below `static/vendor/` to path below `node_modules/`."""


def copy_vendor_files(node_modules: Path, target: Path = VENDOR_DIR) -> None:
    """Replace the folder `target` by fresh copies; raises `OSError` when a file is missing."""
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, source in FILES.items():
        copy = fresh / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(node_modules / source, copy)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def missing_vendor_files(target: Path = VENDOR_DIR) -> list[str]:
    """Names of the files that pages need and that are not there."""
    return [name for name in FILES if not (target / name).is_file()]


if __name__ == "__main__":
    try:
        copy_vendor_files(Path(sys.argv[1] if len(sys.argv) > 1 else "node_modules"))
    except OSError as error:
        sys.exit(f"The front-end files cannot be copied: {error}.")
