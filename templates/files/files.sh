# The kind `files`: directories and files as they are. All of it is in the prelude's archive.

# Every source must be there: a backup without one of them would look complete.
kind_preflight() {
  archive_preflight
}

# One tar of all sources, listed and counted while it is written.
kind_capture() {
  archive_capture
}

# Decode the archive and count its entries.
kind_verify() {
  archive_verify "$1"
}

# The first source's file system; kind_stage makes further stages where others lie elsewhere.
kind_stage_parent() {
  archive_stage_parent
}

# Extract every source into the stage; for a live restore, one pass for each file system that holds some of them.
kind_stage() {
  archive_stage "$1" "$2"
}

# Every entry must have arrived.
kind_check_stage() {
  archive_check_stage "$1" "$2"
}

# Nothing runs in a stage of files.
kind_stage_stop() {
  return 0
}

# Say what is replaced.
kind_describe_restore() {
  archive_describe_restore "$1"
}

# Swap each path with its stage, with the service stopped.
kind_swap() {
  archive_swap "$1" "$2"
}

# Every path is there, and the service runs.
kind_check_live() {
  archive_check_live "$1"
}

# The renames are all there is to undo.
kind_rollback() {
  return 0
}

# One line about a stage.
kind_stage_summary() {
  archive_stage_summary "$1"
}
