// One stored exchange as an example for contract tests: what the client sent, what the legacy answered, and what of it
// was redacted. Pure; takes redacted exchanges only, so that nothing secret can get into a file.
import { createHash } from "node:crypto";
import type { CompiledContract } from "../contract/check-answer.ts";
import { escapeToken } from "../contract/contract-document.ts";
import { parseRawNumbers } from "../contract/raw-numbers.ts";
import type { Sample, SampleMessage } from "../core/batch.ts";
import { fieldLinesFrom } from "../core/exchange.ts";
import { REDACTED_MARK } from "../diff/redact.ts";

/** A file's name says the endpoint for people; the hash behind it tells endpoints apart. */
const NAME_CHARS_MAX = 80;

export interface Fixture {
  readonly endpoint: string;
  readonly exchangeId: string;
  readonly request: FixtureMessage & { readonly method: string; readonly target: string };
  readonly response: FixtureMessage & { readonly status: number };
  /** Where a value was taken out: `request/headers/cookie`, `response/body/user/name`. */
  readonly redacted: readonly string[];
  /** Given where a contract was. What was redacted is not held against it. */
  readonly contract?: ContractOutcome;
}

export interface FixtureMessage {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** JSON where it is such, else text or base64. */
  readonly body: unknown;
  readonly bodyEncoding: "json" | "utf8" | "base64";
  /** A part of it alone was stored. */
  readonly isBodyCut: boolean;
}

export interface ContractOutcome {
  readonly satisfied: "yes" | "no" | "unknown";
  readonly violations: readonly {
    readonly part: string;
    readonly path: string;
    readonly asked: string;
  }[];
}

/** The same name for the same endpoint and status, whatever else is exported. */
export function fixtureNameOf(endpoint: string, status: number): string {
  const words = endpoint
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const hash = createHash("sha256").update(endpoint).digest("hex").slice(0, 8);
  return `${words.slice(0, NAME_CHARS_MAX)}-${hash}.${status}.json`;
}

export function fixtureOf(sample: Sample, contract: CompiledContract | undefined): Fixture {
  const { endpoint, id, request, legacy } = sample;
  const sent = messageOf(request);
  const answered = messageOf(legacy);
  const redacted = [
    ...(request.target.includes(REDACTED_MARK) || request.target.includes(encodeURIComponent(REDACTED_MARK))
      ? ["request/target"]
      : []),
    ...redactedIn("request", sent),
    ...redactedIn("response", answered),
  ];
  return {
    endpoint,
    exchangeId: id,
    request: { method: request.method, target: request.target, ...sent },
    response: { status: legacy.status, ...answered },
    redacted,
    ...(contract === undefined ? undefined : { contract: outcomeOf(sample, contract, redacted) }),
  };
}

function messageOf(message: SampleMessage): FixtureMessage {
  const { headers, body, bodyEncoding, isBodyCut } = message;
  if (bodyEncoding === "utf8" && !isBodyCut && body !== "") {
    try {
      const parsed = parseRawNumbers(body);
      JSON.stringify(parsed);
      return { headers, body: parsed, bodyEncoding: "json", isBodyCut };
    } catch {
      // No JSON, or nested beyond the stack: the text says as much.
    }
  }
  return { headers, body, bodyEncoding, isBodyCut };
}

function redactedIn(side: string, { headers, body }: FixtureMessage): string[] {
  const found = headers
    .filter(([, value]) => value.includes(REDACTED_MARK))
    .map(([name]) => `${side}/headers/${escapeToken(name)}`);
  const waiting: [path: string, value: unknown][] = [[`${side}/body`, body]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [path, value] = next;
    if (typeof value === "string" && value.includes(REDACTED_MARK)) found.push(path);
    else if (typeof value === "object" && value !== null)
      for (const [name, member] of Object.entries(value))
        waiting.push([`${path}/${escapeToken(name)}`, member]);
  }
  return [...new Set(found)].sort();
}

function outcomeOf(sample: Sample, contract: CompiledContract, redacted: readonly string[]): ContractOutcome {
  const { request, legacy } = sample;
  const body = legacy.isBodyCut ? undefined : Buffer.from(legacy.body, legacy.bodyEncoding);
  const { faults, unchecked } = contract.check(request, {
    status: legacy.status,
    headers: fieldLinesFrom(legacy.headers),
    body,
  });
  const isHidden = (place: string) =>
    redacted.some((hidden) => place === hidden || place.startsWith(`${hidden}/`));
  const violations = faults
    .filter(
      ({ part, path }) =>
        !isHidden(part === "header" ? `response/headers/${path}` : `response/${part}${path}`),
    )
    .map(({ part, path, asked }) => ({ part, path, asked }));
  if (violations.length > 0) return { satisfied: "no", violations };
  return { satisfied: unchecked === undefined ? "yes" : "unknown", violations };
}
