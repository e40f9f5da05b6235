import { describe, expect, it } from "vitest";
import { disaster } from "../../lib/disaster.ts";
import { messagesOf, shop } from "../../lib/findings.ts";
import { toldBy } from "../../lib/told.ts";

describe("blind-probe", () => {
  const plan = (probe: string) =>
    shop('schedule: daily("02:00"), keep: keep({ daily: 7 })', {
      plan: `controller: web, checks: [check("daily", { schedule: daily("09:00"), probes: [${probe}] })]`,
    });

  it.each([
    ["kubectl", "get", "nodes"],
    ["kubectl", "--kubeconfig", "/root/.kube/config", "get", "pods", "-n", "shop"],
    ["kubectl", "get", "all"],
    ["kubectl", "describe", "node", "a"],
    ["kubectl", "top", "nodes"],
    ["multipass", "list"],
    ["df", "-h"],
    ["ls", "-l", "/backup"],
    ["find", "/backup"],
    ["head", "-100", "dump.sql"],
    ["etcdctl", "--endpoints=x", "member", "list"],
    ["terraform", "state", "pull"],
    ["curl", "-I", "http://shop"],
  ])("%s %s … succeeds whatever it finds", async (...argv) => {
    expect(await messagesOf("blind-probe", plan(`command(${JSON.stringify(argv)})`))).toEqual([
      `check 'daily': '${argv.join(" ")}' succeeds whatever it finds`,
    ]);
  });

  it.each([
    ["kubectl", "get", "--raw", "/readyz"],
    ["kubectl", "wait", "--for=condition=Ready", "node", "--all"],
    ["curl", "--fail", "http://shop"],
    ["curl", "-sf", "http://shop"],
    ["/usr/local/bin/ask-shop"],
    ["lsblk-check"],
  ])("%s %s … is left to itself", async (...argv) => {
    expect(await messagesOf("blind-probe", plan(`command(${JSON.stringify(argv)})`))).toEqual([]);
  });

  it("looks at how a recovery is verified, too, and points at the probe", async () => {
    const probes = ['command(["kubectl", "get", "nodes"])', 'command(["/usr/local/bin/ask-shop"])'];
    const source = disaster({ scenario: `verification: [${[...probes].reverse().join(", ")}]` });
    expect(await toldBy("blind-probe", source)).toMatchObject([
      {
        message: "verification of scenario 'lost': 'kubectl get nodes' succeeds whatever it finds",
        at: "command",
      },
    ]);
  });

  it("is content when the output is looked at", async () => {
    expect(
      await messagesOf("blind-probe", plan('command(["kubectl", "get", "nodes"], { prints: "Ready" })')),
    ).toEqual([]);
  });
});
