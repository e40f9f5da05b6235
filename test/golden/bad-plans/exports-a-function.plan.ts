import { plan } from "lifeboat";

export default () => plan("shop", { assets: [] });
