// Values inside texts of YAML and TOML.

/**
 * JSON, as both read it. YAML takes some characters that JSON leaves as they are for ends of lines, and refuses others:
 * those are escaped.
 */
export const flow = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
