import type { AssetOptions } from "../../dsl/asset.ts";
import type { Service } from "../../dsl/service.ts";
import type { AbsolutePath } from "../../dsl/units.ts";
import { assetKind } from "../kind.ts";

/** What an author says of an SQLite database. */
export interface SqliteOptions extends AssetOptions {
  /** The database file. */
  readonly path: AbsolutePath;
  /** What has the database open; a restore stops it. Without it a restore refuses while the file is open. */
  readonly service?: Service;
}

/**
 * An SQLite database, copied through SQLite's online backup while it is in use.
 * @example sqlite("app-db", { on: web, path: "/srv/app/app.db", copies: [disk], schedule: every("1h") })
 */
export const sqlite = assetKind<"sqlite", SqliteOptions>({
  name: "sqlite",
  type: "sqlite",
  title: "SQLite database",
  hosts: (options) => [options.on],
  tools: () => ["sqlite3"],
  facts: (options) => ({ DB_PATH: options.path }),
  service: (options) => options.service,
});
