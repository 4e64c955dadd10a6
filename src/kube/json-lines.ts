/** Puts lines together from chunks of text that are cut anywhere. */
export class JsonLines {
  readonly #onValue: (value: unknown) => void;
  /** Pieces of the line that has not ended yet. */
  #pieces: string[] = [];

  constructor(onValue: (value: unknown) => void) {
    this.#onValue = onValue;
  }

  /** Takes in a chunk and hands out the value of every line that it ends. Throws a SyntaxError at a line that is no JSON. */
  push(chunk: string): void {
    let start = 0;
    for (let end = chunk.indexOf("\n"); end !== -1; end = chunk.indexOf("\n", start)) {
      this.#pieces.push(chunk.slice(start, end));
      start = end + 1;
      this.#flush();
    }
    if (start < chunk.length) this.#pieces.push(chunk.slice(start));
  }

  /** The text is over: a last line without its end counts as a line. */
  end(): void {
    this.#flush();
  }

  #flush(): void {
    const line = this.#pieces.join("");
    this.#pieces = [];
    if (line.trim() !== "") this.#onValue(JSON.parse(line));
  }
}
