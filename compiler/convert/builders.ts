import type { Json } from "../model/document.ts";
import type { Expression } from "./print.ts";

/** A value of a document and the means to write its parts. */
export interface Part {
  readonly data: { readonly [key: string]: Json };
  /** What stands at a path below the value. */
  of(...path: readonly string[]): Expression;
  /** All but some options as an object; undefined when there are none. */
  rest(path: readonly string[], ...without: readonly string[]): Expression | undefined;
  /** The elements of a list, each an argument. */
  each(name: string): readonly Expression[];
  call(builder: string, ...given: readonly (Expression | undefined)[]): Expression;
}

type Writer = (part: Part) => Expression;

/** A builder whose first argument is one option, and whose second the others. */
function first(builder: string, option = builder): Writer {
  return (part) => part.call(builder, part.of(option), part.rest([], option));
}

/** A builder that takes one option's value as it is. */
function only(builder: string, option = builder): Writer {
  return (part) => part.call(builder, part.of(option));
}

/** A builder that takes all options. */
function whole(builder: string): Writer {
  return (part) => part.call(builder, part.rest([]));
}

/** How a person writes each type of value of the DSL, by the type's name. What is not here is written as the object that it is. */
export const builders: Readonly<Record<string, Writer>> = {
  DailySchedule: only("daily"),
  WeeklySchedule: (part) => part.call("weekly", part.of("weekly", "day"), part.of("weekly", "at")),
  MonthlySchedule: (part) => part.call("monthly", part.of("monthly", "day"), part.of("monthly", "at")),
  IntervalSchedule: only("every"),
  CronSchedule: only("cron"),
  Retention: whole("keep"),
  AgeEncryption: (part) => {
    const [recipient, ...others] = (part.data.age as { recipients: readonly Json[] }).recipients;
    const recipients = part.of("age", "recipients");
    const single = recipients.is === "list" && recipient !== undefined && others.length === 0;
    return part.call("age", single ? recipients.items[0] : recipients, part.rest(["age"], "recipients"));
  },
  OpensslEncryption: (part) =>
    part.call("opensslKey", part.of("openssl", "keyFile"), part.rest(["openssl"], "keyFile")),
  SshSignature: (part) => {
    const [publicKey, ...others] = (part.data.sshKey as { publicKeys: readonly Json[] }).publicKeys;
    const publicKeys = part.of("sshKey", "publicKeys");
    const single = publicKeys.is === "list" && publicKey !== undefined && others.length === 0;
    return part.call(
      "sshSignature",
      part.of("sshKey", "key"),
      single ? publicKeys.items[0] : publicKeys,
      part.rest(["sshKey"], "key", "publicKeys"),
    );
  },
  SecretFile: first("secretFile", "file"),
  SecretEnv: first("secretEnv", "env"),
  SecretCommand: first("secretCommand", "command"),
  SecretPrompt: first("secretPrompt", "prompt"),
  Copy: first("copy", "store"),
  WebhookHook: first("webhook"),
  HealthchecksHook: first("healthchecks"),
  MailHook: first("mail"),
  CommandHook: first("onEvent", "command"),
  Kubernetes: whole("kubernetes"),
  Pod: whole("pod"),
  Ssh: only("ssh"),
  Multipass: only("multipass"),
  Local: (part) => part.call("local"),
  SystemdService: first("systemd"),
  CommandService: first("commands"),
  StaticPodService: first("staticPods"),
  CommandProbe: first("command"),
  HttpProbe: first("http"),
  TcpProbe: first("tcp"),
  NodesProbe: only("nodesReady"),
  PodsProbe: (part) =>
    part.call(
      "podsReady",
      part.of("podsReady", "cluster"),
      "namespaces" in (part.data.podsReady as object) ? part.of("podsReady", "namespaces") : undefined,
    ),
  HostsProbe: (part) => part.call("hostsUp", ...part.each("hostsUp")),
  DiskProbe: (part) => part.call("diskFree", part.of("diskFree", "on"), part.rest(["diskFree"], "on")),
  FreshProbe: (part) => part.call("fresh", ...part.each("fresh")),
  IntactProbe: (part) => part.call("intact", part.of("intact", "assets"), part.rest(["intact"], "assets")),
  AliveProbe: (part) => part.call("alive", ...part.each("alive")),
  RestoreStep: first("restore"),
  RebuildStep: first("rebuild"),
  RunStep: first("run"),
  WaitStep: first("waitFor"),
  ManualStep: first("manual"),
  ConfirmStep: first("confirm"),
  FileOn: (part) => part.call("fileOn", part.of("on"), part.of("path")),
  // A document says of what type a thing is that is lost or needed; in TypeScript the thing itself stands there.
  Loss: (part) => part.of(Object.keys(part.data)[0] as string),
  Need: (part) => part.of(Object.keys(part.data)[0] as string),
};
