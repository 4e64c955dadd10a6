import type { ActLine } from "./act-line.ts";
import type { DeclaredJob } from "./workflow-file.ts";
import type {
  Conclusion,
  WorkflowAnnotation,
  WorkflowEvent,
  WorkflowJob,
  WorkflowStep,
} from "./workflow-run.ts";

interface FollowedStep {
  readonly name: string;
  readonly startedAt: number;
  conclusion?: Conclusion;
  completedAt?: number;
  /** It failed, and the job goes on as if it had not. */
  forgiven: boolean;
}

const LEVELS: Readonly<Record<string, WorkflowAnnotation["level"]>> = {
  error: "failure",
  warning: "warning",
  notice: "notice",
};

/** One job of a run as its lines come in. */
export class FollowedJob {
  readonly #declared: DeclaredJob;
  readonly #name: string;
  readonly #onEvent: (event: WorkflowEvent) => void;
  readonly #steps = new Map<string, FollowedStep>();
  readonly #annotations: WorkflowAnnotation[] = [];
  #summary = "";
  #startedAt = 0;
  #completedAt: number | undefined;
  #cancelled = false;

  constructor(declared: DeclaredJob, name: string, onEvent: (event: WorkflowEvent) => void) {
    this.#declared = declared;
    this.#name = name;
    this.#onEvent = onEvent;
  }

  get id(): string {
    return this.#declared.id;
  }

  begin(at: number): void {
    this.#startedAt = at;
    this.#onEvent({ type: "job-started", job: this.#name, at });
  }

  /** The run is cancelled while this job is under way; one that is over has its end. */
  cancel(): void {
    if (this.#completedAt === undefined) this.#cancelled = true;
  }

  take(line: ActLine): void {
    const { at } = line;
    if (line.rawOutput) this.#onEvent({ type: "log", line: line.msg.trimEnd(), job: this.#name, at });
    else if (line.command !== undefined) this.#takeCommand(line, line.command);
    else if (line.jobResult !== undefined) this.end(at);
    else this.#takeProgress(line);
  }

  #takeCommand(line: ActLine, command: string): void {
    const { at } = line;
    const level = LEVELS[command];
    if (level !== undefined) {
      const title = line.kvPairs["title"];
      const annotation = { level, ...(title === undefined ? {} : { title }), message: line.arg ?? line.msg };
      this.#annotations.push(annotation);
      this.#onEvent({ type: "annotation", ...annotation, job: this.#name, at });
    } else if (command === "summary" && line.content !== undefined) {
      this.#summary += line.content;
      this.#onEvent({ type: "summary", markdown: line.content, job: this.#name, at });
    }
  }

  #takeProgress(line: ActLine): void {
    const [id, ...inner] = line.stepID;
    if (id === undefined || inner.length > 0) return;
    // What comes before and after a step of an action is a step of its own only when it fails, as with an `if` not met.
    const key = line.stage === undefined || line.stage === "Main" ? id : `${line.stage} ${id}`;
    if (key !== id && line.stepResult !== "failure") return;
    if (!this.#steps.has(key) && (line.stepResult !== undefined || /^\S+ Run /.test(line.msg)))
      this.#startStep(key, line);
    if (line.msg === "Failed but continue next step") this.#forgive(key);
    if (line.stepResult !== undefined) this.#endStep(key, line.stepResult, line.at);
  }

  #startStep(key: string, { at, msg }: ActLine): void {
    const name = this.#stepName(key) ?? msg.replace(/^\S+ Run (Main )?/, "").split("\n")[0] ?? key;
    this.#steps.set(key, { name, startedAt: at, forgiven: false });
    this.#onEvent({ type: "step-started", ...this.#place(key), job: this.#name, at });
  }

  #stepName(key: string): string | undefined {
    if (key === "--setup-job") return "Set up job";
    if (key === "--complete-job") return "Complete job";
    const [stage = "", id = ""] = key.split(" ");
    const post = this.#declared.steps.find((step) => step.key === id);
    if (post !== undefined) return `${stage} ${post.name}`;
    return this.#declared.steps.find((step) => step.key === key)?.name;
  }

  #forgive(key: string): void {
    const step = this.#steps.get(key);
    if (step !== undefined) step.forgiven = true;
  }

  #endStep(key: string, result: string, at: number): void {
    const step = this.#steps.get(key);
    if (step === undefined) return;
    step.conclusion = this.#conclusionOf(step, result);
    step.completedAt = at;
    const { conclusion } = step;
    this.#onEvent({ type: "step-completed", ...this.#place(key), conclusion, job: this.#name, at });
  }

  #conclusionOf(step: FollowedStep, result: string): Conclusion {
    if (result === "skipped") return "skipped";
    if (result === "success" || step.forgiven) return "success";
    return this.#cancelled ? "cancelled" : "failure";
  }

  #place(key: string): { readonly number: number; readonly step: string } {
    return { number: this.#keys().indexOf(key) + 1, step: this.#steps.get(key)?.name ?? key };
  }

  /** As GitHub numbers them: in the order of the file, whether they run or not. */
  #keys(): string[] {
    const declared = ["--setup-job", ...this.#declared.steps.map(({ key }) => key), "--complete-job"];
    return [...declared, ...[...this.#steps.keys()].filter((key) => !declared.includes(key))];
  }

  end(at: number): void {
    if (this.#completedAt !== undefined) return;
    this.#completedAt = at;
    this.#onEvent({ type: "job-completed", conclusion: this.#conclusion(), job: this.#name, at });
  }

  #conclusion(): Conclusion {
    const ends = [...this.#steps.values()].map((step) => step.conclusion ?? "cancelled");
    if (ends.includes("failure")) return "failure";
    return this.#cancelled || ends.includes("cancelled") ? "cancelled" : "success";
  }

  result(): WorkflowJob {
    return {
      name: this.#name,
      conclusion: this.#conclusion(),
      startedAt: this.#startedAt,
      completedAt: this.#completedAt ?? this.#startedAt,
      steps: this.#stepResults(),
      annotations: this.#annotations,
      ...(this.#summary === "" ? {} : { summary: this.#summary }),
    };
  }

  /** Also those that were skipped, of which act says nothing. */
  #stepResults(): WorkflowStep[] {
    return this.#keys().flatMap((key, index): WorkflowStep[] => {
      const step = this.#steps.get(key);
      const place = { number: index + 1, name: step?.name ?? this.#stepName(key) ?? key };
      if (step === undefined) return [{ ...place, status: "completed", conclusion: "skipped" }];
      const { startedAt, completedAt, conclusion = "cancelled" } = step;
      const end = completedAt === undefined ? {} : { completedAt };
      return [{ ...place, status: "completed", conclusion, startedAt, ...end }];
    });
  }
}
