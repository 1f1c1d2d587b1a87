// What both databases can keep, said once: every schema of something that is stored is made of these.
import { z } from "zod";

/** The greatest whole number of a column. */
export const maxInteger = 2 ** 31 - 1;

/** PostgreSQL keeps no NUL, and half of a surrogate pair has no form in UTF-8. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");
export const unstorable = "must not hold NUL or half of a surrogate pair";

/** The nearest text that can be kept. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "\ufffd");

/** Any text of up to so many characters. */
export const text = (most: number) =>
  z.string().max(most, `must have up to ${most} characters`).refine(isStorable, unstorable);

/** What somebody else says, such as a cloud or a node: never refused, and kept as far as it can be. */
export const said = (most: number) => z.string().transform((words) => storable(words.slice(0, most)));

const length = "must have 1 to 255 characters";

/** Names and ids of what is elsewhere, and other short words. Blanks around are no part of them. */
export const short = z.string().trim().min(1, length).max(255, length).refine(isStorable, unstorable);

/** A whole number from `least` on. */
export const integer = (least: number, below = `must be ${least} or more`) =>
  z.int().min(least, below).max(maxInteger, `must be ${maxInteger} or less`);
