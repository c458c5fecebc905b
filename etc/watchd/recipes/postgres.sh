# shellcheck shell=sh
# What the recipes for PostgreSQL share: the database of DATABASE_URL, and errors that say what to do.
#
# The password never becomes an argument, which everybody could see: libpq finds it in PGPASSWORD.

export PGAPPNAME=watchd PGCONNECT_TIMEOUT=10
# Rows that a policy hides would be missing in counts and dumps: better an error.
export PGOPTIONS="-c row_security=off -c statement_timeout=0"

# fail WHAT REMEDY [STATUS]: one line, and the end.
fail() {
    echo "$1; what to do: $2" >&2
    exit "${3:-1}"
}

# first TEXT: what a tool of PostgreSQL complains of, one line of all it said.
first() {
    printf '%s\n' "$1" | grep -v -e '^pg_[a-z]*: detail' -e '^CONTEXT' | awk '
        NR == 1 { line = $0 }
        /(ERROR|FATAL|error): / && !found { line = $0; found = 1 }
        END { sub(/^.*(ERROR|FATAL|error): */, "", line); print line }'
}

# percent_decoded TEXT
percent_decoded() {
    rest=$1
    while :; do
        case $rest in
        *%[0-9A-Fa-f][0-9A-Fa-f]*)
            printf '%s' "${rest%%%*}"
            rest=${rest#*%}
            # shellcheck disable=SC2059
            printf "\\$(printf %03o "0x$(printf %.2s "$rest")")"
            rest=${rest#??}
            ;;
        *)
            printf '%s' "$rest"
            return
            ;;
        esac
    done
}

# open_database: sets server (an URL without a database) and database, out of DATABASE_URL.
# shellcheck disable=SC2034
open_database() {
    case ${DATABASE_URL:-} in
    postgres://*/?* | postgresql://*/?*) ;;
    *)
        fail "DATABASE_URL is no URL of a database" \
            "give the step env: { DATABASE_URL: \"\${credential:NAME}\" }, with postgresql://USER:PASSWORD@HOST/DATABASE in the credential" 10
        ;;
    esac
    parameters=
    case $DATABASE_URL in *\?*) parameters="?${DATABASE_URL#*\?}" ;; esac
    case $parameters in
    *password=*)
        fail "DATABASE_URL has its password behind '?'" "write it before the '@'" 10
        ;;
    esac
    address=${DATABASE_URL%%\?*}
    address=${address#*://}
    authority=${address%%/*}
    database=$(percent_decoded "${address#*/}")
    case $authority in
    *:*@*)
        user=${authority%%:*}
        PGPASSWORD=${authority#*:}
        PGPASSWORD=$(percent_decoded "${PGPASSWORD%@*}")
        export PGPASSWORD
        authority=$user@${authority##*@}
        ;;
    esac
    server=postgresql://$authority/
    server_parameters=$parameters
    unset DATABASE_URL
}

# on DATABASE: its URL, without the password.
on() {
    name=$(printf %s "$1" | sed -e 's/%/%25/g' -e 's/?/%3f/g' -e 's/#/%23/g' -e 's/ /%20/g' -e 's,/,%2f,g')
    printf '%s%s%s' "$server" "$name" "$server_parameters"
}

# ask DATABASE [OPTION...]: what psql answers to the statements on its standard input.
ask() {
    to=$1
    shift
    psql --no-psqlrc --quiet --no-align --tuples-only --no-password --set=ON_ERROR_STOP=1 \
        --dbname="$(on "$to")" "$@" --file=-
}

# size BYTES: as people write it.
size() {
    echo "$1" | awk '{ split("bytes KB MB GB TB", unit); n = 1
        while ($1 >= 1000 && n < 5) { $1 /= 1000; n++ }
        printf n == 1 ? "%d %s" : "%.1f %s", $1, unit[n] }'
}

# age_of FILE: in minutes.
age_of() {
    echo $((($(date +%s) - $(date -r "$1" +%s)) / 60))
}

# time_of FILE
time_of() {
    date -u -r "$1" '+%Y-%m-%d %H:%M:%S UTC'
}

# be_patient SECONDS: counting takes no longer, all together. Without it, as long as it takes.
# shellcheck disable=SC2034
be_patient() {
    patience=$1
    give_up=$(($(date +%s) + $1))
}

# patience_left: in seconds, 0 for ever.
patience_left() {
    [ -n "${give_up:-}" ] || {
        echo 0
        return
    }
    left=$((give_up - $(date +%s)))
    [ "$left" -gt 0 ] && echo "$left" || echo 1
}

# What counts_of ends with when the patience was not enough.
too_late=124

# counts_of DUMP: "table TAB rows", a line each, as they are in the dump itself. What postgres-snapshot
# left beside it is believed as long as the dump has the same size; else every byte of it is read.
counts_of() {
    if [ "$(sed -n 1p "$1.counts" 2>/dev/null)" = "bytes	$(wc -c <"$1")" ]; then
        sed 1d "$1.counts"
        return
    fi
    found=$({ timeout "$(patience_left)" pg_restore --data-only --file=- "$1" ||
        printf '\n\\.cut %s\n' "$?"; } 2>/dev/null | awk -v late="$too_late" '
        !inside && /^COPY .* FROM stdin;$/ {
            table = substr($0, 6); sub(/ FROM stdin;$/, "", table)
            # Its columns; a name may have brackets, too, but then it is quoted.
            if (match(table, / \([^()]*\)$/)) table = substr(table, 1, RSTART - 1)
            sub(/ +$/, "", table); inside = 1; rows = 0; next }
        /^\\\.cut [0-9]+$/ { cut = $2 == late ? late : 1; next }
        inside && /^\\\.$/ { inside = 0; print table "\t" rows; next }
        inside { rows++ }
        END { exit cut ? cut : inside }') || return
    printf '%s\n' "$found" | LC_ALL=C sort
}

# counts_in DATABASE: the same of a database as it is now, and each table's oid; or what speaks against it.
counts_in() {
    # The server gives up, too: it would go on counting for somebody who was killed.
    found=$(ask "$1" --field-separator="$(printf '\t')" -v limit="$(patience_left)s" 2>&1 <<'SQL'
set statement_timeout = :'limit';
select format('%I.%I', n.nspname, c.relname),
    (xpath('/row/rows/text()', query_to_xml(
        format('select count(*) as rows from only %I.%I', n.nspname, c.relname),
        false, true, '')))[1], c.oid
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_t(emp|oast)'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass
        and d.objid = c.oid and d.deptype = 'e');
SQL
    ) || {
        printf '%s\n' "$found"
        return 1
    }
    printf '%s\n' "$found" | LC_ALL=C sort
}

# check_dump FILE: that it can be read to its end, and has data.
check_dump() {
    [ -r "$1" ] || fail "the backup $1 is not there, or watchd's user may not read it" \
        "see that it was made, and its rights: ls -l $1" 10
    listing=$(pg_restore --list "$1" 2>&1) || fail \
        "the backup $1 cannot be read: $(first "$listing")" \
        "take another one, or make one in the custom format: pg_dump --format=custom" 10
    tables=$(echo "$listing" | grep -c ' TABLE DATA ' || true)
    [ "$tables" -gt 0 ] || fail "the backup $1 holds no table's data" \
        "take another one; was it made with --schema-only?" 10
}
