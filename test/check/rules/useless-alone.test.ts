import { describe, expect, it } from "vitest";
import { messagesOf } from "../../lib/findings.ts";

describe("useless-alone", () => {
  const source = (paths: string) => `const web = host("web");
const disk = directory("disk", { path: "/backup" });
const key = age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p");
const common = { schedule: daily("02:00"), copies: [disk], keep: keep({ daily: 7 }), encrypt: key } as const;
const db = etcd("etcd", {
  ...common,
  members: [{ on: web, peerUrl: "https://web:2380" }],
  tls: { ca: "/etc/etcd/ca.crt", cert: "/etc/etcd/server.crt", key: "/etc/etcd/server.key" },
  service: systemd("etcd"),
});
export default plan("shop", { assets: [db, files("pki", { ...common, on: web, paths: [${paths}] })] });
`;

  it("wants every one of the files, by itself or in a directory", async () => {
    const message = (path: string) => [
      `asset 'etcd' is of no use without ${path} on 'web', which no asset of the plan saves`,
    ];
    expect(await messagesOf("useless-alone", source('"/etc/etcd"'))).toEqual([]);
    expect(
      await messagesOf(
        "useless-alone",
        source('"/etc/etcd/ca.crt", "/etc/etcd/server.crt", "/etc/etcd/server.key"'),
      ),
    ).toEqual([]);
    expect(await messagesOf("useless-alone", source('"/etc/etcd/ca.crt", "/etc/etcd/server.crt"'))).toEqual(
      message("/etc/etcd/server.key"),
    );
    // What is saved of another machine is no help.
    const elsewhere = source('"/etc/etcd"')
      .replace('const web = host("web");', 'const web = host("web");\nconst nas = host("nas");')
      .replace("...common, on: web, paths", "...common, on: nas, paths");
    expect(await messagesOf("useless-alone", elsewhere)).toEqual(message("/etc/etcd/ca.crt"));
    // A path that merely begins alike is another one.
    expect(await messagesOf("useless-alone", source('"/etc/etc"'))).toEqual(message("/etc/etcd/ca.crt"));
  });
});
