import { render } from "preact";
import type { ComponentChild } from "preact";
import "./tokens.css";
import "./base.css";
import "./components.css";
import { applyTheme } from "./theme.ts";

/** Draws a page into its document; every page of ours begins with it. */
export function openPage(content: ComponentChild): void {
  applyTheme();
  const place = document.getElementById("page");
  if (place !== null) render(content, place);
}
