import { directory, host, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

plan("shop", { assets: [] });
