import { expect, it } from "vitest";
import { safeNext } from "./paths";

it.each([
  ["/p/abc", "/p/abc"],
  ["/p/abc/clusters?q=web&status=failed#top", "/p/abc/clusters?q=web&status=failed#top"],
  ["/p/a/../b", "/p/b"],
  ["/p/Zoë?q=ü", "/p/Zo%C3%AB?q=%C3%BC"],
  // Written so that it can stand in a header.
  ["/p/a\nSet-Cookie: x=y", "/p/aSet-Cookie:%20x=y"],
  ["/p/\ud800", "/p/%EF%BF%BD"],
])("after sign-in one comes back to the page that was asked for: %j", (next, target) => {
  expect(safeNext(next)).toBe(target);
});

it.each([
  "/\t/host/",
  "/\n/host/",
  "\t//host/",
  " //host/",
  "//host",
  "///host",
  "/\\host",
  "\\\\host",
  "/\t\\host",
  "/.//host",
  "/p/../..//host",
  "/p/%2e%2e/%2e%2e//host",
  "https://host/p/x",
  "http://console.invalid/p/x",
  "javascript:alert(1)",
  "data:text/html,x",
  "p/abc",
  "/login?next=/p/abc",
  "/api/trpc/session.signOut",
  "//[",
  "",
  null,
  undefined,
])("no link leads away from the console, nor to what is no page of it: %j", (next) => {
  expect(safeNext(next)).toBe("/");
});

it("every address that is followed begins at our own origin, whatever its beginning is made of", () => {
  const pieces = ["/", "\\", "\t", "\n", "\r", " ", ".", "..", "//host", "@", ":", "p", "%09", "?", "#", "\u00a0"];
  const own = "https://console.example";
  for (const a of pieces)
    for (const b of pieces)
      for (const c of pieces)
        for (const d of pieces) {
          const target = safeNext(`/${a}${b}${c}${d}host/`);
          expect(new URL(target, own).origin).toBe(own);
          expect(target).toMatch(/^\/(p\/|$)/);
        }
});
