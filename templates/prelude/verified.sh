# What verifications of this host found: `store name sum when level` lines in its state, so that a listing can tell a set that was looked
# at from one that nobody has opened since. The checksum is that of the MANIFEST: a set that was exchanged does not count as verified.

# Note that a set passed a verification (`hashes`, `content`, `deep`) or did not (`failed-hashes` and so on). A later one that looks less
# closely and passes takes nothing back: what failed a deep verification has to pass a deep one. Sets that are gone are forgotten.
note_verified() {
  local store="$1" name="$2" sum="$3" level="$4" file="$STATE_DIR/$ASSET.verified" notes=/dev/null
  [[ ! -f $file ]] || notes="$file"
  if ! awk -v store="$store" -v name="$name" -v sum="$sum" -v level="$level" -v now="$(date -u +%Y%m%dT%H%M%SZ)" '
    function depth(of) { sub(/^failed-/, "", of); return of == "deep" ? 3 : of == "content" ? 2 : 1 }
    NF != 5 { next }
    $1 == store && $2 == name {
      if ($3 == sum && $5 ~ /^failed-/ && level !~ /^failed-/ && depth($5) > depth(level)) level = $5
      next
    }
    { print }
    END { print store, name, sum, now, level }' "$notes" >"$file.new" 2>/dev/null || ! mv -f -- "$file.new" "$file"; then
    log_warn "cannot note in $STATE_DIR what was verified"
  fi
}

# Forget what is noted of sets of a store that are not among those on stdin.
forget_verified() {
  local store="$1" file="$STATE_DIR/$ASSET.verified"
  [[ -f $file ]] || return 0
  if awk -v store="$store" '
    BEGIN { while ((getline line < "-") > 0) there[line] = 1 }
    NF == 5 && ($1 != store || $2 in there)' "$file" >"$file.new" 2>/dev/null; then
    mv -f -- "$file.new" "$file"
  fi
}

# Pass on lines of survey_series with the state `ok` told apart: `verified`, `unchecked`, or `failed`.
mark_verified() {
  local file="$STATE_DIR/$ASSET.verified"
  [[ -f $file ]] || file=/dev/null
  awk -v store="$1" -v notes="$file" '
    BEGIN { while ((getline line < notes) > 0) { split(line, part, " "); if (part[1] == store) level[part[2] " " part[3]] = part[5] } }
    $2 == "ok" { found = level[$1 " " $6]; $2 = found == "" ? "unchecked" : found ~ /^failed/ ? "failed" : "verified" }
    { print }'
}
