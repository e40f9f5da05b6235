# What the environment of whoever calls changes: nothing. And what a script says when it fails where nobody expected it.
load ../lib/lifeboat

setup() {
  new_files_asset
  unset LIFEBOAT_TRUST_ENVIRONMENT
}

# Backup, verify, restore after a loss, each under the environment that `env` makes of the given words; what came of it as text.
outcome() {
  local role
  rm -rf "$STORE"/* "$HOST/state"/* "$HOST"/data.lifeboat-old-* "$HOST/log"/* "$HOST/data"
  mkdir -p "$HOST/data/sub" && printf 'one\n' >"$HOST/data/one" && printf 'two\n' >"$HOST/data/sub/two"
  for role in 'backup' 'verify --deep' 'lose' 'restore --yes'; do
    if [[ $role == lose ]]; then
      printf 'newer\n' >"$HOST/data/one"
      continue
    fi
    status=0
    # shellcheck disable=SC2086
    output="$(cd "$HOST" && env "$@" "$HOST/bin/${role%% *}.sh" ${role#"${role%% *}"} </dev/null 2>&1)" || status=$?
    printf '%s: %d\n%s\n' "$role" "$status" "$(sed -E -e 's/[0-9]{8}T[0-9]{6}Z/SET/g' -e 's/[0-9]{4}-[0-9-]+[T ][0-9:]+(Z| UTC)?/TIME/g' -e 's/[0-9.]+ (ms|s|B|KiB)/N/g' -e 's/ +/ /g' -e '/^DEBUG/d' <<<"$output")"
  done
  find "$STORE" "$HOST/data" -printf '%P %m %U:%G\n' | sed -E 's/[0-9]{8}T[0-9]{6}Z/SET/g' | sort
  cat "$HOST/data/one" "$(last_set)/MANIFEST" | grep -v -e sha256 -e finished -e 'set=' -e started -e bytes
}

@test "options, functions, paths and variables of the environment change nothing: backup, verify, restore as in a clean one" {
  local hostile clean name
  hostile="$HOST/hostile" && mkdir "$hostile"
  # Every program that a script may call, as one that marks that it was called.
  for name in bash tar date mv rm cat mkdir sync stat df sed awk grep sort find ps sha256sum zstd gzip env id sleep tail head wc flock mktemp cut tr chmod; do
    printf '#!/bin/sh\n: >%s/called-%s\nexit 1\n' "$HOST" "$name" >"$hostile/$name"
    chmod +x "$hostile/$name"
  done
  printf 'echo sourced >&2; : >%s/called-startup; exit 3\n' "$HOST" >"$HOST/startup"
  outcome -i PATH=/usr/bin:/bin HOME=/root >"$HOST/clean"
  grep -q '^restore --yes: 0$' "$HOST/clean" || fail "$(cat "$HOST/clean")"
  while IFS= read -r hostile; do
    eval "set -- $hostile"
    # A locale that this machine has not is what bash itself warns of, before it reads a script.
    # So is a library that the loader cannot preload, for the three programs of a script that begin before the environment is shed.
    outcome "$@" >"$HOST/outcome"
    (($(grep -c '^ERROR: ld.so: ' "$HOST/outcome") <= 9)) || fail "$(cat "$HOST/outcome")"
    sed -e '/: warning: setlocale: LC_ALL: cannot change locale/d' -e '/^ERROR: ld.so: /d' "$HOST/outcome" >"$HOST/dirty"
    diff "$HOST/clean" "$HOST/dirty" || fail "under $hostile"
    [[ -z $(compgen -G "$HOST/called-*") ]] || fail "under $hostile: $(echo "$HOST"/called-*)"
  done <<END
PATH='$HOST/hostile:/usr/bin:/bin'
PATH=
SHELLOPTS=noexec BASH_ENV='$HOST/startup' ENV='$HOST/startup'
SHELLOPTS=xtrace:verbose:nounset:noglob:keyword:noclobber
SHELLOPTS=posix:noglob BASHOPTS=nocaseglob:nullglob:failglob:dotglob:extdebug:compat31
'BASH_FUNC_tar%%=() { : >$HOST/called-tar; }' 'BASH_FUNC_exit%%=() { :; }' 'BASH_FUNC_printf%%=() { :; }' 'BASH_FUNC_exec%%=() { :; }' 'BASH_FUNC_set%%=() { : >$HOST/called-set; }' 'BASH_FUNC_builtin%%=() { :; }' 'BASH_FUNC_command%%=() { :; }' 'BASH_FUNC_[%%=() { return 1; }' 'BASH_FUNC_local%%=() { :; }' 'BASH_FUNC_trap%%=() { :; }' 'BASH_FUNC_unset%%=() { :; }'
CDPATH='$HOST:/tmp' GREP_OPTIONS=-v GREP_COLOR=1 TAR_OPTIONS='--exclude=* --totals' GZIP=-1 ZSTD_CLEVEL=19 POSIXLY_CORRECT=1 LC_ALL=tr_TR.UTF-8 LANG=ko_KR.UTF-8 LC_NUMERIC=de_DE.UTF-8 LANGUAGE=ko LC_COLLATE=en_US.UTF-8 LC_TIME=ja_JP.UTF-8 IFS=/0123456789T TMPDIR=/nonexistent TMP=/nonexistent TEMP=/nonexistent
FUNCNEST=2 TMOUT=1 BASH_COMPAT=3.1 EXECIGNORE='*' GLOBIGNORE='*' OPTERR=0 POSIX_PEDANTIC=1 SERIES=other STAGE_DIR=/etc RUN_DIR=/etc DRY_RUN=1 FORCE=1 EXIT_STATUS=0 LOCK_HELD=1 SYNC_VERSION=coreutils ASSET=other STATE_DIR=/nonexistent STRICT_PID=1 FINISHING=1 WORK_DIR=/etc LOG_FILE=/nonexistent/x KEEP_ENVIRONMENT=LD_PRELOAD UNDOING=own
XZ_OPT=-9 BLOCKSIZE=1M BLOCK_SIZE=1M DF_BLOCK_SIZE=1M DU_BLOCK_SIZE=1M LS_BLOCK_SIZE=1 TIME_STYLE=iso QUOTING_STYLE=shell TZDIR=/nonexistent LS_COLORS=x PS_FORMAT=pid COLUMNS=10 LINES=3 PS_PERSONALITY=bsd _POSIX2_VERSION=199209 AWKPATH=/nonexistent AWKLIBPATH=/x GAWK_READ_TIMEOUT=1 LD_PRELOAD=/nonexistent/evil.so LD_LIBRARY_PATH='$HOST' LD_DEBUG_OUTPUT=/dev/null LD_BIND_NOW=1 a.b=c 'x y=z'
END
}

@test "a script that is given to bash by name, under options of the environment, starts itself anew" {
  printf 'command() { :; }\ntar() { : >%s/called-tar; return 1; }\n' "$HOST" >"$HOST/startup"
  BASH_ENV="$HOST/startup" run -0 bash "$HOST/bin/backup.sh"
  run -0 env SHELLOPTS=noglob:keyword bash "$HOST/bin/backup.sh" --quiet
  [[ ! -e $HOST/called-tar ]]
  run -0 bash -p "$HOST/bin/verify.sh"
}

@test "secrets of the plan in variables, proxies, clouds and clusters stay; nothing else reaches a program" {
  mkdir "$HOST/tools"
  printf '#!/bin/sh\nenv >%s/seen\nexec /usr/bin/tar "$@"\n' "$HOST" >"$HOST/tools/tar"
  chmod +x "$HOST/tools/tar"
  with HOST_PATH "$HOST/tools" KEEP_ENVIRONMENT '(OUR_SECRET)'
  run -0 env OUR_SECRET=s3cret OTHER=x https_proxy=p AWS_PROFILE=a KUBECONFIG=k SSH_AUTH_SOCK=s TERM=xterm NO_COLOR=1 PGHOST=h MYSQL_PWD=m EVIL=e "BASH_FUNC_evil%%=() { :; }" LD_PRELOAD= "$HOST/bin/backup.sh"
  for kept in OUR_SECRET=s3cret https_proxy=p AWS_PROFILE=a KUBECONFIG=k SSH_AUTH_SOCK=s TERM=xterm NO_COLOR=1 LC_ALL=C; do grep -q -x "$kept" "$HOST/seen" || fail "no $kept"; done
  for gone in OTHER PGHOST MYSQL_PWD EVIL BASH_FUNC LD_PRELOAD LIFEBOAT_SHED; do ! grep "^$gone" "$HOST/seen" || fail "$gone"; done
  assert_same "$(sed -n 's/^PATH=//p' "$HOST/seen" | cut -d : -f 1)" "$HOST/tools"
}

@test "an unexpected failure names the command, the function and the line, in guarded functions and pipelines, too; 70, or 74 for a program" {
  local line
  sed -i "\$i describe_retention() {\n  local x\n  x=\"\$(ls /nonexistent/\"\$STAMP\" 2>/dev/null)\"\n  printf '%s' \"\$x\"\n}" "$HOST/bin/backup.sh"
  sed -i 's/^describe_backup() {/&\n  describe_retention >\/dev\/null/' "$HOST/bin/backup.sh"
  line="$(grep -n 'x="$(ls /nonexistent' "$HOST/bin/backup.sh" | cut -d : -f 1)"
  run -74 "$HOST/bin/backup.sh" --dry-run
  # Versions of bash print a redirection in different ways.
  assert_says 'cannot do `x="$(ls /nonexistent/"$STAMP" 2>'
  assert_says "(exit 2, describe_retention, line $line)"
  assert_same "$(grep -c 'cannot do' <<<"$output")" 1
  assert_silent_about 'internal error'
  relink
  sed -i 's/^kind_capture() {/&\n  false "$STAMP"/' "$HOST/bin/backup.sh"
  run -70 "$HOST/bin/backup.sh"
  assert_says 'internal error: `false "$STAMP"` failed (exit 1) in kind_capture, line '"$(grep -n 'false "$STAMP"' "$HOST/bin/backup.sh" | cut -d : -f 1)"
  assert_same "$(grep -c 'internal error' <<<"$output")" 1
  relink
  sed -i 's/^produce_tar() {/&\n  false "$STAMP"/' "$HOST/bin/backup.sh"
  run "$HOST/bin/backup.sh"
  assert_says 'internal error: `false "$STAMP"` failed (exit 1) in produce_tar, line '
  # What is tried on purpose is no error.
  relink
  run -0 "$HOST/bin/backup.sh" --verbose
  assert_silent_about 'internal error'
  run -0 "$HOST/bin/verify.sh" --verbose --deep
  assert_silent_about 'internal error'
  run -0 "$HOST/bin/restore.sh" --verbose --yes
  assert_silent_about 'internal error'
}

@test "a service has the time that the plan gives it, and the message says which" {
  printf '#!/bin/sh\ncase $1 in start) [ -e %s/slow ] && exec sleep 30; : >%s/up ;; stop) rm -f %s/up ;; status) test -e %s/up ;; esac\n' "$HOST" "$HOST" "$HOST" "$HOST" >"$HOST/service"
  chmod +x "$HOST/service" && : >"$HOST/up"
  set_fact SERVICE_KIND commands
  set_fact SERVICE_NAME 'the fake service'
  set_list SERVICE_START "$HOST/service" start
  set_list SERVICE_STOP "$HOST/service" stop
  set_list SERVICE_STATUS "$HOST/service" status
  with SERVICE_START_SECONDS 1 SERVICE_STOP_SECONDS 3600
  backup 2>/dev/null
  printf 'newer\n' >"$HOST/data/one"
  : >"$HOST/slow"
  run -69 restore --yes
  assert_says 'start the fake service: not done after 1 s'
  assert_says 'startWithin of the service in the plan (now 1 s)'
  assert_same "$(cat "$HOST/data/one")" newer
  rm "$HOST/slow"
  # The undo could not start it either: a person can, and then goes on with it.
  run -0 restore --undo --yes
  [[ -e $HOST/up ]]
  assert_tidy
}
