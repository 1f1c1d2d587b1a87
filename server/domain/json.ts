/** Is something in `value` nested deeper than `levels` of objects and lists? What walks through values does so on the stack. */
export const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1)));
