// IPv4 addresses as numbers.

export const toNumber = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
export const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
export const isAddress = (text: string): boolean =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split(".").every((part) => Number(part) < 256);

export interface Range {
  first: number;
  last: number;
  length: number;
}

/** Null = not a range of IPv4. */
export function rangeOf(cidr: string): Range | null {
  const [address = "", bits = ""] = cidr.split("/");
  const length = Number(bits);
  if (!isAddress(address) || !/^\d{1,2}$/.test(bits) || length > 32) return null;
  const size = 2 ** (32 - length);
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1, length };
}

export const contains = (cidr: string, address: string): boolean => {
  const range = rangeOf(cidr);
  const number = toNumber(address);
  return range !== null && isAddress(address) && number >= range.first && number <= range.last;
};

export const overlaps = (a: string, b: string): boolean => {
  const [one, two] = [rangeOf(a), rangeOf(b)];
  return one !== null && two !== null && one.first <= two.last && two.first <= one.last;
};

export const isLoopback = (address: string): boolean => address.startsWith("127.");
