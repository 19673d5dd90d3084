#compdef wasmpack
# Completions of wasmpack for zsh.

_wasmpack_modules() { _files -g '*.(wasm|wat)(-.)' }

_wasmpack_executables() { _files -g '*.exe(-.) *(-.*)' }

# NAME=FILE
_wasmpack_named() {
    if compset -P '*='; then
        _wasmpack_modules
    else
        _message 'NAME=FILE'
    fi
}

# HOST or HOST::GUEST
_wasmpack_files() {
    if compset -P '*::'; then
        _message 'GUEST'
    else
        _files "$@"
    fi
}

_wasmpack_commands() {
    local -a commands=(
@commands
    )
    _describe -t commands 'command' commands
}

_wasmpack_first() {
    _alternative 'commands:command:_wasmpack_commands' 'files:program:_wasmpack_modules'
}

_wasmpack() {
    local ret=1 command=
    local curcontext=$curcontext state line
    local -A opt_args
    # Only the first word is a command.
    if (( CURRENT > 2 )) && [[ " @names " == *" ${words[2]} "* ]]; then
        command=${words[2]}
        shift words
        (( CURRENT -= 1 ))
        curcontext=${curcontext%:*:*}:wasmpack-$command:
    fi
    local first=_wasmpack_modules
    (( CURRENT == 2 )) && first=_wasmpack_first
    case $command in
@branches
    esac
    return ret
}

if [[ $funcstack[1] == _wasmpack ]]; then
    _wasmpack "$@"
else
    compdef _wasmpack wasmpack
fi
