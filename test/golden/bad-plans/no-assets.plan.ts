import { directory, host, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

export default plan("shop", { hosts: [web], stores: [disk], assets: [] });
