import { isPlainWord, type Mask } from "./mask.ts";

/** Credentials with a shape of their own. None can backtrack over more than it then consumes. */
const shapes: readonly RegExp[] = [
  /-----BEGIN[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----))*(?:-----END[A-Z0-9 ]*-----)?/g,
  /sk-ant-[\w-]{6,}/g,
  /\bsk-(?:proj-)?[A-Za-z0-9]{32,}/g,
  /\b[rs]k_(?:live|test)_\w{10,}/g,
  /(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA)[A-Z0-9]{16}/g,
  /gh[pousr]_[A-Za-z0-9]{20,}/g,
  /github_pat_\w{20,}/g,
  /glpat-[\w-]{16,}/g,
  /dckr_pat_[\w-]{16,}/g,
  /xox[abeprs]-[\w-]{10,}/g,
  /\bnpm_[A-Za-z0-9]{30,}/g,
  /AIza[\w-]{35}/g,
  /ya29\.[\w-]{20,}/g,
];
/** `eyJ` is how the Base64 of `{"` begins: a JSON Web Token, a registry login. */
const base64Json = "eyJ";
const schemes = /\b(bearer|basic)([ \t]+)([\w\-.~+/=]{6,})/gi;

/** Masks what is recognisably a credential wherever it stands. */
export function maskShapes(text: string, mask: Mask): string {
  let masked = text.replace(/[\w.+/=-]{20,}/g, (run) => maskBase64Json(run, mask));
  for (const shape of shapes) masked = masked.replace(shape, mask);
  return masked.replace(schemes, (whole, scheme: string, gap: string, value: string) =>
    isPlainWord(value) ? whole : `${scheme}${gap}${mask(value)}`,
  );
}

function maskBase64Json(run: string, mask: Mask): string {
  const at = run.indexOf(base64Json);
  return at < 0 || run.length - at < 20 ? run : run.slice(0, at) + mask(run.slice(at));
}
