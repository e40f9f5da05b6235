/**
 * Every kind that Lifeboat knows. A kind is a folder here and a line in this file; the DSL exports what stands here, and the
 * compiler reads the definitions attached to it. docs/adding-a-kind.md is the recipe.
 */

export { type DirectoryOptions, directory } from "./directory/directory.ts";
export { type EtcdOptions, etcd } from "./etcd/etcd.ts";
export { type FilesOptions, files } from "./files/files.ts";
export { type MysqlOptions, mysql } from "./mysql/mysql.ts";
export { type RedisOptions, redis } from "./redis/redis.ts";
export { type SqliteOptions, sqlite } from "./sqlite/sqlite.ts";
