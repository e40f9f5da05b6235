# Is a directory the store that it is taken for? A mount point is there also while its disk is not.

readonly STORE_MARK=.lifeboat-store

# Print what is wrong with a store; nothing when it is the one that install.sh saw. The installation noted for each store what mark lies
# in it and on which mount point it is; without such a note (a script that was copied alone) a directory is enough.
store_fault() {
  local store="$1" line='' mark='' mount=''
  # A disk that was there and does not answer (a lost NFS server) lets whoever looks at it hang: only a child looks.
  if ! IFS= read -r -t "$DF_SECONDS" line < <(if [[ -d $store ]]; then printf 'there\n'; else printf 'absent\n'; fi); then
    printf 'does not answer\n'
    return 0
  elif [[ $line != there ]]; then
    printf 'is not there\n'
    return 0
  fi
  [[ -f $STATE_DIR/stores ]] || return 0
  while IFS= read -r line; do
    [[ ${line#* * } == "$store" ]] || continue
    mark="${line%% *}" line="${line#* }"
    mount="${line%% *}"
  done <"$STATE_DIR/stores"
  [[ -n $mark ]] || return 0
  if [[ ! -f $store/$STORE_MARK || $(sed -n 1p "$store/$STORE_MARK") != "$mark" ]]; then
    printf 'has not the mark that the installation put into it\n'
  elif [[ $(encode_word "$(mount_point "$store")") != "$mount" ]]; then
    printf 'is on another file system than when it was installed\n'
  fi
}

# A store that is missing may be a disk that is not mounted: never make it here, or backups land on the wrong disk.
require_store() {
  local fault
  fault="$(store_fault "$1")"
  [[ -z $fault ]] || die "$EX_CANTCREAT" "the store $1 $fault" "is its disk mounted? install.sh makes the store, and takes it as it is then"
}

# A path as one word: percent-encoded where it has spaces.
encode_word() {
  local text="${1//'%'/%25}"
  printf '%s\n' "${text// /%20}"
}

# Keep a set from retention while this process reads it: retention looks for the note, and a set that is gone is told from damage.
hold_set() {
  [[ -d $STATE_DIR/holds ]] || mkdir -p -- "$STATE_DIR/holds" 2>/dev/null || return 0
  HELD="$STATE_DIR/holds/${SERIES:-$ASSET}.${1##*/}.$$"
  { process_start "$$" >"$HELD"; } 2>/dev/null || return 0
  HELD_SETS+=("$HELD")
  ((${#HELD_SETS[@]} > 1)) || on_exit release_sets
}

# Let go of the sets that this process holds.
release_sets() {
  rm -f -- ${HELD_SETS[@]+"${HELD_SETS[@]}"}
  HELD_SETS=()
}

# Does a process of this host read the set? Notes of processes that are gone are cleared away.
is_held() {
  local note pid
  for note in "$STATE_DIR/holds/${SERIES:-$ASSET}.$1".*; do
    [[ -e $note ]] || continue
    pid="${note##*.}"
    if [[ $pid =~ ^[0-9]+$ ]] && kill -0 "$pid" 2>/dev/null && [[ $(process_start "$pid") == "$(cat -- "$note" 2>/dev/null)" ]]; then return 0; fi
    rm -f -- "$note"
  done
  return 1
}
