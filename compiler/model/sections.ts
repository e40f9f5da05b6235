import type { EntityType } from "../../dsl/node.ts";
import { type Document, type Entity, ofType, type Path } from "./document.ts";
import { references, schemaOf } from "./validate.ts";

/** The maps of a YAML plan, whose keys are the ids of their entities; in the order in which a plan is read best. */
export const sections = {
  sites: "site",
  contacts: "contact",
  vendors: "vendor",
  escrows: "escrow",
  hosts: "host",
  stores: "store",
  assets: "asset",
  scenarios: "scenario",
  checks: "check",
  drills: "drill",
} as const satisfies Readonly<Record<string, EntityType>>;

export type Section = keyof typeof sections;
export type SectionType = (typeof sections)[Section];

/** The sections that a plan in TypeScript has as lists of objects; the others are part of it when something refers to them. */
export const listed = ["vendors", "hosts", "stores", "assets", "scenarios", "checks", "drills"] as const;

/** The section that an entity stands in. */
export function sectionOf(type: SectionType): Section {
  return `${type}s`;
}

/**
 * Puts a document's entities into an order that does not depend on who made it: first as the plan lists them, then as they are
 * mentioned. Sites, escrows and contacts are in the order in which the others mention them.
 */
export function arranged(document: Document): Document {
  const inPlan = (type: SectionType): readonly Entity[] => {
    const all = ofType(document, type);
    const list = document.plan.data[sectionOf(type)];
    if (!Array.isArray(list)) return all;
    const named = [...new Set(list)].flatMap((id) => all.filter((entity) => entity.id === id));
    return [...named, ...all.filter((entity) => !named.includes(entity))];
  };
  const first = listed.flatMap((section) => inPlan(sections[section]));
  const others = document.entities.filter((entity) => !first.includes(entity));
  const mentioned = new Set<Entity>();
  const see = (entity: Entity): void => {
    for (const { type, id } of inOrder(entity)) {
      for (const other of others) {
        if (other.type !== type || other.id !== id || mentioned.has(other)) continue;
        mentioned.add(other);
        see(other);
      }
    }
  };
  for (const entity of [...first, document.plan]) see(entity);
  const rest = others.filter((entity) => !mentioned.has(entity));
  return { ...document, entities: [...first, ...mentioned, ...rest] };
}

/** What an entity refers to, in the order in which its type has its options: in which an author writes them means nothing. */
function inOrder(entity: Entity): readonly { type: string; id: string }[] {
  const options = Object.keys(schemaOf(entity)?.properties ?? {});
  const place = ({ path }: { path: Path }) => options.indexOf(String(path[0]));
  return references(entity).toSorted((a, b) => place(a) - place(b));
}
