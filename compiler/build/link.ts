/**
 * Prints the bash that a role's script has for a kind, linked as the compiler links it: the bats suites put their own facts before it,
 * so that what they run is what hosts get.
 *
 *     node dist/link.mjs ROLE KIND|- FACT-NAME…
 */
import { linkScript } from "../render/render.ts";

const [role = "", kind = "-", ...factNames] = process.argv.slice(2);
process.stdout.write(linkScript(role, kind === "-" ? undefined : kind, factNames).code);
