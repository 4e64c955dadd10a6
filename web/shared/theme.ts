const KEY = "build-medic-theme";

export const Themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof Themes)[number];

/** What was chosen here; `auto` follows the system. */
export function chosenTheme(): Theme {
  return Themes.find((theme) => theme === stored()) ?? "auto";
}

export function applyTheme(theme: Theme = chosenTheme()): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Shows it at once, and again after a reload where the browser lets pages remember. */
export function chooseTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage is forbidden: it holds until the page is left.
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
