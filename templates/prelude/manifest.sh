# The one reader of MANIFESTs. A MANIFEST lies in a store, and whoever can write there can write it: so all of it is held against its
# grammar before a byte of it is used, by awk, which does not evaluate what it reads, and only what passed reaches the shell.

# The largest MANIFEST that is read, in blocks of 512 bytes as find counts them: 16 MiB.
readonly MANIFEST_BLOCKS=32769
readonly MANIFEST_BYTES=16777216

# The form of a set's name, for find and case: only these are looked at below a series.
readonly STAMP_GLOB='[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z'

# Read paths of MANIFESTs, one a line. What a good set has to have is in the facts of the asset, or for a script of several assets in
# READER_CIPHER and READER_SIGNED. With `lines`, print the one MANIFEST if it is in order, else why it is not, and end with 65, or
# 74 where it cannot be read. With `survey`, print a line for each directory and MANIFEST of a series: `name state stored raw finished
# sum until`, in any order; the states are explained at survey_series. It becomes awk: call it where a shell of its own ends with it.
manifest_reader() {
  exec awk -v mode="$1" -v unfinished="${2:-0}" -v cipher="${READER_CIPHER:-${ENCRYPTION:-none}}" -v signed="${READER_SIGNED:-${SIGN_KEYS[0]:+1}}" -v late="${3:-}" '
    function refuse(why) { if (problem == "") problem = why }
    function is_count(v) { return v ~ /^(0|[1-9][0-9]*)$/ && length(v) <= 18 }
    function is_hash(v) { return length(v) == 64 && v !~ /[^0-9a-f]/ }
    function is_name(v) { return v ~ /^[A-Za-z0-9_][A-Za-z0-9._-]*$/ && length(v) <= 255 }
    function is_stamp(v) {
      return length(v) == 16 && v ~ /^[0-9][0-9][0-9][0-9][01][0-9][0-3][0-9]T[0-2][0-9][0-5][0-9][0-6][0-9]Z$/
    }
    function is_number(v) { return v ~ /^[1-9][0-9]*$/ && length(v) <= 4 }
    # Percent-encoding of control characters and of the percent sign, complete.
    function is_text(v) {
      gsub(/%[0-7][0-9A-F]/, "", v)
      return v !~ /%/ && v !~ /[[:cntrl:]]/
    }
    function take(key, value,   n, part) {
      if (key in seen) refuse(key " stands there twice")
      seen[key] = value
      if (!is_text(value)) refuse(key " holds a control character or a stray %")
      n = split(key, part, ".")
      if (n == 1) {
        if (key !~ /^(format|plan|plan_sha256|asset|series|kind|host|set|started|finished|lifeboat|verified|key_id|manifest_mac|manifest_signature|manifest_sha256)$/) refuse("unknown key " key)
        if (key ~ /^(asset|series|kind)$/ && !is_name(value)) refuse(key " is no name")
        if (key ~ /^(set|started|finished)$/ && !is_stamp(value)) refuse(key " is no stamp")
        if (key ~ /^(manifest_mac|manifest_sha256)$/ && !is_hash(value)) refuse(key " is no SHA-256")
        if (key == "format" && value !~ /^[1-9][0-9]?$/) refuse("format is no number")
        if (key == "manifest_signature" && value !~ /^[A-Za-z0-9+\/=]+$/) refuse("manifest_signature is no base64")
        if (key == "key_id" && value !~ /^[0-9a-f]+$/) refuse("key_id is no number")
      } else if (part[1] == "payload") {
        if (n != 3 || !is_number(part[2])) { refuse(key " is no field of a payload"); return }
        if (part[2] + 0 > payloads) payloads = part[2] + 0
        if (part[3] ~ /^(name|file)$/) { if (!is_name(value)) refuse(key " is no name of a file") }
        else if (part[3] ~ /^(raw|stored)_bytes$/) { if (!is_count(value)) refuse(key " is no size") }
        else if (part[3] ~ /^(raw_sha256|stored_sha256|mac)$/) { if (!is_hash(value)) refuse(key " is no SHA-256") }
        else if (part[3] == "codec") { if (value !~ /^(zstd|gzip|none)$/) refuse(key " is no compression known here") }
        else if (part[3] == "cipher") { if (value !~ /^(age|openssl|none)$/) refuse(key " is no encryption known here") }
        else if (part[3] == "mac_salt") { if (length(value) != 16 || value ~ /[^0-9a-f]/) refuse(key " is no salt") }
        else refuse(key " is no field of a payload")
        if (part[3] == "file") {
          if (value in files || value ~ /^(MANIFEST|SUSPECT)$/) refuse(key " names a file that has another use")
          files[value] = 1
        }
        if (part[3] == "name") { if (value in names) refuse(key " names a payload twice"); names[value] = 1 }
      } else if (part[1] !~ /^(tool|position|server|dump|content|degraded|binlog_id|database|cluster|seal|count|rows|table|restored)$/ || key !~ /^[A-Za-z0-9._@:+-]+$/ || key ~ /\.\./) {
        refuse("unknown key " key)
      }
      # What kinds calculate with: a word of another sort never gets into their arithmetic.
      if (key ~ /^(position\.(entries|keys|expires|used_memory|revision|records|db_bytes|objects|tables|rows|page_count|serial|resources|items|errors|warnings|index|term|binlog_pos|changed)|database\.count|seal\.(threshold|shares)|dump\.longest_statement|count\.[^=]*)$/ && value != "" && !is_count(value)) refuse(key " is no number")
    }
    function complete(   i, k, want, many) {
      if (keys[lines] != "manifest_sha256") refuse("it does not end with its checksum: it was cut")
      many = split("format asset kind set finished manifest_sha256", want, " ")
      for (k = 1; k <= many; k++) if (!(want[k] in seen)) refuse(want[k] " is missing")
      if (payloads == 0) refuse("it names no payload")
      many = split("name file codec cipher raw_bytes raw_sha256 stored_bytes stored_sha256", want, " ")
      for (i = 1; i <= payloads; i++) for (k = 1; k <= many; k++)
        if (!(("payload." i "." want[k]) in seen)) refuse("payload." i "." want[k] " is missing")
    }
    function read_one(path,   line, at, got) {
      split("", seen); split("", files); split("", names); split("", keys); split("", kept)
      payloads = 0; lines = 0; problem = ""; failed = 0
      while ((got = (getline line < path)) > 0) {
        lines++
        kept[lines] = line
        at = index(line, "=")
        if (at < 2) { refuse("line " lines " is no key=value"); continue }
        keys[lines] = substr(line, 1, at - 1)
        take(keys[lines], substr(line, at + 1))
      }
      close(path)
      if (got < 0) failed = 1
      if (!unfinished) complete()
    }
    # Is it weaker than what the plan asks for: plain where it is encrypted, or forgeable where it is not.
    function is_weak(   i) {
      for (i = 1; i <= payloads; i++) {
        if (cipher != "none" && seen["payload." i ".cipher"] == "none") return 1
        if (cipher == "openssl" && seen["payload." i ".cipher"] != "openssl") return 1
      }
      if (cipher == "openssl" && !("manifest_mac" in seen)) return 1
      return signed == 1 && !("manifest_signature" in seen)
    }
    function sum(field,   i, total) {
      for (i = 1; i <= payloads; i++) total += seen["payload." i "." field]
      return total < 1e18 ? sprintf("%.0f", total) : "0"
    }
    function until() { return is_stamp(seen["position.until_time"]) ? seen["position.until_time"] : "-" }
    function state_of(name) {
      if (failed) return "unreadable"
      if (problem != "" || seen["set"] != name) return "invalid"
      if (name in marked) return "suspect"
      if (is_weak()) return "weaker"
      if (late != "" && name > late) return "future"
      return "ok"
    }
    mode == "lines" {
      read_one($0)
      if (failed) exit 74
      if (problem != "") { print problem; exit 65 }
      for (i = 1; i <= lines; i++) print kept[i]
      exit 0
    }
    {
      n = split($0, part, "/")
      if (part[n] == "MANIFEST") { name = part[n - 1]; if (is_stamp(name)) manifest[name] = $0 }
      else if (part[n] == "SUSPECT") { name = part[n - 1]; if (is_stamp(name)) marked[name] = 1 }
      else if (is_stamp(part[n])) directory[part[n]] = 1
    }
    END {
      if (mode != "survey") exit
      for (name in directory) {
        if (!(name in manifest)) { print name, "incomplete", 0, 0, "-", "-", "-"; continue }
        read_one(manifest[name])
        state = state_of(name)
        if (state ~ /^(unreadable|invalid)$/) print name, state, 0, 0, "-", "-", "-"
        else print name, state, sum("stored_bytes"), sum("raw_bytes"), seen["finished"], seen["manifest_sha256"], until()
      }
    }'
}

