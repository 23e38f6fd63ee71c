#!/bin/sh
# Makes the environment of this checkout, and does nothing when it is up to date:
#   platform/environment.sh run     what the product needs
#   platform/environment.sh dev     that, and what tests and checks need
# PYTHON names the Python to use (3.11 or newer).
set -eu
cd "$(dirname "$0")/.."

profile=${1:-run}
venv=.venv
vendor=platform/kernel/web/static/vendor

say() { # English, Chinese
    case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
    zh*) printf '%s\n' "$2" ;;
    *) printf '%s\n' "$1" ;;
    esac
}

fail() {
    say "$@" >&2
    exit 1
}

digest() { # of the files that decide what is installed, and of this script
    cat "$@" platform/environment.sh | cksum
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" || fail \
            "PYTHON=$PYTHON is not a Python 3.11 or newer." \
            "PYTHON=$PYTHON 不是 Python 3.11 或更新版本。"
        return
    fi
    for PYTHON in python3.11 python3 python3.12 python3.13; do
        if is_new_enough "$PYTHON"; then return; fi
    done
    fail "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3.11." \
        "需要 Python 3.11 或更新版本：请先安装，或用 PYTHON=/path/to/python3.11 指定。"
}

make_venv() { # anew when the checkout was moved: scripts in it hold its path
    if [ "$(cat $venv/.made-in 2>/dev/null)" = "$PWD" ] && is_new_enough $venv/bin/python; then
        return
    fi
    find_python
    say "Making $venv with $PYTHON ..." "正在用 $PYTHON 创建 $venv ……"
    rm -rf $venv
    "$PYTHON" -m venv $venv || fail \
        "The environment could not be made; on Debian install the package python3-venv." \
        "无法创建环境；在 Debian 上请安装 python3-venv 软件包。"
    pwd >$venv/.made-in
}

install() {
    $venv/bin/python -m pip install --quiet --disable-pip-version-check "$@" || fail \
        "Python packages could not be installed: see above; is the package index reachable?" \
        "无法安装 Python 软件包：详见上文；软件包索引是否可以访问？"
}

install_packages() {
    wanted=$(digest requirements/$profile.txt requirements/setup.txt setup.cfg pyproject.toml)
    stamp=$venv/.installed-$profile
    if [ "$(cat $stamp 2>/dev/null)" = "$wanted" ]; then return; fi
    say "Installing Python packages (a minute the first time) ..." \
        "正在安装 Python 软件包（首次约需一分钟）……"
    install --require-hashes -r requirements/setup.txt -r requirements/$profile.txt
    install --no-deps --no-build-isolation --editable .
    printf '%s\n' "$wanted" >$stamp
}

find_npm() {
    if command -v npm >/dev/null 2>&1 && node --version >/dev/null 2>&1; then
        return
    fi
    if [ ! -x $venv/bin/npm ]; then
        say "Node.js is missing here: installing it into $venv ..." \
            "本机没有 Node.js：正在安装到 $venv ……"
        install --require-hashes -r requirements/node.txt
    fi
    PATH=$PWD/$venv/bin:$PATH
    export PATH
}

install_front_end() {
    wanted=$(digest package-lock.json platform/kernel/web/vendor.py)
    if [ "$(cat $vendor/.installed 2>/dev/null)" = "$wanted" ]; then return; fi
    find_npm
    say "Installing front-end packages ..." "正在安装前端软件包……"
    npm ci --silent || fail \
        "Front-end packages could not be installed: is the npm registry reachable?" \
        "无法安装前端软件包：npm 软件源是否可以访问？"
    $venv/bin/python -m kernel.web.vendor node_modules
    printf '%s\n' "$wanted" >$vendor/.installed
}

case $profile in
run | dev) ;;
*) fail "Usage: platform/environment.sh run|dev" "用法：platform/environment.sh run|dev" ;;
esac
make_venv
install_packages
install_front_end
