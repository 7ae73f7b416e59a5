#!/bin/sh
# Makes the environment that VENV names with the Python that PYTHON names, or says in
# one sentence why it cannot be made. One that was left half-made is made whole.
set -u
python=${PYTHON:-python3}
venv=${VENV:-.venv}
stop() {
	echo "$1" >&2
	exit 1
}
whole() {
	"$venv/bin/python" -m pip --version >/dev/null 2>&1
}

place=$venv
[ -e "$venv" ] || place=.
[ -w "$place" ] ||
	stop "$(pwd)/$venv cannot be written to; give yourself the right to, or copy the checkout to a folder of your own."
whole && exit 0
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
	stop "skelseg needs Python 3.10 or newer, and $python is none; name one: make run PYTHON=python3.11"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
	stop "Python's venv is missing; on Debian or Ubuntu: sudo apt-get install $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
if [ -e "$venv" ]; then
	# Only pip is missing where venv was without ensurepip.
	"$venv/bin/python" -m ensurepip >/dev/null 2>&1 && whole && exit 0
	[ -e "$venv/pyvenv.cfg" ] || [ -z "$(ls -A "$venv")" ] ||
		stop "$(pwd)/$venv is there and no environment of Python; move it away."
fi
"$python" -m venv --clear "$venv" && whole && exit 0
rm -rf "$venv"
stop "The environment $(pwd)/$venv could not be made; is the disk full?"
