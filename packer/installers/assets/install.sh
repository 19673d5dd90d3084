#!/bin/sh
# Installs @NAME@ @VERSION@ for this user, on Linux and macOS. Written by wasmpack.
#
#   curl -fsSL @SCRIPT@ | sh
#   curl -fsSL @SCRIPT@ | sh -s -- --dir ~/bin
#
# Variables: @VARIABLE@_INSTALL_DIR names the folder, @VARIABLE@_DOWNLOAD_URL where the archives lie.
# To remove it again, delete the file that it installed.

# Everything is in functions, and the last line calls. Without its last character that line is a mistake: of a download that was
# cut off nothing is run.

fail() {
    printf '%s: %s\n' "$label" "$*" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# The SHA-256 of a file.
hash_of() {
    if have sha256sum; then
        set -- "$(sha256sum <"$1")"
    elif have shasum; then
        set -- "$(shasum -a 256 <"$1")"
    elif have openssl; then
        set -- "$(openssl dgst -sha256 -r <"$1")"
    else
        fail "needs sha256sum, shasum or openssl to check what it downloads; nothing was installed"
    fi
    # What stands before the first blank.
    printf '%s\n' "${1%%[!0-9a-f]*}"
}

# Downloads an address into a file.
download() {
    if have curl; then
        case $1 in
            https://*) curl --fail --silent --show-error --location --globoff --proto '=https' --tlsv1.2 -o "$2" "$1" ;;
            *) curl --fail --silent --show-error --location --globoff -o "$2" "$1" ;;
        esac
    elif have wget; then
        # By itself GNU's tries 20 times, and waits 15 minutes each time. Others have no such options.
        case $(wget --version 2>/dev/null) in
            *GNU*) wget -q --tries=3 --timeout=30 -O "$2" "$1" ;;
            *) wget -q -O "$2" "$1" ;;
        esac
    else
        fail "needs curl or wget to download it; nothing was installed"
    fi
}

# The target of this machine, as wasmpack calls it.
target_of_machine() {
    system=$(uname -s) && cpu=$(uname -m) || fail "cannot tell what machine this is: there is no uname"
    case $system in
        Linux) system=linux ;;
        Darwin) system=macos ;;
        MINGW* | MSYS* | CYGWIN* | Windows*) fail @ON_WINDOWS@ ;;
    esac
    case $cpu in
        x86_64 | amd64) cpu=x86_64 ;;
        aarch64 | arm64) cpu=arm64 ;;
    esac
    # Under Rosetta a Mac with Apple silicon calls itself an Intel one.
    if [ "$system-$cpu" = macos-x86_64 ] && [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ]; then
        cpu=arm64
    fi
    target=$system-$cpu
}

clean_up() {
    [ -z "$folder" ] || rm -rf "$folder"
    [ -z "$fresh" ] || rm -f "$fresh"
    # Folders that were made for it; one that has something in it stays.
    made=$dir
    while [ -n "$top" ] && rmdir "$made" 2>/dev/null && [ "$made" != "$top" ]; do
        made=${made%/*}
    done
}

main() {
    name=@NAME_WORD@
    version=@VERSION_WORD@
    url=${@VARIABLE@_DOWNLOAD_URL:-@URL_WORD@}
    dir=${@VARIABLE@_INSTALL_DIR:-}
    label="installing $name"
    folder=
    fresh=
    top=

    while [ $# -gt 0 ]; do
        case $1 in
            --dir) [ -n "${2:-}" ] || fail "--dir needs a folder"; dir=$2; shift ;;
            --dir=*) dir=${1#--dir=}; [ -n "$dir" ] || fail "--dir needs a folder" ;;
            -h | --help)
                printf '%s\n' "Installs $name $version. --dir FOLDER: there, and not in ~/.local/bin"
                return ;;
            *) fail "unknown argument $1; there is --dir FOLDER" ;;
        esac
        shift
    done
    if [ -z "$dir" ]; then
        [ -n "${HOME:-}" ] || fail "HOME is not set; name a folder: --dir FOLDER"
        dir=${XDG_BIN_HOME:-$HOME/.local/bin}
    fi
    # From the root, also when it is not called so.
    case $dir in
        /*) ;;
        *) dir=$(pwd)/$dir ;;
    esac
    [ "$dir" = / ] || dir=${dir%/}

    target_of_machine
    case $target in
@ARMS@
        *) fail "there is no build for $system $cpu; there are" @BUILDS@ ;;
    esac

    [ ! -d "$dir/$name" ] || fail "$dir/$name is a folder; nothing was installed"
    if [ -e "$dir" ]; then
        [ -d "$dir" ] && [ -w "$dir" ] || fail "$dir is no folder that this user can write to; name another: --dir FOLDER"
    fi

    for tool in mktemp gzip tar mkdir cp chmod mv rm; do
        have $tool || fail "needs $tool, and finds none in PATH; nothing was installed"
    done

    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    folder=$(mktemp -d "${TMPDIR:-/tmp}/install.XXXXXX") || fail "cannot make a folder in ${TMPDIR:-/tmp}; nothing was installed"

    download "$url/$archive" "$folder/archive" || fail "cannot download $url/$archive; nothing was installed"
    [ -f "$folder/archive" ] || fail "$url/$archive was not written to $folder/archive; nothing was installed"
    found=$(hash_of "$folder/archive") || exit 1
    [ "$found" = "$sum" ] || fail "$url/$archive is not the file that was released: its SHA-256 is $found, expected $sum; nothing was installed"
    gzip -dc <"$folder/archive" | tar -xf - -C "$folder" "$program" || fail "cannot unpack $archive; nothing was installed"

    # The first folder on the way that is not there.
    above=$dir
    while [ -n "$above" ] && [ ! -e "$above" ]; do
        top=$above
        above=${above%/*}
    done
    mkdir -p "$dir" || fail "cannot make the folder $dir; name another: --dir FOLDER"
    # First beside the place, then in one step: nobody sees half a file, and one that runs is not disturbed.
    fresh=$(mktemp "$dir/.$name.XXXXXX") || fail "cannot write to $dir; nothing was installed"
    cp "$folder/$program" "$fresh" && chmod 755 "$fresh" && mv -f "$fresh" "$dir/$name" ||
        fail "cannot write $dir/$name; nothing was installed"
    fresh=
    top=

    printf '%s\n' "$name $version is installed: $dir/$name"
    case :$PATH: in
        *":$dir:"*)
            first=$(command -v "$name") || first=
            [ "$first" = "$dir/$name" ] || [ -z "$first" ] || printf '%s\n' "note: $name is still $first, which PATH has before it"
            ;;
        *)
            how=", such as with: export PATH=\"$dir:\$PATH\""
            # Within quotation marks these mean something.
            case $dir in *[\\\"\$\`]*) how= ;; esac
            printf '%s\n' "note: $dir is not in PATH; add it$how"
            ;;
    esac
}

{ main "$@"; }
