import { createRequire } from "node:module";

/** esbuild's API. By require(): import() would first look through its source for the names that it exports. */
export function esbuild(): typeof import("esbuild") {
  return createRequire(import.meta.url)("esbuild");
}

/** Starts esbuild, a program of its own, so that it gets ready while the compiler is still being read. */
export function startEsbuild(): void {
  void esbuild().initialize({});
}
