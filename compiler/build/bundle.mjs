/**
 * Builds dist/: the command line and the DSL, each one JavaScript file, so that starting costs milliseconds. Also makes the
 * JSON Schema from the DSL's types. Run by `npm run build`; needs nothing but the installed packages.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

mkdirSync(dist, { recursive: true });

/** Writes the schema where the compiler imports it; the file is committed, and a test holds it to the types. */
async function buildSchema() {
  const outfile = join(dist, "schema-generator.mjs");
  await esbuild.build({ ...common, banner, entryPoints: ["compiler/build/schema.ts"], outfile, external: ["ts-morph"] });
  const { planSchema } = await import(`${pathToFileURL(outfile)}?${Date.now()}`);
  const file = join(root, "compiler/model/plan.schema.json");
  const schema = planSchema(root);
  let old = "";
  try {
    old = readFileSync(file, "utf8");
  } catch {
    // The first build.
  }
  if (schema !== old) writeFileSync(file, schema);
  rmSync(outfile);
}

if (!process.argv.includes("--no-schema")) await buildSchema();

await esbuild.build({
  ...common,
  banner: { js: `#!/usr/bin/env node\n${banner.js}` },
  entryPoints: { lifeboat: "compiler/cli/main.ts" },
  outdir: dist,
  outExtension: { ".js": ".mjs" },
  splitting: false,
  minify: true,
  keepNames: true,
  // esbuild is a native program; ts-morph is loaded only when a diagnostic is to be placed.
  external: ["esbuild", "ts-morph"],
});
await esbuild.build({ ...common, banner, entryPoints: ["dsl/index.ts"], outfile: join(dist, "dsl.mjs") });
