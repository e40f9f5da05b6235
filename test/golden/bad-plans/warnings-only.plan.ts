import { daily, directory, files, host, keep, plan } from "lifeboat";

const web = host("web");
const disk = directory("disk", { path: "/backup" });

export default plan("shop", { assets: [files("pki", { on: web, paths: ["/etc/kubernetes/pki"], copies: [disk] })] });
