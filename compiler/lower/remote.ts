import type { Facts, Remote } from "../../templates/kind.ts";
import { transportOf } from "../model/kinds.ts";

/** The facts by which prelude/remote.sh reaches other places: `remote_use ID` picks one. */
export function remoteFacts(remotes: readonly Remote[]): Facts {
  if (remotes.length === 0) return {};
  return {
    REMOTE_IDS: remotes.map((remote) => remote.id),
    REMOTE_DRIVERS: remotes.map((remote) => transportOf(remote.reach).name),
    REMOTE_SETTINGS: remotes.flatMap(({ id, reach }) =>
      Object.entries(reach === undefined ? {} : transportOf(reach).settings(reach, id)).map(
        ([name, value]) => `${id}.${name}=${value}`,
      ),
    ),
  };
}

/** Programs that reaching them takes. */
export function remoteTools(remotes: readonly Remote[]): readonly string[] {
  return remotes.flatMap((remote) => transportOf(remote.reach).tools);
}
