import { describe, expect, it } from "vitest";
import { hasHostBits, overlap, parseRange, rangeText, sizeOf, type IpRange } from "./ip-range.ts";

const range = (text: string): IpRange => {
  const read = parseRange(text);
  if (!read) throw new Error(`${text} is no range`);
  return read;
};

describe("ranges of addresses", () => {
  it.each(["10.0.0.0/8", "::/0", "2001:db8::/48", "::ffff:192.0.2.0/120"])("%s is one", (text) => {
    expect(parseRange(text)).not.toBeNull();
  });
  it.each(["10.0.0.0/", "10.0.0/8", "10.0.0.0/8/8", "::/129", "10.0.0.0/33", "x", "", "/8"])("%j is none", (text) => {
    expect(parseRange(text)).toBeNull();
  });

  it.each([
    ["10.0.0.0/24", 256n, false, "10.0.0.0/24"],
    ["10.0.0.7/24", 256n, true, "10.0.0.0/24"],
    ["0.0.0.0/0", 1n << 32n, false, "0.0.0.0/0"],
    ["2001:db8::1/127", 2n, true, "2001:db8:0:0:0:0:0:0/127"],
  ])("%s has %i addresses", (text, size, hostBits, whole) => {
    expect([sizeOf(range(text)), hasHostBits(range(text)), rangeText(range(text))]).toEqual([size, hostBits, whole]);
  });

  it.each([
    ["10.0.0.0/8", "10.254.0.0/16", true],
    ["10.0.0.0/24", "10.0.1.0/24", false],
    ["10.0.1.0/24", "10.0.0.0/23", true],
    ["0.0.0.0/0", "::/0", false],
  ])("%s and %s have addresses in common: %s", (a, b, common) => {
    expect([overlap(range(a), range(b)), overlap(range(b), range(a))]).toEqual([common, common]);
  });
});
