import { daily, directory, host, keep, mysql, plan, secretPrompt } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

export default plan("shop", {
  assets: [
    mysql("orders", {
      on: web,
      databases: ["orders"],
      credentials: { user: "backup", password: secretPrompt("MySQL password") },
      schedule: daily("02:00"),
      copies: [disk],
      keep: keep({ daily: 7 }),
    }),
  ],
});
