import type { AssetOptions } from "../../dsl/asset.ts";
import type { Pod } from "../../dsl/kubernetes.ts";
import type { Secret } from "../../dsl/secret.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { assetKind, type OptionProblem, secretReference } from "../kind.ts";

/** What an author says of a Vault cluster with integrated storage. */
export interface VaultOptions extends AssetOptions {
  /**
   * The pods of all replicas; in each the container's own settings (`VAULT_ADDR`) count. Default: the replicas are reached from the
   * host, at `addresses`.
   * @minItems 1
   */
  readonly in?: readonly Pod[];
  /**
   * The API addresses of all replicas, as this host reaches them: `https://vault-0.example.com:8200`. Default:
   * `https://127.0.0.1:8200`.
   * @minItems 1
   */
  readonly addresses?: readonly string[];
  /** The CA that signed the servers' certificates, where the `vault` command runs. Default: what that place trusts. */
  readonly ca?: AbsolutePath;
  /**
   * The name in the servers' certificates, when it is not that of their addresses. Default: the address.
   * @pattern ^[A-Za-z0-9][A-Za-z0-9.-]*$
   */
  readonly serverName?: string;
  /** A token that may read (backup) and update (restore) `sys/storage/raft/snapshot`. */
  readonly token: Secret;
  /**
   * The unseal keys, at least as many as the threshold. With auto-unseal there are none. Default: they are asked for at the terminal.
   * @minItems 1
   */
  readonly unsealKeys?: readonly Secret[];
  /**
   * What a restore does when Vault was initialized anew since the backup, as after the loss of all replicas: `force` replaces
   * also its keys by those of the backup, `refuse` stops. Default: `refuse`.
   */
  readonly differentCluster?: "refuse" | "force";
  /** Where a snapshot lies for a moment on its way, in the pod or on the host. Default: `$TMPDIR` there, else `/tmp`. */
  readonly temporaryDirectory?: AbsolutePath;
}

/** The replicas' addresses; in a pod its own environment says it. */
function addressesOf(options: { in?: readonly unknown[]; addresses?: readonly string[] }): readonly string[] {
  return options.in?.map(() => "") ?? options.addresses ?? ["https://127.0.0.1:8200"];
}

/**
 * A Vault cluster with integrated storage (raft): snapshots through its API, restored and unsealed on every replica; and a script that
 * only unseals.
 * @example
 * vault("vault", {
 *   on: mac, in: [0, 1, 2].map((n) => pod({ cluster, namespace: "vault", pod: `vault-${n}` })),
 *   token: secretFile("/etc/lifeboat/vault.token"), schedule: daily("02:20"), copies: [disk], keep: keep({ daily: 7 }),
 * })
 */
export const vault = assetKind<"vault", VaultOptions>({
  name: "vault",
  type: "vault",
  title: "Vault",
  hosts: (options) => [options.on],
  // Its replicas are on different nodes, as many as there are: raft has all that was committed while a quorum of them is left.
  livesOn: (options) => {
    const hosts = [...new Set((options.in ?? []).flatMap((pod) => pod.cluster.nodes ?? []))];
    const replicas = Math.min(options.in?.length ?? 0, hosts.length);
    return { hosts, tolerates: Math.max(0, Math.floor((replicas - 1) / 2)) };
  },
  tools: (options) => (options.in === undefined ? ["vault"] : []),
  facts: (options) => ({
    VAULT_ADDRESSES: addressesOf(options),
    VAULT_CA: options.ca ?? "",
    VAULT_SERVER_NAME: options.serverName ?? "",
    TOKEN_SECRET: secretReference(options.token),
    UNSEAL_KEYS: (options.unsealKeys ?? []).map(secretReference),
    DIFFERENT_CLUSTER: options.differentCluster ?? "refuse",
    VAULT_TEMPORARY: options.temporaryDirectory ?? "",
  }),
  remotes: (options) => addressesOf(options).map((_, n) => ({ id: `replica-${n}`, reach: options.in?.[n] })),
  extraRoles: [{ name: "unseal", verb: "Unseal" }],
  problems: (options) => {
    const problems: OptionProblem[] = [];
    if (options.in !== undefined && options.addresses !== undefined)
      problems.push({
        path: ["addresses"],
        message: "'addresses' and 'in' exclude each other",
        why: "in a pod the vault command finds its server by the container's own VAULT_ADDR",
        fix: "take out addresses or in",
      });
    for (const [index, address] of (options.addresses ?? []).entries())
      if (!/^https?:\/\/[^\s/'"]+$/.test(address))
        problems.push({
          path: ["addresses", index],
          message: `'${address}' is no API address`,
          why: "the vault command wants scheme, host and port, and nothing else",
          fix: "write it as https://vault-0.example.com:8200",
        });
    return problems;
  },
});
