import Handlebars from "handlebars";
import { ShellText } from "./shell-text.ts";

/** A compiled template: data in, text out. */
export type Template = (data: object) => string;

const EMIT = "emit";
const DEMAND = "demand";

/**
 * Compiles a Handlebars template in which a mustache can emit only a ShellText. Handlebars shares one escaper among all its
 * environments, so nothing is left to it: the parsed template is rewritten to pass each mustache through one helper that refuses
 * anything else, and each block's subject through one that refuses what is missing.
 * @throws on a raw mustache, a partial, a helper or a name that is not there; all are bugs of a template
 */
export function compileTemplate(source: string, name: string): Template {
  const handlebars = Handlebars.create();
  const refuse = (problem: string): never => {
    throw new Error(`${name}: ${problem}`);
  };
  const ast = handlebars.parse(source);
  new Rewriter(refuse).accept(ast);
  handlebars.registerHelper(EMIT, (value: unknown) =>
    value instanceof ShellText
      ? value.toString()
      : refuse(`a mustache was given ${typeof value}, not quoted text`),
  );
  handlebars.registerHelper(DEMAND, (value: unknown) =>
    value === undefined ? refuse("a block has no subject") : value,
  );
  const render = handlebars.compile(ast, {
    noEscape: true,
    strict: true,
    preventIndent: true,
    knownHelpersOnly: true,
    knownHelpers: { [EMIT]: true, [DEMAND]: true, each: true, if: true, unless: true },
  });
  return (data) => render(data);
}

class Rewriter extends Handlebars.Visitor {
  private readonly refuse: (problem: string) => never;

  constructor(refuse: (problem: string) => never) {
    super();
    this.refuse = refuse;
  }

  override MustacheStatement(mustache: hbs.AST.MustacheStatement): void {
    // `escaped` is false for {{{x}}} and {{&x}}; Handlebars' own types leave it out.
    if (!(mustache as unknown as { escaped: boolean }).escaped) this.refuse("a raw mustache is not allowed");
    if (mustache.params.length > 0 || mustache.hash !== undefined)
      this.refuse("a mustache names one value, no helper");
    mustache.params = [mustache.path as hbs.AST.Expression];
    mustache.path = pathTo(EMIT, mustache.loc);
  }

  override BlockStatement(block: hbs.AST.BlockStatement): void {
    if (!["each", "if", "unless"].includes(block.path.original))
      this.refuse(`no block '${block.path.original}'`);
    block.params = block.params.map((param) => ({
      type: "SubExpression",
      path: pathTo(DEMAND, block.loc),
      params: [param],
      hash: undefined as unknown as hbs.AST.Hash,
      loc: block.loc,
    })) as hbs.AST.Expression[];
    this.accept(block.program);
    if (block.inverse) this.accept(block.inverse);
  }

  override PartialStatement(): void {
    this.refuse("partials shift here-documents; write it out");
  }

  override PartialBlockStatement(): void {
    this.refuse("partials shift here-documents; write it out");
  }
}

function pathTo(name: string, loc: hbs.AST.SourceLocation): hbs.AST.PathExpression {
  return { type: "PathExpression", data: false, depth: 0, parts: [name], original: name, loc };
}
