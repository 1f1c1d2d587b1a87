import { describe, expect, it } from "vitest";
import {
  hasHostBits,
  isLoopback,
  overlap,
  parseAddress,
  parseRange,
  rangeText,
  sizeOf,
  type IpRange,
} from "./ip-range.ts";

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

  it.each(["192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7"])("%s is an address", (text) => {
    expect(sizeOf(parseAddress(text) ?? range("::/0"))).toBe(1n);
  });
  it.each(["10.0.0.0/8", "10.0.0", "localhost", "", "::1%lo"])("%j is no address", (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it.each([
    ["127.0.0.1", true],
    ["127.3.0.4", true],
    ["::1", true],
    ["0:0:0:0:0:0:0:1", true],
    ["localhost", true],
    ["127.example", false],
    ["0.0.0.0", false],
    ["::", false],
    ["192.0.2.7", false],
  ])("%s is reached by this machine alone: %s", (host, alone) => expect(isLoopback(host)).toBe(alone));

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
