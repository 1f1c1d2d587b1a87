// The session cookie: a random value that means nothing outside this service.

/** Under HTTPS the name makes browsers keep it to this host: nothing beside us can set or replace it. */
export const sessionCookie = (secure: boolean): string => (secure ? "__Host-jeroboam_session" : "jeroboam_session");

/** The value in a Cookie header, or null. `secure`: the console is reached by HTTPS. */
export function readSessionCookie(header: string | undefined, { secure }: { secure: boolean }): string | null {
  for (const part of (header ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === sessionCookie(secure) && value && /^[\w-]{43}$/.test(value)) return value;
  }
  return null;
}

/** For Set-Cookie. A null value removes the cookie. */
export function writeSessionCookie(value: string | null, options: { secure: boolean; expiresAt?: Date }): string {
  const expires = value === null ? new Date(0) : options.expiresAt;
  return [
    `${sessionCookie(options.secure)}=${value ?? ""}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Lax",
    ...(options.secure ? ["Secure"] : []),
    ...(expires ? [`Expires=${expires.toUTCString()}`] : []),
  ].join("; ");
}
