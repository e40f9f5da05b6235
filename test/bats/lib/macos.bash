# A host that has what macOS has: Apple's bash as far as another bash can be it, BSD's programs as strict stubs that know macOS' options
# only, bwk awk, bsdtar, perl, shasum, and no flock, timeout, zstd or sha256sum on the path. sed, grep, find and their like are this
# machine's own; rules hold the templates to what BSD's know. LIFEBOAT_BASH names the real bash, for people who have it.
#
#   macos_tools               make the tools; sets MACOS_PATH
#   macos_brew NAME…          programs that are the same ones there, once they are installed: kubectl, jq
#   macos_bundle DIR          make the scripts of a compiled bundle behave so, with checksums that fit
#   sum_bundle DIR            make checksums that fit
#   forget_first_tries        `stat -c` (for a mode) and `date -d` (for an offset) are tried first, and refused: as it should be
#   refuse_nothing            demand that no stub was asked for what macOS does not know
#   on_macos COMMAND…         run a command with nothing else on the path
#   make_macos_scripts        make scripts of the host behave as under Apple's bash

# Programs that do what is asked of them here alike, whoever wrote them.
MACOS_ALIKE=(env cat rm mv cp mkdir rmdir mkfifo ln ls chmod chown tee sort cut tr grep sed find tail cmp sleep id od uname dirname basename
  gzip perl shasum curl sqlite3 touch mktemp paste readlink hostname ssh-keygen xargs diff locale printf true false uniq kill)

