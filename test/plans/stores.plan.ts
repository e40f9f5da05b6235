/** Every store that is no directory, with every option. */
import {
  azureBlob,
  copy,
  daily,
  directory,
  files,
  gcs,
  host,
  keep,
  plan,
  rclone,
  restic,
  s3,
  secretFile,
} from "lifeboat";

const box = host("box");
const disk = directory("disk", { path: "/backup" });

const amazon = s3("amazon", {
  bucket: "my-backup-bucket",
  prefix: "terraform-k8s-mac/",
  region: "ap-northeast-2",
  profile: "backup",
  serverSideEncryption: "aws:kms",
  kmsKey: "alias/backups",
  lock: "30d",
  storageClass: "STANDARD_IA",
});
const minio = s3("minio", {
  bucket: "backups",
  endpoint: "https://minio.example.com:9000",
  credentials: "/etc/lifeboat/it's minio",
  caBundle: "/etc/lifeboat/ca.pem",
  serverSideEncryption: "AES256",
  versioning: true,
});
const google = gcs("google", {
  bucket: "my-backup-bucket",
  prefix: "mac",
  credentials: "/etc/lifeboat/google.json",
  retentionPolicy: true,
});
const azure = azureBlob("azure", {
  account: "myaccount",
  container: "backups",
  prefix: "mac",
  sas: secretFile("/etc/lifeboat/azure.sas"),
});
const dropbox = rclone("dropbox", {
  remote: "my dropbox:backups/mac",
  config: "/etc/lifeboat/rclone.conf",
});
const repository = restic("repository", {
  repository: "s3:https://minio.example.com:9000/restic",
  password: secretFile("/etc/lifeboat/restic.password"),
  environment: [{ name: "AWS_SECRET_ACCESS_KEY", value: secretFile("/etc/lifeboat/aws-secret") }],
  cache: "/var/cache/restic",
});

export default plan("stores", {
  assets: [
    files("notes", {
      on: box,
      paths: ["/etc"],
      schedule: daily("02:00"),
      copies: [
        disk,
        copy(amazon, { keep: keep({ daily: 30, monthly: 12 }) }),
        minio,
        google,
        azure,
        dropbox,
        repository,
      ],
      keep: keep({ daily: 7 }),
    }),
  ],
});
