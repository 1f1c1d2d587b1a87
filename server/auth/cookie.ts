// The session cookie: a random value that means nothing outside this service.

export const sessionCookie = "jeroboam_session";

/** The value in a Cookie header, or null. */
export function readSessionCookie(header: string | undefined): string | null {
  for (const part of (header ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === sessionCookie && value && /^[\w-]{43}$/.test(value)) return value;
  }
  return null;
}

/** For Set-Cookie. `secure` where the console is reached by HTTPS; a null value removes the cookie. */
export function writeSessionCookie(value: string | null, options: { secure: boolean; expiresAt?: Date }): string {
  const expires = value === null ? new Date(0) : options.expiresAt;
  return [
    `${sessionCookie}=${value ?? ""}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Lax",
    ...(options.secure ? ["Secure"] : []),
    ...(expires ? [`Expires=${expires.toUTCString()}`] : []),
  ].join("; ");
}
