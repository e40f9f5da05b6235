import { directory, host, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

const config: { retention?: { days: number } } = {};

export default plan("shop", { assets: [], description: `${config.retention!.days} days` });