# Read the MANIFEST of a set: its lines are then in MANIFEST_LINES, and manifest_get and its like look there. 65 when it breaks the
# grammar, at two readings; 74 when it cannot be read; 75 when it is gone. The caller of manifest_get need not call this first.
open_manifest() {
  local set="$1" status=0 told
  local -a lines=()
  # lines is never empty: a MANIFEST that is was refused.
  MANIFEST_OF='' MANIFEST_LINES=()
  if [[ ! -e $set/MANIFEST && ! -L $set/MANIFEST ]]; then
    [[ -n ${WORK_DIR:-} && $set == "$WORK_DIR" && -f $set/.manifest ]] || {
      log_error "the set ${set##*/} has no MANIFEST: it is not a backup"
      return "$EX_DATA"
    }
    told="$(manifest_reader lines 1 <<<"$set/.manifest")" || status=$?
  else
    told="$(manifest_lines "$set")" || status=$?
    # What is read differently the second time was not damaged.
    ((status == 0)) || { status=0 && told="$(manifest_lines "$set")" || status=$?; }
  fi
  if ((status == EX_DATA)); then
    log_error "the MANIFEST of ${set##*/} is damaged or forged: ${told:-it is empty}"
    return "$EX_DATA"
  elif ((status != 0)); then
    log_error "cannot read the MANIFEST of ${set##*/}: $(read_failure "$set/MANIFEST")"
    return "$EX_IO"
  fi
  while IFS= read -r told; do lines+=("$told"); done <<<"$told"
  MANIFEST_LINES=("${lines[@]}")
  # An unfinished one grows.
  [[ ! -e $set/MANIFEST ]] || MANIFEST_OF="$set"
}

