/** What the double does wrong on purpose, for the next requests to one route. */
export interface Fault {
  /** `chat.sendMessage`, `chat.getMessage`, `rooms.info`, `hooks`; every route when left out. */
  readonly route?: string;
  /** For how many requests; 1 when left out. */
  readonly times?: number;
  /**
   * `hang`: never an answer · `drop`: the connection ends without one · `status`: that status and body ·
   * `rate-limit`: 429 with the real headers · `slow`: the right answer, late.
   */
  readonly kind: "hang" | "drop" | "status" | "rate-limit" | "slow";
  /** True: the request takes its effect (the message is stored) and only the answer goes wrong. */
  readonly effect?: boolean;
  /** With `status`. */
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** With `rate-limit`: when calls are taken again; with `slow`: how late. Milliseconds. */
  readonly ms?: number;
}

/** Faults in the order in which they were asked for; each is used up by matching requests. */
export class Faults {
  readonly #waiting: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  take(route: string): Fault | undefined {
    const index = this.#waiting.findIndex(({ fault }) => fault.route === undefined || fault.route === route);
    const found = this.#waiting[index];
    if (found === undefined) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#waiting.splice(index, 1);
    return found.fault;
  }

  clear(): void {
    this.#waiting.length = 0;
  }
}