macos_tools() {
  local name
  MACOS_PATH="$HOST/macos"
  mkdir -p "$MACOS_PATH"
  for name in "${MACOS_ALIKE[@]}"; do ln -sf "$(command -v "$name")" "$MACOS_PATH/$name"; done
  ln -sf "$(command -v original-awk)" "$MACOS_PATH/awk"
  ln -sf "$(command -v bsdtar)" "$MACOS_PATH/tar"
  ln -sf "${LIFEBOAT_BASH:-$(command -v bash)}" "$MACOS_PATH/bash"
  ln -sf "$(command -v sh)" "$MACOS_PATH/sh"
  for name in stat date head wc df mount ps sync openssl crontab; do
    { printf '#!/bin/bash\n# STUB of macOS'\'' %s\nHOST=%q\nrefuse() { printf "%%s: %%s\\n" "%s" "$*" >&2; printf "%%s %%s\\n" "%s" "$*" >>"$HOST/refused"; exit 1; }\n' "$name" "$HOST" "$name" "$name" && "macos_$name"; } >"$MACOS_PATH/$name"
    chmod +x "$MACOS_PATH/$name"
  done
}

macos_brew() {
  local name
  for name in "$@"; do ln -sf "$(command -v "$name")" "$MACOS_PATH/$name"; done
}

macos_bundle() {
  make_macos_scripts "$1"/*.sh
  sum_bundle "$1"
}

sum_bundle() {
  (cd "$1" && find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs sha256sum >SHA256SUMS)
}

forget_first_tries() {
  [[ ! -e $HOST/refused ]] || sed -i -e '/^stat illegal option -- c$/d' -e '/^date illegal option -- d$/d' "$HOST/refused"
  [[ -s $HOST/refused ]] || rm -f "$HOST/refused"
}

refuse_nothing() {
  forget_first_tries
  [[ ! -e $HOST/refused ]] || fail "an option that macOS does not know: $(sort -u "$HOST/refused")"
}

# stat knows -f FORMAT only; %Lp has no setuid, setgid and sticky bits, %Mp has just these.
macos_stat() {
  cat <<'END'
[[ $1 == -f ]] || refuse "illegal option -- ${1#-}"
format="$2"
shift 2
[[ $1 != -- ]] || shift
for file in "$@"; do
  mode="$(/usr/bin/stat -c %a -- "$file")" || exit 1
  printf -v mode %04d "$mode"
  case "$format" in
    %Lp) printf '%s\n' "${mode:1}" ;;
    %Mp%Lp) printf '%s\n' "$mode" ;;
    %u:%g) /usr/bin/stat -c %u:%g -- "$file" ;;
    %z) /usr/bin/stat -c %s -- "$file" ;;
    *) refuse "the stub does not know the format $format" ;;
  esac
done
END
}

# date knows -u, -j, -r SECONDS and a format, and no %N.
macos_date() {
  cat <<'END'
options=() seconds=''
while [[ ${1:-} == -* ]]; do
  case "$1" in
    -u) options+=(-u) ;;
    -j) ;;
    -r) seconds="$2" && shift ;;
    *) refuse "illegal option -- ${1#-}" ;;
  esac
  shift
done
[[ $# -le 1 && ${1:-+} == +* ]] || refuse "illegal time format"
/usr/bin/date "${options[@]}" ${seconds:+-d "@$seconds"} "${@//%N/N}"
END
}

# head takes no count of 0 and none below.
macos_head() {
  cat <<'END'
case "$1" in
  -c | -n) [[ $2 =~ ^[1-9][0-9]*$ ]] || refuse "illegal byte count -- $2" ;;
  -[0-9]*) ;;
  -*) refuse "illegal option -- ${1#-}" ;;
esac
exec /usr/bin/head "$@"
END
}

# wc pads its numbers.
macos_wc() {
  cat <<'END'
[[ $1 =~ ^-[clw]$ ]] || refuse "illegal option -- ${1#-}"
/usr/bin/wc "$@" | /usr/bin/sed -e 's/^ *\([0-9]*\)/\1/' | while read -r number rest; do printf '%8d%s\n' "$number" "${rest:+ $rest}"; done
exit "${PIPESTATUS[0]}"
END
}

macos_df() {
  cat <<'END'
for word in "$@"; do
  case "$word" in
    -P | -k | -Pk | -kP | --) ;;
    -*) refuse "illegal option -- ${word#-}" ;;
  esac
done
exec /usr/bin/df "$@"
END
}

# mount says `/dev/disk1s1 on /path (apfs, local)`.
macos_mount() {
  cat <<'END'
(($# == 0)) || refuse "the stub only lists"
/usr/bin/mount | /usr/bin/sed 's/^\(.*\) on \(.*\) type \([^ ]*\) (\(.*\))$/\1 on \2 (\3, \4)/'
END
}

macos_ps() {
  cat <<'END'
for word in "$@"; do
  case "$word" in
    -o | -p | -A | -a | -x | -ax | -axo | -e) ;;
    -*) refuse "illegal option -- ${word#-}" ;;
  esac
done
exec /usr/bin/ps "$@"
END
}

# sync looks at no argument.
macos_sync() { printf 'exec /usr/bin/sync\n'; }

# LibreSSL has no -no_check_time.
macos_openssl() {
  cat <<'END'
for word in "$@"; do [[ $word != -no_check_time ]] || refuse "unknown option -no_check_time"; done
[[ $1 != version ]] || { printf 'LibreSSL 3.3.6\n' && exit 0; }
exec /usr/bin/openssl "$@"
END
}

# crontab lists with -l, removes with -r and takes a file; the table is $HOST/crontab. It wants a newline at the end, fields that its cron
# knows, and no variable that only others' crons know.
macos_crontab() {
  cat <<'END'
table="$HOST/crontab"
case "${1:-} $#" in
  '-l 1') [[ -e $table ]] || { printf 'crontab: no crontab for %s\n' "$(/usr/bin/id -un)" >&2 && exit 1; } && exec /usr/bin/cat "$table" ;;
  '-r 1') exec /usr/bin/rm "$table" ;;
  -*) refuse "usage error: $*" ;;
  *' 1') ;;
  *) refuse "usage error: $*" ;;
esac
[[ -z $(/usr/bin/tail -c 1 "$1") ]] || refuse 'new crontab file is missing newline before EOF, cannot install'
number='(\*|[0-9]+(-[0-9]+)?)(/[0-9]+)?' name='[A-Za-z]{3}'
field="($number|$name)(,($number|$name))*"
while IFS= read -r line; do
  ((${#line} < 1000)) || refuse 'command too long'
  case "$line" in
    '' | '#'*) ;;
    CRON_TZ* | RANDOM_DELAY*) refuse "the variable of another cron: $line" ;;
    [A-Z]*=*) ;;
    *) [[ $line =~ ^($field[[:blank:]]+){5}[^[:blank:]] ]] || refuse "bad line: $line" ;;
  esac
done <"$1"
/usr/bin/cp "$1" "$table"
END
}

on_macos() { PATH="$MACOS_PATH" "$@"; }

# Apple's `command` execs in a background job, and ends the shell where it fails under errexit; bash 3.2 has neither BASHPID nor EPOCHREALTIME.
make_macos_scripts() {
  local script
  for script in "$@"; do
    # shellcheck disable=SC2016
    sed -i -e '/^set -Eeuo pipefail$/a\
command() { case "${1:-}" in -v | -V | -p) builtin command "$@"; return ;; esac; ((BASH_SUBSHELL == 0)) || exec "$@"; builtin command "$@" || { local s=$?; case $- in *e*) exit "$s" ;; esac; return "$s"; }; }\
unset -v BASHPID EPOCHREALTIME EPOCHSECONDS' "$script"
    [[ -z ${LIFEBOAT_BASH:-} ]] || sed -i "1s|^#!/bin/bash|#!$LIFEBOAT_BASH|" "$script"
    grep -q '^unset -v BASHPID' "$script" || fail "$script was not changed"
  done
}
