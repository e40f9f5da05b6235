import { value } from "../../dsl/node.ts";
import { transportKind } from "../kind.ts";

/** A Multipass VM, reached from the machine that it runs on. */
export interface Multipass {
  /**
   * The VM's name, as `multipass list` shows it.
   * @pattern ^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$
   */
  readonly multipass: string;
}

/**
 * A host is a Multipass VM of the machine that it `runsOn`, and is reached with `multipass exec`.
 * @example host("mysql", { runsOn: mac, reach: multipass("mysql") })
 */
export const multipass = transportKind((name: string): Multipass => value(multipass, { multipass: name }), {
  name: "multipass",
  title: "Multipass",
  key: "multipass",
  tools: ["multipass"],
  settings: (reach) => ({ name: reach.multipass }),
});
