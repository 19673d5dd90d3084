#!/bin/sh
# One file for @SYSTEMS@, made by wasmpack.
# Data follows this script: do not edit it, and copy it as a binary file.
_wasmpack_c=1
[ "$_wasmpack_c" = 1 ] || { echo "$0: the line ends of this file were changed: fetch it again, as a binary file" >&2; exit 125; } #
_wasmpack_0=$0
_wasmpack_own() { [ -O "$1" ]; }
# posh cannot tell.
[ -O / ] 2>/dev/null || [ $? -lt 2 ] || _wasmpack_own() { [ -n "$(find -H "$1" -prune -user "$(id -u)" 2>/dev/null)" ]; }
_wasmpack_fail() { printf '%s: %s\n' "${_wasmpack_0##*/}" "$1" >&2; exit 125; }
case $0 in
*/*) _wasmpack_f=$0 ;;
*) if [ -f "./$0" ]; then _wasmpack_f=./$0; else _wasmpack_f=$(command -v -- "$0"); fi ;;
esac
if { read -r _wasmpack_m </proc/sys/kernel/arch; } 2>/dev/null; then _wasmpack_m="Linux $_wasmpack_m"
else _wasmpack_m=$(uname -sm); fi
_wasmpack_c=.cache
case $_wasmpack_m in
@CASES@MINGW* | MSYS* | CYGWIN*)
	[ -f "$_wasmpack_f.exe" ] && exec "$_wasmpack_f.exe" "$@"
	_wasmpack_fail "on Windows, $_wasmpack_f.exe is needed, and not there" ;;
*) _wasmpack_fail "it carries no code for $_wasmpack_m; it has @MACHINES@" ;;
esac

# Another user's home, or what is not below one's own, as sudo and su may leave it, could be exchanged while it is looked at.
_wasmpack_u=
_wasmpack_x=
if [ -n "${HOME-}" ] && _wasmpack_own "$HOME/"; then
	_wasmpack_u=$HOME/$_wasmpack_c
	case ${XDG_CACHE_HOME-} in */../* | */..) ;; "$HOME"/*) _wasmpack_x=$XDG_CACHE_HOME ;; esac
fi

# The launcher as an earlier start put it there, if it is this user's own. A program in its sandbox reaches no folder of that name.
for _wasmpack_d in "${WASMPACK_CACHE-}" "$_wasmpack_x" "$_wasmpack_u"; do
	case $_wasmpack_d in /*) ;; *) continue ;; esac
	_wasmpack_d=$_wasmpack_d/@FOLDER@
	_wasmpack_t=$_wasmpack_d/$_wasmpack_n
	[ -f "$_wasmpack_t" ] && [ -x "$_wasmpack_t" ] && [ -s "$_wasmpack_t" ] &&
		[ ! -h "$_wasmpack_t" ] && [ ! -h "$_wasmpack_d" ] && _wasmpack_own "$_wasmpack_t" && _wasmpack_own "$_wasmpack_d" &&
		exec "$_wasmpack_t" --wasmpack-from=3 "$0" "$@" 3<"$_wasmpack_f"
done

# The first start. A launcher is tried, and compares itself with its hash, before it gets its name.
_wasmpack_cut() { dd if="$_wasmpack_f" bs=4096 skip="$_wasmpack_b" count="$_wasmpack_k" 2>/dev/null | GZIP= gzip -dc; }
_wasmpack_put() (
	umask 077
	mkdir "$1"
	# Killed starts leave theirs.
	find "$1" -name '.new-*' -mtime +0 -exec rm -f {} +
	# A link leads into a folder that is for something else.
	[ ! -h "$1" ] && _wasmpack_own "$1" && [ ! -d "$1/$_wasmpack_n" ] && chmod 700 "$1" && _wasmpack_t=$(mktemp "$1/.new-XXXXXX") || exit 1
	trap 'rm -f "$_wasmpack_t"; exit 1' HUP INT TERM
	_wasmpack_cut >|"$_wasmpack_t" && chmod 500 "$_wasmpack_t" && { sync "$_wasmpack_t" || sync; } &&
		"$_wasmpack_t" "--wasmpack-is=$_wasmpack_h" && mv -f "$_wasmpack_t" "$1/$_wasmpack_n" && exit 0
	rm -f "$_wasmpack_t"
	exit 1
) </dev/null >/dev/null 2>&1
_wasmpack_l=
for _wasmpack_d in "${WASMPACK_CACHE-}" "$_wasmpack_x" "$_wasmpack_u"; do
	case $_wasmpack_d in /*) ;; *) continue ;; esac
	_wasmpack_l="$_wasmpack_l $_wasmpack_d"
	# Nothing is made below a folder of somebody else.
	if [ ! -d "$_wasmpack_d" ] && _wasmpack_own "${_wasmpack_d%/*}/"; then mkdir -m 700 "$_wasmpack_d" 2>/dev/null; fi
	_wasmpack_own "$_wasmpack_d" || [ "$_wasmpack_d" = "${WASMPACK_CACHE-}" ] || continue
	_wasmpack_d=$_wasmpack_d/@FOLDER@
	_wasmpack_put "$_wasmpack_d" &&
		exec "$_wasmpack_d/$_wasmpack_n" --wasmpack-from=3 "$0" "$@" 3<"$_wasmpack_f"
done

# There is no place for it: a file that has no name any more when it runs.
_wasmpack_t=
for _wasmpack_d in HUP INT TERM; do
	trap "rm -rf \"\$_wasmpack_t\"; trap - $_wasmpack_d; kill -$_wasmpack_d \$\$" $_wasmpack_d
done
for _wasmpack_d in "${TMPDIR-}" /tmp /var/tmp /dev/shm; do
	case $_wasmpack_d in /*) ;; *) continue ;; esac
	[ -d /proc/self/fd ] || break
	# Somebody else's could be exchanged; these are the system's.
	case $_wasmpack_d in /tmp | /var/tmp | /dev/shm) ;; *) _wasmpack_own "$_wasmpack_d" || continue ;; esac
	_wasmpack_l="$_wasmpack_l $_wasmpack_d"
	_wasmpack_t=$(umask 077; mktemp -d "$_wasmpack_d/wasmpack-XXXXXX" 2>/dev/null) || continue
	if _wasmpack_put "$_wasmpack_t/@FOLDER@"; then
		exec 4<"$_wasmpack_t/@FOLDER@/$_wasmpack_n"
		rm -rf "$_wasmpack_t"
		_wasmpack_own /proc/self/fd/4 || continue
		exec /proc/self/fd/4 --wasmpack-from=3,4 "$0" "$@" 3<"$_wasmpack_f" 4<&4
	fi
	rm -rf "$_wasmpack_t"
done

for _wasmpack_t in dd gzip mktemp mkdir chmod mv rm; do
	command -v "$_wasmpack_t" >/dev/null 2>&1 || _wasmpack_fail "it needs $_wasmpack_t for its first start, and finds none in PATH"
done
_wasmpack_cut >/dev/null 2>&1 || _wasmpack_fail "the file is damaged: fetch it again"
_wasmpack_fail "found no folder for its launcher that can be written and from which programs may run, of:$_wasmpack_l; name one in WASMPACK_CACHE"
