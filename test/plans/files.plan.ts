import { age, commands, daily, directory, files, host, keep, onEvent, plan } from "lifeboat";

const web = host("web", { os: "linux" });

export default plan("files", {
  assets: [
    files("notes", {
      on: web,
      paths: ["/srv/notes"],
      exclude: ["*.tmp"],
      onChange: "fail",
      service: commands({ stop: ["/bin/true"], start: ["/bin/true"], status: ["/bin/true"] }),
      schedule: daily("02:00"),
      copies: [directory("disk", { path: "/backup" }), directory("nas", { path: "/nas/backup" })],
      keep: keep({ last: 3, hourly: 2, daily: 7, weekly: 4, monthly: 6, yearly: 2 }),
      encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
      notify: [onEvent("/usr/local/bin/page-me")],
    }),
  ],
});
