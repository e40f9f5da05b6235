import type { AssetOptions } from "../../dsl/asset.ts";
import type { Secret } from "../../dsl/secret.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { assetKind, type OptionProblem, secretReference } from "../kind.ts";

/** A variable of the environment that Terraform's backend or providers want. */
export interface TerraformVariable {
  /**
   * Its name: `PG_CONN_STR`, `AWS_SECRET_ACCESS_KEY`, `TF_HTTP_PASSWORD`.
   * @pattern ^[A-Za-z_][A-Za-z0-9_]*$
   */
  readonly name: string;
  /** Where its value is. */
  readonly value: Secret;
}

/** The object in which Terraform's S3 backend keeps the state, in a bucket that keeps its old versions. */
export interface TerraformVersions {
  /**
   * The bucket of the backend.
   * @pattern ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$
   */
  readonly bucket: string;
  /**
   * The object's key, the whole of it: `infra/terraform.tfstate`, or `env:/production/infra/terraform.tfstate` of a workspace.
   * @pattern ^[A-Za-z0-9!_.*()/][A-Za-z0-9!_.*()/:=@+,-]*$
   */
  readonly key: string;
  /**
   * The bucket's region. Default: that of the AWS configuration.
   * @pattern ^[a-z0-9-]+$
   */
  readonly region?: string;
  /**
   * Another server than Amazon's: `https://minio.example.com`. Default: Amazon's.
   * @pattern ^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._/-]*)?$
   */
  readonly endpoint?: string;
  /**
   * A file of AWS credentials on the host, of mode 600. Default: `AWS_…` of `environment`, else what the aws command finds: a role,
   * its own file.
   */
  readonly credentials?: AbsolutePath;
  /**
   * A profile in that file. Default: `default`.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9_.-]*$
   */
  readonly profile?: string;
  /** A file of CA certificates, for a server with one of its own. Default: those of the host. */
  readonly caBundle?: AbsolutePath;
}

/** What an author says of a Terraform state. */
export interface TerraformStateOptions extends AssetOptions {
  /** Where the configuration lies, initialised with `terraform init`: it says which backend holds the state. */
  readonly directory: AbsolutePath;
  /**
   * The workspace, whichever one a person has selected there. Default: `default`.
   * @pattern ^[A-Za-z0-9_][A-Za-z0-9_.-]*$
   */
  readonly workspace?: string;
  /** What the backend and the providers find in their environment, for the length of each command. Default: nothing. */
  readonly environment?: readonly TerraformVariable[];
  /** The program, `tofu` for OpenTofu. Default: `terraform` as found. */
  readonly program?: AbsolutePath;
  /** The versions that the bucket of an S3 backend keeps, as further points to restore from. Default: only the sets. */
  readonly versions?: TerraformVersions;
}

/** Variables by which somebody else could send Terraform to another state than the plan's. */
const OURS = /^TF_(CLI_ARGS(_.*)?|WORKSPACE|DATA_DIR|INPUT|IN_AUTOMATION|LOG.*)$/;

/**
 * The state of a Terraform or OpenTofu configuration, in whatever backend holds it: checked by Terraform itself, and restored
 * with a serial that every later run accepts.
 * @example
 * terraformState("infra", {
 *   on: ops, directory: "/srv/infra",
 *   environment: [{ name: "PG_CONN_STR", value: secretFile("/etc/lifeboat/terraform.pg") }],
 *   schedule: every("1h"), copies: [disk], keep: keep({ hourly: 24, daily: 30 }), encrypt: age("age1…"),
 * })
 */
export const terraformState = assetKind<"terraformState", TerraformStateOptions>({
  name: "terraformState",
  type: "terraform",
  title: "Terraform state",
  hosts: (options) => [options.on],
  tools: (options) => [
    ...(options.program === undefined ? ["terraform"] : []),
    ...(options.versions === undefined ? [] : ["aws"]),
  ],
  facts: (options) => ({
    TERRAFORM_PROGRAM: options.program ?? "terraform",
    TERRAFORM_DIRECTORY: options.directory,
    TERRAFORM_WORKSPACE: options.workspace ?? "default",
    TERRAFORM_NAMES: (options.environment ?? []).map((each) => each.name),
    TERRAFORM_SECRETS: (options.environment ?? []).map((each) => secretReference(each.value)),
    VERSIONS_PREFIX: options.versions === undefined ? "" : "s3",
    OWN_SETTINGS: Object.entries(options.versions ?? {}).map(
      ([name, value]) => `@versions.${name === "caBundle" ? "ca_bundle" : name}=${value}`,
    ),
  }),
  sensitive: () => "a state holds the passwords and keys of what it describes, in plain text",
  problems: (options) => {
    const problems: OptionProblem[] = [];
    const variables = options.environment ?? [];
    for (const [index, { name }] of variables.entries()) {
      if (OURS.test(name))
        problems.push({
          path: ["environment", index, "name"],
          message: `the scripts set '${name}' themselves`,
          why: "it could lead Terraform to another state than the one that is named here",
          fix: "take it out; for a workspace there is the option workspace",
        });
      if (variables.findIndex((other) => other.name === name) < index)
        problems.push({
          path: ["environment", index, "name"],
          message: `'${name}' is given twice`,
          why: "a variable has one value",
          fix: "take one of them out",
        });
    }
    return problems;
  },
});
