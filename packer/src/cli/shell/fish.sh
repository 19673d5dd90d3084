# Completions of wasmpack for fish.

# The command, or nothing where packing is meant.
function __wasmpack_command
    set -l words (commandline -opc)
    if set -q words[2]; and contains -- $words[2] @names
        echo $words[2]
    end
end

# Whether packing, or the command $argv[1], is meant.
function __wasmpack_is
    test (__wasmpack_command | string collect -a) = "$argv[1]"
end

# Whether no word stands before this one.
function __wasmpack_is_first
    test (count (commandline -opc)) = 1
end

# What is typed of the value of an option, or of a word.
function __wasmpack_typed
    commandline -ct | string replace -r '^--[^=]*=' ''
end

# The files and folders that begin with $argv[1], or with what is typed. Behind :: stands a name that the program sees.
function __wasmpack_files
    set -q argv[1]
    or set argv (__wasmpack_typed)
    string match -q '*::*' -- $argv
    or complete -C"'' $argv" | string replace -r '\t.*' ''
end

function __wasmpack_modules
    __wasmpack_files $argv | string match -r '.*(?:/|\.wasm|\.wat)$'
end

function __wasmpack_executables
    for file in (__wasmpack_files)
        set -l path (string replace -r '^~/' "$HOME/" -- $file)
        if string match -qr '(?:/|\.exe)$' -- $file; or test -x $path
            echo $file
        end
    end
end

function __wasmpack_folders
    __wasmpack_files | string match -r '.*/$'
end

# Words that are separated by commas.
function __wasmpack_list
    set -l typed (__wasmpack_typed)
    set -l before (string match -r '^.*,' -- $typed)
    for word in $argv
        string match -q "*,$word,*" -- ",$before"
        or echo "$before$word"
    end
end

# NAME=FILE
function __wasmpack_named
    set -l parts (__wasmpack_typed | string split -m 1 =)
    set -q parts[2]
    or return
    for file in (__wasmpack_modules $parts[2])
        echo "$parts[1]=$file"
    end
end

complete -c wasmpack -e
complete -c wasmpack -f
@completions
