// IP addresses and ranges in CIDR form, as numbers: for rules about sizes, neighbours and host bits. Runs in the browser too.
import { z } from "zod";

export interface IpRange {
  version: 4 | 6;
  /** The address as it was written, and the first one of the range; they differ where there are host bits. */
  address: bigint;
  first: bigint;
  length: number;
}

const width = { 4: 32, 6: 128 } as const;

/** Null for what is no range. */
export function parseRange(text: string): IpRange | null {
  const [address = "", length = "", ...rest] = text.split("/");
  const version = z.ipv4().safeParse(address).success ? 4 : z.ipv6().safeParse(address).success ? 6 : null;
  if (version === null || rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > width[version]) return null;
  const number = version === 4 ? ipv4(address) : ipv6(address);
  const hosts = BigInt(width[version] - Number(length));
  return { version, address: number, first: (number >> hosts) << hosts, length: Number(length) };
}

/** A single address as the range that has no other in it; null for what is no address. */
export const parseAddress = (text: string): IpRange | null => parseRange(`${text}/128`) ?? parseRange(`${text}/32`);

const loopback = ["127.0.0.0/8", "::1/128"];

/** Only this machine reaches it. `host`: a name or an address, without brackets. */
export function isLoopback(host: string): boolean {
  const address = parseAddress(host);
  const ranges = loopback.flatMap((text) => parseRange(text) ?? []);
  return host === "localhost" || (address !== null && ranges.some((range) => overlap(range, address)));
}

/** How many addresses it has. */
export const sizeOf = (range: IpRange): bigint => 1n << BigInt(width[range.version] - range.length);

export const hasHostBits = (range: IpRange): boolean => range.address !== range.first;

export const overlap = (a: IpRange, b: IpRange): boolean =>
  a.version === b.version && a.first < b.first + sizeOf(b) && b.first < a.first + sizeOf(a);

/** The range without its host bits; IPv4 in dots, IPv6 in eight groups. */
export function rangeText({ version, first, length }: IpRange): string {
  const parts = version === 4 ? [24, 16, 8, 0] : [112, 96, 80, 64, 48, 32, 16, 0];
  const words = parts.map((shift) => (first >> BigInt(shift)) & (version === 4 ? 0xffn : 0xffffn));
  return `${version === 4 ? words.join(".") : words.map((word) => word.toString(16)).join(":")}/${length}`;
}

const ipv4 = (text: string): bigint => text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);

function ipv6(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const tail = dotted?.[2] === undefined ? null : ipv4(dotted[2]);
  const plain =
    tail === null ? text : `${dotted?.[1] ?? ""}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const [head = "", rest] = plain.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [before, after] = [groups(head), groups(rest ?? "")];
  const zeros = rest === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return all.reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}
