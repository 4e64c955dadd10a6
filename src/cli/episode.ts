import { createReadStream } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { styleText } from "node:util";
import type { Command } from "commander";
import { readTranscript } from "../audit/transcripts.ts";
import { addConfigFlags } from "../config/flags.ts";
import { isJsonObject, parseJson } from "../core/json.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { neutralise } from "../core/neutralise.ts";
import { messageOf } from "../lib/medic-error.ts";
import { episodesIn } from "../core/episode-record.ts";
import { describeEpisode } from "./episode-text.ts";
import type { PageOptions } from "./page-text.ts";
import { settingsOrExit } from "./settings.ts";

interface Options {
  readonly full?: true;
  readonly json?: true;
}

/** Told of when the one that is asked for is not there. */
const MOST_NAMED = 10;
const NARROWEST = 60;
const WIDEST = 100;

export function registerEpisode(program: Command): void {
  const episode = program.command("episode").description("Read what a model did in an episode of tier 2.");
  const show = episode
    .command("show")
    .description(
      "Print an episode for reading: what it looked at, concluded, did and cost. Exit 0: printed; 1: no such episode; 2: wrong use.",
    )
    .argument("<incident>", "an Incident's name, or the path of a transcript (stateDir/episodes/NAME.jsonl)")
    .option("--full", "everything: the prompts, and every answer to its end")
    .option("--json", "print the messages of the transcript as JSON");
  addConfigFlags(show).action(async (incident: string, options: Options, self: Command) => {
    const config = settingsOrExit(self.opts());
    if (config !== undefined) await showEpisode(incident, options, config);
  });
}

interface Place {
  readonly stateDir: string;
  readonly namespace: string;
}

async function showEpisode(
  incident: string,
  options: Options,
  { stateDir, namespace }: Place,
): Promise<void> {
  const isPath = incident.includes("/") || incident.endsWith(".jsonl");
  const folder = isPath ? dirname(incident) : join(stateDir, "episodes");
  let messages: readonly Json[] | undefined;
  try {
    messages = isPath ? await readLines(incident) : await readTranscript(folder, incident);
  } catch (error) {
    return fail(2, `${incident} cannot be read (${messageOf(error)}); name an Incident or a transcript.`);
  }
  if (messages === undefined)
    return fail(1, isPath ? `There is no file ${incident}.` : await unknown(folder, incident));
  const episodes = episodesIn(messages);
  if (episodes.length === 0)
    return fail(2, `${incident} holds no episode; name a file of stateDir/episodes or an Incident.`);
  if (options.json === true) return print(`${visible(JSON.stringify(messages, undefined, 2))}\n`);
  const page = { ...pageOf(options), namespace };
  const audit = await auditOf(join(folder, "..", "audit.jsonl"));
  print(
    episodes
      .map((episode) =>
        describeEpisode(episode, {
          ...page,
          audit: audit.filter(({ incident }) => incident === episode.about["incident"]),
        }),
      )
      .join("\n"),
  );
}

function pageOf({ full }: Options): Pick<PageOptions, "width" | "full" | "paint"> {
  const { stdout } = process;
  return {
    width: Math.max(NARROWEST, Math.min(stdout.columns ?? WIDEST, WIDEST)),
    full: full === true,
    // Only on a terminal that shows colours, and where nobody forbade them.
    paint: (style, text) => (text === "" ? "" : styleText(style, text, { stream: stdout })),
  };
}

/** Whoever reads through a pipe may stop early. */
function print(text: string): void {
  process.stdout.once("error", () => {});
  process.stdout.write(text);
}

async function readLines(path: string): Promise<readonly Json[] | undefined> {
  try {
    const text = await readFile(path, "utf8");
    return text.split("\n").flatMap((line) => (line === "" ? [] : (parseJson(line) ?? [])));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The records of model and incident; none when there is no audit log. */
async function auditOf(path: string): Promise<readonly JsonObject[]> {
  const records: JsonObject[] = [];
  try {
    const lines = createInterface({ input: createReadStream(path, "utf8"), crlfDelay: Infinity });
    for await (const line of lines) {
      const record = parseJson(line);
      if (isJsonObject(record) && record["audit"] === "v1") records.push(record);
    }
  } catch {
    return records;
  }
  return records;
}

async function unknown(folder: string, incident: string): Promise<string> {
  const names = await episodesOf(folder);
  if (names.length === 0)
    return `There is no episode of ${incident}, nor of any other incident in ${folder}; name the medic's folder with --state-dir.`;
  const more = names.length - MOST_NAMED;
  const listed = `${names.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return `There is no episode of ${incident} in ${folder}; there is one of ${listed}.`;
}

/** The newest first. */
async function episodesOf(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".jsonl"));
  const dated = await Promise.all(
    names.map(async (name) => ({
      name: name.slice(0, -".jsonl".length),
      at: await stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    })),
  );
  return dated.toSorted((left, right) => right.at - left.at).map(({ name }) => name);
}

/** JSON means the same with characters escaped that would move a cursor or hide text. */
function visible(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function fail(exitCode: 1 | 2, sentence: string): void {
  process.stderr.write(`build-medic: ${neutralise(sentence).replaceAll("\n", " ")}\n`);
  process.exitCode = exitCode;
}
