import { daily, directory, host, keep, plan, postgres, secretCommand, secretFile } from "lifeboat";

const db = host("db");
const common = {
  on: db,
  schedule: daily("02:00"),
  copies: [directory("disk", { path: "/backup" })],
  keep: keep({ daily: 7 }),
};

export default plan("postgres", {
  assets: [
    postgres("all", { ...common, databases: "all", login: { user: "postgres" }, runAs: "postgres", jobs: 4 }),
    postgres("some", {
      ...common,
      databases: ["shop", "it's"],
      login: {
        user: "backup",
        password: secretCommand("/usr/local/bin/print-password"),
        address: "db.example.com",
        port: 5433,
      },
      restoreLogin: { user: "postgres", password: secretFile("/etc/lifeboat/postgres.password") },
      binDirectory: "/usr/lib/postgresql/15/bin",
    }),
  ],
});
