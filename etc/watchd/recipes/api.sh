# shellcheck shell=sh
# What the recipes for hosted services share: questions to an API (curl asks them, jq reads the
# answers), and errors that say what to do.
#
# The token stands in TOKEN. Neither it nor what is sent becomes an argument, which everybody could see.

# fail WHAT REMEDY [STATUS]: one line, and the end.
fail() {
    echo "$1; what to do: $2" >&2
    exit "${3:-1}"
}

# ask METHOD URL: the answer, if it is a good one. With PUT or POST the body is read from standard input.
ask() {
    case $1 in
    GET) set -- "$1" "$2" ;;
    *) set -- "$1" "$2" --header 'Content-Type: application/json' --data-binary @- ;;
    esac
    method=$1 url=$2
    shift 2
    said=$(curl --config /dev/fd/3 --silent --show-error --max-time 30 --request "$method" "$@" \
        --write-out '\n%{http_code}' "$url" 2>&1 3<<CONFIG
header = "Authorization: Bearer ${TOKEN:-}"
header = "Accept: application/json"
CONFIG
    ) || fail "$method ${url%%\?*} was not answered: ${said%%
*}" "see that this host reaches it" 10
    case ${said##*
} in
    2??) printf '%s\n' "${said%
*}" ;;
    *) fail "$method ${url%%\?*} was answered ${said##*
}: $(printf '%s' "${said%
*}" | tr '\n' ' ' | cut -c 1-200)" "see that the token is valid and may do this" 10 ;;
    esac
}

# pause: between two questions; EVERY seconds.
pause() {
    sleep "${EVERY:-5}"
}
