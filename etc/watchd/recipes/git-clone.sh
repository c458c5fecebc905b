# shellcheck shell=sh
# What the git recipes share: a clone of their own, and errors that say what to do.

export GIT_TERMINAL_PROMPT=0
export GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=watchd GIT_AUTHOR_EMAIL=watchd@localhost
export GIT_COMMITTER_NAME=watchd GIT_COMMITTER_EMAIL=watchd@localhost
export HOME="${HOME:-/nonexistent}"

# fail WHAT REMEDY [STATUS]
fail() {
    echo "$1" >&2
    echo "what to do: $2" >&2
    exit "${3:-1}"
}

# open_clone CLONE URL: in it afterwards, with all branches and tags as they are on the remote now.
open_clone() {
    if [ ! -d "$1/.git" ]; then
        # A gate that is too short for it is told by what it printed.
        echo "cloning $2 for the first time; if that takes longer than this may, do it beforehand, as" \
            "watchd's user: git clone --no-checkout $2 $1" >&2
        mkdir -p "$(dirname "$1")"
        # Beside it first: a clone that was interrupted is no clone.
        rm -rf "$1.new"
        git clone --quiet --no-checkout "$2" "$1.new" || fail "$2 could not be cloned" \
            "try it as watchd's user: git clone $2"
        mv "$1.new" "$1"
    fi
    cd "$1" || exit
    # Left behind by a run that was killed; nobody else works here.
    rm -f .git/index.lock .git/HEAD.lock
    git cherry-pick --quit 2>/dev/null || true
    git remote set-url origin "$2"
    git fetch --quiet --prune --tags --force origin || fail "$2 could not be fetched" \
        "see that watchd's user reaches it: git ls-remote $2"
}

# commit_of REF
commit_of() {
    case $1 in -*) fail "'$1' is no commit" "compare the step with the recipe" ;; esac
    git rev-parse --verify --quiet "$1^{commit}" || fail "there is no commit $1 in the repository" \
        "see what the version source says: watchctl status; it must be a commit, branch or tag there"
}
