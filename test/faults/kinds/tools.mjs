/** What several kinds need: programs, fingerprints of files, a script that starts and stops a server of the test's own. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function must(program, args, settings = {}) {
  const result = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28, ...settings });
  if (result.status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${result.stderr}${result.stdout}${result.error ?? ""}`);
  return result.stdout;
}

export const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/** Everything that can be told of a file or a directory: names, modes, owners, contents. */
export function digestTree(path) {
  if (!existsSync(path)) return "gone";
  const hash = createHash("sha256");
  const walk = (file, name) => {
    const status = lstatSync(file);
    hash.update(`${name}\0${status.mode}\0${status.uid}:${status.gid}\0`);
    if (status.isSymbolicLink()) hash.update(readlinkSync(file));
    else if (status.isFile()) hash.update(readFileSync(file));
    else for (const child of readdirSync(file).sort()) walk(join(file, child), `${name}/${child}`);
  };
  walk(path, "");
  return hash.digest("hex");
}

/** What files that a tar archive holds are, by their path on the host. */
export function digestTar(raw, scratch, path) {
  must("tar", ["-xpf", "-", "-C", scratch], { input: raw });
  return digestTree(join(scratch, path));
}

/**
 * A script that starts, stops and asks after a server, as systemd would: the server is no part of the run that starts it, so that
 * neither its faults nor its end reach it. `isReady` is a shell command.
 */
export function writeService(file, home, command, isReady) {
  writeFileSync(
    file,
    `#!/usr/bin/env bash
[[ -z \${LD_PRELOAD:-} ]] || exec env -u LD_PRELOAD -u FAULT_COUNTER "$0" "$@"
cd '${home}' || exit 1
alive() { [[ -s pid ]] && grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$(<pid)/status" 2>/dev/null; }
case "$1" in
  start)
    if ! alive; then
      setsid ${command} >>log 2>&1 </dev/null &
      echo $! >pid
    fi
    for _ in {1..1200}; do
      ${isReady} >/dev/null 2>&1 && exit 0
      alive || exit 1
      sleep 0.05
    done
    exit 1
    ;;
  stop)
    alive || exit 0
    kill "$(<pid)"
    for _ in {1..1200}; do alive || exit 0; sleep 0.05; done
    exit 1
    ;;
  status) alive ;;
esac
`,
    { mode: 0o755 },
  );
}
