import { useState } from "preact/hooks";

const FEW_LINES = 8;
const FEW_CHARACTERS = 1200;

/**
 * Text of the cluster or of a model, exactly as it is and as nothing but text: it cannot leave its box, turn the direction of
 * what stands around it, or be taken for a heading. A long one is cut until its reader wants all of it.
 */
export function Verbatim({ text, label }: { readonly text: string; readonly label: string }) {
  const [whole, setWhole] = useState(false);
  const short = shortened(text);
  return (
    <div class="verbatim" role="group" aria-label={label}>
      <pre dir="auto">{whole ? text : short}</pre>
      {short !== text && (
        <button type="button" aria-expanded={whole} onClick={() => setWhole(!whole)}>
          {whole ? "Show less" : `Show all (${sizeWords(text.length)})`}
        </button>
      )}
    </div>
  );
}

function shortened(text: string): string {
  const lines = text.split("\n");
  const few = lines.length > FEW_LINES + 2 ? lines.slice(0, FEW_LINES).join("\n") : text;
  return few.length > FEW_CHARACTERS ? few.slice(0, FEW_CHARACTERS) : few;
}

function sizeWords(characters: number): string {
  return characters < 1000
    ? `${characters} characters`
    : `${(characters / 1000).toFixed(1)} thousand characters`;
}
