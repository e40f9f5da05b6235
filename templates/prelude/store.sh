# Is a directory the store that it is taken for? A mount point is there also while its disk is not.

readonly STORE_MARK=.lifeboat-store

# What is wrong with a store, into STORE_FAULT; empty when it is the one that install.sh saw. The installation noted for each store what mark lies
# in it and on which mount point it is; without such a note (a script that was copied alone) a directory is enough.
find_store_fault() {
  local store="$1" line='' mark='' mount='' first=''
  STORE_FAULT=''
  # A disk that was there and does not answer (a lost NFS server) lets whoever looks at it hang: only a child looks.
  if ! IFS= read -r -t "$DF_SECONDS" line < <(if [[ -d $store ]]; then printf 'there\n'; else printf 'absent\n'; fi); then
    STORE_FAULT='does not answer'
    return 0
  elif [[ $line != there ]]; then
    STORE_FAULT='is not there'
    return 0
  fi
  [[ -f $STATE_DIR/stores ]] || return 0
  while IFS= read -r line; do
    [[ ${line#* * } == "$store" ]] || continue
    mark="${line%% *}" line="${line#* }"
    mount="${line%% *}"
  done <"$STATE_DIR/stores"
  [[ -n $mark ]] || return 0
  [[ ! -f $store/$STORE_MARK ]] || IFS= read -r first <"$store/$STORE_MARK" || true
  if [[ $first != "$mark" ]]; then
    STORE_FAULT='has not the mark that the installation put into it'
    return 0
  fi
  find_mount_point "$store" || true
  encode_word "$MOUNT_POINT"
  [[ $ENCODED_WORD == "$mount" ]] || STORE_FAULT='is on another file system than when it was installed'
}

# A store that is missing may be a disk that is not mounted: never make it here, or backups land on the wrong disk.
require_store() {
  find_store_fault "$1"
  [[ -z $STORE_FAULT ]] || die "$EX_CANTCREAT" "the store $1 $STORE_FAULT" "is its disk mounted? install.sh makes the store, and takes it as it is then"
}

# A path as one word, percent-encoded where it has spaces, into ENCODED_WORD.
encode_word() {
  ENCODED_WORD="${1//'%'/%25}"
  ENCODED_WORD="${ENCODED_WORD// /%20}"
}

# Keep a set from retention while this process reads it: retention looks for the note, and a set that is gone is told from damage.
hold_set() {
  [[ -d $STATE_DIR/holds ]] || mkdir -p -- "$STATE_DIR/holds" 2>/dev/null || return 0
  HELD="$STATE_DIR/holds/${SERIES:-$ASSET}.${1##*/}.$$"
  # The same for every set.
  [[ -n ${OWN_START:-} ]] || OWN_START="$(process_start "$$")"
  { printf '%s\n' "$OWN_START" >"$HELD"; } 2>/dev/null || return 0
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
