// Asks for business numbers while a gate is looked at. Whatever goes wrong is `unhealthy` in one line, never an error,
// and nothing of the token is in it.
import { type Dispatcher, request } from "undici";
import type { KpiReading, KpiSettings } from "../core/gate-settings.ts";

/** Of an answer; a longer one is no number, and is not read on. */
const ANSWER_BYTES_MAX = 64 * 1024;

type Outcome = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly why: string };

function urlOf({ source }: KpiSettings): string {
  if (source.kind === "webhook") return source.url;
  const url = new URL(source.url);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v1/query`;
  url.searchParams.set("query", source.query);
  return url.href;
}

async function readBounded(body: Dispatcher.ResponseData["body"]): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the body, and with it the connection.
    if (bytes > ANSWER_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function numberOf(value: unknown): Outcome {
  // Prometheus writes its numbers as texts.
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number)) return { ok: true, value: number };
  return {
    ok: false,
    why: `${value === undefined ? "nothing" : "no finite number"} where the value should be`,
  };
}

/** Of an instant query: a scalar, or a vector of exactly one sample. */
function fromPrometheus(answer: unknown): Outcome {
  if (fieldOf(answer, "status") !== "success")
    return { ok: false, why: "Prometheus did not answer with success" };
  const data = fieldOf(answer, "data");
  const result = fieldOf(data, "result");
  if (!Array.isArray(result)) return { ok: false, why: "the answer has no result" };
  if (fieldOf(data, "resultType") === "scalar") return numberOf(result[1]);
  if (fieldOf(data, "resultType") !== "vector")
    return { ok: false, why: "the query answers no instant value" };
  if (result.length !== 1)
    return {
      ok: false,
      why:
        result.length === 0 ? "the query found no data" : `the query found ${result.length} series, not one`,
    };
  const value = fieldOf(result[0], "value");
  return numberOf(Array.isArray(value) ? value[1] : undefined);
}

function parse(text: string, kind: KpiSettings["source"]["kind"]): Outcome {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // What came is not shown: it may be a page of somebody else's.
    return { ok: false, why: "the answer is no JSON" };
  }
  if (kind === "prometheus") return fromPrometheus(answer);
  return numberOf(fieldOf(answer, "value"));
}

/** ECONNREFUSED and the like; of all else its name, for messages may quote what was sent. */
function failureOf(error: unknown): string {
  const code = fieldOf(error, "code");
  if (typeof code === "string") return code;
  return error instanceof Error ? error.name : "it failed";
}

export class KpiReader {
  readonly #dispatcher: Dispatcher | undefined;

  /** `dispatcher`: how connections are made, where not as undici does by itself. */
  constructor(dispatcher?: Dispatcher) {
    this.#dispatcher = dispatcher;
  }

  /** Never throws. Takes at most `timeoutMs`, or until `signal` says so. */
  async read(settings: KpiSettings, signal?: AbortSignal): Promise<KpiReading> {
    const { name, min, max } = settings;
    const outcome = await this.#ask(settings, signal);
    return outcome.ok
      ? { kind: "value", name, min, max, value: outcome.value }
      : { kind: "unhealthy", name, min, max, why: outcome.why };
  }

  async #ask(settings: KpiSettings, signal: AbortSignal | undefined): Promise<Outcome> {
    const { token, timeoutMs, source } = settings;
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      // `request` follows no redirect: the token goes to the configured address and nowhere else.
      const answer = await request(urlOf(settings), {
        method: "GET",
        headers: {
          accept: "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
        ...(this.#dispatcher === undefined ? {} : { dispatcher: this.#dispatcher }),
      });
      // Read in any case: a body that is destroyed unread tells so where nobody listens.
      const text = await readBounded(answer.body);
      if (answer.statusCode !== 200) {
        const isRedirect = answer.statusCode >= 300 && answer.statusCode < 400;
        return {
          ok: false,
          why: `it answered ${answer.statusCode}${isRedirect ? ", and redirects are not followed" : ""}`,
        };
      }
      if (text === undefined) return { ok: false, why: `its answer is over ${ANSWER_BYTES_MAX} bytes` };
      return parse(text, source.kind);
    } catch (error) {
      if (deadline.aborted) return { ok: false, why: `no answer within ${timeoutMs} ms` };
      return { ok: false, why: failureOf(error) };
    }
  }
}
