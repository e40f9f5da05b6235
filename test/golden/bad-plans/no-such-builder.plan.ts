import { mssql, plan } from "lifeboat";

const db = mssql("orders", {});

export default plan("shop", { assets: [db] });
