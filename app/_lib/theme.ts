// Light, dark, or as the system says. The choice is kept in this browser and applied before the first paint.
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const themeKey = "jeroboam.theme";

/** Runs in <head>, before anything is drawn: no flash of the other theme. */
export const themeScript = `(()=>{try{var c=localStorage.getItem(${JSON.stringify(themeKey)})||"system",d=c==="dark"||(c==="system"&&matchMedia("(prefers-color-scheme: dark)").matches),e=document.documentElement;e.className=d?"dark":"light";e.dataset.theme=d?"dark":"light";e.style.colorScheme=d?"dark":"light"}catch{}})()`;

export function storedTheme(): Theme {
  const stored = window.localStorage.getItem(themeKey);
  return themes.find((theme) => theme === stored) ?? "system";
}

export function applyTheme(theme: Theme): void {
  window.localStorage.setItem(themeKey, theme);
  const dark = theme === "dark" || (theme === "system" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  const root = document.documentElement;
  root.className = dark ? "dark" : "light";
  root.dataset["theme"] = dark ? "dark" : "light";
  root.style.colorScheme = dark ? "dark" : "light";
}
