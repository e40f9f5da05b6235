import { age, daily, directory, host, keep, plan, secretFile, terraformState } from "lifeboat";

const ops = host("ops");
const common = {
  on: ops,
  schedule: daily("02:00"),
  copies: [directory("disk", { path: "/backup" })],
  keep: keep({ daily: 7 }),
  encrypt: age("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"),
};

export default plan("terraform-state", {
  assets: [
    terraformState("infra", { ...common, directory: "/srv/infra" }),
    terraformState("other", {
      ...common,
      directory: "/srv/it's other",
      workspace: "production",
      environment: [
        { name: "PG_CONN_STR", value: secretFile("/etc/lifeboat/terraform.pg") },
        { name: "TF_VAR_token", value: secretFile("/etc/lifeboat/token") },
      ],
      program: "/usr/local/bin/tofu",
    }),
    terraformState("versioned", {
      ...common,
      directory: "/srv/versioned",
      versions: {
        bucket: "states",
        key: "env:/production/infra/terraform.tfstate",
        region: "eu-central-1",
        endpoint: "https://s3.example.com",
        credentials: "/etc/lifeboat/states.credentials",
        profile: "states",
        caBundle: "/etc/lifeboat/ca.pem",
      },
    }),
  ],
});
