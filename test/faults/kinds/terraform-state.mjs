/** Terraform's state in a local backend, by the real terraform. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./tools.mjs";

const folder = (place) => join(place, "live/infra");
const env = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  CHECKPOINT_DISABLE: "1",
  TF_INPUT: "0",
  TF_CLI_ARGS: "-no-color",
};
const terraform = (place, ...args) =>
  spawnSync("terraform", [`-chdir=${folder(place)}`, ...args], { encoding: "utf8", env });

/** What the state says that there is; counters aside. */
const resources = (text) => {
  try {
    return JSON.stringify(
      JSON.parse(text)
        .resources.map(({ type, name, instances }) => [type, name, instances.map((each) => each.attributes)])
        .sort(),
    );
  } catch {
    return `unreadable: ${text.slice(0, 80)}`;
  }
};

export const terraformState = {
  name: "terraform-state",
  type: "terraform",
  import: "terraformState",
  asset: (place) => `terraformState("thing", { ...common, directory: ${JSON.stringify(folder(place))} })`,
  begin: (place) => mkdirSync(folder(place), { recursive: true }),
  write(place, version) {
    writeFileSync(
      join(folder(place), "main.tf"),
      ["same", `only_in_${version}`]
        .map((name) => `resource "terraform_data" "${name}" {\n  input = "version ${version}"\n}\n`)
        .join(""),
    );
    if (terraform(place, "init").status !== 0)
      must("terraform", [`-chdir=${folder(place)}`, "init"], { env });
    must("terraform", [`-chdir=${folder(place)}`, "apply", "-auto-approve"], { env });
  },
  look(place) {
    const result = terraform(place, "state", "pull");
    return result.status === 0 ? resources(result.stdout) : `unreadable: ${result.stderr}`;
  },
  read: (payloads) => resources(payloads.get("terraform.tfstate").toString()),
};
