import { plan } from "lifeboat";

import { databases } from "./databases";

export default plan("shop", { assets: databases });
