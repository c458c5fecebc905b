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
#
# As in watchd's own requests, an answer that means "not now" is no answer: 429 (too many), 423 (locked)
# and 503 that says when to come again. It is asked once more until the step's time is over.
ask() {
    method=$1 url=$2 body=
    shift 2
    if [ "$method" != GET ]; then
        body=$(cat)
        set -- --header 'Content-Type: application/json' --data-binary @-
    fi
    while :; do
        # curl before 7.84 does not know %header, and prints just that.
        said=$(printf '%s' "$body" | curl --config /dev/fd/3 --silent --show-error --max-time 30 \
            --request "$method" "$@" --write-out '\n%header{retry-after}\n%{http_code}' "$url" 2>&1 3<<CONFIG
header = "Authorization: Bearer ${TOKEN:-}"
header = "Accept: application/json"
CONFIG
        ) || fail "$method ${url%%\?*} was not answered: ${said%%
*}" "see that this host reaches it" 10
        status=${said##*
} said=${said%
*}
        later=${said##*
} said=${said%
*}
        case $later in %*) later= ;; esac
        case $status:$later in
        2??:*)
            printf '%s\n' "$said"
            return
            ;;
        429:* | 423:* | 503:?*) come_again "$later" ;;
        *) fail "$method ${url%%\?*} was answered $status: $(printf '%s' "$said" | tr '\n' ' ' |
            cut -c 1-200)" "see that the token is valid and may do this" 10 ;;
        esac
    done
}

# come_again SECONDS: that many, if it is a number and no more than a minute, which is waited at most.
come_again() {
    case $1 in
    '' | 0 | *[!0-9]*) later=${EVERY:-5} ;;
    ? | [1-5]? | 60) later=$1 ;;
    *) later=60 ;;
    esac
    echo "$method ${url%%\?*} was answered $status: it is asked again in $later s" >&2
    sleep "$later"
}

# pause: between two questions; EVERY seconds.
pause() {
    sleep "${EVERY:-5}"
}
