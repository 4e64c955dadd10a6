import { useState } from "preact/hooks";
import { Themes, chooseTheme, chosenTheme } from "./theme.ts";
import type { Theme } from "./theme.ts";

const words: Readonly<Record<Theme, string>> = { auto: "Auto", light: "Light", dark: "Dark" };

/** Light, dark, or as the system has it. */
export function ThemeToggle() {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <label class="theme-toggle">
      <span class="unseen">Colours</span>
      <select
        value={theme}
        onChange={(event) => {
          const next = Themes.find((known) => known === event.currentTarget.value) ?? "auto";
          chooseTheme(next);
          setTheme(next);
        }}
      >
        {Themes.map((known) => (
          <option key={known} value={known}>
            {words[known]}
          </option>
        ))}
      </select>
    </label>
  );
}
