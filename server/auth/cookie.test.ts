import { expect, it } from "vitest";
import { readSessionCookie, writeSessionCookie } from "./cookie.ts";

const value = "a".repeat(43);

it("is kept from scripts and from other sites, and from plain HTTP where there is HTTPS", () => {
  const cookie = writeSessionCookie(value, { secure: true, expiresAt: new Date("2026-01-02T03:04:05Z") });
  expect(cookie).toBe(
    `__Host-jeroboam_session=${value}; Path=/; HttpOnly; SameSite=Lax; Secure; Expires=Fri, 02 Jan 2026 03:04:05 GMT`,
  );
  expect(writeSessionCookie(value, { secure: false })).not.toContain("Secure");
});

it("is read among others, and nothing but one of ours is taken", () => {
  expect(readSessionCookie(`theme=dark; jeroboam_session=${value}; x=y`, { secure: false })).toBe(value);
  expect(readSessionCookie(`jeroboam_session=x; __Host-jeroboam_session=${value}`, { secure: true })).toBe(value);
  expect(readSessionCookie(`jeroboam_session=${value}`, { secure: true })).toBeNull();
  for (const header of [
    undefined,
    "",
    "other=1",
    "jeroboam_session=",
    "jeroboam_session=short",
    `jeroboam_session=${value}!`,
  ])
    expect(readSessionCookie(header, { secure: false })).toBeNull();
});

it("goes away at sign-out", () => {
  expect(writeSessionCookie(null, { secure: false })).toContain("jeroboam_session=; ");
  expect(writeSessionCookie(null, { secure: false })).toContain("Expires=Thu, 01 Jan 1970");
});
