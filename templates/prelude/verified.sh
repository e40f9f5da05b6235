# What verifications of this host found: `store name sum when level` lines in its state, so that a listing can tell a set that was looked
# at from one that nobody has opened since. The checksum is that of the MANIFEST: a set that was exchanged does not count as verified.

# Note that a set passed a verification (`hashes`, `content`, `deep`) or did not (`failed-hashes` and so on): a line at the end of the notes.
note_verified() {
  local store="$1" name="$2" sum="$3" level="$4"
  read_utc
  { printf '%s %s %s %s %s\n' "$store" "$name" "$sum" "$STAMP_NOW" "$level" >>"$STATE_DIR/$ASSET.verified"; } 2>/dev/null ||
    log_warn "cannot note in $STATE_DIR what was verified"
}

# Print what the notes say in the end, one line for each set. A later verification that looks less closely and passes takes nothing back: what
# failed a deep verification has to pass a deep one.
sum_up_verified() {
  local file="$STATE_DIR/$ASSET.verified"
  [[ -f $file ]] || file=/dev/null
  awk '
    function depth(of) { sub(/^failed-/, "", of); return of == "deep" ? 3 : of == "content" ? 2 : 1 }
    NF != 5 { next }
    {
      key = $1 " " $2
      if (sum[key] == $3 && level[key] ~ /^failed-/ && $5 !~ /^failed-/ && depth(level[key]) > depth($5)) $5 = level[key]
      sum[key] = $3; level[key] = $5; note[key] = $0
    }
    END { for (key in note) print note[key] }' "$file"
}

# Sum the notes up in their file, and forget those of sets of a store that a file of lines of survey_series does not have.
forget_verified() {
  local store="$1" survey="$2" file="$STATE_DIR/$ASSET.verified"
  [[ -f $file ]] || return 0
  if sum_up_verified | awk -v store="$store" '
    notes { if ($1 != store || $2 in there) print; next }
    { there[$1] = 1 }' "$survey" notes=1 - >"$file.new" 2>/dev/null; then
    mv -f -- "$file.new" "$file"
  fi
}

# Pass on lines of survey_series with the state `ok` told apart: `verified`, `unchecked`, or `failed`.
mark_verified() {
  awk -v store="$1" '
    !survey { if ($1 == store) level[$2 " " $3] = $5; next }
    $2 == "ok" { found = level[$1 " " $6]; $2 = found == "" ? "unchecked" : found ~ /^failed/ ? "failed" : "verified" }
    { print }' <(sum_up_verified) survey=1 -
}