# The lines of a finished MANIFEST: a plain file of bearable size, or it is refused unread.
manifest_lines() {
  local path
  path="$(find "$1/MANIFEST" -prune -type f -size "-$MANIFEST_BLOCKS" -print 2>/dev/null)" || return "$EX_IO"
  if [[ -z $path ]]; then
    printf 'it is no plain file, or larger than 16 MiB\n'
    return "$EX_DATA"
  fi
  manifest_reader lines <<<"$path"
}

# Why a file cannot be read, in the system's own words.
read_failure() {
  local words
  words="$(cat -- "$1" 2>&1 >/dev/null)" || true
  words="${words##*: }"
  printf '%s\n' "${words:-it was read differently each time}"
}

# Have the MANIFEST of a set in memory.
need_manifest() {
  [[ ${MANIFEST_OF:-} == "$1" && -n $1 ]] || open_manifest "$1"
}

# Print a value of a set's MANIFEST; nothing when the key is not there.
manifest_get() {
  look_up "$1" "$2" || return $?
  printf '%s\n' "$VALUE"
}

# The same into VALUE: asked for dozens of times a run, so without a process once the MANIFEST was opened.
look_up() {
  local key="$2" line
  VALUE=''
  need_manifest "$1" || return $?
  for line in "${MANIFEST_LINES[@]}"; do
    [[ $line == "$key="* ]] || continue
    decode_value "${line#*=}"
    return 0
  done
}

