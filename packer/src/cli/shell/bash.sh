# Completions of wasmpack for bash.

# The commands.
_wasmpack_commands="@commands"

# What packing, or the command $1, takes behind the option $2, is put into kind and list. It fails if that is nothing.
_wasmpack_takes() {
    case $1 in
@takes
    esac
    return 1
}

# What packing, or the command $1, takes where no option stands; and in several places, if many is set.
_wasmpack_place() {
    case $1 in
@places
    esac
    return 1
}

# The options of packing, or of the command $1.
_wasmpack_options() {
    case $1 in
@options
    esac
}

# Adds what begins with $1 of the words $2.
_wasmpack_add_words() {
    local line
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(compgen -W "$2" -- "$1")
}

# Adds the files that begin with $2 and are of the kind $1.
_wasmpack_add_files() {
    local line path found=
    while IFS= read -r line; do
        path=${line/#\~\//$HOME/}
        if [[ ! -d $path ]]; then
            case $1 in
            modules) [[ $line == *.wasm || $line == *.wat ]] || continue ;;
            executables) [[ -x $path || $line == *.exe ]] || continue ;;
            folders) continue ;;
            esac
        fi
        COMPREPLY+=("$line")
        found=1
    done < <(compgen -f -- "$2")
    if [[ $found ]] && type compopt &>/dev/null; then
        compopt -o filenames
    fi
}

# Adds what begins with $1 and is of this kind.
_wasmpack_add() {
    local before= word
    case $kind in
    words) _wasmpack_add_words "$1" "$list" ;;
    list)
        [[ $1 == *,* ]] && before=${1%,*},
        _wasmpack_add_words "${1##*,}" "$list"
        for word in "${!COMPREPLY[@]}"; do
            if [[ ,$before == *",${COMPREPLY[word]},"* ]]; then
                unset "COMPREPLY[word]"
            else
                COMPREPLY[word]=$before${COMPREPLY[word]}
            fi
        done
        ;;
    nothing) ;;
    *) _wasmpack_add_files "$kind" "$1" ;;
    esac
}

_wasmpack() {
    local typed=$2 joined= words=() word option= rest= command= places=0 kind= list= many= value i
    COMPREPLY=()
    # Bash takes words apart at = and :.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#words[@]})) && [[ $joined || $word == [=:]* ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        joined=
        [[ $word == *[=:] ]] && joined=1
    done
    for ((i = 0; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        if [[ $option ]]; then
            option=
        elif [[ $rest ]]; then
            :
        elif [[ $word == -- ]]; then
            rest=1
        elif [[ $word == -* ]]; then
            [[ $word != --*=* ]] && _wasmpack_takes "$command" "$word" && option=$word
        elif ((i == 0)) && [[ " $_wasmpack_commands " == *" $word "* ]]; then
            command=$word
        else
            places=$((places + 1))
        fi
    done
    word=${words[${#words[@]} - 1]}
    value=$word kind= list=
    if [[ $option ]]; then
        _wasmpack_takes "$command" "$option"
    elif [[ $rest ]]; then
        kind=files
    elif [[ $word == --*=* ]]; then
        _wasmpack_takes "$command" "${word%%=*}" || kind=nothing
        value=${word#*=}
    elif [[ $word == -* ]]; then
        kind=words list=$(_wasmpack_options "$command")
    elif _wasmpack_place "$command" && [[ $places == 0 || $many ]]; then
        :
    else
        kind=words list=$(_wasmpack_options "$command")
    fi
    # A quotation that is not at its end.
    [[ $value == [\"\']* ]] && value=${value:1}
    case $kind in
    named)
        # NAME=FILE
        kind=nothing
        [[ $value == *=* ]] && value=${value#*=} kind=modules
        ;;
    files | folders) [[ $value == *::* ]] && kind=nothing ;;
    esac
    _wasmpack_add "$value"
    if [[ ${#words[@]} == 1 && $word != -* ]]; then
        # A command is meant, though a folder of its name lies here.
        for i in "${!COMPREPLY[@]}"; do
            [[ " $_wasmpack_commands " == *" ${COMPREPLY[i]} "* ]] && unset "COMPREPLY[i]"
        done
        if [[ ${#COMPREPLY[@]} == 0 ]] && type compopt &>/dev/null; then
            compopt +o filenames
        fi
        _wasmpack_add_words "$word" "$_wasmpack_commands"
    fi
    # Bash replaces what it takes for the word.
    local cut=$((${#value} - ${#typed})) lead=
    ((cut < 0)) && lead=${typed:0:${#typed}-${#value}} cut=0
    if [[ $cut != 0 || $lead ]]; then
        for i in "${!COMPREPLY[@]}"; do
            COMPREPLY[i]=$lead${COMPREPLY[i]:cut}
        done
    fi
    # There, files would be nonsense.
    if [[ $kind == nothing ]] && type compopt &>/dev/null; then
        compopt +o default +o bashdefault
    fi
}

if [[ ${BASH_VERSINFO[0]} -gt 4 || ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 ]]; then
    complete -F _wasmpack -o nosort -o bashdefault -o default wasmpack
elif [[ ${BASH_VERSINFO[0]} -eq 4 ]]; then
    complete -F _wasmpack -o bashdefault -o default wasmpack
else
    complete -F _wasmpack -o filenames -o bashdefault -o default wasmpack
fi
