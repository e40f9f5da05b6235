import { describe, expect, it } from "vitest";
import { messagesOf, placesOf } from "../../lib/findings.ts";

describe("same-directory", () => {
  const plan = (
    first: string,
    second: string,
  ) => `const web = host("web", { reach: ssh({ address: "10.0.0.6" }) });
const nas = host("nas", { reach: ssh({ address: "10.0.0.7" }) });
const one = ${first};
const other = ${second};
export default plan("shop", { assets: [files("notes", { on: web, paths: ["/srv"], schedule: daily("02:00"), copies: [one, other] })] });
`;
  const directory = (name: string, options: string) => `directory("${name}", { ${options} })`;

  it("finds two names of one place, with the host named or not", async () => {
    const same = "stores 'one' and 'other' of asset 'notes' are the same place, '/backup'";
    const one = directory("one", 'path: "/backup"');
    expect(await messagesOf("same-directory", plan(one, directory("other", 'path: "/backup"')))).toEqual([
      same,
    ]);
    expect(await placesOf("same-directory", plan(one, directory("other", 'path: "/backup"')))).toEqual([
      'files("notes" copies.1',
    ]);
    expect(
      await messagesOf("same-directory", plan(one, directory("other", 'on: web, path: "/backup"'))),
    ).toEqual([same]);
    expect(await messagesOf("same-directory", plan(one, directory("other", 'path: "/backup2"')))).toEqual([]);
    expect(
      await messagesOf("same-directory", plan(one, directory("other", 'on: nas, path: "/backup"'))),
    ).toEqual([]);
  });

  it("finds two names of one bucket, too", async () => {
    const bucket = (prefix: string) =>
      `s3("other", { bucket: "shop-backups", region: "eu-west-1", credentials: "/c", prefix: "${prefix}" })`;
    const three = (prefix: string) =>
      plan(directory("one", 'path: "/backup"'), bucket("a")).replace(
        "copies: [one, other]",
        `copies: [one, other, ${bucket(prefix).replace('"other"', '"third"')}]`,
      );
    expect(await messagesOf("same-directory", three("a"))).toHaveLength(1);
    expect(await messagesOf("same-directory", three("b"))).toEqual([]);
  });
});