# A value as it was before it was written, into VALUE: control characters and the percent sign are percent-encoded.
decode_value() {
  local rest="$1" char
  VALUE=''
  while [[ $rest == *%* ]]; do
    VALUE+="${rest%%\%*}"
    rest="${rest#*%}"
    # shellcheck disable=SC2059  # the escape is the data
    printf -v char "\\x${rest:0:2}"
    VALUE+="$char"
    rest="${rest:2}"
  done
  VALUE+="$rest"
}

# Decode a value and print it.
print_value() {
  decode_value "$1"
  printf '%s\n' "$VALUE"
}

# Encode a value for a line, into ENCODED_VALUE.
encode_value() {
  local text="$1" i char LC_ALL=C
  ENCODED_VALUE=${text//'%'/%25}
  [[ $ENCODED_VALUE == *[[:cntrl:]]* ]] || return 0
  text="$ENCODED_VALUE" ENCODED_VALUE=''
  for ((i = 0; i < ${#text}; i++)); do
    char="${text:i:1}"
    case "$char" in [[:cntrl:]]) printf -v char '%%%02X' "'$char" ;; esac
    ENCODED_VALUE+="$char"
  done
}

# One field of every payload of a set, in the order they were written, into FIELDS: `list_payloads SET cipher`. A set that is one has a
# payload, so that FIELDS is never empty.
list_payloads() {
  local line
  need_manifest "$1" || return $?
  FIELDS=()
  for line in "${MANIFEST_LINES[@]}"; do
    [[ $line != payload.*."$2="* ]] || FIELDS+=("${line#*=}")
  done
}

# What the keys of a payload begin with in the MANIFEST of a set, `payload.1`, into PAYLOAD.
find_payload() {
  local line
  need_manifest "$1" || return $?
  for line in "${MANIFEST_LINES[@]}"; do
    if [[ $line == payload.*.name="$2" ]]; then
      PAYLOAD="${line%%.name=*}"
      return 0
    fi
  done
  die "$EX_DATA" "the set ${1##*/} has no payload $2"
}

# Print what a set lacks although it was asked for, one object a line: the kind could not capture it (`degraded.N`).
degraded_objects() {
  local line
  need_manifest "$1" || return $?
  for line in "${MANIFEST_LINES[@]}"; do
    [[ ! $line =~ ^degraded\.[0-9]+=(.*)$ ]] || print_value "${BASH_REMATCH[1]//%0A/ }"
  done
}

# Print the values of the numbered keys of a group, in their order, a line each: `manifest_values SET content` has content.1, content.2, …
manifest_values() {
  local line
  need_manifest "$1" || return $?
  for line in "${MANIFEST_LINES[@]}"; do
    if [[ $line == "$2".[0-9]*=* ]]; then print_value "${line#*=}"; fi
  done
}

# Print the keys of a group, without the group's own name, and their values: `manifest_group SET count` has `Deployment.apps=3`.
manifest_group() {
  local line
  need_manifest "$1" || return $?
  for line in "${MANIFEST_LINES[@]}"; do
    [[ $line != "$2".*=* ]] || print_value "${line#"$2".}"
  done
}

# The bytes of all payloads of a set, as its MANIFEST has them, into RAW_BYTES and STORED_BYTES. The reader has seen to it that these are
# numbers.
measure_set() {
  local line
  need_manifest "$1" || return $?
  RAW_BYTES=0 STORED_BYTES=0
  for line in "${MANIFEST_LINES[@]}"; do
    case "$line" in
      payload.*.raw_bytes=*) RAW_BYTES=$((RAW_BYTES + ${line#*=})) ;;
      payload.*.stored_bytes=*) STORED_BYTES=$((STORED_BYTES + ${line#*=})) ;;
    esac
  done
}

# Is this a number that bash's arithmetic can take as it is?
is_count() {
  [[ $1 =~ ^(0|[1-9][0-9]{0,17})$ ]]
}
