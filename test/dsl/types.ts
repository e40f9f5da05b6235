/**
 * What an author cannot write: each line under a `@ts-expect-error` must be a type error, and `tsc` fails when it is not. What
 * stands without one must be accepted.
 */
import {
  age,
  commands,
  cron,
  daily,
  directory,
  etcd,
  every,
  files,
  type Host,
  host,
  keep,
  monthly,
  mysql,
  opensslKey,
  plan,
  type Store,
  secretEnv,
  secretFile,
  sqlite,
  systemd,
  weekly,
} from "lifeboat";

const web: Host = host("web", { os: "linux", timeZone: "Asia/Seoul" });
const disk: Store = directory("disk", { path: "/backup" });
const good = { on: web, copies: [disk], schedule: daily("02:00"), keep: keep({ daily: 7 }) } as const;

export default plan("types", {
  assets: [
    files("notes", { ...good, paths: ["/srv/notes"], rpo: "1d", rto: "1h30m", priority: "P2" }),
    sqlite("app", { ...good, path: "/srv/app.db", schedule: every("15m"), encrypt: opensslKey("/etc/key") }),
    mysql("orders", {
      ...good,
      databases: "all",
      credentials: secretFile("/etc/my.cnf"),
      service: systemd("mysql"),
    }),
    mysql("one", {
      ...good,
      databases: ["shop"],
      credentials: { user: "backup", password: secretEnv("PASSWORD") },
    }),
    etcd("etcd", {
      ...good,
      members: [{ on: web, peerUrl: "https://10.0.0.1:2380" }],
      service: commands({ start: ["/bin/start"], stop: ["/bin/stop"] }),
      encrypt: age(["age1abc", "age1def"]),
    }),
  ],
});

// @ts-expect-error a host is the object that host() made, not its name
files("a", { ...good, on: "web", paths: ["/srv"] });
// @ts-expect-error so is a store
files("a", { ...good, copies: ["disk"], paths: ["/srv"] });
// @ts-expect-error a store is not a host
files("a", { ...good, on: disk, paths: ["/srv"] });
// @ts-expect-error a misspelt option
files("a", { ...good, paths: ["/srv"], shedule: daily("02:00") });
// @ts-expect-error a relative path
files("a", { ...good, paths: ["srv"] });
// @ts-expect-error a path where a list of paths is wanted
files("a", { ...good, paths: "/srv" });
// @ts-expect-error a duration without a unit
files("a", { ...good, paths: ["/srv"], rpo: "15" });
// @ts-expect-error a duration in words
files("a", { ...good, paths: ["/srv"], rpo: "15 minutes" });
// @ts-expect-error a duration as a number
files("a", { ...good, paths: ["/srv"], rpo: 15 });
// @ts-expect-error a size without a unit
files("a", { ...good, paths: ["/srv"], reserve: "64" });
// @ts-expect-error a priority that does not exist
files("a", { ...good, paths: ["/srv"], priority: "P5" });
// @ts-expect-error a schedule as text
files("a", { ...good, paths: ["/srv"], schedule: "0 2 * * *" });
// @ts-expect-error no host
files("a", { copies: [disk], paths: ["/srv"] });
// @ts-expect-error no paths
files("a", { ...good });
// @ts-expect-error no options
files("a");
// @ts-expect-error a password as text
mysql("a", { ...good, databases: ["shop"], credentials: { user: "root", password: "hunter2" } });
// @ts-expect-error a file's name where a reference to a secret is wanted
mysql("a", { ...good, databases: ["shop"], credentials: "/etc/my.cnf" });
// @ts-expect-error a word other than all
mysql("a", { ...good, databases: "every", credentials: secretFile("/etc/my.cnf") });
// @ts-expect-error a cluster's restore must know how to stop it
etcd("a", { ...good, members: [{ on: web, peerUrl: "https://10.0.0.1:2380" }] });
// @ts-expect-error a time without minutes
daily("2");
// @ts-expect-error a day that is no day
weekly("someday", "02:00");
// @ts-expect-error a day of the month as text
monthly("1", "02:00");
// @ts-expect-error an interval without a unit
every("15");
// @ts-expect-error cron fields as numbers
cron(5);
// @ts-expect-error a retention rule that does not exist
keep({ fortnightly: 2 });
// @ts-expect-error a retention as text
keep({ daily: "7" });
// @ts-expect-error an operating system that is not known
host("a", { os: "windows" });
// @ts-expect-error a store without its path
directory("a", {});
// @ts-expect-error a host among the assets
plan("a", { assets: [web] });
// @ts-expect-error a plan without assets
plan("a", {});
