/** `npm run mutate`: sets up the project and Stryker, which has a lock file of its own since nothing else needs it, and runs Stryker. */
import { join } from "node:path";
import { root, runOrExit, setUp } from "../../compiler/build/setup.mjs";

const here = join(root, "test/mutation");
setUp();
runOrExit("npm", ["ci", "--prefix", here, "--no-audit", "--no-fund", "--loglevel=error"]);
runOrExit(join(here, "node_modules/.bin/stryker"), [
  "run",
  join(here, "stryker.config.mjs"),
  ...process.argv.slice(2),
]);
