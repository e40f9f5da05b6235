import type { AssetOptions } from "../../dsl/asset.ts";
import type { Service } from "../../dsl/service.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { archiveFacts } from "../archive.ts";
import { assetKind } from "../kind.ts";

/** What an author says of files. */
export interface FilesOptions extends AssetOptions {
  /**
   * Files and directories; a restore replaces each as a whole.
   * @minItems 1
   */
  readonly paths: readonly AbsolutePath[];
  /** Patterns of what to leave out, as tar's `--exclude` takes them. A restore does not bring them back. */
  readonly exclude?: readonly string[];
  /**
   * What to do when a file changes while it is read: `warn` publishes the set and says so in the log and the MANIFEST, `fail`
   * publishes nothing. Default: `warn`.
   */
  readonly onChange?: "warn" | "fail";
  /** What a restore stops before it replaces the paths. */
  readonly service?: Service;
}

/**
 * Files and directories with their owners, modes, ACLs, extended attributes, links and holes.
 * @example files("pki", { on: master, paths: ["/etc/kubernetes/pki"], copies: [disk], schedule: daily("02:10") })
 */
export const files = assetKind<"files", FilesOptions>({
  name: "files",
  type: "files",
  title: "files",
  hosts: (options) => [options.on],
  tools: () => ["tar"],
  facts: (options) => archiveFacts(options),
  saves: (options) => options.paths,
  service: (options) => options.service,
  sensitive: (options) =>
    options.paths.some((path) => /(^|\/)(pki|ssl|private|\.ssh|secrets?)(\/|$)/.test(path))
      ? "the paths look like private keys"
      : undefined,
  problems: (options) =>
    options.paths.flatMap((path, index) => {
      const outer = options.paths.findIndex(
        (other, at) => at !== index && `${path}/`.startsWith(`${other}/`),
      );
      return outer < 0
        ? []
        : [
            {
              path: ["paths", index],
              message: `path '${path}' lies inside '${options.paths[outer]}'`,
              why: "it would be backed up twice, and a restore would replace one with the other",
              fix: "leave the inner path out: the outer one brings it along",
            },
          ];
    }),
});
