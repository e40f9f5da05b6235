import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect } from "vitest";

/** Set to record what is made as what is expected: `UPDATE_GOLDENS=1 npm test -- vitest`. Read the diff before it is committed. */
export const isRecording = process.env.UPDATE_GOLDENS === "1";

/** Holds text to a file. The files are ordinary ones, so a review reads what a user would. */
export function expectGolden(file: string, text: string): void {
  if (isRecording) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file), `${file} is missing; record it with UPDATE_GOLDENS=1`).toBe(true);
  expect(text).toBe(readFileSync(file, "utf8"));
}
