"use client";
import { useEffect } from "react";
import { paths } from "@/app/_lib/paths";

/** A layout does not know the whole address that was asked for; the browser does, and comes back to it. */
export function ToSignIn() {
  useEffect(() => {
    window.location.replace(paths.login(window.location.pathname + window.location.search));
  }, []);
  return null;
}
