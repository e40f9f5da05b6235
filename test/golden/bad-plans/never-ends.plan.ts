import { plan } from "lifeboat";

while (true) {}

export default plan("shop", { assets: [] });
