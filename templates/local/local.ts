import { value } from "../../dsl/node.ts";
import { transportKind } from "../kind.ts";

/** No transport at all: the host is the one that the script runs on. */
export interface Local {
  readonly local: true;
}

/**
 * The other host is this very machine: several hosts of a plan on one computer, as in a demonstration.
 * @example host("vault", { reach: local() })
 */
export const local = transportKind((): Local => value(local, { local: true as const }), {
  name: "local",
  title: "this machine",
  key: "local",
  tools: [],
  settings: () => ({}),
});
