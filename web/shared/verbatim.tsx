import { useState } from "preact/hooks";

const FEW_LINES = 8;
const WIDE_LINE = 150;

/**
 * Text of the cluster or of a model, exactly as it is and as nothing but text: it cannot leave its box, turn the direction of
 * what stands around it, or be taken for a heading. A long one is cut until its reader wants all of it.
 */
export function Verbatim({
  text,
  label,
  lines = FEW_LINES,
}: {
  readonly text: string;
  readonly label: string;
  /** How many are shown at once. */
  readonly lines?: number;
}) {
  const [whole, setWhole] = useState(false);
  const short = shortened(text, lines);
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

function shortened(text: string, few: number): string {
  const lines = text.split("\n");
  const cut = lines.length > few + 2 ? lines.slice(0, few).join("\n") : text;
  return cut.length > few * WIDE_LINE ? cut.slice(0, few * WIDE_LINE) : cut;
}

function sizeWords(characters: number): string {
  return characters < 1000
    ? `${characters} characters`
    : `${(characters / 1000).toFixed(1)} thousand characters`;
}
