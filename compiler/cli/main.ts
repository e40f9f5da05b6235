import { Command, CommanderError, Option } from "commander";
import { startEsbuild } from "../load/esbuild.ts";
import { isYaml } from "../load/is-yaml.ts";
import { version } from "../root.ts";

/** Exit codes of the command line; the generated scripts have sysexits of their own. */
const EXIT_USAGE = 2;
const EXIT_BUG = 70;

const format = new Option("--format <format>", "how findings are shown")
  .choices(["pretty", "json", "github", "sarif"])
  .default("pretty");

const program = new Command("lifeboat")
  .description("Compiles disaster-recovery plans into backup and restore scripts.")
  .version(`lifeboat ${version}`, "--version", "print the version")
  .helpOption("--help", "print this help")
  .showSuggestionAfterError()
  .exitOverride()
  .addHelpText(
    "after",
    "\nPlans are files such as plans/prod.plan.ts or plans/prod.plan.yaml; without any, all of plans/ are taken.\n" +
      "Exit status: 0 fine, 1 the plan has errors, 2 usage, 3 output on disk is stale, 70 a bug in lifeboat.",
  );

program
  .command("init")
  .description("write a first plan; asks at a terminal for what no option says")
  .option("--name <id>", "the plan's name")
  .option("--kind <kind>", "what it protects first: files, sqlite, mysql, postgres or redis")
  .option("--host <id>", "the host that has it")
  .option("--path <path>", "where it is on that host")
  .option("--store <path>", "the directory for backups on that host")
  .option("--time-zone <zone>", "the time zone of that host's clock")
  .option("--yaml", "in YAML instead of TypeScript")
  .option("--out <file>", "the plan's file; without it plans/<name>.plan.ts")
  .option("--force", "overwrite the file")
  .action((options) => finish(import("./init.ts").then(({ init }) => init(options))));

program
  .command("check")
  .description("say what is wrong with plans; write nothing")
  .argument("[plans...]", "plan files")
  .addOption(format)
  .option("--types", "check the types of plans in TypeScript, too, with TypeScript's own compiler")
  .option("--fix", "mend what is safe to mend, in the plans' files; comments and layout stay")
  .option("--watch", "check again whenever a plan changes")
  .action((plans: string[], options) => {
    getReadyFor(plans);
    return finish(import("./commands.ts").then(({ check }) => check(plans, options)));
  });

program
  .command("build")
  .description("check plans and write their scripts and crontabs")
  .argument("[plans...]", "plan files")
  .option("--out <folder>", "where the output goes", "generated")
  .option("--host <id>", "only this host's bundle")
  .option("--check", "write nothing; fail when the output on disk differs")
  .option("--force", "overwrite files that were changed by hand")
  .addOption(
    new Option("--shellcheck <when>", "run ShellCheck over the scripts")
      .choices(["auto", "require", "off"])
      .default("auto"),
  )
  .addOption(format)
  .option("--watch", "build again whenever a plan changes")
  .action((plans: string[], options) => {
    getReadyFor(plans);
    return finish(import("./commands.ts").then(({ build }) => build(plans, options)));
  });

program
  .command("diff")
  .description("say what a change of a plan means: promises that move, and what to install where")
  .argument("<old>", "the plan as it was")
  .argument("<new>", "the plan as it is")
  .option("--out <folder>", "where the output of builds goes", "generated")
  .addOption(new Option("--format <format>", "how it is shown").choices(["pretty", "json"]).default("pretty"))
  .action((old: string, now: string, options) => {
    getReadyFor([old, now]);
    return finish(import("./diff.ts").then(({ diff }) => diff(old, now, options)));
  });

program
  .command("convert")
  .description("write a plan in the other language: TypeScript as YAML, YAML as TypeScript")
  .argument("<plan>", "a plan file")
  .option("--out <file>", "where it goes; without it to stdout")
  .option("--force", "overwrite the file")
  .action((plan: string, options) =>
    finish(import("./convert.ts").then(({ convert }) => convert(plan, options))),
  );

program
  .command("schema")
  .description("print the JSON Schema that editors hold plans in YAML to")
  .action(() => finish(import("./schema.ts").then(({ schema }) => schema())));

program
  .command("explain")
  .description("explain a diagnostic, or tell the whole story of an asset or a scenario")
  .argument("<topic>", "a code such as LB3002, or the id of an asset or a scenario")
  .argument("[plans...]", "plan files")
  .action((topic: string, plans: string[]) =>
    finish(import("./explain.ts").then(({ explain }) => explain(topic, plans))),
  );

/** Plans in TypeScript are bundled by esbuild. */
function getReadyFor(plans: readonly string[]): void {
  if (plans.length === 0 || !plans.every(isYaml)) startEsbuild();
}

async function finish(status: Promise<number>): Promise<void> {
  process.exitCode = await status;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(
      `lifeboat: internal error (LB9001). This is a bug in lifeboat, not in the plan.\n${text}\n`,
    );
    process.exitCode = EXIT_BUG;
  }
}
