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

export interface AdminAddress {
  /** URL of the admin listener. */
  readonly admin: string;
  readonly token?: string | undefined;
}

/** Names and values; what is undefined is left out. */
export type AdminQuery = Readonly<Record<string, string | number | undefined>>;

/** There is no such thing, says the Parallax that was asked. */
class NotFound extends CommandError {}

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

/** One JSON object that a change is answered with. Throws a CommandError. */
export async function postJson<T>(options: AdminAddress, path: string, body: object): Promise<T> {
  const url = urlOf(options.admin, path, {});
  return sayingWhere(url, async () => {
    const answer = await ask(url, options.token, JSON.stringify(body));
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
    if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

/** An answer of 200, its body not read yet; to a POST where there is a body. */
async function ask(url: URL, token: string | undefined, posted?: string): Promise<Dispatcher.ResponseData> {
  const answer = await request(url, {
    ...(posted === undefined ? {} : { method: "POST" as const, body: posted }),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(posted === undefined ? {} : { "content-type": "application/json" }),
    },
    headersTimeout: posted === undefined ? TIMEOUT_MS : CHANGE_TIMEOUT_MS,
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
  const { error, message } = problemOf(await textOf(url, body));
  if (statusCode === 403 || statusCode === 429)
    throw new CommandError(3, `${url.origin} refuses: ${message} (${error})`);
  if (statusCode === 400 && error !== "") throw new CommandError(2, `${url.origin} refuses: ${message}`);
  const said = `${url.origin}${url.pathname} answered ${statusCode} ${error}; see the log of that Parallax`;
  throw statusCode === 404 && error === "not-found" ? new NotFound(3, said) : new CommandError(3, said);
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

function problemOf(text: string): { readonly error: string; readonly message: string } {
  const parsed = parseObject(text) ?? {};
  const field = (name: "error" | "message") =>
    name in parsed ? printable(String(parsed[name as keyof typeof parsed]), MESSAGE_CHARACTERS_MAX) : "";
  return { error: field("error"), message: field("message") };
}
