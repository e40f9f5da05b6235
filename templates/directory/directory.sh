# Stores that are directories: here, and on another host.

# Print `stamp state` of every set of a series.
directory_names() {
  survey_series "$(place_setting path)/$TYPE/$1" | awk '$2 != "incomplete" { print $1, ($2 == "suspect" ? "suspect" : "ok") }'
}

# Is the directory there? What killed runs left in it goes.
directory_ready() {
  require_store "$(place_setting path)"
  sweep_leftovers "$(place_setting path)/$TYPE/${SERIES:-$ASSET}"
}

# Put a file of a set that is being sent; it counts once the MANIFEST is there.
directory_put() {
  local series="$1" name="$2" file="$3" partial
  partial="$(place_setting path)/$TYPE/$series/.arriving-$name"
  mkdir -p -- "$partial"
  [[ -f $partial/$file && $(sha256_of "$partial/$file") == "$(sha256_of "$4")" ]] || cat -- "$4" >"$partial/$file"
}

# Make a sent set exist.
directory_publish() {
  local series="$1" name="$2" set="$3" base
  base="$(place_setting path)/$TYPE/$series"
  cat -- "$set/MANIFEST" >"$base/.arriving-$name/MANIFEST"
  check_copied "$base/.arriving-$name" || return $?
  sync_paths "$base/.arriving-$name"/* "$base/.arriving-$name"
  mv -- "$base/.arriving-$name" "$base/$name" || return "$EX_IO"
  sync_paths "$base"
}

# Remove a set.
directory_remove() {
  local base
  base="$(place_setting path)/$TYPE/$1"
  mv -- "$base/$2" "$base/.expired-$2" || return "$EX_IO"
  rm -rf -- "$base/.expired-$2"
}

# A short POSIX script on the host of the store, its first argument the directory of the series.
remote_directory_script() {
  local script="$1" series="$2"
  shift 2
  remote_use "$PLACE_HOST"
  remote_script "$script" "$(place_setting path)/$TYPE/$series" "$@"
}

# Print `stamp state` of every set of a series on the other host. A store that is not there is an error, one without sets is not.
remote_directory_names() {
  # shellcheck disable=SC2016  # for the shell over there
  remote_directory_script 'store=${1%/*/*}
[ -d "$store" ] || { printf "the store %s is not there\n" "$store" >&2; exit 73; }
for manifest in "$1"/*/MANIFEST; do
  [ -f "$manifest" ] || continue
  set=${manifest%/MANIFEST}
  case ${set##*/} in ????????T??????Z) ;; *) continue ;; esac
  state=ok
  [ ! -e "$set/SUSPECT" ] || state=suspect
  printf "%s %s\n" "${set##*/}" "$state"
done' "$1" </dev/null | while read -r name state; do
    if is_stamp "$name"; then printf '%s %s\n' "$name" "$state"; fi
  done
}

# Print a set's MANIFEST.
remote_directory_manifest() {
  # shellcheck disable=SC2016  # for the shell over there
  remote_directory_script 'exec cat "$1/$2/MANIFEST"' "$1" "$2" </dev/null
}

# Print a file of a set from an offset on.
remote_directory_get() {
  # shellcheck disable=SC2016  # for the shell over there
  remote_directory_script 'exec tail -c +"$4" "$1/$2/$3"' "$1" "$2" "$3" "$(($4 + 1))" </dev/null
}

# Is the directory there, and can it be written?
remote_directory_ready() {
  # shellcheck disable=SC2016  # for the shell over there
  remote_directory_script 'store=${1%/*/*}
[ -d "$store" ] || { printf "the store %s is not there\n" "$store" >&2; exit 73; }
[ -w "$store" ] || { printf "the store %s cannot be written\n" "$store" >&2; exit 73; }
# What killed runs left: sets half removed, and transfers that nobody went on with for a week.
for left in "$1"/.expired-*; do [ ! -d "$left" ] || rm -rf "$left"; done
[ ! -d "$1" ] || find "$1" -maxdepth 1 -name ".arriving-*" -mtime +7 -exec rm -rf {} +' "${SERIES:-$ASSET}" </dev/null
}

# Put a file of a set that is being sent, from where an earlier try stopped. What is there already must have the right hash.
remote_directory_put() {
  local series="$1" name="$2" file="$3" path="$4" have
  # shellcheck disable=SC2016  # for the shell over there
  have="$(remote_directory_script 'umask 077
mkdir -p "$1/.arriving-$2"
cd "$1/.arriving-$2" || exit 73
[ -f "$3" ] || : >"$3"
printf "%d\n" "$(($(wc -c <"$3")))"' "$series" "$name" "$file" </dev/null)" || return $?
  # BSD's head takes no count of 0.
  if ((have == 0)) || ((have > $(file_size "$path"))) || [[ $(head -c "$have" -- "$path" | hash_stream) != "$(remote_directory_hash "$series" "$name" "$file")" ]]; then
    have=0
  fi
  log_debug "$file: $have bytes are at $PLACE_ID already"
  # shellcheck disable=SC2016  # for the shell over there
  tail -c +"$((have + 1))" -- "$path" | remote_directory_script 'umask 077
cd "$1/.arriving-$2" || exit 73
if [ "$4" = 0 ]; then cat >"$3"; else cat >>"$3"; fi' "$series" "$name" "$file" "$have"
}

# Print the SHA-256 of a file of a set that is being sent, as the other host reads it from its disk.
remote_directory_hash() {
  # shellcheck disable=SC2016  # for the shell over there
  remote_directory_script 'cd "$1/.arriving-$2" || exit 73
if command -v openssl >/dev/null 2>&1; then openssl dgst -sha256
elif command -v sha256sum >/dev/null 2>&1; then sha256sum
else shasum -a 256; fi <"$3" | sed "s/.*= //; s/ .*//"' "$1" "$2" "$3" </dev/null
}

# Make a sent set exist: every file has, over there, the hash that the MANIFEST says; then it is flushed and renamed.
remote_directory_publish() {
  local series="$1" name="$2" set="$3" payload file
  list_payloads "$set" name
  for payload in "${FIELDS[@]}"; do
    find_payload "$set" "$payload" || return $?
    look_up "$set" "$PAYLOAD.file"
    file="$VALUE"
    look_up "$set" "$PAYLOAD.stored_sha256"
    if [[ $(remote_directory_hash "$series" "$name" "$file") != "$VALUE" ]]; then
      log_error "$file of set $name is damaged at $PLACE_ID: its SHA-256 differs from the MANIFEST"
      return "$EX_DATA"
    fi
  done
  # shellcheck disable=SC2016  # for the shell over there
  remote_directory_script 'umask 077
cd "$1/.arriving-$2" || exit 73
cat >MANIFEST && sync && mv "$1/.arriving-$2" "$1/$2" && sync' "$series" "$name" <"$set/MANIFEST"
}

# Remove a set.
remote_directory_remove() {
  # shellcheck disable=SC2016  # for the shell over there
  remote_directory_script 'mv "$1/$2" "$1/.expired-$2" && rm -rf "$1/.expired-$2"' "$1" "$2" </dev/null
}
