#!/bin/sh
# Sees to the system libraries that Qt's window needs: installs them on Debian and
# Ubuntu as root, elsewhere says the one line that does, and fails where any is still
# missing. PYTHON names the Python to try them with. Quick where all is there.
set -u
[ "$(uname -s)" = Linux ] || exit 0
names="libglib-2.0.so.0 libGL.so.1 libEGL.so.1 libxkbcommon.so.0 libdbus-1.so.3 libfontconfig.so.1"
# These only for windows on X11.
case ${QT_QPA_PLATFORM:-${WAYLAND_DISPLAY:+wayland}} in
'' | xcb*)
	names="$names libxcb-cursor.so.0 libxkbcommon-x11.so.0 libxcb-icccm.so.4 libxcb-keysyms.so.1 libxcb-shape.so.0"
	;;
esac
loaded() {
	"$PYTHON" -c 'import ctypes, sys; [ctypes.CDLL(n) for n in sys.argv[1:]]' $names 2>/dev/null
}
loaded && exit 0
if command -v apt-get >/dev/null 2>&1; then
	if [ "$(id -u)" = 0 ]; then
		echo "Installing Qt's system libraries ..."
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends $QT_LIBRARIES >/dev/null
		loaded && exit 0
		echo "apt-get failed; the window could not open." >&2
	fi
	echo "Qt needs system libraries; run: sudo apt-get install $QT_LIBRARIES" >&2
elif command -v dnf >/dev/null 2>&1; then
	echo "Qt needs system libraries; run: sudo dnf install mesa-libGL mesa-libEGL libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-keysyms fontconfig dbus-libs" >&2
else
	echo "Qt needs the libraries of OpenGL, EGL, fontconfig, xkbcommon and xcb (cursor, icccm, keysyms, shape); install them with your package manager." >&2
fi
exit 1
