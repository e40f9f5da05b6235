import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseClock, parseDuration, parseSize } from "../../compiler/model/units.ts";

describe("durations", () => {
  it.each([
    ["90s", 90],
    ["15m", 900],
    ["1.5h", 5400],
    ["1h30m", 5400],
    ["7d", 604_800],
    ["2w", 1_209_600],
    ["1y", 31_536_000],
    ["1d2h3m4s", 93_784],
    ["0.1m", 6],
  ])("%s is %i s", (text, seconds) => {
    expect(parseDuration(text)).toEqual({ value: seconds });
  });

  it.each([
    "",
    "5",
    "m",
    "5 m",
    "-1h",
    "+1h",
    "1e3h",
    "1h1h",
    "1m1h",
    "0.5s",
    "101y",
    "１h",
    "1h\n",
    "Infinityh",
    "0x1h",
    "1,5h",
  ])("%j is refused", (text) => {
    expect(parseDuration(text)).toHaveProperty("problem");
  });

  it("read what they print", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (seconds) => {
        const text = formatDuration(seconds).replaceAll(" min", "m").replaceAll(" ", "");
        expect(parseDuration(text)).toEqual({ value: seconds });
      }),
    );
  });
});

describe("sizes", () => {
  it.each([
    ["512B", 512],
    ["1KB", 1000],
    ["1KiB", 1024],
    ["20GiB", 21_474_836_480],
    ["1.5MB", 1_500_000],
  ])("%s is %i bytes", (text, bytes) => {
    expect(parseSize(text)).toEqual({ value: bytes });
  });

  it.each(["", "20", "20 GiB", "-1B", "20gb", "1PiB", "99999999TiB"])("%j is refused", (text) => {
    expect(parseSize(text)).toHaveProperty("problem");
  });
});

describe("times of day", () => {
  it("are those of a 24-hour clock", () => {
    expect(parseClock("00:00")).toBe(0);
    expect(parseClock("23:59")).toBe(1439);
    for (const text of ["24:00", "2:00", "02:60", "0200", "02:00:00", " 02:00", "02:00\n"]) {
      expect(parseClock(text), text).toBeUndefined();
    }
  });
});
