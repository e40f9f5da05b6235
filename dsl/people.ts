import { type Branded, entity } from "./node.ts";
import type { Duration } from "./units.ts";

/** What an author says of a person. */
export interface ContactOptions {
  /** The name. */
  readonly name: string;
  /** The mail address. */
  readonly email?: string;
  /** The telephone number, with the country's code. */
  readonly phone?: string;
  /** What the person does: `DR lead`, `senior engineer`. */
  readonly role?: string;
}

/** A person whom the plan calls. */
export interface Contact extends ContactOptions, Branded<"contact"> {
  readonly id: string;
}

/** What an author says of a company that the plan depends on. */
export interface VendorOptions {
  /** The company. */
  readonly name: string;
  /** What it is called for: `cloud provider`, `hardware`, `network`. */
  readonly provides: string;
  /** The telephone number of its support. */
  readonly phone?: string;
  /** The mail address or the page of its support. */
  readonly support?: string;
  /** The number of the contract, which support asks for. */
  readonly contract?: string;
}

/** A company that the plan depends on. */
export interface Vendor extends VendorOptions, Branded<"vendor"> {
  readonly id: string;
}

/** A step of the escalation: who answers, and how soon. */
export interface EscalationLevel {
  /** Who they are, together: `engineer on duty`. */
  readonly title: string;
  /**
   * Who is called.
   * @minItems 1
   */
  readonly who: readonly Contact[];
  /** How soon after the alarm one of them is at work. */
  readonly within: Duration;
  /** They are told, and do not work on it. Default: false. */
  readonly informed?: boolean;
}

/**
 * A person whom the plan calls.
 * @example const kim = contact("kim", { name: "Kim Minji", phone: "+82 10 1234 5678", role: "DR lead" });
 */
export function contact(id: string, options: ContactOptions): Contact {
  return entity<Contact>("contact", contact, id, options);
}

/**
 * A company that the plan depends on.
 * @example vendor("aws", { name: "Amazon Web Services", provides: "cloud provider", support: "https://support.aws.amazon.com" })
 */
export function vendor(id: string, options: VendorOptions): Vendor {
  return entity<Vendor>("vendor", vendor, id, options);
}
