# Change one byte of a file, at an offset, to another than it is: `damage FILE OFFSET`.
damage() {
  local byte=X
  [[ $(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tx1) != *58* ]] || byte=Y
  printf '%s' "$byte" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
