/** Certificates as kubeadm lays them out, made by OpenSSL. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { digestTar, digestTree, must } from "./tools.mjs";

const path = (place) => join(place, "live/pki");
const library = join(dirname(fileURLToPath(import.meta.url)), "../../bats/lib/pki.bash");

export const kubeadmPki = {
  name: "kubeadm-pki",
  type: "k8s",
  import: "kubeadmPki",
  asset: (place) =>
    `kubeadmPki("thing", { ...common, directory: ${JSON.stringify(path(place))}, configs: [] })`,
  begin(place) {
    // Keys take time to be made: the versions differ in a file beside them.
    must("bash", ["-c", 'source "$1"; pki_make "$2"', "bash", library, join(place, "keys")]);
  },
  write(place, version) {
    rmSync(path(place), { recursive: true, force: true });
    mkdirSync(join(place, "live"), { recursive: true });
    must("cp", ["-a", join(place, "keys/pki"), path(place)]);
    writeFileSync(join(path(place), `note-${version}`), `version ${version}\n`);
  },
  look: (place) => digestTree(path(place)),
  read: (payloads, scratch, place) => digestTar([...payloads.values()][0], scratch, path(place)),
};
