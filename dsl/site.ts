import { type Branded, entity } from "./node.ts";

/** What an author says of a site. */
export interface SiteOptions {
  /** A sentence for people: the address, who has the key. */
  readonly description?: string;
}

/** A place that is lost as a whole: a room, a building, a region of a cloud. */
export interface Site extends SiteOptions, Branded<"site"> {
  readonly id: string;
}

/**
 * A place that is lost as a whole, with every host, store and escrow that is `at` it: by fire, flood, theft or a power failure.
 * @example const office = site("office"); const mac = host("mac", { at: office });
 */
export function site(id: string, options: SiteOptions = {}): Site {
  return entity<Site>("site", site, id, options);
}
