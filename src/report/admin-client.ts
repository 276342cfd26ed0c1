// Asks the admin API of a running Parallax. Whatever goes wrong is one line: what, where, what to do.
// The admin API is ours and of the same version: its answers are taken as their types say.
import { StringDecoder } from "node:string_decoder";
import { type Dispatcher, request } from "undici";
import { CommandError } from "../core/errors.ts";
import { printable } from "./printable.ts";

const TIMEOUT_MS = 10_000;
/** Of a change: a store of some GB is rewritten by a vacuum. */
const CHANGE_TIMEOUT_MS = 600_000;
/** Of an answer that is read as one, and of one line of those that come as lines: a sample has 4 MiB at most. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const MESSAGE_CHARACTERS_MAX = 200;
/** Of what stands in the way, in one line. */
const PROBLEMS_SHOWN_MAX = 5;

export interface AdminAddress {
  /** URL of the admin listener. */
  readonly admin: string;
  readonly token?: string | undefined;
}

/** Names and values; what is undefined is left out, and of a list each comes once. */
export type AdminQuery = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** There is no such thing, says the Parallax that was asked; `told` is what it said, safe to print. */
export class NotFound extends CommandError {
  readonly told: string;

  constructor(message: string, told: string) {
    super(3, message);
    this.told = told;
  }
}

/** One JSON object. Throws a CommandError. */
export async function getJson<T>(options: AdminAddress, path: string, query: AdminQuery): Promise<T> {
  const url = urlOf(options.admin, path, query);
  return sayingWhere(url, async () => {
    const answer = await ask(url, options.token);
    const parsed = parseObject(await textOf(url, answer.body));
    if (parsed === undefined) throw stranger(url);
    return parsed as T;
  });
}

/** The same, or undefined where there is no such thing (404). Throws a CommandError. */
export async function findJson<T>(
  options: AdminAddress,
  path: string,
  query: AdminQuery,
): Promise<T | undefined> {
  try {
    return await getJson<T>(options, path, query);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

/** One JSON object that a change is answered with. Throws a CommandError: 1 where it is refused as things stand. */
export function postJson<T>(options: AdminAddress, path: string, body: object): Promise<T> {
  return change(options, path, { method: "POST", body: JSON.stringify(body) });
}

/** The same for what is taken away. */
export function deleteJson<T>(options: AdminAddress, path: string, body: object): Promise<T> {
  return change(options, path, { method: "DELETE", body: JSON.stringify(body) });
}

interface Sent {
  readonly method: "POST" | "DELETE";
  readonly body: string;
}

async function change<T>(options: AdminAddress, path: string, sent: Sent): Promise<T> {
  const url = urlOf(options.admin, path, {});
  return sayingWhere(url, async () => {
    const answer = await ask(url, options.token, sent);
    const parsed = parseObject(await textOf(url, answer.body));
    if (parsed === undefined) throw stranger(url);
    return parsed as T;
  });
}

/** Calls `take` with one JSON object after the other, as they come. Throws a CommandError, also when they are cut. */
export async function eachLine<T>(
  options: AdminAddress,
  { path, query }: { readonly path: string; readonly query: AdminQuery },
  take: (line: T) => void,
): Promise<void> {
  const url = urlOf(options.admin, path, query);
  await sayingWhere(url, async () => {
    const { body } = await ask(url, options.token);
    const decoder = new StringDecoder("utf8");
    let rest = "";
    for await (const chunk of body) {
      rest += decoder.write(chunk as Buffer);
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > ANSWER_BYTES_MAX) throw endless(url);
      for (const line of lines) {
        const parsed = parseObject(line);
        if (parsed === undefined) throw stranger(url);
        take(parsed as T);
      }
    }
    if (rest !== "") throw stranger(url);
  });
}

function urlOf(admin: string, path: string, query: AdminQuery): URL {
  if (!/^https?:\/\//.test(admin) || !URL.canParse(admin))
    throw new CommandError(2, `--admin ${admin} is not a URL; for instance http://127.0.0.1:9090`);
  const url = new URL(admin.replace(/\/+$/, "") + path);
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) url.searchParams.append(name, String(one));
  return url;
}

/** An answer of 200, its body not read yet; to a GET where nothing is sent. */
async function ask(url: URL, token: string | undefined, sent?: Sent): Promise<Dispatcher.ResponseData> {
  const answer = await request(url, {
    ...sent,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(sent === undefined ? {} : { "content-type": "application/json" }),
    },
    headersTimeout: sent === undefined ? TIMEOUT_MS : CHANGE_TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  const { statusCode, body } = answer;
  if (statusCode === 200) return answer;
  if (statusCode === 401)
    throw new CommandError(
      3,
      token === undefined
        ? `${url.origin} wants a token; set PARALLAX_ADMIN_TOKEN, or give --token-file FILE`
        : `${url.origin} does not take this token; is it one of that Parallax?`,
    );
  const { error, message, problems } = problemOf(await textOf(url, body));
  if (statusCode === 403 || statusCode === 429)
    throw new CommandError(3, `${url.origin} refuses: ${message} (${error})`);
  if (statusCode === 400 && error !== "") throw new CommandError(2, `${url.origin} refuses: ${message}`);
  if ((statusCode === 409 || statusCode === 422) && error !== "")
    throw new CommandError(1, [message, ...problems].join("; "));
  if (statusCode === 503 && message !== "")
    throw new CommandError(3, `${url.origin}${url.pathname} answered 503 ${error}: ${message}`);
  const said = `${url.origin}${url.pathname} answered ${statusCode} ${error}; see the log of that Parallax`;
  throw statusCode === 404 && error === "not-found" ? new NotFound(said, message) : new CommandError(3, said);
}

async function textOf(url: URL, body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw endless(url);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function sayingWhere<T>(url: URL, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      3,
      `no answer from ${url.origin} (${reasonOf(error)}); is Parallax running, and is --admin its admin address?`,
    );
  }
}

const stranger = (url: URL) =>
  new CommandError(3, `${url.origin} is not the admin listener of a Parallax; check --admin`);
const endless = (url: URL) => new CommandError(3, `${url.origin} answers without end; check --admin`);

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

function parseObject(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined; // not JSON: the caller says whom it asked
  }
}

interface Told {
  readonly error: string;
  readonly message: string;
  readonly problems: readonly string[];
}

function problemOf(text: string): Told {
  const parsed = parseObject(text) ?? {};
  const field = (name: "error" | "message") =>
    name in parsed ? printable(String(parsed[name as keyof typeof parsed]), MESSAGE_CHARACTERS_MAX) : "";
  const all: readonly unknown[] =
    "problems" in parsed && Array.isArray(parsed.problems) ? parsed.problems : [];
  const shown = all
    .slice(0, PROBLEMS_SHOWN_MAX)
    .map((problem) => printable(String(problem), MESSAGE_CHARACTERS_MAX));
  const more = all.length - shown.length;
  return {
    error: field("error"),
    message: field("message"),
    problems: more > 0 ? [...shown, `and ${more} more`] : shown,
  };
}
