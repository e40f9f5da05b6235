import { directory, host, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

throw "no licence";

export default plan("shop", { assets: [] });
