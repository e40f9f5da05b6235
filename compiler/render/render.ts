import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Fact, Facts } from "../../templates/kind.ts";
import type { Bundle, ScriptSpec } from "../lower/bundle.ts";
import { assetKindOf, kindFolder, storeKinds, transportKinds } from "../model/kinds.ts";
import { packageRoot } from "../root.ts";
import { sha256 } from "../sha256.ts";
import { compileTemplate, type Template } from "./engine.ts";
import { type Drivers, link, parseSource, type Source } from "./linker.ts";
import { comment, crontabLine, identifier, integer, type ShellText, word } from "./shell-text.ts";

/** A generated file, relative to the output folder. Scripts are executable. */
export interface RenderedFile {
  readonly path: string;
  readonly content: string;
  readonly executable: boolean;
}

/** Renders a host's bundle: `<plan>/<host>/…`. */
export function renderBundle(bundle: Bundle): readonly RenderedFile[] {
  const templates = new Templates();
  const folder = `${bundle.plan}/${bundle.host}`;
  const files: RenderedFile[] = bundle.scripts.map((script) => ({
    path: `${folder}/${script.file}`,
    content: templates.script(script),
    executable: true,
  }));
  files.push({ path: `${folder}/crontab`, content: templates.crontab(bundle), executable: false });
  const sums = files
    .map((file) => `${sha256(file.content)}  ${file.path.slice(folder.length + 1)}\n`)
    .sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1));
  return [...files, { path: `${folder}/SHA256SUMS`, content: sums.join(""), executable: false }];
}

/** The bash of a role's script for a kind, without its head, with every driver of stores that are elsewhere. */
export function linkScript(role: string, kind: string | undefined, factNames: readonly string[]) {
  const drivers = {
    REMOTE: transportKinds.map((transport) => transport.name),
    PLACE: [
      "remote_directory",
      ...storeKinds.map((store) => store.name).filter((name) => name !== "directory"),
    ],
  };
  return new Templates().linked(role, kind, factNames, drivers);
}

/** The drivers that a script's facts name: REMOTE_DRIVERS lists those of the family REMOTE. */
function driversOf(facts: Facts): Drivers {
  const families = Object.entries(facts).filter(([name]) => name.endsWith("_DRIVERS"));
  return Object.fromEntries(
    families.map(([name, drivers]) => [
      name.replace(/_DRIVERS$/, ""),
      [...new Set(drivers as readonly string[])].sort(),
    ]),
  );
}

const cache = new Map<string, unknown>();

/** What templates/ holds, each file read and parsed once in the life of the process. */
class Templates {
  script(spec: ScriptSpec): string {
    const { code, facts } = this.linked(spec.role, spec.kind, Object.keys(spec.facts), driversOf(spec.facts));
    const used = Object.entries(spec.facts).filter(([name]) => facts.has(name));
    const head = this.template("script.hbs")({
      about: spec.about.map(comment),
      facts: used.map(([name, fact]) => factView(name, fact)),
    });
    return `${head}\n${code}\nif [[ \${BASH_SOURCE[0]} == "$0" ]]; then\n  shed_environment "$@"\n  main "$@"\nfi\n`;
  }

  crontab(bundle: Bundle): string {
    const lines = bundle.crontab.jobs.flatMap((job) => [
      comment(`# ${job.about}`),
      crontabLine(job.fields, job.command),
    ]);
    return this.template("crontab.hbs")({ about: bundle.crontab.about.map(comment), lines });
  }

  linked(
    role: string,
    kind: string | undefined,
    factNames: readonly string[],
    drivers: Drivers,
  ): ReturnType<typeof link> {
    return once(`link ${role} ${kind} ${factNames.join(" ")} ${JSON.stringify(drivers)}`, () =>
      link(
        [
          ...this.prelude(),
          ...this.drivers(),
          ...(kind === undefined ? [] : [this.kindSource(kind)]),
          this.roleSource(role, kind),
        ],
        factNames,
        drivers,
        ["shed_environment", "main"],
      ),
    );
  }

  /** The bash of every transport and store; the linker takes what a script needs. */
  private drivers(): readonly Source[] {
    return [...transportKinds, ...storeKinds].map(({ name }) => this.kindSource(name));
  }

  /** The `main` of a role: an extra one's lies with its kind. */
  private roleSource(role: string, kind: string | undefined): Source {
    const isExtra = kind !== undefined && assetKindOf(kind).extraRoles?.some((extra) => extra.name === role);
    return this.source(isExtra ? `${kindFolder(kind)}/${role}.sh` : `scripts/${role}.sh`);
  }

  private kindSource(name: string): Source {
    return this.source(`${kindFolder(name)}/${kindFolder(name)}.sh`);
  }

  private prelude(): readonly Source[] {
    return once("prelude", () =>
      readdirSync(join(packageRoot, "templates", "prelude"))
        .filter((file) => file.endsWith(".sh"))
        .sort()
        .map((file) => this.source(`prelude/${file}`)),
    );
  }

  private source(file: string): Source {
    return once(`source ${file}`, () => parseSource(read(file), `templates/${file}`));
  }

  private template(file: string): Template {
    return once(`template ${file}`, () => compileTemplate(read(file), `templates/${file}`));
  }
}

function once<T>(name: string, make: () => T): T {
  if (!cache.has(name)) cache.set(name, make());
  return cache.get(name) as T;
}

/** Forgets what was read, so that `--watch` sees a changed template. */
export function forgetTemplates(): void {
  cache.clear();
}

function read(file: string): string {
  return readFileSync(join(packageRoot, "templates", file), "utf8");
}

interface FactView {
  readonly name: ShellText;
  readonly isList: boolean;
  readonly hasItems: boolean;
  readonly items: readonly ShellText[];
  readonly value: ShellText;
}

function factView(name: string, fact: Fact): FactView {
  const isList = typeof fact === "object";
  return {
    name: identifier(name),
    isList,
    hasItems: isList && fact.length > 0,
    items: isList ? fact.map(word) : [],
    value: isList ? word("") : typeof fact === "number" ? integer(fact) : word(fact),
  };
}
