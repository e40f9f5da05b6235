import { plan } from "lifeboat";

const later = async () => plan("shop", { assets: [] });

export default later();
