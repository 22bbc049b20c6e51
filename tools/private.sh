# State of private servers, sourced by tools/engine and tools/registry: one short
# folder for each server, which dies with it.

# private_root KIND: set $state to the folder of all servers of a kind.
private_root() {
  state=${TMPDIR:-/tmp}/moondock-$1-$(id -u)
}

# private_name NAME: set $name and $dir.
private_name() {
  if [[ ! $1 =~ ^[a-z0-9][a-z0-9.-]{0,30}$ ]]; then
    echo "bad name '$1': small letters, digits, dots and dashes" >&2
    exit 2
  fi
  name=$1
  dir=$state/$name
}

private_names() {
  ls "$state" 2>/dev/null || true
}

# A process with its start time, so that a later one with its number is another.
private_process() {
  local fields
  fields=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
  echo "$1 $(echo "$fields" | cut -d' ' -f20)"
}

private_owner() {
  if [ -n "$1" ]; then private_process "$1" >"$dir/owner"; fi
}

# Whether the server in $dir had an owner that is gone.
private_orphan() {
  local pid rest
  read -r pid rest 2>/dev/null <"$dir/owner" || return 1
  [ "$(private_process "$pid")" != "$pid $rest" ]
}

private_remove() {
  rm -rf "$dir"
  rmdir "$state" 2>/dev/null || true
}
