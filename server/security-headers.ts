// What every answer tells the browser that it may not do with it.

const always = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
} as const;

const year = 31_536_000;

/** Of answers that are data and no page: nothing in them may run or be shown in a frame. */
export const dataHeaders: Readonly<Record<string, string>> = {
  ...always,
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

/**
 * Of pages. The page that makes private keys must run nobody else's code: scripts come from this origin and carry the
 * nonce.
 */
export function pageHeaders({ nonce, production }: { nonce: string; production: boolean }): Record<string, string> {
  return {
    ...always,
    "referrer-policy": "same-origin",
    "content-security-policy": [
      "default-src 'self'",
      `script-src 'self' 'nonce-${nonce}'${production ? " 'strict-dynamic'" : " 'unsafe-eval'"}`,
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data: blob:",
      `connect-src 'self'${production ? "" : " ws:"}`,
      "object-src 'none'",
      "base-uri 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ].join("; "),
  };
}

/**
 * Where the console is reached by HTTPS, its host is reached by nothing else from then on, on any port. The API sends
 * no such thing: its clients are no browsers, and its host may be another's as well.
 */
export const transportHeaders = (publicUrl: string): Readonly<Record<string, string>> =>
  publicUrl.startsWith("https:") ? { "strict-transport-security": `max-age=${year}` } : {};
