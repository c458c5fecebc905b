# shellcheck shell=bash disable=SC2034 # the cases use what is set here
# What the cases have in common. Sourced with -euo pipefail.

fail() {
    echo "  FAILED: $*" >&2
    exit 1
}

# expect WANT GOT WHAT
expect() { [[ $1 == "$2" ]] || fail "$3: expected '$1', got '$2'"; }

# exit_status COMMAND...: runs it in silence and prints its exit status.
exit_status() {
    local status=0
    "$@" >/tmp/last.out 2>&1 || status=$?
    echo "$status"
}

# wait_until SECONDS WHAT COMMAND...: asks ten times a second until COMMAND is true.
wait_until() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || fail "no $what in time"
        sleep 0.1
    done
}

property() { systemctl show --property "$2" --value "$1"; }

# As watchd's own user, with its groups and no privileges.
as_watchd() { setpriv --reuid watchd --regid watchd --init-groups --no-new-privs "$@"; }

# ---- the host that is guarded ----------------------------------------------------------------

# The plus is illegal in names of units: it must survive the way to the script and back.
readonly GOOD=1.9.0+b5
readonly SHOP_PORT=8081
readonly PORT=8080
readonly ACCESS_LOG=/var/log/nginx/access.log
readonly CHAT_LOG=/run/chat.jsonl
readonly STEPS_LOG=/var/lib/steps.log

# release VERSION JSON
install_release() {
    install -D -m 755 demo/shop "/srv/shop/releases/$1/run"
    printf '%s\n' "$2" >"/srv/shop/releases/$1/release.json"
}

deploy() {
    demo/steps/symlink /srv/shop "$1" >/dev/null
    systemctl restart shop
}

# nginx, the service, load, chat and the rollback scripts: what an administrator sets up.
set_up_host() {
    local script
    install_release "$GOOD" '{"commit": "4f2c1d09a"}'
    install_release 2.0.0 '{"commit": "9b8e7a6c5", "error_share": 0.4}'
    install_release 2.1.0 '{"commit": "d1e2f3a4b", "dies_at_boot": true}'
    install_release 2.2.0 '{"commit": "77aa88bb9", "error_share": 0.5}'
    demo/steps/symlink /srv/shop "$GOOD" >/dev/null

    # As Debian's logrotate leaves it: watchd reads it as a member of adm.
    install -d -m 755 /var/log/nginx /var/lib/nginx-shop
    install -m 640 -o www-data -g adm /dev/null "$ACCESS_LOG"
    sed -e 's#@PREFIX@#/var/lib/nginx-shop#g' -e "s#@LOG@#$ACCESS_LOG#" -e "s#@PORT@#$PORT#" \
        -e "s#@SHOP_PORT@#$SHOP_PORT#" -e 's#@USER@#user www-data;#' \
        demo/nginx.conf.in >/etc/nginx-shop.conf

    for script in shop-symlink shop-restart; do
        install -m 755 "Tests/system/host/$script" "/etc/watchd/rollback.d/$script"
    done
    install -m 755 demo/steps/symlink /usr/local/bin/shop-symlink
    install -m 755 demo/load demo/chat -t /usr/local/bin
    install -m 644 Tests/system/host/*.service -t /etc/systemd/system
    systemctl daemon-reload
    systemctl start shop nginx-shop chat load
    wait_until 10 'answer through nginx' curl -fsS "http://127.0.0.1:$PORT/api/version"
    wait_until 10 'chat' test -s /run/chat.port
}

# watchd with the configuration of the tests and the chat's address as a credential.
set_up_watchd() {
    install -D -m 600 /dev/null /etc/watchd/credentials/chat-webhook
    echo "http://127.0.0.1:$(</run/chat.port)/services/T0/B0/test" \
        >/etc/watchd/credentials/chat-webhook
    install -D -m 644 Tests/system/host/watchd.conf \
        /etc/systemd/system/watchd.service.d/test.conf
    install -m 644 Tests/system/host/watchd.yaml /etc/watchd/watchd.yaml
    if ! polkit_has_rules; then
        install -m 644 systemd/old-polkit.conf /etc/systemd/system/watchd.service.d/
    fi
    systemctl daemon-reload
    systemctl start watchd
    watchctl arm --reason 'system test' >/dev/null
}

# Ubuntu 22.04 has polkit 0.105, without rules in JavaScript.
polkit_has_rules() {
    local version
    version=$(pkaction --version)
    version=${version##* }
    [[ $version != 0.105 ]]
}

# ---- questions --------------------------------------------------------------------------------

# shop JQ-FILTER: of the service in status. (Exit 1 of watchctl is bad news, and an answer.)
shop() {
    { watchctl status --json || [[ $? == 1 ]]; } \
        | jq --raw-output ".services[] | select(.name == \"shop\") | $1"
}

incident() {
    { watchctl incident "$1" --json || [[ $? == 1 ]]; } | jq --raw-output "$2"
}

# shop_is WANT JQ-FILTER: for wait_until
shop_is() { [[ $(shop "$2") == "$1" ]]; }
incident_is() { [[ $(incident "$1" .incident.state) =~ ^($2)$ ]]; }
is_running() { [[ $(curl -fsS "http://127.0.0.1:$PORT/api/version" | jq -r .version) == "$1" ]]; }

# has_chat TEXT: a good message of the chat contains it, capitals or not.
has_chat() {
    jq --exit-status --slurp --arg text "$1" \
        'any(.[]; .ok and (.text | ascii_downcase | contains($text)))' "$CHAT_LOG"
}

wait_until_good() {
    wait_until 90 "good release $GOOD" shop_is good '.release.standing'
    expect "$GOOD" "$(shop .release.version)" 'the good release'
}

# Waits until an incident is open, and leaves its id in INCIDENT.
wait_for_incident() {
    wait_until 45 incident has_open_incident
    INCIDENT=$(shop .incident.id)
}
has_open_incident() {
    [[ $(shop '.incident.state // "none"') =~ ^(open|rolling-back|verifying|recovered)$ ]]
}

# The incident INCIDENT ends well: the old release runs, and people were told.
expect_recovery() {
    wait_until 60 "recovery of $INCIDENT" incident_is "$INCIDENT" 'recovered|closed|handed-over'
    expect recovered "$(incident "$INCIDENT" '.incident.rollbacks[-1].state')" 'the rollback'
    is_running "$GOOD" || fail "$GOOD does not answer"
    local bad=0 number
    for number in {1..200}; do
        curl -fsS -o /dev/null "http://127.0.0.1:$PORT/products/$number" || bad=$((bad + 1))
    done 2>/dev/null
    ((bad < 2)) || fail "$bad of 200 requests fail after the rollback"
    wait_until 10 'message "rollback in progress"' has_chat 'rollback in progress'
    wait_until 10 'message "rollback complete"' has_chat 'rollback complete'
    expect 0 "$(jq --slurp 'map(select(.ok | not)) | length' "$CHAT_LOG")" 'messages refused'
    wait_until 60 'end of the probation' incident_is "$INCIDENT" closed
    : >"$CHAT_LOG"
}
