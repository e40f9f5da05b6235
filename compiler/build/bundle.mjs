/**
 * Builds dist/: the command line and the DSL, each one JavaScript file, so that starting costs milliseconds. Also makes the
 * JSON Schema from the DSL's types. Run by `npm run build`; needs nothing but the installed packages.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import esbuild from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const dist = join(root, "dist");
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
  legalComments: "none",
};
// Some packages are CommonJS and call require(); an ES module has none of its own.
const banner = {
  js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

/** Bundles a module of the compiler that only the build needs, and loads it. */
async function load(entry, external = []) {
  const outfile = join(dist, `${entry.replaceAll("/", "-")}.mjs`);
  await esbuild.build({ ...common, banner, entryPoints: [entry], outfile, external });
  const module = await import(`${pathToFileURL(outfile)}?${Date.now()}`);
  rmSync(outfile);
  return module;
}

/** Writes the schema where the compiler imports it, and the one for editors; both are committed, and a test holds them to the types. */
async function buildSchema() {
  const { planSchema } = await load("compiler/build/schema.ts", ["ts-morph"]);
  const schema = planSchema(root);
  writeChanged("compiler/model/plan.schema.json", schema);
  const { editorSchema } = await load("compiler/build/editor-schema.ts");
  writeChanged("schema/plan.schema.json", editorSchema(schema));
}

function writeChanged(name, text) {
  const file = join(root, name);
  mkdirSync(dirname(file), { recursive: true });
  const old = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (text !== old) writeFileSync(file, text);
}

/** Puts validators that were compiled ahead in the place of those that compile when asked. */
const validatorsAhead = {
  name: "validators-ahead",
  setup(build) {
    build.onLoad({ filter: /compiler\/model\/validators\.ts$/ }, async () => {
      const { validatorsModule } = await load("compiler/build/validators.ts");
      return {
        contents: validatorsModule("./formats.ts"),
        loader: "js",
        resolveDir: join(root, "compiler/model"),
      };
    });
  },
};

if (!process.argv.includes("--no-schema")) await buildSchema();

/**
 * What is imported only when it is needed becomes a file of its own, with all that it needs in it. A start then reads few files, and no more
 * than it uses: chunks that are shared by some of them would make dozens, and each costs a millisecond or two.
 */
const parts = new Set();
const partsApart = {
  name: "parts-apart",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      const source = relative(root, join(resolveDir, path));
      parts.add(source);
      return { path: `./${partName(source)}`, external: true };
    });
  },
};

function partName(source) {
  return `${source
    .replace(/^compiler\//, "")
    .replace(/\.ts$/, "")
    .replaceAll("/", "-")}.mjs`;
}

async function bundle(source, outfile, js) {
  await esbuild.build({
    ...common,
    banner: { js },
    entryPoints: [source],
    outfile: join(dist, outfile),
    minify: true,
    plugins: [validatorsAhead, partsApart],
    // esbuild is a native program; ts-morph is loaded only when a diagnostic is to be placed.
    external: ["esbuild", "ts-morph"],
  });
}

await bundle("compiler/cli/main.ts", "lifeboat.mjs", `#!/usr/bin/env node\n${banner.js}`);
// A set may grow while it is walked through: parts have parts.
for (const part of parts) await bundle(part, partName(part), banner.js);
await esbuild.build({ ...common, banner, entryPoints: ["dsl/index.ts"], outfile: join(dist, "dsl.mjs") });
await esbuild.build({
  ...common,
  banner,
  entryPoints: ["compiler/build/link.ts"],
  outfile: join(dist, "link.mjs"),
});
chmodSync(join(dist, "lifeboat.mjs"), 0o755);
