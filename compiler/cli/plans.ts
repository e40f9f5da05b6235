import { existsSync, readdirSync } from "node:fs";

/** The plans of a project: those that are meant when none is named. */
export function defaultPlans(): readonly string[] {
  if (!existsSync("plans")) return [];
  return readdirSync("plans")
    .filter((file) => /\.plan\.([cm]?ts|ya?ml)$/.test(file))
    .sort()
    .map((file) => `plans/${file}`);
}
